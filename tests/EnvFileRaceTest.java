import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
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

    /** The script, delayed at that call of its JVM; the action takes place when that has made the temporary file of that name. */
    private void assertBothAreThere(String inject, String temporary, String action, String expected) throws Exception {
        assumeTrue(Servers.isOnPath("strace") && Script.command("strace", "-f", "true").run().exit() == 0, "needs strace");
        int port = Sockets.freePort();
        String[] strace = {"strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,rename,link",
            "-e", "inject=" + inject.replace("DELAY", "delay_enter=1500000")};
        Process process = write(port).under(strace).builder().redirectErrorStream(true).start();
        while (process.isAlive() && !exists(temporary)) {
            Thread.sleep(5);
        }
        Thread.sleep(300);
        assertEquals(0, Script.command("bash", "-c", action).in(folder).run().exit());
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), new String(process.getInputStream().readAllBytes()));
        assertEquals(expected.replace("PORT", "CODEX_MCP_PORT=" + port).replace('|', '\n'), Files.readString(env()));
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(List.of(), left.filter(file -> file.getFileName().toString().startsWith(".env.")).toList());
        }
    }

    private boolean exists(String temporary) throws Exception {
        try (Stream<Path> files = Files.list(folder)) {
            return files.anyMatch(file -> file.getFileName().toString().startsWith(".env.") && Files.exists(file.resolve(temporary)));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "echo A=1 >>.env, SECRET=x|PORT|A=1|",
        "printf 'A=1\\n' >.env, A=1|PORT|",
        "printf 'A=1\\nCODEX_MCP_PORT=2' >.env, A=1|PORT",
        "echo A=1 >other; mv other .env, A=1|PORT|",
        "sed -i s/x/y/ .env, SECRET=y|PORT|",
        "rm .env, PORT|",
        "rm .env; echo A=1 >real; ln -s real .env, A=1|PORT|",
        "touch .env, SECRET=x|PORT|"})
    void whatIsWrittenBeforeTheLastLookIsKept(String action, String expected) throws Exception {
        Files.writeString(env(), OLD);
        assertBothAreThere("fsync:DELAY:when=1", "new", action, expected);
    }

    @ParameterizedTest
    @CsvSource({
        "echo A=1 >>.env, SECRET=x|PORT|A=1|",
        "printf 'A=1\\n' >.env, A=1|PORT|",
        "printf 'A=1\\n' >.env; sleep 0.1; echo B=2 >>.env, A=1|B=2|PORT|",
        "printf SECRET=z | dd of=.env conv=notrunc status=none, SECRET=z|PORT|"})
    void whatIsAppendedOrWrittenOverAtTheRenamingIsKept(String action, String expected) throws Exception {
        Files.writeString(env(), OLD);
        assertBothAreThere("rename:DELAY:when=2", "fresh", action, expected);
    }

    @ParameterizedTest
    @CsvSource({"echo A=1 >.env, A=1|PORT|", "echo A=1 >real; ln -s real .env, A=1|PORT|", "touch .env, PORT|"})
    void aFileMadeMeanwhileIsKept(String action, String expected) throws Exception {
        assertBothAreThere("link:DELAY:when=1", "new", action, expected);
    }

    @Test
    void whatASlowWriterWritesThroughTheOldFileIsKept() throws Exception {
        Files.writeString(env(), OLD);
        assertBothAreThere("rename:DELAY:when=2", "fresh", "{ for i in 1 2 3; do sleep 0.005; echo A=$i; done; } >>.env",
            "SECRET=x|PORT|A=1|A=2|A=3|");
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
        // A renaming between the script's last look and its own renaming, some tenths of a millisecond, is its stated limit.
        assertTrue(lost.size() <= (how.equals("rename") ? 2 : 0), lost::toString);
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
