import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class PortStatusTest {

    private static final List<String> ACTIVE = List.of("DB_MANAGER_PORT", "VECTOR_MEMORY_PORT", "MODEL_REGISTRY_PORT",
        "ORCHESTRATOR_PORT", "TOKEN_OPTIMIZER_PORT", "CODEX_MCP_PORT", "REAL_DREAM_TEAM_ORCHESTRATOR_PORT",
        "CLI_INTEGRATION_MANAGER_PORT", "CCTOOLS_GRPC_PORT");

    @TempDir
    Path folder;

    /** Gives every active service a free port of its own. */
    private final Map<String, Integer> ports = new LinkedHashMap<>();

    PortStatusTest() throws IOException {
        for (String variable : ACTIVE) {
            ports.put(variable, Sockets.freePort());
        }
    }

    private Script.Result run(String... args) throws Exception {
        Files.writeString(folder.resolve(".env"), ports.entrySet().stream()
            .map(entry -> entry.getKey() + "=" + entry.getValue() + "\n").collect(Collectors.joining()));
        return Script.of("port_status", args).in(folder).run();
    }

    @Test
    void plainIsTheShellFunctionsOutputToTheByte() throws Exception {
        try (ServerSocket database = Sockets.listener("127.0.0.1", ports.get("DB_MANAGER_PORT"));
             ServerSocket grpc = Sockets.listener("::1", ports.get("CCTOOLS_GRPC_PORT"))) {
            StringBuilder expected = new StringBuilder("=== DevFlow Port Status ===\n");
            ports.forEach((variable, port) -> expected.append("Port ").append(port).append(
                port == database.getLocalPort() || port == grpc.getLocalPort() ? ": ✅ ACTIVE\n" : ": ❌ INACTIVE\n"));
            assertEquals(new Script.Result(0, expected.toString(), ""), run("--plain"));
        }
    }

    /**
     * Runs a script in a project with a server of its own on 3002; another program listens on 3005, a process that cannot be
     * seen on 3006, and 50051 is the port of a connection. Pids are printed as N.
     */
    private Script.Result inProject(String script) throws Exception {
        assumeTrue(Servers.isOnPath("node"), "node is not installed");
        Files.writeString(folder.resolve("run.sh"), """
            set -euo pipefail
            serve() { exec 3< <(exec node "$@"); read -r -u 3 _; }
            cd blog && serve server.js && cd ../project && serve services/db.js
            port_status() { $java port_status "$@" 2>&1 | sed -E 's/(pid |kill )[0-9]+/\\1N/; s/[(][0-9]+[)]/(N)/' || echo "exit $?"; }
            """ + script);
        return Namespace.bash(folder, """
            listen 3006 3006
            connect 50051 50051
            mkdir -p project/services blog
            touch project/.env
            echo 'require("net").createServer().listen(3005, "127.0.0.1", () => console.log())' >blog/server.js
            sed s/3005/3002/ blog/server.js >project/services/db.js
            exec unshare --pid --fork --mount-proc bash run.sh
            """).run();
    }

    @Test
    void showsARowForEachServiceAndThenTheProblems() throws Exception {
        Script.Result result = inProject("port_status");
        assertEquals("""
            === DevFlow Port Status ===
            Production Services (3000-3099)
            Port 3002: ✅ ACTIVE     Database Manager             node services/db.js (N)
            Port 3003: ❌ INACTIVE   Vector Memory Service
            Port 3004: ❌ INACTIVE   Model Registry
            Port 3005: ❌ TAKEN      DevFlow Orchestrator         node server.js (N) in FOLDER/blog
            Port 3006: ✅ ACTIVE     Token Optimizer              a process of root
            MCP Services (3100-3199)
            Port 3101: ❌ INACTIVE   Codex MCP Server
            Orchestration Services (3200-3299)
            Port 3200: ❌ INACTIVE   Real Dream Team Orchestrator
            Port 3201: ❌ INACTIVE   CLI Integration Manager
            gRPC Services (50000-59999)
            Port 50051: ❌ IN USE    CC-Tools gRPC Server         a connection of root
            2 of 9 services are running
            ! Port 3005 (DevFlow Orchestrator) is in use by another program: node server.js (pid N) in FOLDER/blog
              to free the port: kill N
              to move the service: set ORCHESTRATOR_PORT=3007 in .env
            """, text(result).lines().limit(18).collect(Collectors.joining("\n", "", "\n")), result.err());
        assertTrue(text(result).contains("\n! Port 50051 (CC-Tools gRPC Server) is in use, but nothing listens: a connection of "));
    }

    private String text(Script.Result result) throws IOException {
        return result.out().replace(folder.toRealPath().toString(), "FOLDER");
    }

    @Test
    void verboseShowsWhereThePortIsSetAndAllOwners() throws Exception {
        Script.Result result = inProject("echo 'DB_MANAGER_PORT=3002' >.env; port_status --verbose db-manager 3006");
        List<String> lines = text(result).lines().toList();
        assertEquals("    DB_MANAGER_PORT (.env:1)", lines.get(3));
        assertTrue(lines.get(4).startsWith("    node services/db.js (pid N)"), result.out() + result.err());
        assertTrue(lines.contains("    TOKEN_OPTIMIZER_PORT (the default)"), result.out());
    }

    @Test
    void listsServicesThatAreNotRunningByTheNamesThatWereGiven() throws Exception {
        Script.Result result = inProject("""
            echo API_PORT=3150 >.env
            port_status --list-not-running DB_MANAGER_PORT VECTOR_MEMORY_PORT 'Model Registry' 3101 codex-mcp 7777 mcp 3199-3203
            echo --
            port_status --list-not-running token-optimizer cctools-grpc | sed 's/listens: .*/listens: OWNER/'
            echo --
            port_status --list-not-running db-manager orchestrator vector-memory
            echo --
            port_status --list-not-running db-manager
            """);
        assertEquals("""
            VECTOR_MEMORY_PORT
            Model Registry
            3101
            7777
            api
            real-dream-team-orchestrator
            cli-integration-manager
            platform-status-tracker
            --
            NOTE: port 3006 is in use by a process of root that cannot be seen; Token Optimizer counts as running
            NOTE: port 50051 (CC-Tools gRPC Server) is in use, but nothing listens: OWNER
            cctools-grpc
            --
            ERROR: port 3005 (DevFlow Orchestrator) is in use by another program: node server.js (pid N) in FOLDER/blog
            exit 1
            --
            """, text(result), result.err());
        port_status function = new port_status();
        function.wholeNames = true;
        new CommandLine(function).parseArgs("--list-not-running", "vector");
        assertThrows(UserException.class, function::call);
    }

    @Test
    void runningNeedsAListenerThatIsNotAnotherPrograms() throws Exception {
        Script.Result result = inProject("""
            port_status --running --quiet db-manager
            port_status --running --quiet token-optimizer
            port_status --running --quiet vector-memory
            port_status --running --quiet core
            port_status --running --quiet cctools-grpc | sed 's/listens: .*/listens: OWNER/'
            """);
        assertEquals("""
            exit 1
            ERROR: port 3005 (DevFlow Orchestrator) is in use by another program: node server.js (pid N) in FOLDER/blog
            exit 1
            NOTE: port 50051 (CC-Tools gRPC Server) is in use, but nothing listens: OWNER
            exit 1
            """, text(result), result.err());
    }

    @Test
    void checkExitsWith1IfThereIsAProblemOrAnExpectedServiceIsNotRunning() throws Exception {
        Script.Result result = inProject("""
            port_status --check --quiet db-manager && echo 'exit 0'
            port_status --check token-optimizer | grep -v ^Port
            port_status --check --quiet orchestrator
            port_status --check core | grep -v ^Port
            printf '#!/bin/sh\n' >devflow-start.sh && chmod +x devflow-start.sh
            port_status vector-memory codex-mcp | tail -n 2
            ORCHESTRATOR_PORT=3004 port_status --check --quiet db-manager model-registry
            """);
        assertEquals("""
            exit 0
            NOTE: port 3006 is in use by a process of root that cannot be seen; Token Optimizer counts as running
            === DevFlow Port Status ===
            Production Services (3000-3099)
            exit 1
            NOTE: port 3006 is in use by a process of root that cannot be seen; Token Optimizer counts as running
            === DevFlow Port Status ===
            Production Services (3000-3099)
            2 of 5 services are running
            ! Port 3005 (DevFlow Orchestrator) is in use by another program: node server.js (pid N) in FOLDER/blog
              to free the port: kill N
              to move the service: set ORCHESTRATOR_PORT=3007 in .env
            exit 1
            0 of 2 services are running
              to start: ./devflow-start.sh start
            exit 1
            """, text(result), result.err());
    }

    @Test
    void groupsAsTheDocumentDoes() throws Exception {
        ports.put("DASHBOARD_PORT", 3150);
        ports.put("WS_PORT", 8080);
        Script.Result result = run("--all");
        assertEquals(List.of("=== DevFlow Port Status ===", "Production Services (3000-3099)", "MCP Services (3100-3199)",
            "Orchestration Services (3200-3299)", "gRPC Services (50000-59999)", "Other ports"),
            result.out().lines().filter(line -> line.matches("\\S.*") && !line.matches("(Port \\d|!|\\d+ of).*")).toList());
        assertEquals(List.of("Gemini MCP Server            reserved", "Qwen MCP Server              reserved",
            "Synthetic MCP Server         reserved", "DASHBOARD_PORT               undocumented",
            "Platform Status Tracker      failed", "WS_PORT                      undocumented"),
            ports(result).stream().filter(line -> line.matches(".* (reserved|undocumented|failed)")).map(line ->
                line.replaceAll(".*ACTIVE +", "")).toList());
        assertEquals(15, ports(result).size());
    }

    private static List<String> ports(Script.Result result) {
        return result.out().lines().filter(line -> line.startsWith("Port ")).toList();
    }

    @Test
    void targetsSelect() throws Exception {
        assertEquals(5, ports(run("core")).size());
        int port = Sockets.freePort();
        assertEquals(List.of("Port " + port + ": ❌ INACTIVE"), ports(run("" + port)));
        assertEquals(2, run("nothing").exit());
    }

    @Test
    void watchPrintsADocumentALineUntilNobodyReads() throws Exception {
        Process process = Script.of("port_status", "--watch=0.1", "--json", "core").in(folder).builder().start();
        try (BufferedReader reader = process.inputReader()) {
            for (int i = 0; i < 3; i++) {
                assertTrue(reader.readLine().matches("\\{\"ports\":\\[.*],\"problems\":\\[.*]}"));
            }
        }
        assertTrue(process.waitFor(30, TimeUnit.SECONDS), "still running");
    }

    @Test
    void watchPutsTheSummaryFirst() throws Exception {
        Process process = Script.of("port_status", "--watch", "core").in(folder).builder().start();
        try (BufferedReader reader = process.inputReader()) {
            assertEquals("=== DevFlow Port Status ===", reader.readLine());
            assertTrue(reader.readLine().endsWith(" of 5 services are running"));
        }
        process.destroy();
        assertEquals(2, run("--watch=x").exit());
    }

    @Test
    void watchNotesAtOnceWhatIsWrongWithItsFile() throws Exception {
        Process process = Script.of("port_status", "--watch=0.1", "--env-file=nowhere").in(folder).builder().start();
        try (BufferedReader reader = process.errorReader()) {
            assertTrue(reader.readLine().startsWith("NOTE: "));
        } finally {
            process.destroy();
        }
    }

    @Test
    void json() throws Exception {
        try (ServerSocket grpc = Sockets.listener("127.0.0.1", ports.get("CCTOOLS_GRPC_PORT"))) {
            Script.Result result = run("--json");
            List<Map<String, Object>> rows = result.json("ports");
            assertEquals(ACTIVE, rows.stream().map(row -> row.get("variable")).toList());
            assertEquals("available", rows.get(0).get("verdict"));
            assertEquals("listening", rows.get(8).get("verdict"));
            assertEquals(grpc.getLocalPort(), rows.get(8).get("port"));
            List<Object> kinds = result.json("problems").stream().map(problem -> problem.get("kind")).toList();
            assertTrue(kinds.containsAll(List.of("taken", "down")), kinds.toString());
        }
    }
}
