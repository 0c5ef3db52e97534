#!/usr/bin/env bash
# A whole devflow-start.sh: twelve services of Node and Python, each a program in services/ that reads its port from
# the environment; one behind a pipe, one by npm. DEVFLOW_PORTS is the folder of devflow-ports.sh.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=scripts/devflow-ports.sh
. "${DEVFLOW_PORTS:-$HOME/devflow-ports/scripts}/devflow-ports.sh"

services=(db-manager vector-memory model-registry orchestrator token-optimizer codex-mcp gemini-mcp qwen-mcp synthetic-mcp
  real-dream-team-orchestrator cli-integration-manager cctools-grpc)
[ $# -lt 2 ] || services=("${@:2}")

start() {
  local names service started=()
  devflow_assign_ports "${services[@]}" || return
  names=$(devflow_list_not_running "${services[@]}") || return
  for service in $names; do
    case $service in
      token-optimizer) launch "$service" 2>&1 | tee -a "run/$service.log" >/dev/null & ;;
      *) launch "$service" >>"run/$service.log" 2>&1 & ;;
    esac
    started+=("--pid=$!" "$service")
  done
  [ ${#started[@]} -eq 0 ] || devflow_wait_healthy --wait=60 "${started[@]}"
}

launch() {
  case $1 in
    vector-memory | qwen-mcp) exec python3 "services/$1.py" ;;
    gemini-mcp) exec npm run --silent "$1" ;;
    *) exec node "services/$1.js" ;;
  esac
}

mkdir -p run
case ${1:-} in
  start) start ;;
  stop) devflow_stop "${services[@]}" ;;
  restart) devflow_stop "${services[@]}" && start ;;
  status) devflow_port_status ;;
  *) echo "usage: devflow-start.sh start|stop|restart|status [SERVICE...]" >&2; exit 2 ;;
esac
