import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

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

/** What the user names. */
class TargetsTest {

    @TempDir
    Path folder;

    private Config config(String envFile, Map<String, String> environment) throws Exception {
        return new Config(EnvFile.read(Files.writeString(folder.resolve(".env"), envFile)), environment);
    }

    private static PortMap.Service only(List<PortMap.Service> services) {
        assertEquals(1, services.size(), services::toString);
        return services.get(0);
    }

    @Test
    void noServiceOfTheFilePassesForAnother() throws Exception {
        Config config = config("codex_mcp_PORT=3300\nCORE_PORT=3301\n", Map.of());
        assertEquals(3101, only(new Targets(config).resolve("codex-mcp")).port());
        assertEquals(5, new Targets(config).resolve("core").size());
        assertEquals(3301, only(new Targets(config).resolve("CORE_PORT")).port());
    }

    @ParameterizedTest
    @CsvSource({
        "3005,                  3005",
        "1-3,                   1 2 3",
        "65535-65535,           65535",
        "ORCHESTRATOR_PORT,     3005",
        "orchestrator,          3005",
        "Real-Dream_team-orchestrator, 3200",
        "core,                  3002 3003 3004 3005 3006",
        "MCP,                   3101 3102 3103 3104",
        "orchestration,         3200 3201 3202",
        "grpc,                  50051"})
    void resolvesATarget(String target, String ports) throws Exception {
        assertEquals(ports, new Targets(config("", Map.of())).resolve(target).stream().map(service -> "" + service.port())
            .collect(Collectors.joining(" ")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "0", "65536", "-1", "abc", "3002x", "03002", "3099-3000", "1-", "-", "1-2-3", "1-65536", "0-1",
        "3005 ", "x[$(true)]+3105", "*", "../core", "core_port"})
    void refusesWhatIsNoTarget(String target) {
        assertThrows(UserException.class, () -> new Targets(config("", Map.of())).resolve(target));
    }

    @Test
    void suggestsTheNearestNames() {
        assertEquals("unknown service or group 'orchestratr'; did you mean orchestrator or orchestration?",
            assertThrows(UserException.class, () -> new Targets(config("", Map.of())).resolve("orchestratr")).getMessage());
        assertEquals("unknown service or group 'Db_Manger_Port'; did you mean db_manager_port?",
            assertThrows(UserException.class, () -> new Targets(config("", Map.of())).resolve("Db_Manger_Port")).getMessage());
        assertEquals("unknown service or group 'postgres'; to list them: " + listing(),
            assertThrows(UserException.class, () -> new Targets(config("", Map.of())).resolve("postgres")).getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "Database Manager,  3002",
        "database-manager,  3002",
        "REAL DREAM TEAM ORCHESTRATOR, 3200",
        "codex,             3101",
        "db,                3002",
        "dream,             3200",
        "tracker,           3202",
        "vector,            3003",
        "vec,               3003",
        "CC,                50051",
        "dream-team,        3200",
        "token-opt,         3006",
        "'Dream Team Orch', 3200",
        "cct,               50051"})
    void aNameOrAPartOfOneWillDo(String target, int port) throws Exception {
        assertEquals(port, only(new Targets(config("", Map.of())).resolve(target)).port());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
        "server  | 'server' could be codex-mcp, gemini-mcp, qwen-mcp, synthetic-mcp, cctools-grpc; name one of them",
        "manager | 'manager' could be db-manager, cli-integration-manager; name one of them",
        "da      | unknown service or group 'da'; to list them: LISTING"})
    void aPartOfSeveralNamesIsRefused(String target, String message) {
        assertEquals(message.replace("LISTING", listing()),
            assertThrows(UserException.class, () -> new Targets(config("", Map.of())).resolve(target)).getMessage());
    }

    private String listing() {
        return new Invocation(folder.resolve(".env").toString()).command("port_status", "--all");
    }

    /** A new line of .env must not change what a script stops. */
    @Test
    void whatChangesOrStopsTakesNoPartOfAName() throws Exception {
        Targets targets = new Targets(config("", Map.of()));
        assertEquals("'codex' is a part of a name; to change or stop something, write the whole: codex-mcp",
            assertThrows(UserException.class, () -> targets.resolveWholeNames(List.of("codex"))).getMessage());
        assertEquals(3, targets.resolveWholeNames(List.of("codex-mcp", "CODEX_MCP_PORT", "3005", "Database Manager")).size());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "3100..3199           | a range as 3100-3199",
        "3100:3199            | a range as 3100-3199",
        "3005,3006            | several ports with spaces between: 3005 3006",
        "3005, 3006,3101      | several ports with spaces between: 3005 3006 3101",
        "localhost:3005       | the port alone: 3005",
        "127.0.0.1:3005       | the port alone: 3005",
        "[::1]:3005           | the port alone: 3005",
        "http://localhost:3005/health | the port alone: 3005",
        ":3005                | the port alone: 3005",
        "*:3005               | the port alone: 3005",
        "3005/tcp             | the port alone: 3005",
        "03002                | a number from 1 to 65535",
        "70000                | a number from 1 to 65535",
        "localhost:70000      | a number from 1 to 65535",
        "3005x                | a number from 1 to 65535"})
    void tellsHowToWriteWhatOtherProgramsWrite(String target, String hint) {
        String message = assertThrows(UserException.class, () -> new Targets(config("", Map.of())).resolve(target)).getMessage();
        assertEquals("'" + target + "' is not a port; write " + hint, message);
    }
}
