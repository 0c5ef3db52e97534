#!/usr/bin/env bash
# A whole devflow-start.sh: twelve services of Node and Python, each a program in services/ that reads its port from the
# environment. DEVFLOW_PORTS is where devflow-ports.sh is.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=scripts/devflow-ports.sh
. "${DEVFLOW_PORTS:-$HOME/devflow-ports/scripts}/devflow-ports.sh"

services=(db-manager vector-memory model-registry orchestrator token-optimizer codex-mcp gemini-mcp qwen-mcp synthetic-mcp
  real-dream-team-orchestrator cli-integration-manager cctools-grpc)
[ $# -lt 2 ] || services=("${@:2}")

start() {
  devflow_assign_ports # all of them, so that none is given the port of another
  devflow_is_running "${services[@]}" 2>/dev/null && return
  local service started=()
  for service in "${services[@]}"; do
    devflow_is_running "$service" && continue
    launch "$service" >>"run/$service.log" 2>&1 &
    echo $! >"run/$service.pid"
    started+=("--pid=$!" "$service")
  done
  devflow_wait_healthy --wait=60 "${started[@]}"
}

launch() {
  if [ -e "services/$1.py" ]; then exec python3 "services/$1.py"; else exec node "services/$1.js"; fi
}

stop() {
  devflow_stop "${services[@]}"
  for service in "${services[@]}"; do rm -f "run/$service.pid"; done
}

mkdir -p run
case ${1:-} in
  start) start ;;
  stop) stop ;;
  restart) stop; start ;;
  status) devflow_port_status ;;
  *) echo "usage: devflow-start.sh start|stop|restart|status [SERVICE...]" >&2; exit 2 ;;
esac
