import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which ports services are assigned, and what is said about that. */
class AllocationTest {

    @TempDir
    Path folder;

    private Script.Result namespaced(String script) throws Exception {
        return Namespace.bash(folder, script).run();
    }

    private Config config(String envFile, Map<String, String> environment) throws Exception {
        return new Config(EnvFile.read(Files.writeString(folder.resolve(".env"), envFile)), environment);
    }

    @Test
    void availablePortsAreKept() throws Exception {
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

    /** What one call for services prints, where other programs listen on some of their ports. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
        "listen 3101 3101        | codex-mcp      | 0 | 3105  | NOTE: Codex MCP Server (CODEX_MCP_PORT) moves from 3101 to 3105:"
            + " 3101 is in use by .*python3.*",
        "connect 50051 50060     | cctools-grpc   | 0 | 50061 | NOTE: CC-Tools gRPC Server (CCTOOLS_GRPC_PORT) moves from 50051 to 50061:"
            + " 50051 is in use by a connection of .*python3.*",
        "listen 3005 3006        | orchestrator codex-mcp --write --export | 1 | \"\" | ERROR: DevFlow Orchestrator cannot use its fixed port"
            + " 3005: in use by .*python3.*; set ORCHESTRATOR_PORT=3007 in .env",
        "listen 3005 3006; export ORCHESTRATOR_PORT=3005 | orchestrator | 1 | \"\" | ERROR: DevFlow Orchestrator cannot use its fixed port"
            + " 3005: in use by .*python3.*; set ORCHESTRATOR_PORT=3007 in the environment",
        "listen 3100 3199        | codex-mcp      | 1 | \"\"  | ERROR: Codex MCP Server cannot use its port 3101: in use by .*python3.*,"
            + " and no other port of its range is available; set CODEX_MCP_PORT=3203 in .env",
        "listen 59999 59999; export CCTOOLS_GRPC_PORT=59999 | cctools-grpc | 1 | \"\" | ERROR: CC-Tools gRPC Server cannot use its port 59999:"
            + " in use by .*python3.*, and no other port of its range is available; set CCTOOLS_GRPC_PORT=50000 in the environment",
        "export CODEX_MCP_PORT=3102 | codex-mcp   | 0 | 3105  | NOTE: Codex MCP Server (CODEX_MCP_PORT) moves from 3102 to 3105: 3102 is"
            + " also configured for Gemini MCP Server (the default)",
        "export DB_MANAGER_PORT=3004 | --all      | 1 | \"\"  | ERROR: Database Manager cannot use its fixed port 3004: also configured for"
            + " Model Registry (the default); set DB_MANAGER_PORT=3007 in the environment"})
    void documentedServicesMoveOrFailByTheirStrategy(String others, String arguments, int exit, String out, String err) throws Exception {
        Script.Result result = namespaced(others + "; find_port " + arguments);
        assertEquals(List.of(exit, out.isEmpty() ? "" : out + "\n"), List.of(result.exit(), result.out()), result.err());
        assertTrue(result.err().matches(err.replaceAll("[()]", "\\\\$0") + "\n"), result.err());
        assertFalse(Files.exists(folder.resolve(".env")));
    }

    @Test
    void twoServicesThatFailAreToldDifferentPorts() throws Exception {
        Script.Result result = namespaced("listen 3005 3006; find_port --all");
        assertEquals(List.of("set ORCHESTRATOR_PORT=3007 in .env", "set TOKEN_OPTIMIZER_PORT=3008 in .env"),
            result.err().lines().map(line -> line.replaceAll(".*; ", "")).toList());
    }

    /** Lines of .env, what listens on 8000 and 8001 as another program, and what one call makes of it. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
        "API_PORT=8000           | api    | API_PORT=8002 | NOTE: API_PORT moves from 8000 to 8002: 8000 is in use by .*python3.*",
        "API_PORT=8000           | --all  | API_PORT=8000 | NOTE: API_PORT keeps port 8000, which is in use by .*python3.*",
        "API_PORT=65535 B_PORT=8002 | api | API_PORT=65535 | \"\"",
        "CODEX_MCP_PORT=3101 WEB_PORT=${CODEX_MCP_PORT} | codex-mcp | CODEX_MCP_PORT=3101 | \"\"",
        "API_PORT=3102           | --all  | GEMINI_MCP_PORT=3105 | NOTE: Gemini .* moves from 3102 to 3105: 3102 is also configured for"
            + " API_PORT .*",
        "API_PORT=3005           | --all  | API_PORT=3007 | NOTE: API_PORT moves from 3005 to 3007: 3005 is also configured for DevFlow"
            + " Orchestrator .the default.",
        "API_PORT=8000 B_PORT=8002 | api  | API_PORT=8003 | NOTE: API_PORT moves from 8000 to 8003: .*",
        "API_PORT=8002 B_PORT=8002 | --all | B_PORT=8003  | NOTE: B_PORT moves from 8002 to 8003: 8002 is also configured for API_PORT .*",
        "BASE=3101 API_PORT=${BASE} | codex-mcp api | API_PORT=3101 | NOTE: Codex .* moves from 3101 to 3105: 3101 is also configured for"
            + " API_PORT .*"})
    void undocumentedServicesMoveIfNamedOrShared(String lines, String arguments, String line, String err) throws Exception {
        Files.writeString(folder.resolve(".env"), lines.replace(' ', '\n') + "\n");
        Script.Result result = namespaced("listen 8000 8001; find_port --export " + arguments);
        assertEquals(0, result.exit(), result.err());
        assertTrue(result.out().contains("export " + line + "\n"), result.out());
        assertTrue(result.err().matches(err.isEmpty() ? "" : err + "\n"), result.err());
    }

    @Test
    void linesOfTheFileThatStillNameTheOldPortAreNoted() throws Exception {
        String text = "TOKEN=x:31011\nAPI_URL=http://localhost:3111/x\nPORT=3111\nAPI_PORT=3111\nURL=http://localhost:${API_PORT}\n";
        Files.writeString(folder.resolve(".env"), text);
        Script.Result result = namespaced("listen 3111 3111; find_port --write api");
        assertEquals(text.replace("API_PORT=3111", "API_PORT=3112"), Files.readString(folder.resolve(".env")));
        assertEquals(List.of("NOTE: .env:2: API_URL still names port 3111", "NOTE: .env:3: PORT still names port 3111"),
            result.err().lines().filter(line -> line.contains("names")).toList());
    }

    @Test
    void anExpressionStaysUnlessThePortChanges() throws Exception {
        String text = "ORCHESTRATOR_PORT=${ORCH:-3005}\nCODEX_MCP_PORT=${CODEX-3101}\nQWEN_MCP_PORT=${QWEN}\n";
        Files.writeString(folder.resolve(".env"), text);
        assertEquals(0, namespaced("listen 3101 3101; find_port --write orchestrator codex-mcp qwen-mcp").exit());
        assertEquals(text.replace("${CODEX-3101}", "3105"), Files.readString(folder.resolve(".env")));
    }

    @ParameterizedTest
    @CsvSource({"CODEX_MCP_PORT, 3101, 99, 3102, 3100", "CODEX_MCP_PORT, 3199, 99, 3100, 3198", "CODEX_MCP_PORT, 3100, 99, 3101, 3199",
        "CODEX_MCP_PORT, 8000, 100, 3100, 3199", "CLI_INTEGRATION_MANAGER_PORT, 3250, 99, 3251, 3249", "ORCHESTRATOR_PORT, 3005, 0,,",
        "CCTOOLS_GRPC_PORT, 50051, 9948, 50052, 59999", "CCTOOLS_GRPC_PORT, 59999, 0,,", "CCTOOLS_GRPC_PORT, 3000, 10000, 50000, 59999",
        "X_PORT, 3150, 62385, 3151, 65535", "X_PORT, 80, 65455, 81, 65535", "X_PORT, 65535, 0,,"})
    void theCandidatesOfAServiceAreThoseOfItsStrategy(String variable, int port, int count, Integer first, Integer last) throws Exception {
        PortMap.Service service = config(variable + "=" + port + "\n", Map.of()).at(port).get(0);
        int[] candidates = Allocator.candidates(service).stream().flatMapToInt(range -> IntStream.rangeClosed(range.first(), range.last()))
            .filter(candidate -> candidate != port).distinct().toArray();
        assertEquals(count, candidates.length);
        assertTrue(count == 0 || candidates[0] == first && candidates[count - 1] == last, () -> Arrays.toString(candidates));
    }

    /** The decisions for all services with a port outside the documented ranges, by their variables. */
    private static Map<String, String> decisions(Config config, Project project) throws Exception {
        List<PortMap.Service> services = config.services().stream().filter(service -> PortMap.Group.of(service.port()) == null).toList();
        Map<String, String> decisions = new TreeMap<>();
        new Allocator(config).assign(services, () -> project, true).assignments.forEach(each -> decisions.put(each.service().variable(),
            each.port() == 0 ? "FAILS" : each.isMoved() ? "MOVES" : each.isRunning() ? "RUNS" : each.old().isAvailable() ? "KEEPS" : "STAYS"));
        return decisions;
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
    void aListenerOfTheProjectRunsAndAnUnknownListenerLeavesTheServiceThere() throws Exception {
        int port = portOutsideTheRanges();
        Config config = config("X_PORT=" + port + "\nY_PORT=" + portOutsideTheRanges() + "\n", Map.of());
        assertEquals("{X_PORT=KEEPS, Y_PORT=KEEPS}", decisions(config, null).toString());
        try (ServerSocket listener = Sockets.listener("::1", port)) {
            assertEquals(port, listener.getLocalPort());
            assertEquals("{X_PORT=RUNS, Y_PORT=KEEPS}", decisions(config, new Project(Script.CLONE.toRealPath())).toString());
            assertEquals("{X_PORT=MOVES, Y_PORT=KEEPS}", decisions(config, new Project(folder.toRealPath())).toString());
            assertEquals("{X_PORT=STAYS, Y_PORT=KEEPS}", decisions(config, null).toString());
        }
    }

    @Test
    void aSharedPortGoesToTheDocumentedCoreServiceThatIsFirst() throws Exception {
        String port = "" + portOutsideTheRanges();
        assertEquals("{ORCHESTRATOR_PORT=KEEPS, X_PORT=MOVES}",
            decisions(config("X_PORT=" + port + "\n", Map.of("ORCHESTRATOR_PORT", port)), null).toString());
        assertEquals("{DB_MANAGER_PORT=KEEPS, ORCHESTRATOR_PORT=FAILS, X_PORT=MOVES}", decisions(
            config("X_PORT=" + port + "\n", Map.of("ORCHESTRATOR_PORT", port, "DB_MANAGER_PORT", port)), null).toString());
        assertEquals("{CODEX_MCP_PORT=MOVES, X_PORT=KEEPS}",
            decisions(config("X_PORT=" + port + "\n", Map.of("CODEX_MCP_PORT", port)), null).toString());
    }

    /** By the map, by .env where the environment says otherwise, by the environment, by an alias, by an expression. */
    @Test
    void noServiceIsGivenAPortThatAnotherIsConfiguredToUse() throws Exception {
        Files.writeString(folder.resolve(".env"),
            "BASE=3108\nQWEN_MCP_PORT=3105\nX_PORT=3107\nY_PORT=${BASE}\nREAL_DREAM_TEAM_ORCHESTRATOR_PORT=3109\nDREAM_TEAM_PORT=3109\n");
        assertEquals("3110\n", namespaced("listen 3101 3101; QWEN_MCP_PORT=3106 find_port codex-mcp 2>/dev/null").out());
    }

    @Test
    void aPortInTheEnvironmentThatTakesPrecedenceIsNoted() throws Exception {
        Script.Result result = namespaced("listen 3101 3101; export CODEX_MCP_PORT=3101; find_port --write codex-mcp");
        assertTrue(result.err().endsWith("NOTE: CODEX_MCP_PORT in the environment takes precedence over .env; set it there, too\n"),
            result.err());
        result = namespaced("listen 3101 3101; export CODEX_MCP_PORT=; find_port codex-mcp --write --export");
        assertEquals("export CODEX_MCP_PORT=3105\n", result.out());
        assertFalse(result.err().contains("precedence"), result.err());
        Files.writeString(folder.resolve(".env"), "DREAM_TEAM_PORT=3200\n");
        result = namespaced("listen 3200 3200; export DREAM_TEAM_PORT=3200; find_port --write dream-team");
        assertTrue(result.err().contains("NOTE: DREAM_TEAM_PORT in the environment"), result.err());
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

    /** To replace a value with a stray quote would change how the rest of the file reads. */
    @Test
    void aValueThatIsNotAPortIsNotReplaced() throws Exception {
        String text = "NOTE_A='foo\nORCHESTRATOR_PORT='b'ar\nAPI_TOKEN=t0psecret'\n";
        Files.writeString(folder.resolve(".env"), text);
        Script.Result result = Script.of("find_port", "--write", "orchestrator").env("ORCHESTRATOR_PORT", Sockets.freePort()).in(folder).run();
        assertEquals(new Script.Result(2, "", "ERROR: .env:2: ORCHESTRATOR_PORT is not a port (1-65535); correct the value\n"), result);
        assertEquals(text, Files.readString(folder.resolve(".env")));
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
        "--write 3000", "--count=2 core", "--count=0 3000", "--count=-1 3000", "--count=x 3000", "--write", "--export", "nothing",
        "PORT", "--dry-run --all"})
    void wrongUsageIsOneLineAndExit2(String arguments) throws Exception {
        Script.Result result = Script.of("find_port", arguments.split(" ")).env("PORT", 3005).run();
        assertEquals(List.of(2, "", 1L), List.of(result.exit(), result.out(), result.err().lines().count()), result.err());
    }
}
