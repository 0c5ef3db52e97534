import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random input. {@code -Dfuzz=N} makes it N times as much, {@code -Dseed=S} repeats what a failure names. */
class FuzzTest {

    private static final int TIMES = Integer.getInteger("fuzz", 1);
    private static final long SEED = Long.getLong("seed", System.nanoTime());

    @TempDir
    Path folder;

    private static final String[] WORDS = {
        "3005", "0", "65535", "65536", "-1", "03002", "3100-3110", "3110-3100", "1-3-5", "core", "mcp", "grpc", "orchestrator",
        "DB_MANAGER_PORT", "db-manager", "unknown", "", " ", "--", "-", "---", "-q", "-v", "-qv", "--quiet", "--verbose", "--json", "--all",
        "--plain", "--check", "--map", "--export", "PORT", "codex", "localhost:3005", "--count", "--count=2", "--count=-1",
        "--count=99999999999", "--color=always", "--color", "--color=sometimes", "--env-file=/dev/null", "--env-file", "--env-file=.",
        "--help", "--version", "-h", "-V", "--timeout=0.01", "--timeout=x", "--wait=0.01", "--wait=", "--host=127.0.0.1", "--host=[",
        "--host=", "http://127.0.0.1:1/", "http://", "https://127.0.0.1:1", "@file", "\u001B[31m", "日本", "\uFFFD", "'", "\"", "$(x)",
        "%s%n", "${x}", "--watch=x", "--all=true", "--no-json", "--js", "a=b"};

    /** Runs random command lines in this process, whose standard output nobody reads, and ends with the first bad one. */
    public static void main(String... args) throws Exception {
        Random random = new Random(Long.parseLong(args[0]));
        for (int i = 0; i < Integer.parseInt(args[1]); i++) {
            List<String> line = new ArrayList<>();
            for (int words = random.nextInt(5); words > 0; words--) {
                line.add(WORDS[random.nextInt(WORDS.length)]);
            }
            String name = List.of("check_port", "find_port", "port_status", "health_all").get(random.nextInt(4));
            if (name.equals("health_all")) {
                line.add(0, "--timeout=0.02");
            }
            PortCommand command = CommonRulesTest.named(name);
            int exit = command.execute(line.toArray(String[]::new));
            command.err.flush();
            if (exit < 0 || exit > 2) {
                System.err.println("exit code " + exit + " of " + name + " " + line);
                System.exit(9);
            }
        }
        System.exit(0);
    }

    @Test
    void argumentsEndInAnAnswerOrOneLine() throws Exception {
        int count = 10_000 * TIMES;
        Path err = folder.resolve("err");
        Process process = Script.of("FuzzTest", "" + SEED, "" + count).in(folder).builder()
            .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(err.toFile()).start();
        assertTrue(process.waitFor(170L * TIMES, TimeUnit.SECONDS), "it hangs, seed " + SEED);
        String said = Files.readString(err);
        assertEquals(0, process.exitValue(), () -> "seed " + SEED + "\n" + said);
        for (String line : said.lines().toList()) {
            assertTrue(line.startsWith("ERROR: ") || line.startsWith("NOTE: "), "seed " + SEED + ": " + line);
            assertTrue(!line.contains("internal error") && line.indexOf('\u001B') < 0 && !line.contains("Exception"),
                "seed " + SEED + ": " + line);
        }
        try (var files = Files.list(folder)) {
            assertEquals(1, files.count(), "something was written");
        }
    }

    @Test
    void randomBytesAreAnEnvFileOrRefused() throws Exception {
        Random random = new Random(SEED);
        String alphabet = "A_PORT=3101\n\n\r\n'\"`\\# \texport \u00EF\u00BB\u00BF\u0000\u0080\u0085\u00A0";
        for (int i = 0; i < 20_000 * TIMES; i++) {
            byte[] bytes = new byte[random.nextInt(60)];
            for (int k = 0; k < bytes.length; k++) {
                bytes[k] = (byte) (random.nextInt(20) == 0 ? random.nextInt(256) : alphabet.charAt(random.nextInt(alphabet.length())));
            }
            byte[] text = random.nextBoolean() ? bytes
                : (new String(bytes, StandardCharsets.ISO_8859_1) + "\nA_PORT=" + random.nextInt(70000))
                .getBytes(StandardCharsets.ISO_8859_1);
            Path file = Files.write(folder.resolve(".env"), text);
            String hint = "seed " + SEED + ", file " + i + ": " + new String(text, StandardCharsets.ISO_8859_1);
            try {
                EnvFile read = EnvFile.read(file);
                assertArrayEquals(text, read.bytes(), hint);
                EnvFile changed = read.with(Map.of("A_PORT", "3105"));
                Files.write(file, changed.bytes());
                assertEquals("3105", EnvFile.read(file).entries().get("A_PORT").value(), hint);
                for (EnvFile.Entry entry : read.entries().values()) {
                    if (!entry.name().equals("A_PORT")) {
                        assertEquals(entry.value(), EnvFile.read(file).entries().get(entry.name()).value(), hint);
                    }
                }
            } catch (UserException e) {
                assertTrue(new String(text, StandardCharsets.ISO_8859_1).contains("\0"), hint);
            }
        }
    }

    @Test
    void whateverAServerSaysThereIsAVerdict() throws Exception {
        Random random = new Random(SEED);
        String[] parts = {"HTTP/1.1 ", "HTTP/1.0 200 OK\r\n", "200", "99999999999", "-1", " OK", "\r\n", "\r\n\r\n", "\n",
            "Content-Length: ", "Content-Length: -5\r\n", "Transfer-Encoding: chunked\r\n\r\n", "5\r\nabcde\r\n", "FFFFFFFFFFFF\r\n",
            "0\r\n\r\n", "Content-Encoding: gzip\r\n", "{\"status\":", "\"ok\"", "-INF", "}", "[[[[", "Connection: keep-alive\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 401 x\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\r\n", "Location: /x\r\n",
            "\u0000\u0001", ": \r\n", "x".repeat(9000), "{\"a\":".repeat(2000)};
        AtomicReference<String> answer = new AtomicReference<>("");
        try (RawServer server = RawServer.behaving(socket -> {
            socket.getInputStream().read(new byte[4096]);
            socket.getOutputStream().write(answer.get().getBytes(StandardCharsets.ISO_8859_1));
        })) {
            for (int i = 0; i < 1500 * TIMES; i++) {
                StringBuilder text = new StringBuilder(random.nextBoolean() ? "HTTP/1.1 200 OK\r\n" : "");
                for (int k = random.nextInt(8); k > 0; k--) {
                    text.append(parts[random.nextInt(parts.length)]);
                }
                answer.set(text.toString());
                String hint = "seed " + SEED + ", answer " + i;
                Health health = server.checkBy("http", 0.5);
                assertTrue(health.verdict() != Health.Verdict.DOWN && health.verdict() != Health.Verdict.REACHABLE, hint);
                assertTrue(health.verdict() != Health.Verdict.HEALTHY || health.httpStatus() / 100 == 2, hint);
            }
        }
    }

    /** Whatever follows it. */
    @Test
    void aBodyThatSaysDownIsNeverHealthy() throws Exception {
        Random random = new Random(SEED);
        String[] parts = {"{", "}", "[", "]", ",", ":", "\"a\"", "\"status\"", "\"ok\"", "true", "null", "1", "1e999", "NaN", "-INF",
            "+INF", "Infinity", " ", "\n[-]x", "\uFEFF", "\\", "\"", "'", "\u0000", "{\"a\":".repeat(200)};
        for (int i = 0; i < 20_000 * TIMES; i++) {
            StringBuilder body = new StringBuilder(random.nextBoolean() ? "{\"status\":\"down\"," : "{'status':'down'");
            for (int k = random.nextInt(10); k > 0; k--) {
                body.append(parts[random.nextInt(parts.length)]);
            }
            String type = random.nextBoolean() ? "application/json" : "";
            Health.Verdict verdict = HealthBody.read(body.toString().getBytes(StandardCharsets.UTF_8), type, 200, true).verdict();
            assertTrue(verdict != Health.Verdict.HEALTHY, () -> "seed " + SEED + ": " + body);
        }
    }
}
