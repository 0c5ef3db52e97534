import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AllocationTest {

    @TempDir
    Path folder;

    private Script.Result namespaced(String script) throws Exception {
        return Namespace.bash(folder, script).run();
    }

    @Test
    void aFreePortIsKept() throws Exception {
        assertEquals(new Script.Result(0, "3101\n", ""), namespaced("find_port codex-mcp"));
        assertEquals(new Script.Result(0, """
            DB_MANAGER_PORT=3002
            VECTOR_MEMORY_PORT=3003
            MODEL_REGISTRY_PORT=3004
            ORCHESTRATOR_PORT=3005
            TOKEN_OPTIMIZER_PORT=3006
            CODEX_MCP_PORT=3101
            GEMINI_MCP_PORT=3102
            QWEN_MCP_PORT=3103
            SYNTHETIC_MCP_PORT=3104
            REAL_DREAM_TEAM_ORCHESTRATOR_PORT=3200
            CLI_INTEGRATION_MANAGER_PORT=3201
            PLATFORM_STATUS_TRACKER_PORT=3202
            CCTOOLS_GRPC_PORT=50051
            """, ""), namespaced("find_port --all"));
    }

    @Test
    void aDynamicServiceMovesUpPastReservedPortsAndThenToTheStartOfTheRange() throws Exception {
        Script.Result result = namespaced("listen 3101 3101; find_port codex-mcp");
        assertEquals("3105\n", result.out());
        assertTrue(result.err().matches("NOTE: Codex MCP Server \\(CODEX_MCP_PORT\\) moves from 3101 to 3105: "
            + "in use by pid \\d+ \\(.*python3.*\\)\n"), result.err());
    }

    private static PortMap.Service service(String variable, int port) {
        return PortMap.documented(variable).at(port, PortMap.Origin.ENV_FILE, 1);
    }

    @ParameterizedTest
    @CsvSource({"CODEX_MCP_PORT, 3101, 99, 3102, 3100", "CODEX_MCP_PORT, 3199, 99, 3100, 3198", "CODEX_MCP_PORT, 3100, 99, 3101, 3199",
        "CODEX_MCP_PORT, 8000, 100, 3100, 3199", "CLI_INTEGRATION_MANAGER_PORT, 3250, 99, 3251, 3249", "ORCHESTRATOR_PORT, 3005, 0,,",
        "CCTOOLS_GRPC_PORT, 50051, 9948, 50052, 59999", "CCTOOLS_GRPC_PORT, 59999, 0,,", "CCTOOLS_GRPC_PORT, 3000, 10000, 50000, 59999"})
    void theOtherPortsOfAServiceAreThoseOfItsStrategy(String variable, int port, int count, Integer first, Integer last) {
        List<Integer> candidates = Allocator.candidates(service(variable, port));
        assertEquals(count, candidates.stream().distinct().count());
        assertTrue(count == 0 || candidates.get(0).equals(first) && candidates.get(count - 1).equals(last) && !candidates.contains(port),
            candidates::toString);
    }

    /** The decisions for all services with a port outside the documented ranges, by their variables. */
    private static Map<String, Allocator.Decision> decisions(Config config, Project project) throws Exception {
        List<PortMap.Service> services = config.services().stream().filter(service -> PortMap.Group.of(service.port()) == null).toList();
        return new Allocator(config, LocalPorts.read(), () -> project).assign(services).stream()
            .collect(Collectors.toMap(assignment -> assignment.service().variable(), Allocator.Assignment::decision));
    }

    private static int portOutsideTheRanges() throws Exception {
        int port = Sockets.freePort();
        while (PortMap.Group.of(port) != null) {
            port = Sockets.freePort();
        }
        return port;
    }

    /** This JVM works in the clone. */
    @Test
    void aListenerOfTheProjectIsTheServiceItselfAndOthersAreNot() throws Exception {
        int port = portOutsideTheRanges();
        Config config = new Config(EnvFile.read(Files.writeString(folder.resolve(".env"), "X_PORT=" + port + "\nY_PORT="
            + portOutsideTheRanges() + "\n")), Map.of());
        assertEquals(Map.of("X_PORT", Allocator.Decision.KEEPS, "Y_PORT", Allocator.Decision.KEEPS), decisions(config, null));
        try (ServerSocket listener = Sockets.listener("::1", port)) {
            assertEquals(port, listener.getLocalPort());
            assertEquals(Allocator.Decision.RUNS, decisions(config, new Project(Script.CLONE.toRealPath())).get("X_PORT"));
            for (Project other : new Project[] {new Project(folder.toRealPath()), null}) {
                assertEquals(Map.of("X_PORT", Allocator.Decision.KEEPS_TAKEN, "Y_PORT", Allocator.Decision.KEEPS),
                    decisions(config, other));
            }
        }
    }

    /** Documented, so it fails where what only the file knows does not. */
    @Test
    void ofTwoServicesOnOnePortTheDocumentedOneInCoreHasIt() throws Exception {
        int port = portOutsideTheRanges();
        EnvFile file = EnvFile.read(Files.writeString(folder.resolve(".env"), "X_PORT=" + port + "\n"));
        assertEquals(Map.of("X_PORT", Allocator.Decision.KEEPS_TAKEN, "ORCHESTRATOR_PORT", Allocator.Decision.KEEPS),
            decisions(new Config(file, Map.of("ORCHESTRATOR_PORT", "" + port)), null));
        assertEquals(Map.of("X_PORT", Allocator.Decision.KEEPS_TAKEN, "DB_MANAGER_PORT", Allocator.Decision.KEEPS,
            "ORCHESTRATOR_PORT", Allocator.Decision.FAILS),
            decisions(new Config(file, Map.of("ORCHESTRATOR_PORT", "" + port, "DB_MANAGER_PORT", "" + port)), null));
    }

    @Test
    void aFullRangeSaysWhoHoldsIt() throws Exception {
        Script.Result result = namespaced("listen 3100 3199; find_port codex-mcp");
        assertEquals(List.of(1, ""), List.of(result.exit(), result.out()));
        assertTrue(result.err().matches("ERROR: No available ports in range 3100-3199 for Codex MCP Server \\(CODEX_MCP_PORT\\): "
            + "96 in use by pid \\d+ \\(.*python3 .*\\), 3 assigned to other services; stop some of them\n"), result.err());
    }

    @Test
    void aGrpcServiceCountsUpwardsPastOutgoingConnections() throws Exception {
        Script.Result result = namespaced("connect 50051 50060; find_port cctools_grpc");
        assertEquals("50061\n", result.out());
        assertEquals("NOTE: CC-Tools gRPC Server (CCTOOLS_GRPC_PORT) moves from 50051 to 50061: in use by a connection"
            + " of pid PID (COMMAND)\nNOTE: port 50051 is one that the kernel gives to connections; to keep it:"
            + " sudo sysctl -w net.ipv4.ip_local_reserved_ports=50051\n",
            result.err().replaceAll("pid \\d+ \\(.*\\)", "pid PID (COMMAND)"));
    }

    @Test
    void aStaticServiceStaysAndSaysWhoIsInItsPlace() throws Exception {
        Script.Result result = namespaced("listen 3005 3005; find_port orchestrator codex-mcp --write --export");
        assertEquals(List.of(1, ""), List.of(result.exit(), result.out()));
        assertTrue(result.err().matches("ERROR: DevFlow Orchestrator \\(ORCHESTRATOR_PORT\\) cannot have its fixed port 3005: "
            + "in use by pid (\\d+) \\(.*python3.*\\); to free it: kill \\1; to move the service: set ORCHESTRATOR_PORT in .env\n"),
            result.err());
        assertFalse(Files.exists(folder.resolve(".env")));
    }

    @Test
    void ofTwoWithTheSamePortTheOneThatCanMoves() throws Exception {
        assertEquals("""
            ORCHESTRATOR_PORT=3101
            CODEX_MCP_PORT=3105
            """, namespaced("ORCHESTRATOR_PORT=3101 find_port codex-mcp orchestrator 2>/dev/null").out());
        Script.Result result = namespaced("CODEX_MCP_PORT=3102 find_port mcp");
        assertEquals("""
            CODEX_MCP_PORT=3105
            GEMINI_MCP_PORT=3102
            QWEN_MCP_PORT=3103
            SYNTHETIC_MCP_PORT=3104
            """, result.out());
        assertEquals("NOTE: Codex MCP Server (CODEX_MCP_PORT) moves from 3102 to 3105:"
            + " it is also the port of Gemini MCP Server (GEMINI_MCP_PORT) (by the default and the environment)\n", result.err());
        result = namespaced("DB_MANAGER_PORT=3004 find_port --all");
        assertEquals(List.of(1, ""), List.of(result.exit(), result.out()));
        assertEquals("ERROR: Database Manager (DB_MANAGER_PORT) cannot have its fixed port 3004: it is also the port of"
            + " Model Registry (MODEL_REGISTRY_PORT) (by the default and the environment); set DB_MANAGER_PORT to another port\n",
            result.err());
    }

    @Test
    void saysWhereTheEnvironmentGoesBeforeWhatIsWritten() throws Exception {
        Script.Result result = namespaced("listen 3101 3101; export CODEX_MCP_PORT=3101; find_port --write codex-mcp");
        assertTrue(result.err().endsWith("NOTE: CODEX_MCP_PORT is set in the environment, which takes precedence over .env;"
            + " set it there, too\n"), result.err());
        result = namespaced("listen 3101 3101; export CODEX_MCP_PORT=; find_port codex-mcp --write --export");
        assertEquals("export CODEX_MCP_PORT=3105\n", result.out());
        assertFalse(result.err().contains("precedence"), result.err());
        Files.writeString(folder.resolve(".env"), "DREAM_TEAM_PORT=3200\n");
        result = namespaced("listen 3200 3200; export DREAM_TEAM_PORT=3200; find_port --write dream-team");
        assertTrue(result.err().contains("NOTE: DREAM_TEAM_PORT is set in the environment"), result.err());
    }

    @Test
    void aServiceThatIsMovedUpHasNoMoreThanItsRange() throws Exception {
        Script.Result result = namespaced("listen 59999 59999; CCTOOLS_GRPC_PORT=59999 find_port cctools-grpc");
        assertTrue(result.exit() == 1 && result.err().contains("cannot have its port 59999"), result.err());
    }

    @Test
    void thePortsOfServicesThatOnlyTheFileKnowsAreAvoided() throws Exception {
        Files.writeString(folder.resolve(".env"), "DASHBOARD_PORT=3202\nWS_PORT=3203\n");
        Script.Result result = namespaced("find_port platform-status-tracker dashboard --export");
        assertEquals("export PLATFORM_STATUS_TRACKER_PORT=3204\nexport DASHBOARD_PORT=3202\n", result.out());
    }

    @Test
    void aPortInTheFileIsAssignedEvenWhereTheEnvironmentGoesBeforeIt() throws Exception {
        Files.writeString(folder.resolve(".env"), "QWEN_MCP_PORT=3105\n");
        assertEquals("3106\n", namespaced("listen 3101 3101; QWEN_MCP_PORT=3120 find_port codex-mcp 2>/dev/null").out());
    }

    @Test
    void json() throws Exception {
        Map<String, Object> row = namespaced("listen 3101 3101; find_port codex-mcp --json 2>/dev/null").json("ports").get(0);
        assertEquals(List.of(3105, 3101, "listening", "CODEX_MCP_PORT"),
            List.of(row.get("port"), row.get("previous_port"), row.get("reason"), row.get("variable")));
        assertTrue(row.get("previous_listeners").toString().contains("command="), row::toString);
        row = namespaced("CODEX_MCP_PORT=3103 find_port --json --all 2>/dev/null").json("ports").get(5);
        assertEquals(List.of(3105, 3103, "assigned", "QWEN_MCP_PORT"),
            List.of(row.get("port"), row.get("previous_port"), row.get("reason"), row.get("assigned_to")));
    }

    @Test
    void theOutputIsSafeForEval() throws Exception {
        assertEquals("3105 3103\n", namespaced("listen 3101 3101; eval \"$(find_port codex-mcp qwen-mcp --write --export 2>/dev/null)\";"
            + " bash -c 'echo $CODEX_MCP_PORT $QWEN_MCP_PORT'").out());
        assertEquals("CODEX_MCP_PORT=3105\nQWEN_MCP_PORT=3103\n", Files.readString(folder.resolve(".env")));
    }

    @Test
    void dryRunShowsTheLinesAndChangesNothing() throws Exception {
        String text = "API_KEY=t0psecret\nexport CODEX_MCP_PORT='3101' # t0psecret\nQWEN_MCP_PORT=\n";
        Files.writeString(folder.resolve(".env"), text);
        Script.Result result = namespaced("listen 3101 3101; find_port mcp --write --dry-run");
        assertEquals("NOTE: .env:2: CODEX_MCP_PORT=3105 (was 3101)\nNOTE: .env:3: QWEN_MCP_PORT=3103\n"
            + "NOTE: .env:4: GEMINI_MCP_PORT=3102 (new)\nNOTE: .env:5: SYNTHETIC_MCP_PORT=3104 (new)\n",
            result.err().replaceAll("(?m)^NOTE: Codex.*\n", ""));
        assertTrue(result.out().startsWith("CODEX_MCP_PORT=3105\n"));
        assertEquals(text, Files.readString(folder.resolve(".env")));
    }

    /** To correct a value with a stray quote would change how the rest of the file reads. */
    @Test
    void dryRunRefusesWhatIsNoPortAndShowsNoOtherValue() throws Exception {
        Files.writeString(folder.resolve(".env"), "NOTE_A='foo\nORCHESTRATOR_PORT='b'ar\nAPI_TOKEN=t0psecret'\n");
        Script.Result result = Script.of("find_port", "--dry-run", "orchestrator")
            .env("ORCHESTRATOR_PORT", Sockets.freePort()).in(folder).run();
        assertEquals(List.of(2, "", 1L), List.of(result.exit(), result.out(), result.err().lines().count()), result.err());
        assertFalse(result.err().contains("t0psecret"), result.err());
    }

    @Test
    void countFindsDifferentPorts() throws Exception {
        int base = Sockets.freePorts(4);
        try (ServerSocket listener = Sockets.listener("::1", base + 1)) {
            String[] range = {"" + base, "" + (base + 3)};
            assertEquals(base + "\n" + (base + 2) + "\n" + (base + 3) + "\n",
                Script.of("find_port", "--count=3", range[0], range[1]).run().out());
            assertEquals("export PORT_1=" + base + "\nexport PORT_2=" + (base + 2) + "\n",
                Script.of("find_port", range[0], range[1], "--count", "2", "--export").run().out());
            assertEquals(new Script.Result(1, "", "ERROR: Only 3 of 4 ports available in range " + base + "-" + (base + 3) + "\n"),
                Script.of("find_port", range[0], range[1], "--count=4").run());
            assertTrue(listener.isBound());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--all 3000", "--all core", "3000 core", "core 3000", "core --json --export", "3000-2999", "3000-3001 3002",
        "--write 3000", "--count=2 core", "--count=0 3000",
        "--count=-1 3000", "--count=x 3000", "--write", "--export", "nothing"})
    void wrongUsageIsOneLineAndExit2(String arguments) throws Exception {
        Script.Result result = Script.of("find_port", arguments.split(" ")).run();
        assertEquals(List.of(2, "", 1L), List.of(result.exit(), result.out(), result.err().lines().count()), result.err());
    }
}
