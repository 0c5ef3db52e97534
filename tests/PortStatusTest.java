import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    @Test
    void everyLineBeginsLikeTheShellFunctionsAndTellsTheService() throws Exception {
        try (ServerSocket codex = Sockets.listener("::", ports.get("CODEX_MCP_PORT"))) {
            List<String> plain = run("--plain").out().lines().toList();
            List<String> full = run().out().lines().toList();
            assertEquals(plain.size(), full.size());
            for (int i = 0; i < plain.size(); i++) {
                assertTrue(full.get(i).startsWith(plain.get(i)), full.get(i));
            }
            assertEquals("Port " + codex.getLocalPort() + ": ✅ ACTIVE    Codex MCP Server              CODEX_MCP_PORT", full.get(6));
        }
    }

    @Test
    void allAddsTheOthersWithTheirStatus() throws Exception {
        ports.put("DASHBOARD_PORT", Sockets.freePort());
        List<String> lines = run("--all").out().lines().toList();
        assertEquals(15, lines.size());
        assertEquals(List.of("reserved", "reserved", "reserved", "failed", "unknown"),
            lines.stream().filter(line -> !line.endsWith("_PORT")).skip(1).map(line -> line.replaceAll(".* ", "")).toList());
    }

    @Test
    void targetsSelect() throws Exception {
        assertEquals(6, run("core").out().lines().count());
        int port = Sockets.freePort();
        assertEquals("=== DevFlow Port Status ===\nPort " + port + ": ❌ INACTIVE\n", run("" + port).out());
        assertEquals(2, run("nothing").exit());
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
