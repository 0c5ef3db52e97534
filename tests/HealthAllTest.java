import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HealthAllTest {

    private static final List<String> WITH_ENDPOINT = List.of("DB_MANAGER_PORT", "VECTOR_MEMORY_PORT", "MODEL_REGISTRY_PORT",
        "ORCHESTRATOR_PORT", "TOKEN_OPTIMIZER_PORT", "REAL_DREAM_TEAM_ORCHESTRATOR_PORT", "CLI_INTEGRATION_MANAGER_PORT");

    @TempDir
    Path folder;

    /** The JDK's HTTP server, with this answer on /health and 404 elsewhere. */
    private static HttpServer jdkServer(String address, int port, int status, String body, Runnable before) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName(address), port), 0);
        server.createContext("/health", exchange -> {
            before.run();
            exchange.sendResponseHeaders(status, body.isEmpty() ? -1 : body.length());
            exchange.getResponseBody().write(body.getBytes());
            exchange.close();
        });
        server.start();
        return server;
    }

    /** The script, with time enough for a server's answer on the busiest machine. */
    private static Script patient(String... arguments) {
        return Script.of("health_all", "--timeout=30").with(arguments);
    }

    @Test
    void asksTheSevenDocumentedEndpointsAllAtOnce() throws Exception {
        // None answers before all are asked: one after the other, none ever would.
        Phaser asked = new Phaser(WITH_ENDPOINT.size());
        List<HttpServer> servers = new ArrayList<>();
        Script script = patient("--json");
        for (String variable : WITH_ENDPOINT) {
            int port = Sockets.freePort();
            script.env(variable, port);
            servers.add(jdkServer("127.0.0.1", port, 200, "{\"status\":\"healthy\"}", asked::arriveAndAwaitAdvance));
        }
        Script.Result result = script.run();
        servers.forEach(server -> server.stop(0));
        assertEquals(0, result.exit(), result.out());
        assertEquals(WITH_ENDPOINT, result.json("endpoints").stream().map(row -> row.get("variable")).toList());
        assertTrue(result.json("endpoints").stream().allMatch(row -> row.get("verdict").equals("healthy")), result.out());
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
        "200 | {\"uptime\":NaN,\"status\":\"down\"}        | unhealthy",
        "200 | {\"m\":\"a\tb\",\"status\":\"down\"}        | unhealthy",
        "200 | {\"status\":\"ok\",\"status\":\"down\"}     | unhealthy",
        "200 | {\"status\":null}                           | healthy",
        "503 | {\"status\":\"unhealthy\"}                   | unhealthy",
        "500 | {\"status\":\"ok\"}                          | unhealthy",
        "429 | Too many requests                            | degraded",
        "426 | Upgrade Required                             | degraded",
        "404 | Not found                                    | degraded",
        "302 | See there                                    | degraded"})
    void judges(int status, String body, String verdict) throws Exception {
        int port = Sockets.freePort();
        HttpServer server = jdkServer("127.0.0.1", port, status, body, () -> { });
        Health health = RawServer.check("http://127.0.0.1:" + port + "/health", 30);
        server.stop(0);
        assertEquals(List.of(verdict, status), List.of(health.verdict().text(), health.httpStatus()), health.toString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"200 | {\"status\":\"ok\"} | 0", "200 | {\"status\":\"degraded\"} | 1",
        "200 | {\"status\":\"down\"} | 1", "503 | {\"status\":\"ok\"} | 1", "404 | Not found | 1", "302 | See there | 1"})
    void exitsWithOneUnlessItIsHealthy(int status, String body, int exit) throws Exception {
        int port = Sockets.freePort();
        HttpServer server = jdkServer("127.0.0.1", port, status, body, () -> { });
        Script.Result result = patient("--json", "" + port).run();
        server.stop(0);
        assertEquals(List.of(exit, status), List.of(result.exit(), result.json("endpoints").get(0).get("http_status")), result.out());
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1", "::1", "0.0.0.0", "::"})
    void reachesAServerOnAnyLoopbackAddress(String address) throws Exception {
        int port = Sockets.freePort();
        try (Servers server = Servers.node(address, port, 200, "{\"status\":\"ok\"}")) {
            Script.Result result = patient("orchestrator").env("ORCHESTRATOR_PORT", port)
                .env("http_proxy", "http://127.0.0.1:9").env("JDK_JAVA_OPTIONS",
                    "-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=9 -Djava.net.preferIPv4Stack=true").run();
            assertEquals(0, result.exit(), result.out() + result.err());
            assertTrue(result.out().startsWith("Port " + port + ": ✅ healthy"), result.out());
            assertTrue(server.process().isAlive());
        }
        int other = Sockets.freePort();
        try (Servers server = Servers.python(address, other)) {
            assertEquals(0, patient("" + other).run().exit());
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
            Script.Result result = Script.of("health_all", "--timeout", "0.5", "" + silent.getLocalPort()).run();
            assertTrue(result.out().contains("❌ timeout"), result.out());
            assertEquals(1, result.exit());
        }
    }

    @ParameterizedTest
    @CsvSource({"0", "-1", "x", "''", "NaN", "1e3", "100000", "0.0001"})
    void aTimeoutIsANumberOfSeconds(String timeout) throws Exception {
        Script.Result result = Script.of("health_all", "--timeout=" + timeout).run();
        assertEquals(List.of(2, "", 1L), List.of(result.exit(), result.out(), result.err().lines().count()), result.err());
    }

    /** Answers every connection in this way, on a port of its own. */
    private static ServerSocket rawServer(String behaviour) throws Exception {
        ServerSocket server = Sockets.listener("127.0.0.1");
        Thread thread = new Thread(() -> {
            try {
                while (true) {
                    Socket socket = server.accept();
                    Thread answer = new Thread(() -> answer(socket, behaviour));
                    answer.setDaemon(true);
                    answer.start();
                }
            } catch (IOException e) {
                // Closed by the test.
            }
        });
        thread.setDaemon(true);
        thread.start();
        return server;
    }

    private static void answer(Socket socket, String behaviour) {
        String ok = "HTTP/1.1 200 OK\r\n";
        try (socket) {
            OutputStream out = socket.getOutputStream();
            if (!behaviour.equals("closes at once") && !behaviour.equals("greets")) {
                socket.getInputStream().read();
            }
            switch (behaviour) {
                case "closes at once" -> { }
                case "greets" -> write(out, "SSH-2.0-OpenSSH_9.2\r\n", 0);
                case "garbage" -> write(out, "\u0000\u0001\u0002 not HTTP at all\r\n\r\n", 0);
                case "chunked" -> write(out, ok + "Transfer-Encoding: chunked\r\n\r\n9\r\n{\"status\"\r\n6\r\n:\"ok\"}\r\n0\r\n\r\n", 0);
                case "shutting down" -> write(out, "HTTP/1.1 503 No\r\n\r\n{\"status\":\"shutting_down\"}", 0);
                case "HTTP/1.0" -> write(out, "HTTP/1.0 200 OK\r\n\r\n{\"status\":\"up\"}", 0);
                case "keep-alive" -> {
                    write(out, ok + "Connection: keep-alive\r\nContent-Length: 2\r\n\r\nOK", 0);
                    Thread.sleep(60_000);
                }
                case "empty body" -> write(out, "HTTP/1.1 204 No Content\r\n\r\n", 0);
                case "endless body" -> {
                    write(out, ok + "\r\n{\"status\":\"healthy\",\"log\":\"", 0);
                    while (true) {
                        write(out, "x".repeat(8192), 0);
                    }
                }
                case "endless headers" -> {
                    write(out, ok, 0);
                    for (int i = 0; ; i++) {
                        write(out, "X-Header-" + i + ": " + "x".repeat(1000) + "\r\n", 1);
                    }
                }
                case "trickling headers" -> write(out, ok + "X: " + "x".repeat(1000), 600);
                case "a byte a second" -> write(out, ok + "Content-Length: 1000\r\n\r\n" + "x".repeat(1000), 1000);
                case "stalled body" -> {
                    write(out, ok + "Content-Length: 100\r\n\r\n{", 0);
                    Thread.sleep(60_000);
                }
                case "short body" -> write(out, ok + "Content-Length: 100\r\n\r\n{\"status\":\"ok\"", 0);
                case "no body" -> write(out, ok + "Content-Length: 10\r\n\r\n", 0);
                case "reset" -> {
                    write(out, ok + "Content-Length: 100\r\n\r\n{", 0);
                    socket.setSoLinger(true, 0);
                }
                case "bad header" -> write(out, "HTTP/1.1 401 U\r\nWWW-Authenticate: \r\nContent-Length: 2\r\n\r\n{}", 0);
                case "continue" -> {
                    while (true) {
                        write(out, "HTTP/1.1 100 Continue\r\n\r\n".repeat(100), 0);
                    }
                }
                case "silent" -> Thread.sleep(60_000);
                case "escape" -> write(out, ok + "\r\n{\"status\":\"\\u001b]0;x\\u0007\\u009b2J\\n\"}", 0);
                default -> throw new IllegalArgumentException(behaviour);
            }
        } catch (IOException | InterruptedException e) {
            // The client has gone.
        }
    }

    private static void write(OutputStream out, String text, long pauseMillis) throws IOException, InterruptedException {
        for (String part : pauseMillis > 500 ? text.split("") : new String[] {text}) {
            out.write(part.getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
            Thread.sleep(pauseMillis);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "closes at once,  not-http,  ,    ",
        "greets,          not-http,  ,    ",
        "garbage,         not-http,  ,    ",
        "chunked,         healthy,   200, ok",
        "HTTP/1.0,        healthy,   200, up",
        "keep-alive,      healthy,   200, ",
        "empty body,      healthy,   204, ",
        "endless body,    healthy,   200, ",
        "endless headers, timeout|not-http, , ",
        "a byte a second, timeout,   ,    ",
        "stalled body,    timeout,   200, ",
        "short body,      not-http,  200, ",
        "no body,         not-http,  200, ",
        "reset,           not-http,  200, ",
        "bad header,      degraded,  401, ",
        "continue,        timeout|not-http, , ",
        "silent,          timeout,   ,    "})
    void endsInTheRightVerdictWithinTheTimeout(String behaviour, String verdicts, Integer status, String word) throws Exception {
        try (ServerSocket server = rawServer(behaviour)) {
            double timeout = verdicts.contains("timeout") ? 1.5 : 30;
            Health health = RawServer.check("http://127.0.0.1:" + server.getLocalPort() + "/health", timeout);
            assertTrue(List.of(verdicts.split("\\|")).contains(health.verdict().text()), health.toString());
            assertEquals(status, health.httpStatus());
            assertEquals(word, health.word());
            assertTrue(health.millis() <= timeout * 1000, health.toString());
        }
    }

    @Test
    void sevenThatMisbehaveAtOnceTakeTheTimeOfOne() throws Exception {
        List<ServerSocket> servers = new ArrayList<>();
        Script script = Script.of("health_all", "--timeout=4");
        List<String> behaviours = List.of("silent", "endless body", "endless headers", "a byte a second", "stalled body", "reset",
            "greets");
        for (int i = 0; i < 7; i++) {
            servers.add(rawServer(behaviours.get(i)));
            script.env(WITH_ENDPOINT.get(i), servers.get(i).getLocalPort());
        }
        long start = System.nanoTime();
        Script.Result result = script.run();
        double seconds = (System.nanoTime() - start) / 1e9;
        for (ServerSocket server : servers) {
            server.close();
        }
        assertEquals(1, result.exit());
        assertEquals("1 of 7 healthy", result.out().lines().toList().get(7));
        assertTrue(seconds < 12, "as long as three of them, one after the other: " + seconds);
    }

    /** What one address has answered counts, though the other never answers. */
    @Test
    void aHangingAddressHidesNoAnswer() throws Exception {
        int port = Sockets.freePort();
        HttpServer server = jdkServer("127.0.0.1", port, 503, "", () -> { });
        try (ServerSocket silent = Sockets.listener("::1", port)) {
            for (int i = 0; i < 3; i++) {
                Health health = RawServer.check("http://localhost:" + port + "/health", 2);
                assertEquals(List.of(Health.Verdict.UNHEALTHY, 503), Arrays.asList(health.verdict(), health.httpStatus()), silent::toString);
            }
        } finally {
            server.stop(0);
        }
    }

    /** That this process cannot ask is not the service's fault. */
    @Test
    void withoutDescriptorsThereIsNoAnswer() throws Exception {
        try (ServerSocket silent = rawServer("silent")) {
            Script script = Script.of("health_all", "--timeout=5");
            for (int i = 0; i < 100; i++) {
                script.with("http://127.0.0.1:" + silent.getLocalPort() + "/" + i);
            }
            Script.Result result = script.under("bash", "-c", "ulimit -n 60; exec \"$@\"", "bash").run();
            assertEquals(List.of(2, ""), List.of(result.exit(), result.out()), result.err());
            assertTrue(result.err().contains("ulimit -n"), result.err());
        }
    }

    /** A watch asks again and again; what came too late must not pile up. */
    @ParameterizedTest
    @ValueSource(strings = {"silent", "a byte a second", "endless headers", "stalled body", "trickling headers"})
    void nothingIsLeftOfAQuestionThatTookTooLong(String behaviour) throws Exception {
        try (ServerSocket server = rawServer(behaviour)) {
            Endpoint endpoint = Endpoint.of("http://127.0.0.1:" + server.getLocalPort() + "/");
            for (int i = 0; i < 10; i++) {
                new HealthProbe(Set.of(), null, false).check(endpoint, Duration.ofMillis(200)).join();
            }
            for (int i = 0; i < 50 && connections(server) > 0; i++) {
                Thread.sleep(100);
            }
            assertEquals(0, connections(server));
        }
    }

    /** How many connections this process has to that server. */
    private static long connections(ServerSocket server) throws Exception {
        String remote = String.format(":%04X 01 ", server.getLocalPort());
        try (var rows = Files.lines(Path.of("/proc/net/tcp6"))) {
            return rows.filter(row -> row.contains(remote)).count();
        }
    }

    @Test
    void aStoppedServerIsATimeout() throws Exception {
        int port = Sockets.freePort();
        try (Servers server = Servers.node("127.0.0.1", port, 200, "OK")) {
            assertEquals(0, Script.command("kill", "-STOP", "" + server.process().pid()).run().exit());
            assertTrue(Script.of("health_all", "--timeout=0.5", "" + port).run().out().contains("❌ timeout"));
        }
    }

    @Test
    void aStatusWordDoesTheTerminalNoHarm() throws Exception {
        try (ServerSocket server = rawServer("escape")) {
            Script.Result result = patient("" + server.getLocalPort()).run();
            assertTrue(result.out().contains("200 ?]0;x??2J?"), result.out());
            assertTrue(patient("--json", "" + server.getLocalPort()).run().out().chars().allMatch(c -> c == '\n' || c >= ' ' && c < 0x7F));
        }
    }

    @Test
    void aMachineWithoutIpv6() throws Exception {
        Script.Result result = Namespace.bash(folder, "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; health_all orchestrator grpc")
            .run();
        assertEquals(List.of("Port 3005: ❌ down       DevFlow Orchestrator          connection refused",
            "Port 50051: ❌ down      CC-Tools gRPC Server          connection refused",
            "0 of 2 healthy"), result.out().lines().toList(), result.err());
    }

    @Test
    void neitherDeepNestingNorAByteOrderMarkHidesAStatus() throws Exception {
        for (String body : List.of("\uFEFF{\"status\":\"down\"}",
            "{\"a\":" + "[".repeat(5000) + "]".repeat(5000) + ",\"status\":\"down\"}",
            "{\"" + "x".repeat(60_000) + "\":1,\"status\":\"down\"}")) {
            assertNotEquals(Health.Verdict.HEALTHY,
                HealthBody.read(body.getBytes(StandardCharsets.UTF_8), "", 200, true).verdict());
        }
    }

    @Test
    void aWaitIsNeverLongerThanItsTime() throws Exception {
        try (ServerSocket silent = rawServer("silent")) {
            long start = System.nanoTime();
            assertEquals(1, Script.of("health_all", "--wait=1", "--timeout=20", "" + silent.getLocalPort()).run().exit());
            assertTrue(System.nanoTime() - start < 20e9);
        }
    }

    @Test
    void targetsAreServicesGroupsPortsAndUrls() throws Exception {
        int port = Sockets.freePort();
        HttpServer server = jdkServer("127.0.0.1", port, 200, "OK", () -> { });
        server.createContext("/other", exchange -> {
            exchange.sendResponseHeaders(exchange.getRequestURI().getQuery().equals("a=b") && exchange.getRequestHeaders()
                .getFirst("Host").equals("localhost:" + port) ? 200 : 500, -1);
            exchange.close();
        });
        String url = "http://localhost:" + port + "/other?a=b";
        Script.Result result = patient("orchestrator", "" + port, url).env("ORCHESTRATOR_PORT", port).run();
        assertEquals(0, result.exit(), result.out() + result.err());
        assertEquals(List.of("DevFlow Orchestrator", url), result.out().lines().limit(2).map(line -> line.replaceAll(".*healthy +(.*?)  .*", "$1"))
            .toList());
        server.stop(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://", "ftp://localhost/", "http://user:hunter2@localhost/", "http://localhost:99999/", "http://a b/",
        "tcp://localhost", "://x", "--host= core", "--host=a/b core", "--wait --watch", "--wait 5", "--wait=x", "--watch --quiet",
        "--insecure --cacert=x", "--pid=1", "localhost:3005", "--all core",
        "--prometheus --json"})
    void wrongUsageIsOneLineAndExit2(String arguments) throws Exception {
        Script.Result result = Script.of("health_all", arguments.split(" (?=--|core|\\d)")).run();
        assertEquals(List.of(2, "", 1L), List.of(result.exit(), result.out(), result.err().lines().count()), result.err());
        assertFalse(result.err().contains("hunter2"));
    }

    @Test
    void allAsksTheServicesWithoutAnEndpointInTheirOwnWay() throws Exception {
        Script script = patient("--all", "--json");
        for (String variable : WITH_ENDPOINT) {
            script.env(variable, Sockets.freePort());
        }
        try (ServerSocket grpc = rawServer("closes at once"); ServerSocket codex = rawServer("garbage")) {
            List<Map<String, Object>> rows = script.env("CCTOOLS_GRPC_PORT", grpc.getLocalPort())
                .env("CODEX_MCP_PORT", codex.getLocalPort())
                .run().json("endpoints");
            assertEquals(9, rows.size());
            assertEquals(List.of("down", "closed without a response", "grpc://localhost:" + grpc.getLocalPort()),
                List.of(rows.get(8).get("verdict"), rows.get(8).get("reason"), rows.get(8).get("url")));
            assertEquals("reachable", rows.get(5).get("verdict"));
            // Of a group, those that may be expected to run.
            assertEquals(0, patient("mcp").env("CODEX_MCP_PORT", codex.getLocalPort()).run().exit());
        }
        assertEquals(1, Script.of("health_all", "grpc").env("CCTOOLS_GRPC_PORT", Sockets.freePort()).run().exit());
    }

    @Test
    void asksAnotherHost() throws Exception {
        try (ServerSocket server = rawServer("HTTP/1.0")) {
            String port = "" + server.getLocalPort();
            assertEquals(0, patient("--host=127.0.0.1", port).run().exit());
            Script.Result other = patient("--host=::1", port).run();
            assertTrue(other.out().contains("connection refused"), other.out());
            Script.Result unknown = Script.of("health_all", "--host=nowhere.invalid", "--timeout=1", port).run();
            assertTrue(unknown.out().matches("Port \\d+: ❌ (down|timeout) [^\n]*\n"), unknown.out());
            assertEquals(1, unknown.exit());
        }
    }

    /** A blog on the orchestrator's port answers well, and is still not the orchestrator. */
    @Test
    void anotherProgramOnAServicesPortIsTaken() throws Exception {
        Files.createDirectories(folder.resolve("project"));
        Files.createDirectories(folder.resolve("blog"));
        Files.copy(Script.CLONE.resolve("tests/service.js"), folder.resolve("blog/orchestrator.js"));
        Script.Result result = Namespace.bash(folder, """
            set +e
            touch project/.env
            (cd blog && ORCHESTRATOR_PORT=3005 exec node orchestrator.js) &
            until health_all --quiet http://127.0.0.1:3005/; do :; done
            cd project
            health_all orchestrator; echo $?
            health_all --json orchestrator | tr , '\n' | grep -e '"verdict' -e http_status
            health_all --quiet --allow-degraded orchestrator; echo $?
            health_all --wait=60 orchestrator >/dev/null; echo $?
            health_all --prometheus orchestrator | grep -c 'verdict="taken"} 1'
            health_all --quiet http://localhost:3005/health; echo $?
            health_all --quiet --project ../blog orchestrator; echo $?
            cd / && health_all --quiet orchestrator; echo $?
            """).run();
        List<String> lines = result.out().lines().map(line -> line.replaceAll("\\d+ ms +(in use by another program): .*", "N ms  $1")).toList();
        assertEquals(List.of("Port 3005: ❌ taken      DevFlow Orchestrator          200             N ms  in use by another program", "1",
            "\"verdict\":\"taken\"", "\"http_status\":200", "1", "1", "1", "0", "0", "0"),
            lines.stream().map(line -> line.replaceAll("200 +N", "200             N")).toList(), result.err());
        assertTrue(result.err().contains("gave up: port 3005 is in use by another program: "), result.err());
    }

    @ParameterizedTest
    @CsvSource({"200, true", "204, true", "302, true", "401, true", "403, true", "405, true", "426, true", "429, true",
        "101, false", "400, false", "404, false", "422, false", "500, false", "503, false"})
    void allowDegradedAcceptsServersThatAreUp(int status, boolean isUp) throws Exception {
        try (RawServer server = RawServer.saying("HTTP/1.1 " + status + " x\r\n\r\n");
             RawServer ill = RawServer.saying("HTTP/1.1 " + status + " x\r\n\r\n{\"status\":\"down\"}")) {
            assertEquals(isUp, server.checkBy("http", 20).isUp());
            assertEquals(isUp && status == 204, ill.checkBy("http", 20).isUp(), "a body that says unhealthy");
        }
    }

    @ParameterizedTest
    @CsvSource({", http://h:1234/health, http://h:1234/health", "/api/up?key=x, http://h:1234/api/up?key=x, http://h:1234/api/up",
        "tcp, tcp://h:1234, tcp://h:1234", "grpc, grpc://h:1234, grpc://h:1234",
        "https://other:8443/up?key=x, https://other:8443/up?key=x, https://other:8443/up"})
    void aServicesConfigurationSaysHowItIsChecked(String health, String url, String shown) {
        HealthChecks.Check check = HealthChecks.Check.of(new PortMap.Service("CRAWLER_PORT", "CRAWLER_PORT", 1234,
            PortMap.Origin.ENV_FILE, null, PortMap.Status.UNKNOWN, null, health, List.of()), "h");
        assertEquals(List.of(url, shown), List.of(check.endpoint().toString(), check.url()));
    }

    @Test
    void rowsOfDocumentedServicesFitOnATerminal() throws Exception {
        List<ServerSocket> servers = new ArrayList<>();
        Script script = Script.of("health_all", "--timeout=2");
        List<String> behaviours = List.of("silent", "closes at once", "shutting down", "a byte a second", "chunked", "HTTP/1.0", "HTTP/1.0");
        for (int i = 0; i < 7; i++) {
            servers.add(rawServer(behaviours.get(i)));
            script.env(WITH_ENDPOINT.get(i), servers.get(i).getLocalPort());
        }
        List<String> lines = script.run().out().lines().toList();
        for (ServerSocket server : servers) {
            server.close();
        }
        assertEquals("3 of 7 healthy", lines.get(7));
        for (String line : lines) {
            assertTrue(Line.of(line).width() <= 80, line);
        }
        assertTrue(lines.get(2).matches("Port \\d{5}: ❌ unhealthy Model Registry                503 shutting_do… +\\d+ ms"), lines.get(2));
    }

    @Test
    void quietPrintsNothing() throws Exception {
        assertEquals(new Script.Result(1, "", ""), Script.of("health_all", "--quiet", "" + Sockets.freePort()).run());
    }

    /** What shows the progress took all but the last moment. */
    @Test
    void aSlowScreenDoesNotMakeAWaitFail() throws Exception {
        List<HealthChecks.Check> nobody = List.of(HealthChecks.Check.of("http://127.0.0.1:" + Sockets.freePort() + "/"));
        HealthChecks checks = new HealthChecks(new HealthProbe(Set.of(), null, false), false, () -> null, null);
        HealthChecks.Outcome outcome = checks.await(nobody, Duration.ofMillis(100), Duration.ofSeconds(3), (results, left) -> {
            try {
                Thread.sleep(Math.max(0, left.toMillis() - 50));
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        assertTrue(outcome.failure().startsWith("gave up after 3 s: http://127.0.0.1:"), outcome.failure());
    }

    @Test
    void waitsUntilAllAreHealthyAndNoLonger() throws Exception {
        int port = Sockets.freePort();
        AtomicInteger asked = new AtomicInteger();
        try (RawServer already = RawServer.saying("HTTP/1.1 200 OK\r\n\r\nOK")) {
            Process waiting = patient("--wait=600", "" + already.port(), "" + port).builder().start();
            while (already.requests.isEmpty() && waiting.isAlive()) {
                Thread.sleep(50);
            }
            Thread.sleep(500);
            HttpServer server = jdkServer("::1", port, 200, "{\"status\":\"ok\"}", asked::incrementAndGet);
            assertTrue(waiting.waitFor(30, TimeUnit.SECONDS));
            server.stop(0);
            assertEquals(0, waiting.exitValue());
            assertTrue(asked.get() >= 2, "once until it was there, and once to see that all are");
            assertEquals(2, waiting.inputReader(StandardCharsets.UTF_8).lines().filter(line -> line.contains("✅ healthy")).count());
            assertEquals("", new String(waiting.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void saysWhatItWaitedForInVain() throws Exception {
        try (ServerSocket silent = rawServer("silent")) {
            Script.Result result = Script.of("health_all", "--wait=2", "--timeout=1", "" + silent.getLocalPort(), "" + Sockets.freePort())
                .run();
            assertEquals(1, result.exit());
            assertTrue(result.out().matches("Port \\d+: ❌ timeout .*\nPort \\d+: ❌ down .*\n0 of 2 healthy\n"), result.out());
            assertTrue(result.err().matches("ERROR: gave up after 2 s: http://\\S+ \\(timeout\\); http://\\S+ \\(down\\)\n"), result.err());
        }
    }

    /** As by Ctrl-Z and fg: its time is over then, and what it knew before stands. */
    @Test
    void aWaitThatWasStoppedKeepsItsVerdict() throws Exception {
        Process waiting = Script.of("health_all", "--wait=3", "" + Sockets.freePort()).builder().start();
        Thread.sleep(1500);
        assertEquals(0, Script.command("kill", "-STOP", "" + waiting.pid()).run().exit());
        Thread.sleep(4000);
        assertEquals(0, Script.command("kill", "-CONT", "" + waiting.pid()).run().exit());
        assertTrue(waiting.waitFor(30, TimeUnit.SECONDS));
        assertTrue(waiting.inputReader(StandardCharsets.UTF_8).readLine().contains("❌ down"));
    }

    @Test
    void anInterruptEndsTheWaitWith130() throws Exception {
        Script.assumeInterruptible();
        Process waiting = Script.of("health_all", "--wait=600", "" + Sockets.freePort()).builder().start();
        Thread.sleep(1500);
        assertEquals(0, Script.command("kill", "-INT", "" + waiting.pid()).run().exit());
        assertTrue(waiting.waitFor(30, TimeUnit.SECONDS));
        assertEquals(130, waiting.exitValue());
    }

    @Test
    void watchAsksAgainAndAgain() throws Exception {
        try (ServerSocket server = rawServer("HTTP/1.0")) {
            Process process = patient("--watch=0.1", "--json", "" + server.getLocalPort()).builder().start();
            try (BufferedReader reader = process.inputReader()) {
                for (int i = 0; i < 3; i++) {
                    assertTrue(reader.readLine().contains("\"verdict\":\"healthy\""));
                }
            }
            assertTrue(process.waitFor(30, TimeUnit.SECONDS), "still running");
        }
    }

    @Test
    void json() throws Exception {
        Map<String, Object> expected = new LinkedHashMap<>();
        int port = Sockets.freePort();
        expected.put("port", port);
        expected.put("service", "DevFlow Orchestrator");
        expected.put("variable", "ORCHESTRATOR_PORT");
        expected.put("aliases", List.of());
        expected.put("group", "core");
        expected.put("status", "active");
        expected.put("description", "Main orchestration service");
        expected.put("url", "http://localhost:" + port + "/health");
        expected.put("verdict", "down");
        expected.put("http_status", null);
        expected.put("reported", null);
        expected.put("location", null);
        expected.put("address", null);
        expected.put("reason", "connection refused");
        expected.put("answers", List.of());
        Map<String, Object> row = Script.of("health_all", "--json", "orchestrator").env("ORCHESTRATOR_PORT", port).run().json("endpoints")
            .get(0);
        assertTrue((int) row.remove("latency_ms") >= 0);
        assertEquals(expected, row);
    }
}
