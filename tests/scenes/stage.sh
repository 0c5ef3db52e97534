# What every scene finds: a network of its own, the folders project (where it plays) and blog (another program's), and
# the functions below. tests/ScenesTest.java puts the scene's own lines behind these.
mkdir project blog
cp "$scenes"/server.* project
cp "$scenes"/server.* blog
chmod -R a+rX .
stage=$PWD
export XDG_CACHE_HOME=$stage/cache # with a lock that no other scene waits for
mkdir -m 777 cache
cd project
(sleep 240; kill -KILL -1) & # whatever hangs

# start FOLDER COMMAND...: starts it there, in the background, and waits until it prints a line. Its pid is in $pid. Python
# is $python itself, not a script that looks for it; $as is the name that the program is given.
export PYTHONHOME=${python%/bin/*}
start() {
  local program=$2
  [ "$program" != python3 ] || program=$python
  exec 3< <(cd "$1" && as=${as:-$2} && shift 2 && exec -a "$as" "$program" "$@")
  pid=$!
  read -r -u 3 _
}

# nobody SCRIPT...: runs one of the four as an ordinary user, who may not be permitted to read the classes where they are.
nobody() {
  if [ ! -d "$stage/classes" ]; then
    mkdir "$stage/classes"
    local IFS=: part
    for part in $classpath; do
      if [ -d "$part" ]; then cp -r "$part/." "$stage/classes"; else cp "$part" "$stage/classes"; fi
    done
    unset IFS
    chmod -R a+rX "$stage/classes"
  fi
  setpriv --reuid 65534 --regid 65534 --clear-groups ${java%% -cp *} -cp "$stage/classes:$stage/classes/*" "$@"
}

# play COMMAND: runs a line of the scene and prints it, its two streams and its exit code.
play() {
  printf '\n$ %s\n' "$1"
  local exit=0
  eval "$1" >"$stage/out" 2>"$stage/err" || exit=$?
  cat "$stage/out"
  [ ! -s "$stage/out" ] || [ -z "$(tail -c 1 "$stage/out")" ] || echo '(no end of line)'
  sed 's/^/2> /' "$stage/err"
  echo "exit $exit"
}
