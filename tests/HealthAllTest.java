import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HealthAllTest {

    private static final List<String> WITH_ENDPOINT = List.of("DB_MANAGER_PORT", "VECTOR_MEMORY_PORT", "MODEL_REGISTRY_PORT",
        "ORCHESTRATOR_PORT", "TOKEN_OPTIMIZER_PORT", "REAL_DREAM_TEAM_ORCHESTRATOR_PORT", "CLI_INTEGRATION_MANAGER_PORT");

    /** The JDK's HTTP server, with this answer on /health and 404 elsewhere. */
    private static HttpServer jdkServer(String address, int port, int status, String body, long delayMillis) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName(address), port), 0);
        server.createContext("/health", exchange -> {
            try {
                Thread.sleep(delayMillis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            exchange.sendResponseHeaders(status, body.isEmpty() ? -1 : body.length());
            exchange.getResponseBody().write(body.getBytes());
            exchange.close();
        });
        server.start();
        return server;
    }

    @Test
    void asksTheSevenDocumentedEndpointsAllAtOnce() throws Exception {
        List<HttpServer> servers = new ArrayList<>();
        Script script = Script.of("health_all", "--json", "--timeout=20");
        for (String variable : WITH_ENDPOINT) {
            int port = Sockets.freePort();
            script.env(variable, port);
            servers.add(jdkServer("127.0.0.1", port, 200, "{\"status\":\"healthy\"}", 1500));
        }
        long start = System.nanoTime();
        Script.Result result = script.run();
        double seconds = (System.nanoTime() - start) / 1e9;
        servers.forEach(server -> server.stop(0));
        assertEquals(0, result.exit(), result.out());
        assertEquals(WITH_ENDPOINT, result.json("endpoints").stream().map(row -> row.get("variable")).toList());
        assertTrue(result.json("endpoints").stream().allMatch(row -> row.get("verdict").equals("healthy")), result.out());
        assertTrue(seconds < 1.5 * 4, "one after the other they would take 10.5 s; took " + seconds);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "200 | {\"status\":\"healthy\"}                     | healthy",
        "200 | {\"status\":\"ok\"}                          | healthy",
        "200 | {\"up\":{\"status\":\"down\"},\"status\":\"UP\"} | healthy",
        "200 | OK                                           | healthy",
        "200 | []                                           | healthy",
        "200 | {\"status\":{\"a\":1}}                       | healthy",
        "200 | {\"status\":\"degraded\"}                    | degraded",
        "200 | {\"status\":\"unhealthy\"}                   | unhealthy",
        "200 | {\"status\":\"down\",\"cut off               | unhealthy",
        "503 | {\"status\":\"unhealthy\"}                   | unhealthy",
        "500 | {\"status\":\"ok\"}                          | unhealthy",
        "429 | Too many requests                            | degraded",
        "426 | Upgrade Required                             | degraded",
        "404 | Not found                                    | degraded",
        "302 | See there                                    | degraded"})
    void judges(int status, String body, String verdict) throws Exception {
        int port = Sockets.freePort();
        HttpServer server = jdkServer("127.0.0.1", port, status, body, 0);
        Script.Result result = Script.of("health_all", "--json", "" + port).run();
        server.stop(0);
        Map<String, Object> row = result.json("endpoints").get(0);
        assertEquals(verdict, row.get("verdict"), result.out());
        assertEquals(status, row.get("http_status"));
        assertEquals(verdict.equals("healthy") ? 0 : 1, result.exit());
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1", "::1", "0.0.0.0", "::"})
    void reachesAServerOnAnyLoopbackAddress(String address) throws Exception {
        int port = Sockets.freePort();
        try (Servers server = Servers.node(address, port, 200, "{\"status\":\"ok\"}")) {
            Script.Result result = Script.of("health_all", "orchestrator").env("ORCHESTRATOR_PORT", port)
                .env("http_proxy", "http://127.0.0.1:9").env("JDK_JAVA_OPTIONS", "-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=9").run();
            assertEquals(0, result.exit(), result.out() + result.err());
            assertTrue(result.out().startsWith("Port " + port + ": ✅ healthy"), result.out());
            assertTrue(server.process().isAlive());
        }
        int other = Sockets.freePort();
        try (Servers server = Servers.python(address, other)) {
            assertEquals(0, Script.of("health_all", "" + other).run().exit());
            assertTrue(server.process().isAlive());
        }
    }

    @Test
    void nobodyThereIsDown() throws Exception {
        Script.Result result = Script.of("health_all", "" + Sockets.freePort()).run();
        assertEquals(1, result.exit());
        assertTrue(result.out().contains("❌ down"), result.out());
    }

    @Test
    void aServerThatAcceptsAndNeverAnswersIsATimeout() throws Exception {
        try (ServerSocket silent = Sockets.listener("::")) {
            long start = System.nanoTime();
            Script.Result result = Script.of("health_all", "--timeout", "0.5", "" + silent.getLocalPort()).run();
            assertTrue(result.out().contains("❌ timeout"), result.out());
            assertEquals(1, result.exit());
            assertTrue(System.nanoTime() - start < 10_000_000_000L);
        }
    }

    @ParameterizedTest
    @CsvSource({"0", "-1", "x", "''", "NaN", "1e3", "100000", "0.0001"})
    void aTimeoutIsANumberOfSeconds(String timeout) throws Exception {
        Script.Result result = Script.of("health_all", "--timeout=" + timeout).run();
        assertEquals(List.of(2, "", 1L), List.of(result.exit(), result.out(), result.err().lines().count()), result.err());
    }

    @Test
    void json() throws Exception {
        Map<String, Object> expected = new LinkedHashMap<>();
        int port = Sockets.freePort();
        expected.put("port", port);
        expected.put("service", "DevFlow Orchestrator");
        expected.put("variable", "ORCHESTRATOR_PORT");
        expected.put("group", "core");
        expected.put("status", "active");
        expected.put("url", "http://localhost:" + port + "/health");
        expected.put("verdict", "down");
        expected.put("http_status", null);
        expected.put("reported", null);
        expected.put("address", null);
        expected.put("reason", "connection refused");
        Map<String, Object> row = Script.of("health_all", "--json", "orchestrator").env("ORCHESTRATOR_PORT", port).run().json("endpoints").get(0);
        assertTrue((int) row.remove("latency_ms") >= 0);
        assertEquals(expected, row);
    }
}
