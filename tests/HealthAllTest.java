import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HealthAllTest {

    private static final List<String> WITH_ENDPOINT = List.of("DB_MANAGER_PORT", "VECTOR_MEMORY_PORT", "MODEL_REGISTRY_PORT",
        "ORCHESTRATOR_PORT", "TOKEN_OPTIMIZER_PORT", "REAL_DREAM_TEAM_ORCHESTRATOR_PORT", "CLI_INTEGRATION_MANAGER_PORT");

    @ParameterizedTest
    @CsvSource({"127.0.0.1", "::1", "0.0.0.0", "::"})
    void reachesAServerOnAnyLoopbackAddress(String address) throws Exception {
        int port = Sockets.freePort();
        try (RawServer server = new RawServer(address, port, "HTTP/1.1 200 OK\r\n\r\nOK", true)) {
            assertEquals(200, RawServer.check("http://localhost:" + port, 30).httpStatus(), server.requests::toString);
        }
    }

    @Test
    void ignoresWhatElseSaysHowToConnect() throws Exception {
        int port = Sockets.freePort();
        try (RawServer server = new RawServer("::1", port, "HTTP/1.1 200 OK\r\n\r\nOK", true)) {
            Script.Result result = Script.of("health_all", "--timeout=30", "orchestrator").env("ORCHESTRATOR_PORT", port)
                .env("http_proxy", "http://127.0.0.1:9").env("JDK_JAVA_OPTIONS",
                    "-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=9 -Djava.net.preferIPv4Stack=true").run();
            assertTrue(result.out().startsWith("Port " + port + ": ✅ healthy"), () -> result + " " + server.requests);
        }
    }

    /** Meets every connection in this way, or with this text. */
    private static RawServer rawServer(String behaviour) throws Exception {
        return RawServer.behaving(socket -> answer(socket, behaviour));
    }

    private static void answer(Socket socket, String behaviour) throws IOException, InterruptedException {
        String ok = "HTTP/1.1 200 OK\r\n";
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
        try (RawServer server = rawServer(behaviour)) {
            double timeout = verdicts.contains("timeout") ? 1.5 : 30;
            Health health = RawServer.check("http://127.0.0.1:" + server.port() + "/health", timeout);
            assertTrue(List.of(verdicts.split("\\|")).contains(ServicePort.lowerCase(health.verdict())), health.toString());
            assertEquals(status, health.httpStatus());
            assertTrue(health.millis() <= timeout * 1000, health.toString());
        }
    }

    /** Rows of documented services fit on a terminal, too. */
    @Test
    void sevenThatMisbehaveAtOnceTakeTheTimeOfOne() throws Exception {
        List<RawServer> servers = new ArrayList<>();
        Script script = Script.of("health_all", "--timeout=2");
        List<String> behaviours = List.of("silent", "endless body",
            "HTTP/1.1 503 No\r\n\r\n{\"status\":\"\\u001bshutting_down\"}", "a byte a second", "stalled body", "reset", "SSH-2.0-OpenSSH_9.2\r\n");
        for (int i = 0; i < 7; i++) {
            servers.add(rawServer(behaviours.get(i)));
            script.env(WITH_ENDPOINT.get(i), servers.get(i).port());
        }
        long start = System.nanoTime();
        List<String> lines = script.run().out().lines().toList();
        double seconds = (System.nanoTime() - start) / 1e9;
        for (RawServer server : servers) {
            server.close();
        }
        assertEquals("1 of 7 healthy", lines.get(7));
        assertTrue(seconds < 6, "as long as three of them, one after the other: " + seconds);
        assertTrue(lines.get(2).matches("Port \\d{5}: ❌ unhealthy Model Registry                503 \\?shutting_d… +\\d+ ms"), lines.get(2));
        for (String line : lines.subList(0, 4)) {
            assertTrue(Line.of(line).width() <= 80, line);
        }
    }

    /** That this process cannot ask is not the service's fault. */
    @Test
    void withoutDescriptorsThereIsNoAnswer() throws Exception {
        try (RawServer silent = rawServer("silent")) {
            Script script = Script.of("health_all", "--timeout=5");
            for (int i = 0; i < 100; i++) {
                script.with("http://127.0.0.1:" + silent.port() + "/" + i);
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
        try (RawServer server = rawServer(behaviour)) {
            for (int i = 0; i < 5; i++) {
                RawServer.check("http://127.0.0.1:" + server.port(), 0.2);
            }
            List<String> connections = connections(server);
            for (int i = 0; i < 50 && !connections.isEmpty(); i++) {
                Thread.sleep(100);
                connections = connections(server);
            }
            assertEquals(List.of(), connections);
        }
    }

    /** The connections of this process to that server. */
    private static List<String> connections(RawServer server) throws Exception {
        String remote = String.format(":%04X 01 ", server.port());
        return Files.readAllLines(Path.of("/proc/net/tcp6")).stream().filter(row -> row.contains(remote)).toList();
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
    void waitsUntilAllAreHealthyAtOnce() throws Exception {
        int port = Sockets.freePort();
        try (RawServer already = RawServer.saying("HTTP/1.1 200 OK\r\n\r\nOK")) {
            FutureTask<RawServer> other = new FutureTask<>(() -> new RawServer("::1", port, "HTTP/1.1 200 OK\r\n\r\nOK", true));
            CompletableFuture.delayedExecutor(500, TimeUnit.MILLISECONDS, task -> new Thread(task).start()).execute(other);
            HealthChecks checks = new HealthChecks(new HealthProbe(null), false, null, List.of());
            List<HealthChecks.Result> results = checks.await(List.of(Endpoint.of("http://127.0.0.1:" + already.port()),
                Endpoint.of("http://localhost:" + port)), Duration.ofSeconds(20), Duration.ofSeconds(60));
            assertTrue(results.stream().allMatch(HealthChecks.Result::isPassing), results::toString);
            other.get().close();
        }
    }

    @Test
    void aWaitIsNeverLongerThanItsTimeAndSaysWhatItWaitedFor() throws Exception {
        try (RawServer silent = rawServer("silent")) {
            List<Endpoint> endpoints = List.of(Endpoint.of("http://127.0.0.1:" + silent.port()),
                Endpoint.of("http://127.0.0.1:" + Sockets.freePort()));
            long start = System.nanoTime();
            HealthChecks checks = new HealthChecks(new HealthProbe(null), false, null, List.of());
            checks.await(endpoints, Duration.ofSeconds(20), Duration.ofMillis(500));
            assertTrue(System.nanoTime() - start < 15e9);
            assertTrue(checks.failure.matches("gave up after 0.5 s: http://\\S+ is not healthy \\(timeout\\);"
                + " http://\\S+ is not healthy \\(down\\)"), checks.failure);
        }
    }
}
