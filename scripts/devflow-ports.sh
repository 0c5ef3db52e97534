# shellcheck shell=bash
# DevFlow's port functions, to be sourced by devflow-start.sh. For bash 3.2 and later, any options, any directory.
#
#   check_port_available PORT      status 0 if a server could have the port
#   find_available_port BASE MAX   prints the first available port
#   devflow_port_status            prints the status of DevFlow's active ports
#   devflow_assign_ports           gives every service its port: in .env and in this shell's environment
#   devflow_health_all [...]       queries the health endpoints; takes health_all's options and targets
#   devflow_wait_healthy [...]     the same, waiting until all are healthy; 30 seconds, or --wait=SECONDS
#
# The first call has JBang build the scripts and keeps in ~/.cache/devflow-ports what a plain java needs to run them;
# the others start that java. DEVFLOW_PORTS_DEBUG=1 says on standard error what is done.

case ${BASH_SOURCE[0]} in
  /*) DEVFLOW_PORTS_DIR=${BASH_SOURCE[0]} ;;
  *) DEVFLOW_PORTS_DIR=$PWD/${BASH_SOURCE[0]} ;;
esac
while [ -L "$DEVFLOW_PORTS_DIR" ]; do
  devflow_ports_link=$(readlink "$DEVFLOW_PORTS_DIR")
  case $devflow_ports_link in
    /*) DEVFLOW_PORTS_DIR=$devflow_ports_link ;;
    *) DEVFLOW_PORTS_DIR=${DEVFLOW_PORTS_DIR%/*}/$devflow_ports_link ;;
  esac
done
DEVFLOW_PORTS_DIR=${DEVFLOW_PORTS_DIR%/*}
case $DEVFLOW_PORTS_DIR/ in
  */../*) DEVFLOW_PORTS_DIR=$(builtin cd -P "$DEVFLOW_PORTS_DIR" && builtin pwd -P) ;;
esac

check_port_available() {
  devflow_ports_call check_port_available "$@"
}

find_available_port() {
  devflow_ports_call find_available_port "$@"
}

# shellcheck disable=SC2120
devflow_port_status() {
  devflow_ports_call devflow_port_status "$@"
}

# shellcheck disable=SC2120
devflow_assign_ports() {
  local devflow_ports_exports
  devflow_ports_exports=$(devflow_ports_call devflow_assign_ports "$@") || return
  eval "$devflow_ports_exports"
}

devflow_health_all() {
  devflow_ports_call devflow_health_all "$@"
}

devflow_wait_healthy() {
  devflow_ports_call devflow_health_all --wait=30 "$@"
}

# What follows serves the functions above.

devflow_ports_debug() {
  [ -z "${DEVFLOW_PORTS_DEBUG:-}" ] || printf 'devflow-ports: %s\n' "$1" >&2
}

# Runs a function: with the java and the files of an earlier build, which is made if there is none; else through JBang.
devflow_ports_call() {
  local java lane status
  status=0
  java=$(command -v "${JAVA_HOME:+$JAVA_HOME/bin/}java") || java=
  case ${XDG_CACHE_HOME:-}:${HOME:-} in
    /*) lane=$XDG_CACHE_HOME ;;
    *:/*) lane=$HOME/.cache ;;
    *) lane=$(unset HOME && printf '%s' ~)/.cache ;;
  esac
  lane=$lane/devflow-ports/fast$java$DEVFLOW_PORTS_DIR
  case $java in
    /*) devflow_ports_is_fresh "$java" "$lane" || devflow_ports_build "$java" "$lane" || status=$? ;;
    *) status=1 ;; # none, or one that depends on the working directory
  esac
  if [ "$status" -ge 128 ]; then
    return "$status" # interrupted while building
  fi
  if [ "$status" -eq 0 ]; then
    devflow_ports_debug "$1: $java @$lane/java.args"
    devflow_ports_java "$java" "@$lane/java.args" "$@" || status=$?
    case $status in
      0 | 2 | 129 | 130 | 137 | 141 | 143) return "$status" ;; # an answer, or a signal from outside
      3) return 1 ;; # the answer is no; with 1 and others, the JVM did not start, or crashed
    esac
  fi
  devflow_ports_debug "$1: through JBang"
  "$DEVFLOW_PORTS_DIR/../jbangw" "$DEVFLOW_PORTS_DIR/devflow_ports.java" "$@"
}

# Starts a JVM without the options that the environment has for the services' own.
devflow_ports_java() (
  unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS
  exec "$@"
)

# Whether what was built is this user's, of these sources and this JDK, and still all there.
devflow_ports_is_fresh() {
  local java lane kind file
  java=$1 lane=$2
  [ -O "$lane/parts" ] && [ -O "$lane/java.args" ] && [ -O "$lane/sources" ] || return 1
  while IFS=' ' read -r kind file; do
    case $kind in
      java) [ "$java" -ef "$file" ] ;;
      source) ! [ "$file" -nt "$lane/sources/${file##*/}" ] && ! [ "$file" -ot "$lane/sources/${file##*/}" ] ;;
      *) [ -s "$file" ] ;;
    esac || {
      devflow_ports_debug "$kind $file has changed or is missing"
      return 1
    }
  done <"$lane/parts"
}

# Has JBang build the scripts, and dumps a CDS archive of their classes: starting the JVM takes longer than their work. In a
# subshell, which keeps its options to itself, and under a lock, however many shells come at once.
devflow_ports_build() (
  trap 'exit 130' INT # which bash else ignores if a JVM exits by itself at the same signal
  set +efu
  IFS=$' \t\n'
  java=$1 lane=$2 program=$DEVFLOW_PORTS_DIR/devflow_ports.java scratch=$2/build
  umask 077
  builtin cd "$DEVFLOW_PORTS_DIR" || exit 1 # and not where somebody else's programs and configuration may lie
  mkdir -p "$lane" 2>/dev/null && [ -O "$lane" ] || exit 1
  exec 9>>"$lane/lock"
  flock 9 2>/dev/null || perl -MFcntl=:flock -e 'open(my $lock, ">>&=", 9) and flock($lock, LOCK_EX)' 2>/dev/null
  devflow_ports_is_fresh "$java" "$lane" && exit 0
  devflow_ports_debug "builds in $lane"
  JAVA_HOME=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java.home = //p')
  export JAVA_HOME
  # As they are now, before the build; the JDK's own file changes when it is updated in place.
  sources=("$DEVFLOW_PORTS_DIR"/*.java "$DEVFLOW_PORTS_DIR"/include/*.java)
  [ ! -f "$JAVA_HOME/release" ] || sources+=("$JAVA_HOME/release")
  rm -rf "$scratch" && mkdir -p "$scratch/project" "$scratch/sources" &&
    cp -p "${sources[@]}" "$scratch/sources" || exit 1
  "$DEVFLOW_PORTS_DIR/../jbangw" build "$program" >&2 9>&- || exit 1
  classpath=$("$DEVFLOW_PORTS_DIR/../jbangw" info classpath "$program" 9>&-)
  [ -n "$classpath" ] || exit 1
  {
    sed -n 's|^//RUNTIME_OPTIONS ||p' "$DEVFLOW_PORTS_DIR/include/PortCommand.java"
    printf '%s\n' -Ddevflow.no=3 # because a JVM that does not start exits with 1
    printf '"-XX:SharedArchiveFile=%s"\n-cp "%s"\ndevflow_ports\n' "$lane/classes.jsa" "$classpath" | sed 's/\\/&&/g'
  } >"$scratch/java.args"
  devflow_ports_archive "$java" "$scratch" "$classpath" "$lane/classes.jsa"
  {
    printf 'java %s\n' "$JAVA_HOME/bin/java"
    printf 'source %s\n' "${sources[@]}"
    printf '%s\n' "$classpath" | tr : '\n' | sed 's/^/library /'
  } >"$scratch/parts"
  # The list of the parts comes last: with it, the build counts.
  rm -rf "$lane/parts" "$lane/sources" &&
    mv -f "$scratch/sources" "$scratch/java.args" "$lane/" && mv -f "$scratch/parts" "$lane/" && rm -rf "$scratch"
)

# Dumps an archive of the classes that a start script's calls need; in an empty folder, which stands for its project.
devflow_ports_archive() (
  trap 'exit 130' INT
  java=$1 scratch=$2 classpath=$3 archive=$4
  builtin cd "$scratch/project" || exit
  unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS
  export XDG_CACHE_HOME=$scratch
  for call in "check_port_available 1" "find_available_port 1024" devflow_port_status devflow_assign_ports; do
    # shellcheck disable=SC2086
    "$java" "-XX:DumpLoadedClassList=$scratch/classes.${call%% *}" -cp "$classpath" devflow_ports $call
  done
  # Without the numbers by which newer JDKs tell classes of different loaders apart; here there is one.
  sed 's/ id: [0-9]*$//' "$scratch"/classes.* | awk '!seen[$0]++' >"$scratch/classes"
  # The archive must know the options of the JVM that is to use it.
  # shellcheck disable=SC2046
  "$java" $(sed -n 's|^//RUNTIME_OPTIONS ||p' "$DEVFLOW_PORTS_DIR/include/PortCommand.java") -Xshare:dump \
    "-XX:SharedClassListFile=$scratch/classes" "-XX:SharedArchiveFile=$scratch/classes.jsa" -cp "$classpath" &&
    mv -f "$scratch/classes.jsa" "$archive"
) >/dev/null 2>&1
