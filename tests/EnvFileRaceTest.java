import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Beside programs that know nothing of the lock, some of them at the worst moment: strace delays a system call. */
class EnvFileRaceTest {

    private static final String OLD = "SECRET=x\nCODEX_MCP_PORT=1\n";

    @TempDir
    Path folder;

    private Path env() {
        return folder.resolve(".env");
    }

    private Script write(int port) {
        return Script.of("find_port", "codex-mcp", "--write").env("CODEX_MCP_PORT", port)
            .env("XDG_CACHE_HOME", folder.resolve("cache")).in(folder);
    }

    /** What .env has, what another program does between reading and writing, and what .env has then; | ends a line. */
    private static final String[][] MEANWHILE = {
        {OLD, "echo A=1 >>.env", "SECRET=x|CODEX_MCP_PORT=3333|A=1|"},
        {OLD, "printf 'A=1\\n' >.env", "A=1|CODEX_MCP_PORT=3333|"},
        {OLD, "printf 'A=1\\nCODEX_MCP_PORT=2' >.env", "A=1|CODEX_MCP_PORT=3333"},
        {OLD, "echo A=1 >other; mv other .env", "A=1|CODEX_MCP_PORT=3333|"},
        {OLD, "sed -i s/x/y/ .env", "SECRET=y|CODEX_MCP_PORT=3333|"},
        {OLD, "rm .env", "CODEX_MCP_PORT=3333|"},
        {OLD, "rm .env; echo A=1 >real; ln -s real .env", "A=1|CODEX_MCP_PORT=3333|"},
        {OLD, "touch .env", "SECRET=x|CODEX_MCP_PORT=3333|"},
        {null, "echo A=1 >.env", "A=1|CODEX_MCP_PORT=3333|"},
        {null, "echo A=1 >real; ln -s real .env", "A=1|CODEX_MCP_PORT=3333|"},
        {null, "touch .env", "CODEX_MCP_PORT=3333|"}};

    /** Plays them one after the other, each in a folder of its own. */
    public static void main(String... args) throws Exception {
        for (String[] row : MEANWHILE) {
            Path place = Files.createTempDirectory(Path.of(""), "row").toAbsolutePath();
            if (row[0] != null) {
                Files.writeString(place.resolve(".env"), row[0]);
            }
            boolean[] isDone = {false};
            find_port command = new find_port();
            command.envFile = place.resolve(".env").toString();
            EnvWriter.update(command, file -> {
                if (!isDone[0]) {
                    isDone[0] = true;
                    assertEquals(0, new ProcessBuilder("bash", "-c", row[1]).directory(place.toFile()).inheritIO().start().waitFor());
                }
                return file.with(Map.of("CODEX_MCP_PORT", "3333"));
            }, file -> file);
            assertEquals(row[2].replace('|', '\n'), Files.readString(place.resolve(".env")), row[1]);
            assertNothingIsLeft(place);
        }
    }

    @Test
    void whatIsWrittenMeanwhileIsKept() throws Exception {
        Script.Result result = Script.of("EnvFileRaceTest").env("XDG_CACHE_HOME", folder.resolve("cache")).in(folder).run();
        assertEquals(0, result.exit(), result.err());
        assertEquals(MEANWHILE.length + 1, folder.toFile().list().length, "a folder for each, and the cache");
    }

    private static void assertNothingIsLeft(Path folder) throws Exception {
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(List.of(), left.filter(file -> file.getFileName().toString().startsWith(".env.")).toList());
        }
    }

    /** Until the last look, which comes after the first renaming. */
    @ParameterizedTest
    @CsvSource({"echo A=1 >>.env, SECRET=x|PORT|A=1|", "echo A=1 >other; mv other .env, A=1|PORT|",
        "cp .env other; mv other .env, SECRET=x|PORT|"})
    void whatIsWrittenBeforeTheLastLookIsKept(String action, String expected) throws Exception {
        assumeTrue(Servers.isOnPath("strace") && Script.command("strace", "-f", "true").run().exit() == 0, "needs strace");
        Files.writeString(env(), OLD);
        int port = Sockets.freePort();
        String[] strace = {"strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=rename",
            "-e", "inject=rename:delay_enter=1500000:when=1"};
        Process process = write(port).under(strace).builder().redirectErrorStream(true).start();
        while (process.isAlive() && !isCopyMade()) {
            Thread.sleep(5);
        }
        Thread.sleep(300);
        assertEquals(0, Script.command("bash", "-c", action).in(folder).run().exit());
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), new String(process.getInputStream().readAllBytes()));
        assertEquals(expected.replace("PORT", "CODEX_MCP_PORT=" + port).replace('|', '\n'), Files.readString(env()));
        assertNothingIsLeft(folder);
    }

    private boolean isCopyMade() throws Exception {
        try (Stream<Path> files = Files.list(folder)) {
            return files.anyMatch(file -> file.getFileName().toString().startsWith(".env.") && Files.exists(file.resolve("copy")));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"append", "truncate", "rename"})
    void noLineOfAnIndependentWriterIsLost(String how) throws Exception {
        Files.writeString(env(), "SECRET=x\n");
        List<Process> processes = new ArrayList<>();
        List<String> lines = new ArrayList<>(List.of("SECRET=x"));
        for (int i = 0; i < 30; i++) {
            processes.removeIf(process -> !process.isAlive());
            if (processes.size() < 2) {
                processes.add(write(Sockets.freePort()).builder().redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start());
            }
            lines.add("LINE" + i + "=1");
            save(how, lines.get(lines.size() - 1) + "\n");
            Thread.sleep(40);
        }
        for (Process process : processes) {
            assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        }
        List<String> lost = new ArrayList<>(lines);
        lost.removeAll(Files.readAllLines(env()));
        // What is written between the script's last look and its renaming, some tenths of a millisecond, is the stated limit.
        assertTrue(lost.size() <= 2, lost::toString);
    }

    private void save(String how, String line) throws Exception {
        if (how.equals("append")) {
            Files.writeString(env(), line, StandardOpenOption.APPEND);
        } else if (how.equals("truncate")) {
            Files.writeString(env(), Files.readString(env()) + line);
        } else {
            // Between its own reading and renaming it may undo the script's change, but the script never undoes its own.
            Path other = Files.writeString(folder.resolve("other"), Files.readString(env()) + line);
            Files.move(other, env(), StandardCopyOption.ATOMIC_MOVE);
        }
    }
}
