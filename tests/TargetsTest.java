import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;

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

/** What the user names. */
class TargetsTest {

    @TempDir
    Path folder;

    private Targets targets(String envFile, boolean wholeNames) throws Exception {
        return new Targets(new Config(EnvFile.read(Files.writeString(folder.resolve(".env"), envFile)), Map.of()), wholeNames);
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
        for (PortMap.Service service : new Config(EnvFile.read(folder.resolve(".env")), Map.of()).services()) {
            assertEquals(List.of(service), targets(lines, true).resolve(service.shortName()));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
        "3199-3100      | the range 3199-3100 is reversed; use 3100-3199",
        "3100..3199     | '3100..3199' is not a port; use a number from 1 to 65535",
        "localhost:3005 | 'localhost:3005' is not a port; use a number from 1 to 65535, or with health_all a URL such as"
            + " http://localhost:3005/"})
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
