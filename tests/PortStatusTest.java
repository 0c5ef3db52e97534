import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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

    private static List<String> ports(Script.Result result) {
        return result.out().lines().filter(line -> line.startsWith("Port ")).toList();
    }

    @Test
    void everyLineBeginsLikeTheShellFunctionsAndTellsTheService() throws Exception {
        try (ServerSocket codex = Sockets.listener("::", ports.get("CODEX_MCP_PORT"))) {
            List<String> plain = ports(run("--plain"));
            Script.Result result = run();
            List<String> full = ports(result);
            assertEquals(9, full.size());
            for (int i = 0; i < plain.size(); i++) {
                assertTrue(full.get(i).startsWith(plain.get(i)), full.get(i));
            }
            assertTrue(full.get(5).matches("Port " + codex.getLocalPort() + ": ✅ ACTIVE +Codex MCP Server              CODEX_MCP_PORT"),
                full.get(5));
            assertTrue(result.out().contains("\n    pid " + ProcessHandle.current().pid() + " (" + System.getProperty("user.name")
                + "), a stranger's, on :: in "), result.out());
        }
    }

    @Test
    void groupsAsTheDocumentDoes() throws Exception {
        ports.put("DASHBOARD_PORT", 3150);
        ports.put("WS_PORT", 8080);
        assertEquals(List.of("=== DevFlow Port Status ===", "Production Services (3000-3099)", "MCP Services (3100-3199)",
            "Orchestration Services (3200-3299)", "gRPC Services (50000-59999)", "Other ports"),
            run("--all").out().lines().filter(line -> line.matches("\\S.*") && !line.matches("(Port \\d|!).*")).toList());
        List<String> lines = ports(run("--all"));
        assertEquals(15, lines.size());
        assertEquals(List.of("GEMINI_MCP_PORT  reserved", "QWEN_MCP_PORT  reserved", "SYNTHETIC_MCP_PORT  reserved",
            "DASHBOARD_PORT  unknown", "PLATFORM_STATUS_TRACKER_PORT  failed", "WS_PORT  unknown"),
            lines.stream().filter(line -> !line.endsWith("_PORT")).map(line -> line.replaceAll(".* (?=\\S+  )", "")).toList());
    }

    @Test
    void targetsSelect() throws Exception {
        assertEquals(5, ports(run("core")).size());
        int port = Sockets.freePort();
        assertEquals(List.of("Port " + port + ": ❌ INACTIVE"), ports(run("" + port)).stream().map(String::strip).toList());
        assertEquals(2, run("nothing").exit());
    }

    @Test
    void checkTellsWhetherAnythingIsWrong() throws Exception {
        Script.Result result = Namespace.bash(folder, """
            set -o pipefail
            port_status --check core | tail -n 1 || echo "exit $?"
            printf '#!/bin/sh\n' >devflow-start.sh && chmod +x devflow-start.sh
            port_status core | tail -n 2
            listen 3002 3006
            port_status --check core >/dev/null && echo "exit $?"
            export ORCHESTRATOR_PORT=3004
            port_status --check core | tail -n 2 || echo "exit $?"
            export ORCHESTRATOR_PORT=8080
            port_status core | tail -n 4
            """).run();
        assertEquals("""
            ! 5 active services are down
            exit 1
            ! 5 active services are down
              to start: ./devflow-start.sh start
            exit 0
            ! 3004 is the port of Model Registry (the default) and DevFlow Orchestrator (the environment)
              to separate them: set MODEL_REGISTRY_PORT in .env or set ORCHESTRATOR_PORT in the environment
            exit 1
            ! DevFlow Orchestrator has 8080, outside 3000-3099
              set ORCHESTRATOR_PORT in the environment to a port of that range
            ! DevFlow Orchestrator is down
              to start: ./devflow-start.sh start
            """, result.out(), result.err());
    }

    @Test
    void tellsOfReservedAndBoundPorts() throws Exception {
        Script.Result result = Namespace.bash(folder, """
            listen 3102 3102
            connect 3101 3101
            port_status mcp | grep -A2 '^!' | sed -E 's/(kill|pid) [0-9]+/\\1 PID/; s/\\(.*python3.*\\)/(COMMAND)/'
            port_status --json mcp
            """).run();
        assertTrue(result.out().startsWith("""
            ! Codex MCP Server cannot have 3101: in use by a connection of pid PID (COMMAND)
              to free it: wait until the connection ends, or take another port
              to move the service: jbang find_port@devflow --write codex-mcp
            ! 3102 is reserved for Gemini MCP Server, yet in use by pid PID (COMMAND)
              to free it: kill PID
              to move the service: jbang find_port@devflow --write gemini-mcp
            """), result.out() + result.err());
        Map<String, Object> problem = new Script.Result(0, result.out().substring(result.out().indexOf('{')), "").json("problems").get(0);
        assertEquals(List.of("unavailable", List.of("CODEX_MCP_PORT"), "to free it: wait until the connection ends, or take another port;"
            + " to move the service: jbang find_port@devflow --write codex-mcp"),
            List.of(problem.get("kind"), problem.get("variables"), problem.get("remedy")));
    }

    @Test
    void aStrangerOnAServicesPortIsAProblemToldOnceAndWhatIsNotKnownIsNone() throws Exception {
        Script.Result result = Namespace.bash(folder, """
            listen 3101 3101
            port_status --check codex-mcp | grep -o 'cannot tell whose\\|^!.*'
            echo DASHBOARD_PORT=3101 >.env
            python3 -c "$holder" listen 3102 3102 >/dev/null & until check_port 3102 | grep -q ours; do sleep 0.1; done
            port_status --check 3101 3102 | sed -E 's/pid [0-9]+/pid N/; s/ in [^:]*: .*//; s/kill [0-9]+/kill N/; s/ \\(.*python3.*//'
            kill %1
            """).run();
        assertEquals("""
            cannot tell whose
            === DevFlow Port Status ===
            MCP Services (3100-3199)
            Port 3101: ✅ ACTIVE     Codex MCP Server              CODEX_MCP_PORT
                pid N (root), a stranger's, on 127.0.0.1
            Port 3101: ✅ ACTIVE     DASHBOARD_PORT                DASHBOARD_PORT  unknown
            Port 3102: ✅ ACTIVE     Gemini MCP Server             GEMINI_MCP_PORT  reserved
                pid N (root), ours, on 127.0.0.1
            ! a stranger has 3101 of Codex MCP Server: in use by pid N
              to free it: kill N
              to move the service: jbang find_port@devflow --write codex-mcp
            ! 3102 is reserved for Gemini MCP Server, yet in use by pid N
              to free it: kill N
              to move the service: set GEMINI_MCP_PORT in .env
            ! 3101 is the port of Codex MCP Server (the default) and DASHBOARD_PORT (.env:1)
              to separate them: jbang find_port@devflow --write codex-mcp
            """, result.out(), result.err());
    }

    @Test
    void theMapShowsEveryPortOfTheRanges() throws Exception {
        Script.Result result = Namespace.bash(folder, """
            echo X_PORT=3199 >.env
            listen 3101 3101
            listen 59999 59999
            port_status --map | grep -v '^[! ] '
            """).run();
        assertEquals("""
            Production Services
             3000 ··□□□□□··· ·········· ·········· ·········· ··········
             3050 ·········· ·········· ·········· ·········· ··········
            MCP Services
             3100 ·■◇◇◇····· ·········· ·········· ·········· ··········
             3150 ·········· ·········· ·········· ·········· ·········□
            Orchestration Services
             3200 □□□······· ·········· ·········· ·········· ··········
             3250 ·········· ·········· ·········· ·········· ··········
            gRPC Services, 100 ports per cell
            50000 □········· ·········· ·········· ·········· ··········
            55000 ·········· ·········· ·········· ·········· ·········■
            ■ listening   □ assigned, nothing listens   ◇ reserved   · free
            """, result.out());
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
    void watchTakesItsSecondsOnlyAttached() throws Exception {
        Process process = Script.of("port_status", "--watch", "core").in(folder).builder().start();
        try (BufferedReader reader = process.inputReader()) {
            assertEquals("=== DevFlow Port Status ===", reader.readLine());
        }
        process.destroy();
        assertEquals(2, run("--watch=x").exit());
        assertEquals(2, run("--watch=0").exit());
        // Seconds or a port?
        assertEquals(new Script.Result(2, "", "ERROR: '--watch 5' is ambiguous; write --watch=5 for seconds, or the port before --watch;"
            + " see jbang port_status@devflow --help\n"), run("--watch", "5"));
    }

    @Test
    void aWatchNotesAtOnceWhatIsWrongWithItsFile() throws Exception {
        Process process = Script.of("port_status", "--watch=0.1", "--env-file=nowhere").in(folder).builder().start();
        try (BufferedReader reader = process.errorReader()) {
            assertEquals("NOTE: no such file: nowhere", reader.readLine());
        } finally {
            process.destroy();
        }
    }

    @Test
    void theMapIsOfAllRanges() throws Exception {
        assertEquals(2, run("--map", "core").exit());
        assertEquals(2, run("--map", "--plain").exit());
    }

    @Test
    void json() throws Exception {
        try (ServerSocket grpc = Sockets.listener("127.0.0.1", ports.get("CCTOOLS_GRPC_PORT"))) {
            List<Map<String, Object>> rows = run("--json").json("ports");
            assertEquals(ACTIVE, rows.stream().map(row -> row.get("variable")).toList());
            assertEquals("available", rows.get(0).get("verdict"));
            assertEquals("listening", rows.get(8).get("verdict"));
            assertEquals(grpc.getLocalPort(), rows.get(8).get("port"));
        }
    }
}
