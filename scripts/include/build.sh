# shellcheck shell=bash
# Has JBang build the scripts, and makes of it one jar and an archive of its classes: starting a JVM takes longer than its
# work. Sourced by launch in a subshell, whose exit status is 1 if there can be no build, and 2 if JBang failed.

trap 'exit 130' INT # for bash goes on if a JVM exits by itself at the same signal
umask 077
builtin cd "$scripts" && mkdir -p "$build" 2>/dev/null && [ -O "$build" ] && { exec 8>>"$build/lock"; } 2>/dev/null || exit 1
say "building the scripts; once, for some seconds"
lock 8
is_fresh && exit
# Where nothing tells whether the sources have changed, a build could never be used.
[ -n "$(sums)" ] || exit 1
debug "builds in $build"

# What was built for clones that are gone takes up 20 MB each.
find "$cache/launch" -name clone -type f | while IFS= read -r file; do
  IFS= read -r clone <"$file" && [ ! -e "$clone" ] && rm -rf "${file%/clone}"
done

scratch=$build/scratch
rm -rf "$scratch" "$build/stamp" "$build/jdk" "$build/wrapper" && mkdir -p "$scratch/project" || exit 1
JAVA_HOME=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java.home = //p')
[ -n "$JAVA_HOME" ] && export JAVA_HOME && ln -s "$JAVA_HOME" "$build/jdk" || {
  say "'$java' does not start"
  exit 2
}
[ "$java" -ef "$build/jdk/bin/java" ] || : >"$build/wrapper" # a script, or what macOS has in /usr/bin
options=$(sed -n 's|^//RUNTIME_OPTIONS ||p' include/command/PortCommand.java)
options="$options -XX:+SuppressFatalErrorMessage -XX:-CreateCoredumpOnCrash -Ddevflow.no=3"
printf '%s\n"-XX:SharedArchiveFile=%s"\n-cp "%s"\ndevflow_ports\n' "$options" "$build/classes" "$build/program.jar" |
  sed 's/\\/&&/g' >"$build/java.args"
sums=$(sums) # before the sources are read

# The program and its libraries in one jar, which is opened sooner than several. JBang has a cache of its own for this: in the
# user's, a build for another clone or JDK may go on, and what is there may be damaged.
make_jar() {
  JBANG_CACHE_DIR=$scratch/jbang "$BASH" ../jbangw export fatjar --output "$scratch/program.jar" devflow_ports.java >&2 &&
    mv -f "$scratch/program.jar" "$build/"
}

# Archives the classes that all commands need, with the options of the JVM that is to use it. It runs in an empty folder,
# which stands for a project, and without the services' environment.
make_archive() {
  builtin cd "$scratch/project" || return
  # shellcheck disable=SC2086
  env -i HOME="$scratch" "$java" $options "-XX:DumpLoadedClassList=$scratch/list" -cp "$build/program.jar" devflow_ports --train
  # Without what newer JDKs add: numbers that tell classes of different loaders apart (here there is one), and what is to be
  # resolved ahead, which links classes as old as picocli's, and those are then left out.
  sed -e '/^@cp /d' -e 's/ id: [0-9]*$//' "$scratch/list" >"$scratch/names"
  # shellcheck disable=SC2086
  "$java" $options -Xshare:dump "-XX:SharedClassListFile=$scratch/names" "-XX:SharedArchiveFile=$scratch/archive" \
    -cp "$build/program.jar" && mv -f "$scratch/archive" "$build/classes"
}

make_jar 2>"$scratch/log" </dev/null || {
  grep -v -e Resolving -e Building "$scratch/log" >&2
  exit 2
}
rm -f "$build/classes"
make_archive >/dev/null 2>&1 </dev/null || printf 'none could be made\n' >"$build/classes"
printf '%s\n' "$scripts" >"$build/clone"
# With the stamp, which comes last, the build counts.
printf '%s' "$sums" >"$scratch/stamp" && mv -f "$scratch/stamp" "$build/" && rm -rf "$scratch"
