#!/usr/bin/env bash
# A small devflow-start.sh, as a project would have it: start, stop, status. It runs in the project's folder; the
# services are servers of Node and Python, and DEVFLOW_PORTS is where devflow-ports.sh is.
set -euo pipefail

# shellcheck source=scripts/devflow-ports.sh
. "$DEVFLOW_PORTS/devflow-ports.sh"

start() {
  devflow_assign_ports
  serve node "$DB_MANAGER_PORT"
  serve python "$VECTOR_MEMORY_PORT"
  serve node "$CODEX_MCP_PORT"
  devflow_wait_healthy --wait=20 db-manager vector-memory codex-mcp
}

serve() {
  case $1 in
    node) exec node -e '
      setTimeout(() => require("http").createServer((_, response) => response.end("OK"))
        .listen(+process.argv[1], "127.0.0.1"), 1000)' "$2" ;;
    python) exec python3 -m http.server --bind ::1 --directory www "$2" ;;
  esac >>devflow.log 2>&1 &
  echo "$!" >>devflow.pids
}

stop() {
  while read -r pid; do
    kill "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
  done <devflow.pids
  rm devflow.pids
}

case ${1:-} in
  start) start ;;
  stop) stop ;;
  status) devflow_port_status ;;
  *) echo "usage: devflow-start.sh start|stop|status" >&2; exit 2 ;;
esac
