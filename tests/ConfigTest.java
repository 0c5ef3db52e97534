import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which port each service has. */
class ConfigTest {

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
    void theEnvironmentGoesBeforeTheFileAndTheFileBeforeTheMap() throws Exception {
        String file = "ORCHESTRATOR_PORT=3015\nMODEL_REGISTRY_PORT=3014\n";
        Config config = config(file, Map.of("ORCHESTRATOR_PORT", "3025", "MODEL_REGISTRY_PORT", ""));
        assertEquals(3025, only(new Targets(config).resolve("orchestrator")).port());
        assertEquals(PortMap.Origin.ENVIRONMENT, only(new Targets(config).resolve("orchestrator")).origin());
        assertEquals(3014, only(new Targets(config).resolve("model-registry")).port());
        assertEquals(PortMap.Origin.ENV_FILE, only(new Targets(config).resolve("model-registry")).origin());
        assertEquals(3003, only(new Targets(config).resolve("vector_memory")).port());
        assertEquals(PortMap.Origin.DEFAULT, only(new Targets(config).resolve("vector_memory")).origin());
    }

    @ParameterizedTest
    @ValueSource(strings = {"abc", "0", "65536", "03005", "-1", "+3005", "3005x", "3 005", "3005.0", "99999999999", "٣٠٠٥", "${P}"})
    void aValueThatIsNoPortIsRefusedWithItsPlaceAndUnsaid(String value) {
        String message = assertThrows(UserException.class,
            () -> config("A=1\nORCHESTRATOR_PORT='" + value + "'\n", Map.of())).getMessage();
        assertTrue(message.startsWith(folder.resolve(".env") + ":2: "), message);
        assertTrue(!message.substring(folder.toString().length()).contains(value) || value.equals("0"), message);
        message = assertThrows(UserException.class,
            () -> config("", Map.of("ORCHESTRATOR_PORT", value))).getMessage();
        assertTrue(message.startsWith("the environment: "), message);
    }

    /** Kubernetes and Docker set them to URLs. */
    @Test
    void variablesOfUndocumentedServicesAreOverriddenByPortsOnly() throws Exception {
        PortMap.Service redis = new Targets(config("REDIS_PORT=6379\n", Map.of("REDIS_PORT", "tcp://10.0.0.1:6379"))).resolve("redis")
            .get(0);
        assertEquals(List.of(6379, PortMap.Origin.ENV_FILE), List.of(redis.port(), redis.origin()));
        PortMap.Service moved = new Targets(config("X_PORT=3150\n", Map.of("X_PORT", "3010"))).resolve("x").get(0);
        assertEquals(List.of(3010, PortMap.Group.CORE), List.of(moved.port(), moved.group()));
    }

    @Test
    void otherPortVariablesOfTheFileAreServices() throws Exception {
        Config config = config("DASHBOARD_PORT=3202\nMAIL_PORT=none\nPORT=1234\nPORTAL=5\nSECRET=6\nWS_PORT=3203\n",
            Map.of("X_PORT", "1", "WS_PORT", "3204"));
        assertEquals(15, config.services().size());
        PortMap.Service dashboard = only(new Targets(config).resolve("dashboard"));
        assertEquals(PortMap.Status.UNKNOWN, dashboard.status());
        assertEquals(PortMap.Group.ORCHESTRATION, dashboard.group());
        assertEquals(3204, only(new Targets(config).resolve("WS")).port());
        assertEquals(2, config.at(3202).size());
    }

    /** Every real start script exports its .env first. */
    @Test
    void whatTheShellHasExportedFromTheFileIsSetInTheFile() throws Exception {
        Config config = config("ORCHESTRATOR_PORT=3015\nX_PORT=3150\n", Map.of("ORCHESTRATOR_PORT", "3015", "X_PORT", "3150"));
        for (String target : List.of("orchestrator", "x")) {
            assertEquals(PortMap.Origin.ENV_FILE, only(new Targets(config).resolve(target)).origin());
        }
        assertEquals(folder.resolve(".env") + ":2", config.place(only(new Targets(config).resolve("x"))));
    }

    @ParameterizedTest
    @CsvSource({
        "DREAM_TEAM_PORT=3200,               REAL_DREAM_TEAM_ORCHESTRATOR_PORT",
        "CLI_INTEGRATION_PORT=3201,          CLI_INTEGRATION_MANAGER_PORT",
        "CLI_MANAGER_PORT=3201,              CLI_INTEGRATION_MANAGER_PORT",
        "GRPC_PORT=50051,                    CCTOOLS_GRPC_PORT",
        "MANAGER_PORT=3002,                  DB_MANAGER_PORT",
        "DREAM_TEAM_PORT=3204\\nREAL_DREAM_TEAM_ORCHESTRATOR_PORT=3204, REAL_DREAM_TEAM_ORCHESTRATOR_PORT"})
    void aVariableWithTheWordsAndThePortOfAServiceIsItsOtherName(String lines, String variable) throws Exception {
        Config config = config(lines.replace("\\n", "\n") + "\n", Map.of());
        assertEquals(13, config.services().size());
        PortMap.Service service = config.services().stream().filter(one -> one.variable().equals(variable)).findFirst().orElseThrow();
        String alias = lines.substring(0, lines.indexOf('='));
        assertEquals(List.of(alias), service.aliases().stream().map(PortMap.Alias::variable).toList());
        assertEquals(service, only(new Targets(config).resolve(alias)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"TEAM_DREAM_PORT=3200", "DREAM_TEAM_PORT=3210", "DREAM_TEAMS_PORT=3200", "DASHBOARD_PORT=3202",
        "ORCHESTRATOR_REAL_PORT=3200", "GRPC_PORT=50052"})
    void otherVariablesAreServicesOfTheirOwn(String line) throws Exception {
        assertEquals(14, config(line + "\n", Map.of()).services().size());
    }

    @Test
    void whereNamesDifferTheDocumentedOneCounts() throws Exception {
        Config config = config("DREAM_TEAM_PORT=3200\nREAL_DREAM_TEAM_ORCHESTRATOR_PORT=3210\n", Map.of());
        PortMap.Service service = only(new Targets(config).resolve("dream-team"));
        assertEquals(List.of(3210, new PortMap.Alias("DREAM_TEAM_PORT", 3200, 1)), List.of(service.port(), service.aliases().get(0)));
    }

    @Test
    void aPortIsClaimedByEveryPlaceThatNamesIt() throws Exception {
        Config config = config("QWEN_MCP_PORT=3105\nX_PORT=3150\nDREAM_TEAM_PORT=3200\n", Map.of("QWEN_MCP_PORT", "3120"));
        PortMap.Service codex = only(new Targets(config).resolve("codex-mcp"));
        for (int port : new int[] {3103, 3105, 3120, 3150, 3200}) {
            assertTrue(config.isClaimedByAnother(port, codex), "" + port);
        }
        assertFalse(config.isClaimedByAnother(3101, codex) || config.isClaimedByAnother(3106, codex));
    }
}
