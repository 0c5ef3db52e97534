import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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

class PortMapTest {

    @TempDir
    Path folder;

    private Config map(String envFile, Map<String, String> environment) throws Exception {
        return new Config(EnvFile.read(Files.writeString(folder.resolve(".env"), envFile)), environment);
    }

    private static PortMap.Service only(List<PortMap.Service> services) {
        assertEquals(1, services.size(), services::toString);
        return services.get(0);
    }

    @Test
    void holdsTheDocumentedServices() throws Exception {
        assertEquals("""
            core 3002 DB_MANAGER_PORT active /health Database Manager: SQLite database service
            core 3003 VECTOR_MEMORY_PORT active /health Vector Memory Service: Embedding and vector operations
            core 3004 MODEL_REGISTRY_PORT active /health Model Registry: AI model management
            core 3005 ORCHESTRATOR_PORT active /health DevFlow Orchestrator: Main orchestration service
            core 3006 TOKEN_OPTIMIZER_PORT active /health Token Optimizer: Context optimization
            mcp 3101 CODEX_MCP_PORT active null Codex MCP Server: OpenAI Codex integration
            mcp 3102 GEMINI_MCP_PORT reserved null Gemini MCP Server: Google Gemini integration
            mcp 3103 QWEN_MCP_PORT reserved null Qwen MCP Server: Qwen model integration
            mcp 3104 SYNTHETIC_MCP_PORT reserved null Synthetic MCP Server: Synthetic.new integration
            orchestration 3200 REAL_DREAM_TEAM_ORCHESTRATOR_PORT active /health Real Dream Team Orchestrator: Multi-model orchestration
            orchestration 3201 CLI_INTEGRATION_MANAGER_PORT active /health CLI Integration Manager: CLI integration service
            orchestration 3202 PLATFORM_STATUS_TRACKER_PORT failed null Platform Status Tracker: Real-time status monitoring
            grpc 50051 CCTOOLS_GRPC_PORT active null CC-Tools gRPC Server: Cross-component communication
            """,
            map("", Map.of()).services().stream().map(service -> String.join(" ",
                PortRow.lowerCase(service.group()), "" + service.port(), service.variable(),
                PortRow.lowerCase(service.status()), service.healthPath(), service.name() + ": " + service.description()) + "\n")
                .collect(Collectors.joining()));
    }

    @ParameterizedTest
    @CsvSource({
        "CORE,          3000,  3099,  HIGH,   STATIC",
        "MCP,           3100,  3199,  MEDIUM, DYNAMIC",
        "ORCHESTRATION, 3200,  3299,  MEDIUM, DYNAMIC",
        "GRPC,          50000, 59999, LOW,    AUTO_INCREMENT"})
    void holdsTheDocumentedRanges(PortMap.Group group, int first, int last, PortMap.Priority priority,
                                  PortMap.Strategy strategy) {
        assertEquals(List.of(first, last, priority, strategy), List.of(group.range.first(), group.range.last(), group.priority, group.strategy));
    }

    @Test
    void theEnvironmentGoesBeforeTheFileAndTheFileBeforeTheMap() throws Exception {
        String file = "ORCHESTRATOR_PORT=3015\nMODEL_REGISTRY_PORT=3014\n";
        Config config = map(file, Map.of("ORCHESTRATOR_PORT", "3025", "MODEL_REGISTRY_PORT", ""));
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
            () -> map("A=1\nORCHESTRATOR_PORT='" + value + "'\n", Map.of())).getMessage();
        assertTrue(message.startsWith(folder.resolve(".env") + ":2: "), message);
        assertTrue(!message.substring(folder.toString().length()).contains(value) || value.equals("0"), message);
        message = assertThrows(UserException.class,
            () -> map("", Map.of("ORCHESTRATOR_PORT", value))).getMessage();
        assertTrue(message.startsWith("the environment: "), message);
    }

    /** Kubernetes and Docker set them to URLs. */
    @Test
    void variablesOfUndocumentedServicesAreOverriddenByPortsOnly() throws Exception {
        PortMap.Service redis = new Targets(map("REDIS_PORT=6379\n", Map.of("REDIS_PORT", "tcp://10.0.0.1:6379"))).resolve("redis").get(0);
        assertEquals(List.of(6379, PortMap.Origin.ENV_FILE), List.of(redis.port(), redis.origin()));
        PortMap.Service moved = new Targets(map("X_PORT=3150\n", Map.of("X_PORT", "3010"))).resolve("x").get(0);
        assertEquals(List.of(3010, PortMap.Group.CORE), List.of(moved.port(), moved.group()));
    }

    @Test
    void otherPortVariablesOfTheFileAreServices() throws Exception {
        Config config = map("DASHBOARD_PORT=3202\nMAIL_PORT=none\nPORT=1234\nPORTAL=5\nSECRET=6\nWS_PORT=3203\n",
            Map.of("X_PORT", "1", "WS_PORT", "3204"));
        assertEquals(15, config.services().size());
        PortMap.Service dashboard = only(new Targets(config).resolve("dashboard"));
        assertEquals(PortMap.Status.UNKNOWN, dashboard.status());
        assertEquals(PortMap.Group.ORCHESTRATION, dashboard.group());
        assertEquals(3204, only(new Targets(config).resolve("WS")).port());
        assertEquals(2, config.at(3202).size());
    }

    @Test
    void noServiceOfTheFilePassesForAnother() throws Exception {
        Config config = map("codex_mcp_PORT=3300\nCORE_PORT=3301\n", Map.of());
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
        assertEquals(ports, new Targets(map("", Map.of())).resolve(target).stream().map(service -> "" + service.port())
            .collect(Collectors.joining(" ")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "0", "65536", "-1", "abc", "3002x", "03002", "3099-3000", "1-", "-", "1-2-3", "1-65536", "0-1",
        "3005 ", "x[$(true)]+3105", "*", "../core", "core_port"})
    void refusesWhatIsNoTarget(String target) {
        assertThrows(UserException.class, () -> new Targets(map("", Map.of())).resolve(target));
    }

    @Test
    void suggestsTheNearestNames() {
        assertEquals("unknown service or group 'orchestratr'; did you mean orchestrator or orchestration?",
            assertThrows(UserException.class, () -> new Targets(map("", Map.of())).resolve("orchestratr")).getMessage());
        assertEquals("unknown service or group 'Db_Manger_Port'; did you mean db_manager_port?",
            assertThrows(UserException.class, () -> new Targets(map("", Map.of())).resolve("Db_Manger_Port")).getMessage());
        assertEquals("unknown service or group 'postgres'; port_status --all lists them",
            assertThrows(UserException.class, () -> new Targets(map("", Map.of())).resolve("postgres")).getMessage());
    }
}
