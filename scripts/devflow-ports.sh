# shellcheck shell=bash
# DevFlow's port functions, for devflow-start.sh to source: bash 3.2 or later, with any options, in any folder.
#
#   check_port_available PORT            returns 0 if a server can use the port
#   find_available_port BASE MAX         prints the first available port
#   devflow_port_status                  prints the state of DevFlow's ports
#   devflow_assign_ports [SERVICE...]    assigns ports to services (default: all), in .env and in this environment
#   devflow_is_running SERVICE...        returns 0 if every service is running
#   devflow_list_not_running SERVICE...  prints the services that are not running, each on a line
#   devflow_health_all [...]             checks the health endpoints
#   devflow_wait_healthy [...]           waits until all are healthy, 30 seconds or --wait=SECONDS
#   devflow_stop SERVICE...              stops the services, and waits until their ports are available
#
# The functions take the options of the scripts behind them, such as --env-file FILE. The first call builds the scripts;
# later calls start java directly. DEVFLOW_PORTS_DEBUG=1 prints each step on standard error.
[ -n "${BASH_VERSION:-}" ] || { echo "devflow-ports.sh: needs bash" >&2 && return 2; }
DEVFLOW_PORTS_DIR=${BASH_SOURCE[0]}
[ ! -L "$DEVFLOW_PORTS_DIR" ] || DEVFLOW_PORTS_DIR=$(readlink -f "$DEVFLOW_PORTS_DIR")
case $DEVFLOW_PORTS_DIR in */*) ;; *) DEVFLOW_PORTS_DIR=./$DEVFLOW_PORTS_DIR ;; esac
DEVFLOW_PORTS_DIR=$(CDPATH='' builtin cd -P -- "${DEVFLOW_PORTS_DIR%/*}/" && builtin pwd -P)

# Calls launch with the bash of this shell, because the PATH may have none. The start time of a process that has exited
# cannot be read, so devflow_wait_healthy uses this shell's start time instead.
devflow_ports_call() {
  DEVFLOW_PORTS_STARTER=$$ "$BASH" "$DEVFLOW_PORTS_DIR/launch" "$@"
}

check_port_available() { devflow_ports_call check_port_available "$@"; }
find_available_port() { devflow_ports_call find_available_port "$@"; }
# shellcheck disable=SC2120
devflow_port_status() { devflow_ports_call devflow_port_status "$@"; }
devflow_is_running() { devflow_ports_call devflow_is_running "$@"; }
devflow_list_not_running() { devflow_ports_call devflow_list_not_running "$@"; }
devflow_health_all() { devflow_ports_call devflow_health_all "$@"; }
devflow_stop() { devflow_ports_call devflow_stop "$@"; }
# shellcheck disable=SC2120
devflow_assign_ports() {
  set -- "$(devflow_ports_call devflow_assign_ports "$@" || echo "return $?")"
  case $1 in
    '' | 'export '* | 'return '*) eval "$1" ;;
    *) printf '%s\n' "$1" ;; # the help
  esac
}

# Only this shell can read the exit codes of its processes. If one failed, the call fails, even if a server responds.
devflow_wait_healthy() {
  local devflow_ports_code=0 devflow_ports_word devflow_ports_last=''
  devflow_ports_call devflow_wait_healthy "$@" || devflow_ports_code=$?
  for devflow_ports_word in "$@"; do
    case $devflow_ports_last:$devflow_ports_word in
      --pid:* | *:--pid=*) devflow_ports_tell_exit "${devflow_ports_word#--pid=}" "$devflow_ports_code" ||
        devflow_ports_code=1 ;;
    esac
    devflow_ports_last=$devflow_ports_word
  done
  return "$devflow_ports_code"
}
devflow_ports_tell_exit() {
  [ "$2" -le 1 ] && ! kill -0 "$1" 2>/dev/null || return 0
  if wait "$1" 2>/dev/null; then set -- "$@" 0; else set -- "$@" "$?"; fi
  case $2$3 in 00 | ?127) return 0 ;; esac # 127 means: not a process of this shell.
  if [ "$3" -ne 0 ]; then
    echo "ERROR: process $1 exited with code $3" >&2
    return 1
  fi
  echo "NOTE: process $1 exited with code 0" >&2
}
