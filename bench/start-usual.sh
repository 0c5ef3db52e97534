#!/usr/bin/env bash
# The start script of tests/devflow-start.sh as such scripts are usually written, with netstat, lsof, curl and sleep, to be
# measured beside it. Among its faults are that it takes another program for a service, and stops it.
set -u
cd "$(dirname "$0")" || exit

services="db-manager:3002 vector-memory:3003 model-registry:3004 orchestrator:3005 token-optimizer:3006 codex-mcp:3101
  gemini-mcp:3102 qwen-mcp:3103 synthetic-mcp:3104 real-dream-team-orchestrator:3200 cli-integration-manager:3201 cctools-grpc:50051"
mkdir -p run
# shellcheck source=/dev/null
[ ! -f .env ] || { set -a && . ./.env && set +a; }

check_port_available() { ! netstat -an | grep -q ":$1.*LISTEN"; }

find_available_port() {
  local port
  for ((port = $1; port <= $2; port++)); do
    if check_port_available "$port"; then
      echo "$port"
      return
    fi
  done
  return 1
}

# The variable of a service, and the port that it has or is to have.
variable() { echo "$(tr a-z- A-Z_ <<<"$1")_PORT"; }
port() {
  local name
  name=$(variable "$1")
  echo "${!name:-$2}"
}

save() {
  if grep -q "^$1=" .env 2>/dev/null; then
    sed -i "s/^$1=.*/$1=$2/" .env
  else
    echo "$1=$2" >>.env
  fi
  export "$1=$2"
}

is_running() { [ -f "run/$1.pid" ] && kill -0 "$(cat "run/$1.pid")" 2>/dev/null && ! check_port_available "$2"; }

is_healthy() {
  case $1 in
    cctools-grpc) ! check_port_available "$2" ;;
    *-mcp) curl -s --max-time 2 -o /dev/null "http://localhost:$2/" ;;
    *) curl -sf --max-time 2 -o /dev/null "http://localhost:$2/health" ;;
  esac
}

start_one() {
  local service=$1 port attempt
  port=$(port "$service" "$2")
  if is_running "$service" "$port"; then
    echo "$service is already running on port $port"
    return
  fi
  if ! check_port_available "$port"; then
    case $port in
      30*) echo "ERROR: port $port of $service is in use" >&2; return 1 ;;
      31*) port=$(find_available_port "$port" 3199) || return 1 ;;
      32*) port=$(find_available_port "$port" 3299) || return 1 ;;
      *) port=$(find_available_port "$port" 59999) || return 1 ;;
    esac
  fi
  save "$(variable "$service")" "$port"
  if [ -e "services/$service.py" ]; then
    nohup python3 "services/$service.py" >>"run/$service.log" 2>&1 &
  else
    nohup node "services/$service.js" >>"run/$service.log" 2>&1 &
  fi
  echo $! >"run/$service.pid"
  sleep 2
  if ! kill -0 "$(cat "run/$service.pid")" 2>/dev/null; then
    echo "ERROR: $service failed to start" >&2
    return 1
  fi
  for ((attempt = 0; attempt < 15; attempt++)); do
    is_healthy "$service" "$port" && return
    sleep 2
  done
  echo "ERROR: $service is not healthy" >&2
  return 1
}

start() {
  local service
  for service in $services; do
    start_one "${service%:*}" "${service#*:}" || return
  done
  sleep 2
  status
}

stop_one() {
  local port pids
  port=$(port "$1" "$2")
  [ ! -f "run/$1.pid" ] || kill "$(cat "run/$1.pid")" 2>/dev/null
  sleep 1
  pids=$(lsof -ti:"$port")
  if [ -n "$pids" ]; then
    echo "$pids" | xargs kill 2>/dev/null
    sleep 2
    lsof -ti:"$port" | xargs -r kill -9 2>/dev/null
  fi
  rm -f "run/$1.pid"
}

stop() {
  local service
  for service in $services; do stop_one "${service%:*}" "${service#*:}"; done
}

status() {
  local service port
  for service in $services; do
    port=$(port "${service%:*}" "${service#*:}")
    if is_healthy "${service%:*}" "$port"; then
      echo "Port $port: ✅ ACTIVE"
    else
      echo "Port $port: ❌ INACTIVE"
    fi
  done
}

case ${1:-} in
  start) start ;;
  stop) stop ;;
  restart) stop; sleep 2; start ;;
  status) status ;;
  *) echo "usage: start-usual.sh start|stop|restart|status" >&2; exit 2 ;;
esac
