# shellcheck shell=bash
# DevFlow's port functions, to be sourced by devflow-start.sh. For bash 3.2 and later (and zsh), any options, any directory.
#
#   check_port_available PORT             status 0 if a server could have the port
#   find_available_port BASE MAX          prints the first available port
#   devflow_port_status                   prints the status of DevFlow's active ports
#   devflow_assign_ports [SERVICE...]     gives services (default: all) their ports: in .env and in this shell's environment
#   devflow_is_running SERVICE...         status 0 if each one's port is listened on, and by no stranger
#   devflow_health_all [...]              queries the health endpoints
#   devflow_wait_healthy [...]            the same, waiting until all are healthy; 30 seconds, or --wait=SECONDS
#   devflow_stop SERVICE...               stops what listens on their ports, and waits until it is gone
#
# They take the options of the scripts behind them, --env-file FILE for one; see --help, and devflow_ports.java for what each
# function presets. The first call builds the scripts and keeps them in ~/.cache/devflow-ports; the others start a plain java.
# DEVFLOW_PORTS_DEBUG=1 says on standard error what is done.
# An interactive shell gets check_port, find_port, port_status and health_all as well.

if [ -n "${BASH_VERSION:-}" ]; then
  DEVFLOW_PORTS_DIR=${BASH_SOURCE[0]}
elif [ -n "${ZSH_VERSION:-}" ]; then
  eval 'DEVFLOW_PORTS_DIR=${(%):-%x}'
else
  echo "devflow-ports.sh: needs bash" >&2
  return 2
fi
# The folder of this file, wherever a link to it may lie; without a variable that the caller could have.
while case $DEVFLOW_PORTS_DIR in */*) ;; *) DEVFLOW_PORTS_DIR=./$DEVFLOW_PORTS_DIR ;; esac && [ -L "$DEVFLOW_PORTS_DIR" ]; do
  case $(readlink "$DEVFLOW_PORTS_DIR") in
    /*) DEVFLOW_PORTS_DIR=$(readlink "$DEVFLOW_PORTS_DIR") ;;
    *) DEVFLOW_PORTS_DIR=${DEVFLOW_PORTS_DIR%/*}/$(readlink "$DEVFLOW_PORTS_DIR") ;;
  esac
done
DEVFLOW_PORTS_DIR=$(CDPATH='' builtin cd -P -- "${DEVFLOW_PORTS_DIR%/*}/" && builtin pwd -P)

# In this very bash, because the PATH may have none.
devflow_ports_call() {
  builtin pwd -P >/dev/null 2>&1 || {
    echo "devflow-ports: the working directory no longer exists; go to another one" >&2
    return 2
  }
  "${BASH:-bash}" "$DEVFLOW_PORTS_DIR/launch" "$@"
}

# How the processes ended that were waited for: only the shell that started them is told. One that failed is no success, even if
# another of the project's answered in its place.
devflow_ports_tell_ended() {
  while [ $# -gt 1 ]; do
    case $1-$2 in
      [01]---pid=*) devflow_ports_has_failed "$1" "${2#--pid=}" && set -- 1 "${@:2}" ;;
      [01]---pid) devflow_ports_has_failed "$1" "${3:-}" && set -- 1 "${@:2}" ;;
    esac
    set -- "$1" "${@:3}"
  done
  return "$1"
}
devflow_ports_has_failed() {
  kill -0 "$2" 2>/dev/null && return 1
  wait "$2" 2>/dev/null
  set -- "$1" "$2" "$?"
  [ "$3" -ne 127 ] || return 1 # another's child
  [ "$1$3" = 00 ] || echo "NOTE: process $2 ended with status $3" >&2
  [ "$3" -ne 0 ]
}

check_port_available() { devflow_ports_call check_port_available "$@"; }
find_available_port() { devflow_ports_call find_available_port "$@"; }
# shellcheck disable=SC2120
devflow_port_status() { devflow_ports_call devflow_port_status "$@"; }
# shellcheck disable=SC2120
devflow_assign_ports() {
  set -- "$(devflow_ports_call devflow_assign_ports "$@" || echo "return $?")"
  case $1 in
    '' | 'export '* | 'return '*) eval "$1" ;;
    *) printf '%s\n' "$1" ;; # the help
  esac
}
devflow_is_running() { devflow_ports_call devflow_is_running "$@"; }
devflow_health_all() { devflow_ports_call devflow_health_all "$@"; }
devflow_wait_healthy() {
  if devflow_ports_call devflow_wait_healthy "$@"; then set -- 0 "$@"; else set -- "$?" "$@"; fi
  devflow_ports_tell_ended "$@"
}
devflow_stop() { devflow_ports_call devflow_stop "$@"; }

case $- in
  *i*)
    check_port() { devflow_ports_call check_port "$@"; }
    find_port() { devflow_ports_call find_port "$@"; }
    port_status() { devflow_ports_call port_status "$@"; }
    health_all() { devflow_ports_call health_all "$@"; }
    ;;
esac
