# shellcheck shell=bash
# Makes one jar of the scripts and an archive of its classes, because JVMs start slowly without. Sourced by launch in a
# subshell, which exits with 0 or, having said why there is no build, with 2.
trap 'exit 130' INT # Otherwise bash goes on if a JVM ends by itself at the same signal.
make_folder "$place"
exec 8>>"$place/lock" && lock 8
is_fresh && exit
debug "builds in $place"
for other in "$place"/build.*; do [ "$other" = "$build" ] || rm -rf "$other"; done
umask 077
new=$(mktemp -d "$place/build.XXXXXX") && mkdir "$new/sources" "$new/scratch" && builtin cd "$scripts" || exit 2
{ read -r JAVA_HOME && read -r version; } < <("$java" -XshowSettings:properties -version 2>&1 |
  sed -n -e 's/^ *java.home = //p' -e 's/^ *java.specification.version = //p')
[ "${version%.*}" -ge 17 ] 2>/dev/null && export JAVA_HOME && ln -s "$JAVA_HOME" "$new/jdk" ||
  die "'$java' does not start, or is older than 17; install a JDK 17 or later, or set JAVA_HOME to one"

# A source that is edited during the build is newer than its copy. busybox' cp leaves out a file's nanoseconds.
cp -p "${sources[@]}" "$new/sources/" || exit 2
for source in "${sources[@]}"; do
  ! [ "$source" -nt "$new/sources/${source##*/}" ] || touch -r "$source" "$new/sources/${source##*/}"
done

# Archives the classes that the commands load in a project of their own, without the services' environment. JDK 25 lists
# numbers of class loaders, too, and what to resolve ahead, which leaves out picocli's old classes.
# shellcheck disable=SC2086
make_archive() {
  mkdir project && builtin cd project &&
    env -i HOME="$new" "$java" $jvm_options -XX:DumpLoadedClassList=../list -cp "$new/program.jar" devflow_ports --train
  sed -e '/^@cp /d' -e 's/ id: [0-9]*$//' ../list >../names
  "$java" $jvm_options -Xshare:dump -XX:SharedClassListFile=../names "-XX:SharedArchiveFile=$new/classes" \
    -cp "$new/program.jar"
}

jvm_options="$(sed -n 's|^//RUNTIME_OPTIONS ||p' include/command/PortCommand.java | tr '\n' ' ')\
-XX:+SuppressFatalErrorMessage -XX:-CreateCoredumpOnCrash -Ddevflow.no=3"
# JBang has a cache of its own here, because a build for another clone or JDK may be using the user's.
{
  JBANG_CACHE_DIR=$new/scratch/jbang "$BASH" ../jbangw export fatjar --output "$new/program.jar" devflow_ports.java &&
    echo "devflow-ports: preparing fast starts" && builtin cd "$new/scratch" &&
    { make_archive >/dev/null 2>&1 || echo none >"$new/classes"; }
} 2>&1 </dev/null | say_steps "building the scripts"
[ "${PIPESTATUS[0]}" -eq 0 ] || exit 2
rm -rf "$new/scratch"
printf '%s\n' "$new" "$jvm_options" >"$new/current" && mv -f "$new/current" "$place/current"
