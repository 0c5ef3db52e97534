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

    /** Writes a port after it has run a command of another program between reading and writing. */
    public static void main(String... args) throws Exception {
        boolean[] isDone = {false};
        EnvWriter.update(new find_port(), file -> {
            if (!isDone[0]) {
                isDone[0] = true;
                assertEquals(0, new ProcessBuilder("bash", "-c", args[0]).inheritIO().start().waitFor());
            }
            return file.with(Map.of("CODEX_MCP_PORT", "3333"));
        }, file -> file);
    }

    private void assertBothAreThere(String action, String expected) throws Exception {
        Script.Result result = Script.of("EnvFileRaceTest", action).env("XDG_CACHE_HOME", folder.resolve("cache")).in(folder).run();
        assertEquals(0, result.exit(), result.err());
        assertEquals(expected.replace('|', '\n'), Files.readString(env()));
        assertNothingIsLeft();
    }

    private void assertNothingIsLeft() throws Exception {
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(List.of(), left.filter(file -> file.getFileName().toString().startsWith(".env.")).toList());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "echo A=1 >>.env,                                          SECRET=x|CODEX_MCP_PORT=3333|A=1|",
        "printf 'A=1\\n' >.env,                                    A=1|CODEX_MCP_PORT=3333|",
        "printf 'A=1\\nCODEX_MCP_PORT=2' >.env,                    A=1|CODEX_MCP_PORT=3333",
        "echo A=1 >other; mv other .env,                           A=1|CODEX_MCP_PORT=3333|",
        "sed -i s/x/y/ .env,                                       SECRET=y|CODEX_MCP_PORT=3333|",
        "rm .env,                                                  CODEX_MCP_PORT=3333|",
        "rm .env; echo A=1 >real; ln -s real .env,                 A=1|CODEX_MCP_PORT=3333|",
        "touch .env,                                               SECRET=x|CODEX_MCP_PORT=3333|"})
    void whatIsWrittenMeanwhileIsKept(String action, String expected) throws Exception {
        Files.writeString(env(), OLD);
        assertBothAreThere(action, expected);
    }

    @ParameterizedTest
    @CsvSource({
        "echo A=1 >.env,                       A=1|CODEX_MCP_PORT=3333|",
        "echo A=1 >real; ln -s real .env,      A=1|CODEX_MCP_PORT=3333|",
        "touch .env,                           CODEX_MCP_PORT=3333|"})
    void aFileMadeMeanwhileIsKept(String action, String expected) throws Exception {
        assertBothAreThere(action, expected);
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
        assertNothingIsLeft();
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
        for (int i = 0; i < 60; i++) {
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
