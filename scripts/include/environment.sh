# shellcheck shell=bash
# What jbangw and launch share; both source it. Sets java (the JDK's, or empty), cache, PATH, HOME and the locale.
# Resets options that the caller has exported: those of bash, and JVM options, which are meant for the services.
set +efu +o posix
shopt -u failglob nullglob
unset CDPATH JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS

say() { printf 'devflow-ports: %s\n' "$1" >&2; }
debug() { [ -z "${DEVFLOW_PORTS_DEBUG:-}" ] || say "$1"; }
die() { say "$1" && exit 2; }

# Drops relative folders from the PATH: a java in the working directory must not be run.
java=${JAVA_HOME:+$JAVA_HOME/bin/java} absolute=
IFS=:
for folder in ${PATH:-}; do
  [[ $folder = /* ]] || continue
  absolute=$absolute${absolute:+:}$folder
  [[ -n $java || -d $folder/java || ! -x $folder/java ]] || java=$folder/java
done
IFS=$' \t\n'
PATH=$absolute
[[ $java = /* && -x $java ]] || java=

# Java encodes file names by the locale. In a locale other than UTF-8, this letter is two characters.
accent=$'\303\251'
[[ ${#accent} -eq 1 || $OSTYPE != linux* ]] || { export LC_ALL=C.UTF-8; } 2>/dev/null

# sudo -E keeps the HOME of the calling user, who could not change files that root makes there.
[ -O "${HOME:-}" ] || { unset HOME JBANG_DIR JBANG_CACHE_DIR JBANG_REPO && export HOME=~; }
cache=$HOME/.cache/devflow-ports
[[ ${XDG_CACHE_HOME:-} != /* ]] || cache=$XDG_CACHE_HOME/devflow-ports

# Returns whether the folder and its parents, up to the one that contains the cache, belong to this user.
is_own() {
  local folder=$1
  until [ "$folder" = "${cache%/*}" ]; do
    [[ -O $folder && ! -L $folder ]] || return 1
    folder=${folder%/*}
  done
  [ -O "$folder" ]
}

make_folder() {
  (umask 077 && mkdir -p "${cache%/*}" && [ -O "${cache%/*}" ] && mkdir -p "$1") 2>/dev/null
  is_own "$1" && [ -w "$1" ] || die "cannot write to $cache, or another user made a part of it; \
set XDG_CACHE_HOME to a folder that belongs to you"
}

# Waits until no other process has the lock on this descriptor. macOS has perl, but no flock.
lock() {
  flock "$1" 2>/dev/null ||
    perl -MFcntl=:flock -e 'open(my $lock, ">>&=", shift) and flock($lock, LOCK_EX)' "$1" 2>/dev/null
}

# Prints this step, the steps and errors that it reads and, every 8 seconds, that a step is still running. The exit code
# of read in bash 3.2 is the same for a timeout and for the end of the input; the time tells which it is.
say_steps() {
  local line part='' step=$1 since
  say "$step"
  while :; do
    line='' since=$SECONDS
    if ! IFS= read -r -t 8 line; then
      [ $((SECONDS - since)) -ge 7 ] || return 0
      part+=$line # Bash 4 and later return the beginning of the line; earlier versions discard it.
      say "still ${step%% (*}" && continue
    fi
    line=$part$line part=
    case $line in
      *Resolving\ dep*) [ -z "${build:-}" ] && step='fetching libraries (first run only)' || continue ;;
      *Building\ jar*) step=compiling ;;
      devflow-ports:*) step=${line#*: } ;;
      *ERROR* | [!\[]*) printf '%s\n' "$line" >&2 && continue ;;
      *) continue ;;
    esac
    say "$step"
  done
}
