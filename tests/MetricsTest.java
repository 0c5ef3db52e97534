import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsTest {

    @TempDir
    Path folder;

    private static String text() {
        Health healthy = new Health(Health.Verdict.HEALTHY, 200, "ok", null, "::1", 12, null, List.of());
        Endpoint orchestrator = Endpoint.of(PortMap.SERVICES.get(3), "localhost");
        Endpoint url = Endpoint.of("http://h:8787/\"\\");
        Health down = Health.of(Health.Verdict.DOWN, null, "connection refused");
        return String.join("\n", health_all.Metrics.lines(List.of(new HealthChecks.Result(orchestrator, healthy, List.of(), true),
            new HealthChecks.Result(url, down, List.of(), false)))) + "\n";
    }

    @Test
    void saysUpLatencyStatusAndVerdict() throws Exception {
        String text = text();
        for (String line : List.of("devflow_health_latency_seconds{group=\"core\",port=\"3005\",service=\"DevFlow Orchestrator\","
                + "url=\"http://localhost:3005/health\",variable=\"ORCHESTRATOR_PORT\"} 0.012\n",
            "variable=\"ORCHESTRATOR_PORT\",verdict=\"not-http\"} 0\n",
            "devflow_up{group=\"\",port=\"8787\",service=\"\",url=\"http://h:8787/\\\"\\\\\",variable=\"\"} 0\n")) {
            assertTrue(text.contains(line), () -> line + text);
        }
        assertEquals(1, text.lines().filter(line -> line.startsWith("devflow_health_http_status{")).count(), "where there is one");
    }

    @Test
    void passesPrometheusOwnCheck() throws Exception {
        assumeTrue(Servers.isOnPath("promtool"), "promtool is not installed");
        Path metrics = Files.writeString(folder.resolve("metrics"), text());
        Script.Result check = Script.command("sh", "-c", "promtool check metrics <\"$1\"", "sh", metrics.toString()).run();
        assertEquals(new Script.Result(0, "", ""), check);
    }

    @Test
    void theRuleOfTheDocumentationIsOne() throws Exception {
        assumeTrue(Servers.isOnPath("promtool"), "promtool is not installed");
        Matcher rule = Pattern.compile("```yaml\n(groups:.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(Script.CLONE.resolve("docs/prometheus.md")));
        assertTrue(rule.find());
        Path file = Files.writeString(folder.resolve("rules.yml"), rule.group(1));
        Script.Result check = Script.command("promtool", "check", "rules", file.toString()).run();
        assertEquals(0, check.exit(), check.out() + check.err());
    }
}
