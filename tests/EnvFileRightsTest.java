import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
        "chmod 644 .env, setfacl -m u:33:- .env", "chmod 640 .env, setfacl -d -m u:33:rw .", "chmod 600 .env, setfacl -d -m u:33:rw .",
        "chmod 660 .env; chgrp 4321 ., setfacl -m g:33:r .env; setfacl -m m::r .env", "chgrp 33 .env, chmod 440 .env"})
    void theSameUsersMayReadAndWrite(String first, String second) throws Exception {
        assumeRoot("setfacl", "getfacl", "setpriv");
        Files.writeString(env(), "CODEX_MCP_PORT=1\n");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        assumeTrue(Script.command("bash", "-c", first + " && " + second).in(folder).run().exit() == 0, "needs access control lists");
        String rights = "getfacl -n .env; for user in 33 4321 65534; do for how in -r -w; do setpriv --reuid $user --regid $user"
            + " --clear-groups test $how $PWD/.env; echo $user $how $?; done; done";
        String before = bash(rights);
        int port = Sockets.freePort();
        assertEquals(new Script.Result(0, port + "\n", ""), write(port).run());
        assertEquals("CODEX_MCP_PORT=" + port + "\n", Files.readString(env()));
        assertEquals(before, bash(rights));
    }

    @Test
    void anAccessControlListThatNobodyCanKeepIsLeftAlone() throws Exception {
        assumeRoot("setfacl");
        Files.writeString(env(), "CODEX_MCP_PORT=1\n");
        assumeTrue(Script.command("setfacl", "-m", "u:33:r", ".env").in(folder).run().exit() == 0, "needs access control lists");
        Path bin = Files.createDirectory(folder.resolve("bin"));
        Script.executable(bin.resolve("cp"), "cat \"$2\" >\"$3\"; chmod --reference=\"$2\" \"$3\"\n");
        Script.Result result = write(Sockets.freePort()).env("PATH", bin + ":" + System.getenv("PATH")).run();
        assertEquals(new Script.Result(2, "", "ERROR: cannot write .env: its group, mode or access control list cannot be kept;"
            + " let root write it, or name another with --env-file\n"), result);
        assertEquals("CODEX_MCP_PORT=1\n", Files.readString(env()));
        assertEquals(".env\nbin\ncache\n", bash("ls -A"));
    }

    @Test
    void aTeammatesFileIsLeftAloneAndItsOwnerNamed() throws Exception {
        assumeRoot("setpriv");
        Files.writeString(env(), "CODEX_MCP_PORT=1\n");
        bash("chown 33:0 .env && chmod 660 .env && mkdir -p cache/devflow-ports");
        Script.Result result = write(Sockets.freePort())
            .under("setpriv", "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search,-fowner,-chown", "--").run();
        assertEquals(List.of(2, ""), List.of(result.exit(), result.out()));
        assertTrue(result.err().startsWith("ERROR: cannot write .env: it belongs to " + Files.getOwner(env()).getName() + ", and "),
            result.err());
        assertEquals(1, result.err().lines().count(), result.err());
        assertEquals("CODEX_MCP_PORT=1\n", Files.readString(env()));
    }

    @Test
    void aMountPointIsLeftAlone() throws Exception {
        Files.writeString(env(), "CODEX_MCP_PORT=1\n");
        Files.writeString(folder.resolve("mine"), "CODEX_MCP_PORT=2\n");
        Script.Result result = Namespace.bash(folder, "mount --bind mine .env; find_port codex-mcp --write || echo exit $?; cat .env")
            .env("XDG_CACHE_HOME", folder.resolve("cache")).env("CODEX_MCP_PORT", 3150).under(Namespace.unshare("--mount")).run();
        assertEquals("exit 2\nCODEX_MCP_PORT=2\n", result.out(), result.err());
        assertTrue(result.err().startsWith("ERROR: cannot write .env: it is a mount point, which cannot be replaced; "), result.err());
    }

    @Test
    void onlyOldLeftoversOfThisUserGo() throws Exception {
        Files.writeString(env(), "CODEX_MCP_PORT=1\n");
        for (String name : List.of("old", "young", "others")) {
            Path leftover = Files.createDirectory(folder.resolve(".env.devflow-ports-" + name));
            Files.writeString(leftover.resolve("new"), "SECRET=x\n");
            if (!name.equals("young")) {
                Files.setLastModifiedTime(leftover, FileTime.from(Instant.now().minusSeconds(3600)));
            }
        }
        boolean isRoot = "root".equals(System.getProperty("user.name"));
        if (isRoot) {
            bash("chown 33 .env.devflow-ports-others");
        }
        assertEquals(0, write(Sockets.freePort()).run().exit());
        assertEquals(".env\n" + (isRoot ? ".env.devflow-ports-others\n" : "") + ".env.devflow-ports-young\ncache\n", bash("ls -A"));
    }

    @Test
    void nothingIsMadeInTheHomeOfAnotherUser() throws Exception {
        assumeRoot("setpriv");
        Path home = Files.createDirectory(folder.resolve("home"));
        bash("chown 33 home");
        Script.Result result = Script.of("find_port", "codex-mcp", "--write").env("CODEX_MCP_PORT", Sockets.freePort())
            .env("XDG_CACHE_HOME", "").env("HOME", home).in(folder).run();
        assertEquals(0, result.exit(), result.err());
        assertEquals("", bash("ls -A home"));
    }

    @Test
    void aLongWaitForTheLockIsSaidAndCanBeEnded() throws Exception {
        Script.assumeInterruptible();
        assumeTrue(Servers.isOnPath("strace") && Script.command("strace", "-f", "true").run().exit() == 0, "needs strace");
        Files.writeString(env(), "CODEX_MCP_PORT=1\n");
        Process holder = write(Sockets.freePort()).under("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync",
            "-e", "inject=fsync:delay_enter=30000000:when=1").builder().redirectErrorStream(true).start();
        try {
            while (holder.isAlive() && bash("ls -A").lines().noneMatch(name -> name.startsWith(".env."))) {
                Thread.sleep(20);
            }
            String pid = Files.readString(folder.resolve("cache/devflow-ports/env.lock"));
            Process waiting = write(Sockets.freePort()).builder().start();
            assertEquals("NOTE: waiting for process " + pid + ", which is writing ports, too (lock: "
                + folder.resolve("cache/devflow-ports/env.lock") + ")", waiting.errorReader().readLine());
            Script.command("kill", "-INT", "" + waiting.pid()).run();
            assertTrue(waiting.waitFor(30, TimeUnit.SECONDS));
            assertEquals(130, waiting.exitValue());
            ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly);
        } finally {
            holder.destroyForcibly().waitFor();
        }
        assertFalse(holder.isAlive());
    }
}
