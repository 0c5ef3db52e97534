import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tables of the documentation. */
class PortMapTest {

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
            PortMap.SERVICES.stream().map(service -> String.join(" ",
                ServicePort.lowerCase(service.group()), "" + service.port(), service.variable(),
                ServicePort.lowerCase(service.status()), service.health(), service.name() + ": " + service.description()) + "\n")
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
        assertEquals(List.of(first, last, priority, strategy), List.of(group.range.first(), group.range.last(), group.priority,
            group.strategy));
    }
}
