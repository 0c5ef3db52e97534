import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who may read and write a {@code .env} before and after, and what else of the user's is touched. */
class EnvFileRightsTest {

    @TempDir
    Path folder;

    private Path env() {
        return folder.resolve(".env");
    }

    private Script write(int port) {
        return Script.of("find_port", "codex-mcp", "--write").env("CODEX_MCP_PORT", port)
            .env("XDG_CACHE_HOME", folder.resolve("cache")).in(folder);
    }

    private String bash(String command) throws Exception {
        Script.Result result = Script.command("bash", "-c", command).in(folder).run();
        assertEquals(0, result.exit(), result.err());
        return result.out();
    }

    private static void assumeRoot(String... tools) {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
        for (String tool : tools) {
            assumeTrue(Servers.isOnPath(tool), "needs " + tool);
        }
    }

    @ParameterizedTest
    @CsvSource({"chmod 600 .env, chmod 640 .env", "chmod 600 .env, setfacl -m u:33:r .env", "chmod 640 .env, setfacl -m u:33:rw .env",
        "chmod 644 .env, setfacl -m u:33:- .env", "chmod 600 .env, setfacl -d -m u:33:rw .",
        "chmod 660 .env; chgrp 4321 ., setfacl -m g:33:r .env; setfacl -m m::r .env", "chgrp 33 .env, chmod 440 .env"})
    void theSameUsersMayReadAndWrite(String first, String second) throws Exception {
        assumeRoot("setfacl", "getfacl", "setpriv");
        Files.writeString(env(), "CODEX_MCP_PORT=1\n");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        assumeTrue(Script.command("bash", "-c", first + " && " + second).in(folder).run().exit() == 0, "needs access control lists");
        String rights = "stat -c '%a %u %g' .env; for user in 33 4321 65534; do for how in -r -w; do setpriv --reuid $user --regid $user"
            + " --clear-groups test $how $PWD/.env; echo $user $how $?; done; done";
        String before = bash(rights);
        int port = Sockets.freePort();
        assertEquals(new Script.Result(0, port + "\n", ""), write(port).run());
        assertEquals("CODEX_MCP_PORT=" + port + "\n", Files.readString(env()));
        assertEquals(before, bash(rights));
    }

    @Test
    void aTeammatesFileIsLeftAloneAndItsOwnerNamed() throws Exception {
        assumeRoot("setpriv");
        Files.writeString(env(), "CODEX_MCP_PORT=1\n");
        bash("chown 33:0 .env && chmod 660 .env && mkdir -p cache/devflow-ports");
        Script.Result result = write(Sockets.freePort())
            .under("setpriv", "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search,-fowner,-chown", "--").run();
        assertEquals(List.of(2, ""), List.of(result.exit(), result.out()));
        assertEquals("ERROR: cannot write .env: its owner, group and mode cannot be kept; run find_port as root,"
            + " or name another file with --env-file\n", result.err());
        assertEquals("CODEX_MCP_PORT=1\n", Files.readString(env()));
    }

    @Test
    void aMountPointIsLeftAlone() throws Exception {
        Files.writeString(env(), "CODEX_MCP_PORT=1\n");
        Files.writeString(folder.resolve("mine"), "CODEX_MCP_PORT=2\n");
        Script.Result result = Namespace.bash(folder, "mount --bind mine .env; find_port codex-mcp --write || echo exit $?; cat .env")
            .env("XDG_CACHE_HOME", folder.resolve("cache")).env("CODEX_MCP_PORT", 3150).under(Namespace.unshare("--mount")).run();
        assertEquals("exit 2\nCODEX_MCP_PORT=2\n", result.out(), result.err());
        assertTrue(result.err().startsWith("ERROR: cannot write .env: it is a mount point; "), result.err());
    }

    /** A repository can contain such links. */
    @Test
    void nothingButItsOwnFolderIsEverRemoved() throws Exception {
        Files.writeString(env(), "CODEX_MCP_PORT=1\n");
        bash("mkdir notes .env.1.local .env.devflow-ports-2; touch notes/new notes/copy .env.1.local/copy .env.devflow-ports-2/new"
            + " && ln -s notes .env.2.local && ln -s notes .env.devflow-ports-3 && touch -d '1 day ago' notes/* .env.*");
        String before = bash("ls -AR --time-style=full-iso notes .env.*; ls -A");
        assertEquals(0, write(Sockets.freePort()).run().exit());
        assertEquals(before, bash("ls -AR --time-style=full-iso notes .env.*; ls -A | grep -v cache"));
    }

    @Test
    void aLockThatIsNotReleasedIsNamed() throws Exception {
        Path file = Files.createDirectories(folder.resolve("cache/devflow-ports")).resolve("env.lock");
        try (FileChannel lock = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            assertTrue(lock.lock().isValid());
            assertEquals(new Script.Result(2, "", "ERROR: another process has locked " + file
                + " for 30 s; stop it, or try again when it has finished\n"), write(Sockets.freePort()).run());
        }
        assertFalse(Files.exists(env()));
    }
}
