# shellcheck shell=bash
# What jbangw and launch make of the environment, whoever calls; sourced by both. It sets java (the one to use, or nothing),
# cache (the folder for what is fetched and built), PATH and HOME.

# Exported by a shell that has them, options reach every bash. JVM options are for the services' own.
set +efu +o posix
shopt -u failglob nullglob
IFS=$' \t\n'
unset CDPATH JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS

# What lies in the working directory is not what is installed: a PATH with relative folders loses them.
java=${JAVA_HOME:+$JAVA_HOME/bin/java}
absolute=
set -f
IFS=:
for folder in ${PATH:-}; do
  case $folder in
    /*)
      absolute=$absolute${absolute:+:}$folder
      [ -n "$java" ] || [ ! -f "$folder/java" ] || [ ! -x "$folder/java" ] || java=$folder/java
      ;;
  esac
done
set +f
IFS=$' \t\n'
PATH=$absolute
case $java in
  /*) [ -x "$java" ] || java= ;;
  *) java= ;;
esac

# The nearest folder that exists, at or above this one.
nearest() {
  nearest=$1
  until [ -e "$nearest" ]; do
    nearest=${nearest%/*}
    nearest=${nearest:-/}
  done
}

# Whether this folder is the user's, or can be made without leaving anything in somebody else's.
is_own() {
  nearest "$1"
  [ -d "$nearest" ] && { [ -O "$nearest" ] || [ -k "$nearest" ]; }
}

is_writable() {
  nearest "$1"
  [ -d "$nearest" ] && [ -w "$nearest" ]
}

# sudo -E leaves root the user's home: what root makes there, the user could never change again.
foreign=
case ${HOME:-} in
  /*) is_own "$HOME" || foreign=$HOME ;;
  *) HOME= ;;
esac
if [ -n "$foreign" ] || [ -z "$HOME" ]; then
  HOME=$(unset HOME && printf '%s' ~)
  unset JBANG_DIR JBANG_CACHE_DIR JBANG_REPO
fi
case ${XDG_CACHE_HOME:-} in
  /*) is_own "$XDG_CACHE_HOME/devflow-ports" || unset XDG_CACHE_HOME ;;
  *) unset XDG_CACHE_HOME ;; # as the XDG specification has it
esac
cache=${XDG_CACHE_HOME:-$HOME/.cache}/devflow-ports
[ -z "$foreign" ] || [ "$foreign" = "$HOME" ] || [ -d "$cache" ] ||
  printf 'devflow-ports: %s belongs to another user; using %s\n' "$foreign" "$cache" >&2

# For a cache that is on a read-only disk.
use_temporary_cache() {
  cache=${TMPDIR:-/tmp}/devflow-ports-$UID
  is_writable "$HOME" || export JBANG_DIR=$cache/jbang JBANG_REPO=$cache/repository
}

# Waits until no other process has the lock on this descriptor, and ends with it, however that process ends. macOS has no
# flock, but perl.
lock() {
  flock "$1" 2>/dev/null ||
    perl -MFcntl=:flock -e 'open(my $lock, ">>&=", shift) and flock($lock, LOCK_EX)' "$1" 2>/dev/null
}
