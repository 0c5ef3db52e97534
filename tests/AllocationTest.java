import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
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
import picocli.CommandLine;

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

    /** Assigns ports to all services with a port outside the documented ranges. */
    private static Allocator assigned(Config config, Project project) throws Exception {
        return new Allocator(config).assign(config.services().stream().filter(service -> PortMap.Group.of(service.port()) == null).toList(),
            project, true);
    }

    private static String decisions(Config config, Project project) throws Exception {
        Map<String, String> decisions = new TreeMap<>();
        assigned(config, project).assignments.forEach(each -> decisions.put(each.service().variable(), each.port() == 0 ? "FAILS"
            : each.isMoved() ? "MOVES" : each.isRunning() ? "RUNS" : each.old().isAvailable() ? "KEEPS" : "STAYS"));
        return decisions.toString();
    }

    /** The first of so many free ports in a row. */
    private static int portOutsideTheRanges(int count) throws Exception {
        int port = Sockets.freePorts(count);
        while (PortMap.Group.of(port) != null || PortMap.Group.of(port + count) != null) {
            port = Sockets.freePorts(count);
        }
        return port;
    }

    @Test
    void aServiceFailsIfNoPortOfItsRangeIsAvailableAndEachIsToldAPortOfItsOwn() throws Exception {
        Script.Result result = namespaced("listen 3100 3199; find_port codex-mcp --write --export || echo $?; check_port codex-mcp | sed -n '$s/.*: //p'\n"
            + "listen 3005 3006; find_port orchestrator token-optimizer 2>&1 | sed 's/.*; //'");
        assertEquals("1\nset CODEX_MCP_PORT=3203 in .env\nset ORCHESTRATOR_PORT=3007 in .env\nset TOKEN_OPTIMIZER_PORT=3008 in .env\n", result.out());
        assertTrue(result.err().matches("ERROR: Codex MCP Server cannot use its port 3101: in use by .*python3.*, and no other port of its"
            + " range is available; set CODEX_MCP_PORT=3203 in .env\n"), result.err());
        assertFalse(Files.exists(folder.resolve(".env")));
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

    /** This JVM works in the clone. */
    @Test
    void aListenerOfTheProjectRunsAndAnUnknownListenerLeavesTheServiceThere() throws Exception {
        int port = portOutsideTheRanges(1);
        Config config = config("X_PORT=" + port + "\nY_PORT=" + portOutsideTheRanges(1) + "\n", Map.of());
        assertEquals("{X_PORT=KEEPS, Y_PORT=KEEPS}", decisions(config, null));
        try (ServerSocket listener = Sockets.listener("::1", port)) {
            assertEquals(port, listener.getLocalPort());
            assertEquals("{X_PORT=RUNS, Y_PORT=KEEPS}", decisions(config, new Project(Script.CLONE.toRealPath())));
            assertEquals("{X_PORT=MOVES, Y_PORT=KEEPS}", decisions(config, new Project(folder.toRealPath())));
            assertEquals("{X_PORT=STAYS, Y_PORT=KEEPS}", decisions(config, null));
        }
    }

    /** PORT stands for one port; the words before the bar are lines of .env, those behind it the environment. */
    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "X_PORT=PORT | ORCHESTRATOR_PORT=PORT                      ; {ORCHESTRATOR_PORT=KEEPS, X_PORT=MOVES}",
        "X_PORT=PORT | ORCHESTRATOR_PORT=PORT DB_MANAGER_PORT=PORT ; {DB_MANAGER_PORT=KEEPS, ORCHESTRATOR_PORT=FAILS, X_PORT=MOVES}",
        "X_PORT=PORT | CODEX_MCP_PORT=PORT                         ; {CODEX_MCP_PORT=MOVES, X_PORT=KEEPS}",
        "X_PORT=PORT Y_PORT=PORT |                                 ; {X_PORT=KEEPS, Y_PORT=MOVES}",
        "BASE=PORT X_PORT=${BASE} | CODEX_MCP_PORT=PORT            ; {CODEX_MCP_PORT=MOVES, X_PORT=KEEPS}",
        "CODEX_MCP_PORT=PORT X_PORT=${CODEX_MCP_PORT} |            ; {CODEX_MCP_PORT=KEEPS, X_PORT=MOVES}"})
    void aSharedPortGoesToTheServiceThatIsFirst(String settings, String decisions) throws Exception {
        String[] parts = settings.replaceAll("\\bPORT\\b", "" + portOutsideTheRanges(1)).split("\\|");
        Map<String, String> environment = new TreeMap<>();
        for (String setting : parts.length == 1 ? new String[0] : parts[1].strip().split(" ")) {
            environment.put(setting.split("=")[0], setting.split("=")[1]);
        }
        assertEquals(decisions, decisions(config(parts[0].strip().replace(' ', '\n') + "\n", environment), null));
    }

    /** By the map, by .env where the environment says otherwise, by the environment, by an alias, by an expression. */
    @Test
    void noServiceIsGivenAPortThatAnotherIsConfiguredToUse() throws Exception {
        int port = portOutsideTheRanges(8);
        Config config = config("""
            X_PORT=%d
            QWEN_MCP_PORT=%d
            BASE=%d
            Y_PORT=${BASE}
            REAL_DREAM_TEAM_ORCHESTRATOR_PORT=%d
            DREAM_TEAM_PORT=%d
            """.formatted(port, port + 1, port + 3, port + 4, port + 4), Map.of("QWEN_MCP_PORT", "" + (port + 2)));
        String setting = "set X_PORT=" + (port + 5) + " in " + folder.resolve(".env");
        Allocator allocator = new Allocator(config);
        assertEquals(List.of(setting, setting), List.of(allocator.setting(config.at(port).get(0)), allocator.setting(config.at(port).get(0))));
        assertEquals("set Y_PORT=" + (port + 6) + " in " + folder.resolve(".env"), allocator.setting(config.at(port + 3).get(0)));
    }

    /** A line that still names the old port, as a URL does, is noted; an expression stays unless its port changes. */
    @Test
    void onlyTheValuesThatChangeAreWritten() throws Exception {
        int port = portOutsideTheRanges(3);
        String text = """
            TOKEN=x:%1$d1
            API_URL=http://localhost:%1$d/x
            PORT=%1$d
            API_PORT=%1$d
            URL=http://localhost:${API_PORT}
            X_PORT=${NONE:-%2$d}
            Y_PORT=${API_PORT}
            """.formatted(port, port + 2);
        try (ServerSocket listener = Sockets.listener("127.0.0.1", port)) {
            Allocator allocator = assigned(config(text, Map.of()), new Project(folder.toRealPath()));
            assertEquals(port, listener.getLocalPort());
            assertEquals(text.replace("API_PORT=" + port, "API_PORT=" + (port + 1)).replace("Y_PORT=${API_PORT}", "Y_PORT=" + (port + 3)),
                allocator.written().text());
            assertEquals(List.of(":2: API_URL still names port " + port, ":3: PORT still names port " + port),
                allocator.notes.stream().filter(note -> note.contains("names")).map(note -> note.replaceFirst(".*\\.env", "")).toList());
        }
    }

    /** To replace a value with a stray quote would change how the rest of the file reads. */
    @Test
    void aValueThatIsNotAPortIsNotReplaced() throws Exception {
        Config config = config("NOTE_A='foo\nORCHESTRATOR_PORT='b'ar\nAPI_TOKEN=t0psecret'\n",
            Map.of("ORCHESTRATOR_PORT", "" + portOutsideTheRanges(1)));
        assertEquals(folder.resolve(".env") + ":2: ORCHESTRATOR_PORT is not a port (1-65535); correct the value",
            assertThrows(UserException.class, assigned(config, null)::written).getMessage());
    }

    @Test
    void twoNamesThatDifferBecomeOne() throws Exception {
        Files.writeString(folder.resolve(".env"), "DREAM_TEAM_PORT=3200\nREAL_DREAM_TEAM_ORCHESTRATOR_PORT=3210\n");
        Script.Result result = namespaced("find_port --write dream-team; cat .env");
        assertEquals("3210\nDREAM_TEAM_PORT=3210\nREAL_DREAM_TEAM_ORCHESTRATOR_PORT=3210\n", result.out());
        assertEquals("NOTE: Real Dream Team Orchestrator uses port 3210 (REAL_DREAM_TEAM_ORCHESTRATOR_PORT, .env:2),"
            + " but DREAM_TEAM_PORT (.env:1) is 3200\n", result.err());
    }

    @Test
    void jsonTellsWhichServiceKeepsThePort() throws Exception {
        int port = portOutsideTheRanges(2);
        config("X_PORT=" + port + "\nY_PORT=" + port + "\n", Map.of());
        find_port command = new find_port();
        new CommandLine(command).parseArgs("--json", "--quiet", "--env-file", folder.resolve(".env").toString(), "y"); // without its note
        Map<?, ?> row = (Map<?, ?>) ((List<?>) command.report().document().get("ports")).get(0);
        assertEquals(List.of(port + 1, port, "assigned", "X_PORT", false),
            List.of(row.get("port"), row.get("previous_port"), row.get("reason"), row.get("assigned_to"), row.get("running")));
    }
}
