import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a body means with the status 200, of each kind of health endpoint when it is well and when it is not; and metrics of that. */
class HealthBodyTest {

    @TempDir
    Path folder;

    private static final String JSON = "application/json; charset=utf-8";

    private static Health read(String body, String type, int status) throws Exception {
        return HealthBody.read(body.getBytes(StandardCharsets.UTF_8), type, status, true);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        // Spring Boot Actuator, MicroProfile Health
        "{\"status\":\"UP\",\"groups\":[\"liveness\",\"readiness\"]} | HEALTHY | UP",
        "{\"status\":\"UP\",\"components\":{\"db\":{\"status\":\"UP\"},\"disk\":{\"status\":\"UP\",\"size\":{\"free\":1}}}} | HEALTHY | UP",
        "{\"status\":\"OUT_OF_SERVICE\"} | UNHEALTHY | OUT_OF_SERVICE",
        "{\"status\":\"UNKNOWN\"} | DEGRADED | UNKNOWN",
        "{\"status\":\"DOWN\",\"checks\":[{\"name\":\"db\",\"status\":\"DOWN\",\"data\":{}}]} | UNHEALTHY | DOWN",
        "{\"status\":{\"code\":\"DOWN\",\"description\":\"\"}} | UNHEALTHY | DOWN",
        // ASP.NET Core, in its own and in its readers' case
        "{\"status\":\"Degraded\",\"totalDuration\":\"00:00:00.1\",\"entries\":{\"db\":{\"status\":\"Unhealthy\"}}} | DEGRADED | Degraded",
        "{\"Entries\":{\"db\":{\"Status\":\"Unhealthy\"},\"bus\":{\"Status\":\"Healthy\"}}} | UNHEALTHY | Unhealthy",
        // terminus
        "{\"status\":\"ok\",\"info\":{\"db\":{\"status\":\"up\"}},\"error\":{},\"details\":{\"db\":{\"status\":\"up\"}}} | HEALTHY | ok",
        "{\"status\":\"shutting_down\"} | UNHEALTHY | shutting_down",
        // dropwizard: no word of its own, but of each part
        "{\"deadlocks\":{\"healthy\":true},\"db\":{\"healthy\":true,\"duration\":3}} | HEALTHY | true",
        "{\"deadlocks\":{\"healthy\":true},\"db\":{\"healthy\":false,\"message\":\"gone\"}} | UNHEALTHY | false",
        // Consul, Docker
        "[{\"Node\":\"a\",\"Status\":\"passing\"},{\"Node\":\"a\",\"Status\":\"critical\"}] | UNHEALTHY | critical",
        "[{\"Node\":\"a\",\"Status\":\"passing\"}] | HEALTHY | passing",
        "{\"State\":{\"Status\":\"running\",\"Health\":{\"Status\":\"unhealthy\"}}} | UNHEALTHY | unhealthy",
        "{\"State\":{\"Status\":\"running\",\"Health\":{\"Status\":\"starting\"}}} | DEGRADED | starting",
        // etcd, application/health+json, gRPC as JSON, Elasticsearch
        "{\"health\":\"true\",\"reason\":\"\"} | HEALTHY | true",
        "{\"health\":\"false\",\"reason\":\"ALARM NOSPACE\"} | UNHEALTHY | false",
        "{\"status\":\"pass\",\"checks\":{\"db:time\":[{\"status\":\"pass\"}]}} | HEALTHY | pass",
        "{\"status\":\"warn\",\"output\":\"\"} | DEGRADED | warn",
        "{\"checks\":{\"db:time\":[{\"status\":\"pass\"},{\"status\":\"fail\"}]}} | UNHEALTHY | fail",
        "{\"status\":\"SERVING\"} | HEALTHY | SERVING",
        "{\"status\":\"NOT_SERVING\"} | UNHEALTHY | NOT_SERVING",
        "{\"cluster_name\":\"x\",\"status\":\"yellow\",\"timed_out\":false} | DEGRADED | yellow",
        // Own ones
        "{\"status\":[\"down\"]} | UNHEALTHY | down",
        "{\"status\":503.0} | UNHEALTHY | 503",
        "{\"ready\":\"false\"} | UNHEALTHY | false",
        "{\"ok\":false} | UNHEALTHY | false",
        "{\"ok\":0} | UNHEALTHY | 0",
        "{\"ok\":1} | HEALTHY | 1",
        "{\"outcome\":\"failure\"} | UNHEALTHY | failure",
        "{\"statusCode\":503} | UNHEALTHY | 503",
        "{\"status_code\":\"503\"} | UNHEALTHY | 503",
        "{\"status\":404} | DEGRADED | 404",
        "{\"status\":200} | HEALTHY | ",
        "{\"ready\":false,\"status\":\"ok\"} | UNHEALTHY | false",
        "{\"success\":true,\"data\":{\"status\":\"down\"}} | UNHEALTHY | down",
        "{\"live\":true,\"data\":[{\"state\":\"up\"}]} | HEALTHY | up",
        "{\"status\":\"listening\"} | HEALTHY | listening",
        "{\"status\":\"not ready\"} | UNHEALTHY | not ready",
        "{\"status\":\"error: no connection\"} | UNHEALTHY | error: no connection",
        "{\"status\":\"ok, but slow\"} | DEGRADED | ok, but slow",
        "{\"status\":\"reticulating\"} | DEGRADED | reticulating",
        "{\"ok\":true,\"status\":\"down\"} | UNHEALTHY | down",
        "{\"status\":\"ok\",\"db\":{\"status\":\"down\"}} | HEALTHY | ok",
        "{\"services\":{\"db\":{\"status\":\"ok\"},\"bus\":{\"ok\":false}}} | UNHEALTHY | false",
        "{\"features\":{\"beta\":false},\"errors\":0} | HEALTHY | ",
        "{\"features\":{\"live\":false}} | HEALTHY | ",
        "{} | HEALTHY | ",
        // Numbers as some writers have them that are none in JSON
        "{\"status\":-INF,\"state\":\"down\"} | UNHEALTHY | down",
        "{\"status\":+INF} | HEALTHY | ",
        "{\"load\":NaN,\"ok\":false} | UNHEALTHY | false",
        "false | UNHEALTHY | false",
        "\"UP\" | HEALTHY | ",
        // What is no JSON
        "{'status':'DOWN'} | UNHEALTHY | DOWN",
        "{\"healthy\":True} | DEGRADED | ",
        "{\"status\":\"DOW | DEGRADED | ",
        "{\"status\":\"down\",\"since\": | UNHEALTHY | down",
        "{\"status\":\"ok\"} trailing DOWN | DEGRADED | ",
        "reticulating | DEGRADED | ",
        "OK | HEALTHY | ",
        "DOWN | UNHEALTHY | DOWN",
        "Not ready | UNHEALTHY | Not ready",
        // Named parts
        "{\"checks\":{\"database\":\"down\"}} | UNHEALTHY | down",
        "{\"checks\":{\"database\":false}} | UNHEALTHY | false",
        "{\"services\":{\"db\":\"down\",\"bus\":\"up\"}} | UNHEALTHY | down",
        "{\"status\":{\"db\":\"down\",\"bus\":\"up\"}} | UNHEALTHY | down",
        "{\"components\":{\"db\":\"degraded\"}} | DEGRADED | degraded",
        "{\"data\":{\"dependencies\":[\"ok\",\"failed\"]}} | UNHEALTHY | failed",
        "{\"status\":\"ok\",\"checks\":{\"database\":\"down\"}} | HEALTHY | ok",
        "{\"services\":{\"db\":{\"enabled\":false},\"version\":\"1\",\"count\":0}} | HEALTHY | ",
        "[] | HEALTHY | ",
        "{\"status\":{\"a\":1}} | HEALTHY | ",
        "{\"status\":null} | HEALTHY | ",
        "{\"up\":{\"status\":\"down\"},\"status\":\"UP\"} | HEALTHY | UP",
        "{\"status\":\"ok\",\"status\":\"down\"} | UNHEALTHY | down",
        "{\"m\":\"a\tb\",\"status\":\"down\"} | UNHEALTHY | down"})
    void judgesJson(String body, Health.Verdict verdict, String word) throws Exception {
        Health said = read(body, JSON, 200);
        assertEquals(verdict, said.verdict());
        assertEquals(word, said.word());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "OK | HEALTHY", "`ok\n` | HEALTHY", "Healthy | HEALTHY", "Degraded | DEGRADED", "Unhealthy | UNHEALTHY",
        "DOWN | UNHEALTHY", "ERROR: no database | UNHEALTHY", "Not ready yet | UNHEALTHY", "Health: NOT ok | UNHEALTHY",
        "<p>down</p> | HEALTHY", "* down | UNHEALTHY", "`[+]a ok\r\n[-]b failed\r\n` | UNHEALTHY", "status ok | HEALTHY",
        "status: | HEALTHY", "status: down | UNHEALTHY", "503 Service Unavailable | UNHEALTHY",
        "Prometheus Server is Healthy. | HEALTHY", "<html><body>It works</body></html> | HEALTHY", "`` | HEALTHY",
        "`[+]ping ok\n[+]etcd ok\nhealthz check passed` | HEALTHY",
        "`[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed` | UNHEALTHY", "[-]etcd failed | UNHEALTHY",
        "{'status':'DOWN'} | UNHEALTHY", "{\"healthy\":false} | UNHEALTHY"})
    void judgesText(String body, Health.Verdict verdict) throws Exception {
        assertEquals(verdict, read(body, "text/plain", 200).verdict());
    }

    @Test
    void theHttpStatusAgainIsNoWord() throws Exception {
        assertNull(read("{\"timestamp\":\"x\",\"status\":404,\"error\":\"Not Found\",\"path\":\"/health\"}", JSON, 404).word());
        assertNull(read("{\"statusCode\":\"404\",\"message\":\"Cannot GET /health\",\"error\":\"Not Found\"}", JSON, 404).word());
        assertNull(read("Not found", "text/plain", 404).word());
        assertNull(read("Not authorized", "text/plain", 401).word());
        assertEquals(Health.Verdict.UNHEALTHY, read("DOWN\n", "text/plain", 401).verdict());
    }

    @Test
    void whatWeCutIsNotBroken() throws Exception {
        byte[] beginning = ("{\"status\":\"ok\",\"log\":\"" + "x".repeat(1000)).getBytes(StandardCharsets.UTF_8);
        assertEquals(Health.Verdict.HEALTHY, HealthBody.read(beginning, JSON, 200, false).verdict());
        assertNotEquals(Health.Verdict.HEALTHY, HealthBody.read(beginning, JSON, 200, true).verdict());
        for (String cut : List.of("{\"log\":\"x", "{\"success\":false,\"log\":\"x", "{\"live\" : false,\"log\":\"x")) {
            assertEquals("the body is too long to be judged", HealthBody.read(cut.getBytes(), JSON, 200, false).reason(), cut);
        }
    }

    @Test
    void neitherDeepNestingNorAByteOrderMarkHidesAStatus() throws Exception {
        for (String body : List.of("\uFEFF{\"status\":\"down\"}",
            "{\"a\":" + "[".repeat(5000) + "]".repeat(5000) + ",\"status\":\"down\"}",
            "{\"" + "x".repeat(60_000) + "\":1,\"status\":\"down\"}")) {
            assertNotEquals(Health.Verdict.HEALTHY, read(body, "", 200).verdict());
        }
    }

    // As metrics: scene health has all of them.

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
        assertTrue(text.contains("variable=\"ORCHESTRATOR_PORT\"} 0.012\n"), text);
        assertTrue(text.contains("{group=\"\",port=\"8787\",service=\"\",url=\"http://h:8787/\\\"\\\\\",variable=\"\"} 0\n"), text);
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
