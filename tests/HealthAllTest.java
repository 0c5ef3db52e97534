import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.util.List;
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
    @CsvSource({"127.0.0.1", "::1", "0.0.0.0", "::"})
    void reachesAServerOnAnyLoopbackAddress(String address) throws Exception {
        int port = Sockets.freePort();
        try (Servers server = Servers.node(address, port, 200, "{\"status\":\"ok\"}")) {
            assertEquals("ok", RawServer.check("http://localhost:" + port, 30).word());
            assertTrue(server.process().isAlive());
        }
    }

    @Test
    void ignoresWhatElseSaysHowToConnect() throws Exception {
        int port = Sockets.freePort();
        HttpServer server = jdkServer("::1", port, 200, "OK", () -> { });
        Script.Result result = patient("orchestrator").env("ORCHESTRATOR_PORT", port)
            .env("http_proxy", "http://127.0.0.1:9").env("JDK_JAVA_OPTIONS",
                "-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=9 -Djava.net.preferIPv4Stack=true").run();
        server.stop(0);
        assertTrue(result.out().startsWith("Port " + port + ": ✅ healthy"), result.out() + result.err());
    }

    /** Answers every connection in this way, or with this text, on a port of its own. */
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
            socket.getInputStream().read();
            switch (behaviour) {
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
                case "a byte a second" -> write(out, ok + "Content-Length: 1000\r\n\r\n" + "x".repeat(1000), 1000);
                case "stalled body" -> {
                    write(out, ok + "Content-Length: 100\r\n\r\n{", 0);
                    Thread.sleep(60_000);
                }
                case "reset" -> {
                    write(out, ok + "Content-Length: 100\r\n\r\n{", 0);
                    socket.setSoLinger(true, 0);
                }
                case "continue" -> {
                    while (true) {
                        write(out, "HTTP/1.1 100 Continue\r\n\r\n".repeat(100), 0);
                    }
                }
                case "silent" -> Thread.sleep(60_000);
                default -> write(out, behaviour, 0);
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
        "endless body,    healthy,   200",
        "endless headers, timeout|not-http, ",
        "a byte a second, timeout,   ",
        "stalled body,    timeout,   200",
        "reset,           not-http,  200",
        "continue,        timeout|not-http, ",
        "silent,          timeout,   "})
    void endsInTheRightVerdictWithinTheTimeout(String behaviour, String verdicts, Integer status) throws Exception {
        try (ServerSocket server = rawServer(behaviour)) {
            double timeout = verdicts.contains("timeout") ? 1.5 : 30;
            Health health = RawServer.check("http://127.0.0.1:" + server.getLocalPort() + "/health", timeout);
            assertTrue(List.of(verdicts.split("\\|")).contains(health.verdict().text()), health.toString());
            assertEquals(status, health.httpStatus());
            assertTrue(health.millis() <= timeout * 1000, health.toString());
        }
    }

    /** Rows of documented services fit on a terminal, too. */
    @Test
    void sevenThatMisbehaveAtOnceTakeTheTimeOfOne() throws Exception {
        List<ServerSocket> servers = new ArrayList<>();
        Script script = Script.of("health_all", "--timeout=4");
        List<String> behaviours = List.of("silent", "endless body",
            "HTTP/1.1 503 No\r\n\r\n{\"status\":\"shutting_down\"}", "a byte a second", "stalled body", "reset", "SSH-2.0-OpenSSH_9.2\r\n");
        for (int i = 0; i < 7; i++) {
            servers.add(rawServer(behaviours.get(i)));
            script.env(WITH_ENDPOINT.get(i), servers.get(i).getLocalPort());
        }
        long start = System.nanoTime();
        List<String> lines = script.run().out().lines().toList();
        double seconds = (System.nanoTime() - start) / 1e9;
        for (ServerSocket server : servers) {
            server.close();
        }
        assertEquals("1 of 7 healthy", lines.get(7));
        assertTrue(seconds < 12, "as long as three of them, one after the other: " + seconds);
        assertTrue(lines.get(2).matches("Port \\d{5}: ❌ unhealthy Model Registry                503 shutting_do… +\\d+ ms"), lines.get(2));
        for (String line : lines.subList(0, 4)) {
            assertTrue(Line.of(line).width() <= 80, line);
        }
    }

    /** What one address has answered counts, though the other never answers. */
    @Test
    void aHangingAddressHidesNoAnswer() throws Exception {
        int port = Sockets.freePort();
        HttpServer server = jdkServer("::1", port, 503, "", () -> { });
        try (ServerSocket silent = Sockets.listener("127.0.0.1", port)) {
            Health health = RawServer.check("http://localhost:" + port + "/health", 2);
            assertEquals(List.of(Health.Verdict.UNHEALTHY, 503), Arrays.asList(health.verdict(), health.httpStatus()), silent::toString);
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
    @ValueSource(strings = {"silent", "a byte a second", "endless headers"})
    void nothingIsLeftOfAQuestionThatTookTooLong(String behaviour) throws Exception {
        try (ServerSocket server = rawServer(behaviour)) {
            for (int i = 0; i < 5; i++) {
                RawServer.check("http://127.0.0.1:" + server.getLocalPort(), 0.2);
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
    void aStatusWordDoesTheTerminalNoHarm() throws Exception {
        try (ServerSocket server = rawServer("HTTP/1.1 200 OK\r\n\r\n{\"status\":\"\\u001b]0;x\\u0007\\u009b2J\\n\"}")) {
            Script.Result result = patient("" + server.getLocalPort()).run();
            assertTrue(result.out().contains("200 ?]0;x??2J?"), result.out());
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
    void targetsAreServicesGroupsPortsAndUrls() throws Exception {
        int port = Sockets.freePort();
        HttpServer server = jdkServer("127.0.0.1", port, 200, "OK", () -> { });
        server.createContext("/other", exchange -> {
            exchange.sendResponseHeaders(exchange.getRequestURI().getQuery().equals("a=b") && exchange.getRequestHeaders()
                .getFirst("Host").equals("localhost:" + port) ? 200 : 500, -1);
            exchange.close();
        });
        String url = "http://localhost:" + port + "/other?a=b";
        Script.Result result = patient("orchestrator", "" + port, "mcp", url).env("ORCHESTRATOR_PORT", port).env("CODEX_MCP_PORT", port)
            .run();
        server.stop(0);
        assertEquals(0, result.exit(), result.out() + result.err());
        // Of a group, those that may be expected to run.
        assertEquals(List.of("DevFlow Orchestrator", "Codex MCP Server", url),
            result.out().lines().limit(3).map(line -> line.replaceAll(".*(?:healthy|reachable) +(.*?)  .*", "$1")).toList());
    }

    @Test
    void aHostWithAPortIsNoTarget() throws Exception {
        Script.Result result = Script.of("health_all", "localhost:3005").run();
        assertEquals(2, result.exit());
        assertTrue(result.err().contains("use the port alone, or the URL http://localhost:3005/"), result.err());
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
            until ss -ltnH | grep -q :3005; do sleep 0.05; done
            cd project
            health_all --quiet --allow-degraded orchestrator; echo $?
            health_all --quiet http://localhost:3005/health; echo $?
            health_all --quiet --project ../blog orchestrator; echo $?
            cd / && health_all --quiet orchestrator; echo $?
            """).run();
        assertEquals("1\n0\n0\n0\n", result.out(), result.err());
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
            assertEquals(2, already.requests.size());
            assertEquals(2, waiting.inputReader(StandardCharsets.UTF_8).lines().filter(line -> line.contains("✅ healthy")).count());
            assertEquals("", new String(waiting.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void aWaitIsNeverLongerThanItsTimeAndSaysWhatItWaitedFor() throws Exception {
        try (ServerSocket silent = rawServer("silent")) {
            List<Endpoint> endpoints = List.of(Endpoint.of("http://127.0.0.1:" + silent.getLocalPort()),
                Endpoint.of("http://127.0.0.1:" + Sockets.freePort()));
            long start = System.nanoTime();
            HealthChecks checks = new HealthChecks(new HealthProbe(null, false), false, null, List.of());
            checks.await(endpoints, Duration.ofSeconds(20), Duration.ofSeconds(1));
            assertTrue(System.nanoTime() - start < 15e9);
            assertTrue(checks.failure.matches("gave up after 1 s: http://\\S+ \\(timeout\\); http://\\S+ \\(down\\)"), checks.failure);
        }
    }

    @Test
    void watchAsksAgainAndAgain() throws Exception {
        try (ServerSocket server = rawServer("HTTP/1.1 200 OK\r\n\r\nOK")) {
            Process process = patient("--watch=0.1", "--json", "" + server.getLocalPort()).builder().start();
            try (BufferedReader reader = process.inputReader()) {
                for (int i = 0; i < 3; i++) {
                    assertTrue(reader.readLine().contains("\"verdict\":\"healthy\""));
                }
            }
            assertTrue(process.waitFor(30, TimeUnit.SECONDS), "still running");
        }
    }
}
