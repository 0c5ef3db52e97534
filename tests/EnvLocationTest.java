import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which {@code .env} is read and written. */
class EnvLocationTest {

    @TempDir
    Path folder;

    /** Prepares folders, and then reads a port from a/b/c; returns the line that has the port, as the scripts name it. */
    private Script.Result read(String prepare) throws Exception {
        return Script.bash("set -e; mkdir -p a/b/c\nenv() { echo CODEX_MCP_PORT=none >\"$1/.env\"; }\n" + prepare
            + "\ncd a/b/c\n$java check_port codex-mcp").env("java", String.join(" ", Script.JAVA)).in(folder).run();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", value = {
        "mkdir a/.git; env a/b/c; env a/b; env a            | .env",
        "mkdir a/.git; env a/b; env a                       | ../.env",
        "mkdir a/.git; env a                                | ../../.env",
        "touch a/.git; env a                                | ../../.env",
        "mkdir a/b/c/.git; env a/b                          | -",
        "env a/b; env a                                     | -",
        "mkdir a/.git; mkdir a/b/.env; env a                | ../../.env",
        "mkdir a/b/c/.env                                   | -",
        "mkdir a/.git; ln -s none a/b/.env; env a           | -",
        "mkdir .git; env a/b; export HOME=$PWD/a            | -",
        "mkdir a/.git; env a; export HOME=$PWD/a            | -",
        "mkdir a/b/.git; env a/b; export HOME=$PWD/a        | ../.env",
        "env a/b/c; export HOME=$PWD/a/b/c                  | .env"})
    void isTheNearestWithinTheCheckout(String prepare, String found) throws Exception {
        Script.Result result = read(prepare);
        assertEquals(found == null ? "" : found + ":1", result.err().replaceAll("(?s)ERROR: ([^:]*:\\d+): .*|.*", "$1"), result.err());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "mkdir a/.git; env a/b; chown 1234 a/b/.env; env a                   | NOTE: ../.env is ignored: it belongs to 1234; to use it,"
            + " name it with --env-file|../../.env",
        "mkdir a/.git; env a; ln -s ../.env a/b/.env; chown -h 1234 a/b/.env | NOTE: ../.env is ignored: it belongs to 1234; to use it,"
            + " name it with --env-file|../../.env"})
    void anotherUsersFileCountsOnlyInTheWorkingDirectory(String prepare, String note, String found) throws Exception {
        assumeTrue(Namespace.IS_ROOT, "needs root");
        Script.Result result = read(prepare);
        assertEquals(note + "\nERROR: " + found, result.err().replaceAll(":1: .*\\n", ""));
        assertEquals("ERROR: .env", read("env a/b/c; chown 1234 a/b/c/.env").err().replaceAll(":1: .*\\n", ""));
    }

    @Test
    void writesWhatItFindsAndElseCreatesItInTheWorkingDirectory() throws Exception {
        int port = Sockets.freePort();
        Files.createDirectories(folder.resolve("a/b"));
        Files.createDirectory(folder.resolve("a/.git"));
        Script write = Script.of("find_port", "--write", "codex-mcp").env("CODEX_MCP_PORT", port)
            .env("XDG_CACHE_HOME", folder.resolve("cache")).in(folder.resolve("a/b"));
        Path made = folder.toRealPath().resolve("a/b/.env");
        assertEquals(new Script.Result(0, port + "\n", "NOTE: created .env in " + made.getParent() + "\n"), write.run());
        assertEquals("CODEX_MCP_PORT=" + port + "\n", Files.readString(made));
        Files.delete(made);
        Files.writeString(folder.resolve("a/.env"), "A=1\n");
        assertEquals(new Script.Result(0, port + "\n", ""), write.run());
        assertEquals("A=1\nCODEX_MCP_PORT=" + port + "\n", Files.readString(folder.resolve("a/.env")));
    }
}
