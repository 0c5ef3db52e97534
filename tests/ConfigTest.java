import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which port each service uses, how its health is checked, and which services a word names. */
class ConfigTest {

    @TempDir
    Path folder;

    private Config config(String envFile, Map<String, String> environment) throws Exception {
        return new Config(EnvFile.read(Files.writeString(folder.resolve(".env"), envFile)), environment);
    }

    private static PortMap.Service only(Config config, String target) {
        List<PortMap.Service> services = new Targets(config, true).resolve(target);
        assertEquals(1, services.size(), services::toString);
        return services.get(0);
    }

    /** The value in the file and in the environment, and the port and its place. */
    @ParameterizedTest
    @CsvSource({"3015, 3025, 3025, the environment", "3014, '', 3014, FILE:2", "'', '', 3005, the default", "'', 3025, 3025, the environment",
        "none, 3025, 3025, the environment", "3015, 3015, 3015, FILE:2"})
    void theEnvironmentTakesPrecedenceOverTheFileAndTheFileOverTheMap(String inFile, String override, int port, String place)
            throws Exception {
        Config config = config("\nORCHESTRATOR_PORT=" + inFile + "\n", Map.of("ORCHESTRATOR_PORT", override));
        PortMap.Service service = only(config, "orchestrator");
        assertEquals(List.of(port, place.replace("FILE", folder.resolve(".env").toString())), List.of(service.port(), service.place()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"abc", "0", "65536", "03005", "-1", "+3005", "3005x", "3 005", "3005.0", "99999999999", "٣٠٠٥", "${P-x}", "$",
        "${P:?}", "${A}${A}", "${A"})
    void aValueThatIsNotAPortIsRefusedWithItsPlaceAndNotPrinted(String value) throws Exception {
        String refusal = " is not a port (1-65535); correct the value, or leave it empty to use 3005";
        assertEquals(folder.resolve(".env") + ":2: ORCHESTRATOR_PORT" + refusal,
            assertThrows(UserException.class, () -> config("A=300\nORCHESTRATOR_PORT=\"" + value + "\"\n", Map.of())).getMessage());
        assertEquals("ORCHESTRATOR_PORT in the environment" + refusal,
            assertThrows(UserException.class, () -> config("", Map.of("ORCHESTRATOR_PORT", value))).getMessage());
    }

    /** A line of .env before {@code ORCHESTRATOR_PORT=VALUE}, the value, E of the environment, and the port. */
    @ParameterizedTest
    @CsvSource({
        "A=3015, ${A},            3015",
        "A=3015, $A,              3015",
        "A=3015, ${E},            3025",
        "E=3015, ${E},            3025",
        "A=3015, ${A:-3016},      3015",
        "A=3015, ${B:-3016},      3016",
        "A=,     ${A:-3016},      3016",
        "A=,     ${A-3016},       3005",
        "A=3015, ${B-3016},       3016",
        "A=3015, ${B},            3005",
        "A=3015, ${B:-$A},        3015",
        "A=3015, ${B:-${A}},      3015",
        "A=3015, ${B:-${C:-$A}},  3015",
        "A=30,   ${A}16,          3016",
        "A=$E,   ${A},            3025",
        "A=3015, ${ORCHESTRATOR_PORT}, 3005"})
    void valuesAreExpandedAsComposeDoes(String line, String value, int port) throws Exception {
        assertEquals(port, only(config(line + "\nORCHESTRATOR_PORT=" + value + "\n", Map.of("E", "3025")), "orchestrator").port());
    }

    @Test
    void onlyLinesAboveCountInAnExpression() throws Exception {
        assertEquals(3005, only(config("ORCHESTRATOR_PORT=${A}\nA=3015\n", Map.of()), "orchestrator").port());
        assertEquals(3015, only(config("A=3015\nORCHESTRATOR_PORT=${A}\nA=3016\n", Map.of()), "orchestrator").port());
    }

    @Test
    void hostileExpressionsAreBounded() throws Exception {
        StringBuilder lines = new StringBuilder("A0=30\n");
        for (int i = 1; i < 5_000; i++) {
            lines.append("A" + i + "=${A" + (i - 1) + "}${A" + (i - 1) + "}${B:-${C-" + "{".repeat(i % 50) + "\n");
        }
        lines.append("D=" + "${B:-".repeat(20_000) + "\nX_PORT=${A4999}\n");
        assertTimeout(Duration.ofSeconds(30), () -> assertEquals(PortMap.SERVICES.size(), config(lines.toString(), Map.of()).services().size()));
    }

    /** Kubernetes and Docker set variables of this form to URLs. */
    @Test
    void variablesOfUndocumentedServicesAreOverriddenByPortsOnly() throws Exception {
        PortMap.Service redis = only(config("REDIS_PORT=6379\n", Map.of("REDIS_PORT", "tcp://10.0.0.1:6379")), "redis");
        assertEquals(List.of(6379, folder.resolve(".env") + ":1"), List.of(redis.port(), redis.place()));
        PortMap.Service moved = only(config("X_PORT=3150\n", Map.of("X_PORT", "3010")), "x");
        assertEquals(List.of(3010, PortMap.Group.CORE), List.of(moved.port(), moved.group()));
    }

    @Test
    void otherPortVariablesOfTheFileAreServices() throws Exception {
        Config config = config("DASHBOARD_PORT=3202\nMAIL_PORT=none\nSERIAL_PORT=/dev/ttyUSB0\nPORT=1234\nPORTAL=5\nSECRET=6\n"
            + "WS_PORT=${WS:-3203}\nE_PORT=${E}\nlower_PORT=7\n", Map.of("X_PORT", "1", "WS_PORT", "3204"));
        assertEquals(15, config.services().size());
        PortMap.Service dashboard = only(config, "dashboard");
        assertEquals(List.of(PortMap.Status.UNKNOWN, PortMap.Group.ORCHESTRATION), List.of(dashboard.status(), dashboard.group()));
        assertEquals(3204, only(config, "WS").port());
        assertEquals(2, config.at(3202).size());
    }

    @Test
    void theVariablePortIsNotAService() throws Exception {
        assertEquals(8000, config("PORT=${P-8000}\nAPI_PORT=8001\n", Map.of()).port());
        assertEquals(8002, config("PORT=8000\n", Map.of("PORT", "8002")).port());
        assertEquals("PORT is not set in the environment or in " + folder.resolve(".env"),
            assertThrows(UserException.class, () -> config("PORT=\n", Map.of()).port()).getMessage());
        assertEquals(folder.resolve(".env") + ":1: PORT is not a port (1-65535); correct the value",
            assertThrows(UserException.class, () -> config("PORT=x\n", Map.of()).port()).getMessage());
        assertEquals(PortMap.SERVICES.size(), config("PORT=3005\n", Map.of()).services().size());
    }

    /** Every real start script exports its .env first. */
    @Test
    void whatTheShellHasExportedFromTheFileIsSetInTheFile() throws Exception {
        Config config = config("ORCHESTRATOR_PORT=${P-3015}\nX_PORT=3150\n", Map.of("ORCHESTRATOR_PORT", "3015", "X_PORT", "3150"));
        assertEquals(folder.resolve(".env") + ":1", only(config, "orchestrator").place());
        assertEquals(folder.resolve(".env") + ":2", only(config, "x").place());
    }

    @ParameterizedTest
    @CsvSource({
        "DREAM_TEAM_PORT=3200,               REAL_DREAM_TEAM_ORCHESTRATOR_PORT",
        "CLI_INTEGRATION_PORT=3201,          CLI_INTEGRATION_MANAGER_PORT",
        "CLI_MANAGER_PORT=3201,              CLI_INTEGRATION_MANAGER_PORT",
        "GRPC_PORT=50051,                    CCTOOLS_GRPC_PORT",
        "MANAGER_PORT=3002,                  DB_MANAGER_PORT",
        "DREAM_TEAM_PORT=3204\\nREAL_DREAM_TEAM_ORCHESTRATOR_PORT=3204, REAL_DREAM_TEAM_ORCHESTRATOR_PORT"})
    void aVariableWithTheWordsAndThePortOfAServiceIsAnAlias(String lines, String variable) throws Exception {
        Config config = config(lines.replace("\\n", "\n") + "\n", Map.of());
        assertEquals(PortMap.SERVICES.size(), config.services().size());
        String alias = lines.substring(0, lines.indexOf('='));
        PortMap.Service service = only(config, alias);
        assertEquals(List.of(variable, alias), service.variables());
    }

    @ParameterizedTest
    @ValueSource(strings = {"TEAM_DREAM_PORT=3200", "DREAM_TEAM_PORT=3210", "DREAM_TEAMS_PORT=3200", "DASHBOARD_PORT=3202",
        "ORCHESTRATOR_REAL_PORT=3200", "GRPC_PORT=50052", "DREAM_DREAM_PORT=3200"})
    void otherVariablesAreServicesOfTheirOwn(String line) throws Exception {
        assertEquals(14, config(line + "\n", Map.of()).services().size());
    }

    @ParameterizedTest
    @CsvSource({
        "ORCHESTRATOR_HEALTH=/api/health?x=1, orchestrator, /api/health?x=1",
        "ORCHESTRATOR_HEALTH=tcp,             orchestrator, tcp",
        "ORCHESTRATOR_HEALTH=grpc,            orchestrator, grpc",
        "ORCHESTRATOR_HEALTH=,                orchestrator, /health",
        "ORCHESTRATOR_HEALTH=HTTP://[::1]:${P}/up, orchestrator, HTTP://[::1]:8000/up",
        "ORCHESTRATOR_HEALTH=tcp://db_1:5432, orchestrator, tcp://db_1:5432",
        "ORCHESTRATOR_HEALTH=grpcs://h:1/a.B, orchestrator, grpcs://h:1/a.B",
        "X_HEALTH=/up,                        x,            /up",
        "DREAM_TEAM_HEALTH=/alias,            dream-team,   /alias",
        "DREAM_TEAM_HEALTH=/alias\\nREAL_DREAM_TEAM_ORCHESTRATOR_HEALTH=/own, dream-team, /own",
        "GEMINI_MCP_HEALTH=/up,               gemini-mcp,   /up"})
    void aHealthVariableSaysHowAServiceIsChecked(String lines, String target, String health) throws Exception {
        Config config = config("P=8000\nX_PORT=3150\nDREAM_TEAM_PORT=3200\n" + lines.replace("\\n", "\n") + "\n", Map.of());
        assertEquals(health, only(config, target).health());
        assertEquals(List.of(), config.notes());
    }

    @Test
    void theEnvironmentTakesPrecedenceForHealth() throws Exception {
        assertEquals("/b", only(config("ORCHESTRATOR_HEALTH=/a\n", Map.of("ORCHESTRATOR_HEALTH", "/b")), "orchestrator").health());
    }

    @ParameterizedTest
    @ValueSource(strings = {"health", "http://", "http://user:secret@localhost/", "http://localhost:70000/", "ftp://localhost/", "tcp://db",
        "grpc://db", "http://[1:2]:1/", "http://[.]/", "http://a b/", "/a b", "HTTP", "http://localhost:x/", "http://localhost:/"})
    void aHealthVariableOfNoKnownFormIsIgnoredWithANote(String value) throws Exception {
        Config config = config("ORCHESTRATOR_HEALTH='" + value + "'\n", Map.of());
        assertEquals("/health", only(config, "orchestrator").health());
        assertEquals(1, config.notes().size());
        assertTrue(config.notes().get(0).startsWith(folder.resolve(".env") + ":1: ORCHESTRATOR_HEALTH is ignored: "), config.notes()::toString);
        assertTrue(!config.notes().get(0).contains("secret"), config.notes()::toString);
    }

    // What the user names.

    private Targets targets(String envFile, boolean wholeNames) throws Exception {
        return new Targets(config(envFile, Map.of()), wholeNames);
    }

    private String ports(String envFile, String target) throws Exception {
        return targets(envFile, false).resolve(target).stream().map(service -> "" + service.port()).collect(Collectors.joining(" "));
    }

    private String refusal(boolean wholeNames, String target) throws Exception {
        Targets targets = targets("PORT=none\n", wholeNames);
        return assertThrows(UserException.class, () -> targets.resolve(target)).getMessage();
    }

    @ParameterizedTest
    @CsvSource({
        "3005,                  3005",
        "1-3,                   1 2 3",
        "65535-65535,           65535",
        "ORCHESTRATOR_PORT,     3005",
        "orchestrator,          3005",
        "Orchestrator_Port,     3005",
        "Real-Dream_team-orchestrator, 3200",
        "Database Manager,      3002",
        "database-manager,      3002",
        "REAL DREAM TEAM ORCHESTRATOR, 3200",
        "core,                  3002 3003 3004 3005 3006",
        "MCP,                   3101 3102 3103 3104",
        "orchestration,         3200 3201 3202",
        "grpc,                  50051"})
    void wholeNamesPortsRangesAndGroupsAreTargets(String target, String ports) throws Exception {
        assertEquals(ports, ports("", target));
        assertEquals(targets("", false).resolve(target), targets("", true).resolve(target));
    }

    @ParameterizedTest
    @CsvSource({"codex, 3101", "db, 3002", "dream, 3200", "tracker, 3202", "vector, 3003", "vec, 3003", "CC, 50051", "dream-team, 3200",
        "token-opt, 3006", "'Dream Team Orch', 3200", "cct, 50051", "Codex_Port, 3101"})
    void aPartOfANameWillDoWhereNothingIsWrittenOrStopped(String target, int port) throws Exception {
        assertEquals("" + port, ports("", target));
        assertEquals("'" + target + "' is not a full service name; use " + targets("", false).resolve(target).get(0).shortName(),
            refusal(true, target));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
        "server | 'server' matches several services; use codex-mcp, gemini-mcp, qwen-mcp, synthetic-mcp, cctools-grpc",
        "manager | 'manager' matches several services; use db-manager, cli-integration-manager",
        "codx   | unknown service or group 'codx'; use core, mcp, orchestration, grpc, db-manager, vector-memory, model-registry,"
            + " orchestrator, token-optimizer, codex-mcp, gemini-mcp, qwen-mcp, synthetic-mcp, real-dream-team-orchestrator,"
            + " cli-integration-manager, platform-status-tracker, cctools-grpc"})
    void anUnknownOrAmbiguousNameListsTheCandidatesAsTheyAreTyped(String target, String message) throws Exception {
        assertEquals(message, refusal(false, target));
        assertEquals(message, refusal(true, target));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "0", "65536", "-1", "abc", "3002x", "03002", "3099-3000", "1-", "-", "1-2-3", "1-65536", "0-1",
        "3005 ", "x[$(true)]+3105", "*", "../core", "core_port", "da", "_", "_PORT", "PORT"})
    void refusesWhatIsNotATarget(String target) throws Exception {
        assertEquals(1, refusal(false, target).lines().count());
    }

    @Test
    void noServiceOfTheFileHidesAGroupOrADocumentedName() throws Exception {
        String lines = "codex_mcp_PORT=3300\nCORE_PORT=3301\n_X_PORT=3302\nPORT_PORT=3303\nPORT=8000\nAPI_PORT=8001\n";
        assertEquals(List.of("3101", "3002 3003 3004 3005 3006", "3301", "8000", "3303"), List.of(ports(lines, "codex-mcp"),
            ports(lines, "core"), ports(lines, "CORE_PORT"), ports(lines, "PORT"), ports(lines, "PORT_PORT")));
        for (PortMap.Service service : config(lines, Map.of()).services()) {
            assertEquals(List.of(service), targets(lines, true).resolve(service.shortName()));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
        "3199-3100      | the range 3199-3100 is reversed; use 3100-3199",
        "3100..3199     | '3100..3199' is not a port; use a number from 1 to 65535",
        "localhost:3005 | 'localhost:3005' is not a port; use a number from 1 to 65535, or with health_all a URL such as http://localhost:3005/"})
    void tellsHowPortsAreWritten(String target, String message) throws Exception {
        assertEquals(message, refusal(false, target));
    }

    @Test
    void manyServicesAreReadInTime() throws Exception {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 20_000; i++) {
            lines.append("S").append(i).append("_PORT=").append(30_000 + i).append("\n");
        }
        Files.writeString(folder.resolve(".env"), lines);
        assertTimeout(Duration.ofSeconds(20), // not its square; a loaded machine is slow
            () -> assertEquals(0, Script.of("find_port", "s7", "s3", "--json").in(folder).run().exit()));
    }
}
