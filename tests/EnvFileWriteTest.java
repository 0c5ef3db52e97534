import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EnvFileWriteTest {

    @TempDir
    Path folder;

    private Path env() {
        return folder.resolve(".env");
    }

    /** Gives the codex service this port by the environment, and has it written. */
    private Script write(int port) {
        return Script.of("find_port", "codex-mcp", "--write").env("CODEX_MCP_PORT", port)
            .env("XDG_CACHE_HOME", folder.resolve("cache")).in(folder);
    }

    private List<String> names() throws Exception {
        return Stream.of(folder.toFile().list()).filter(name -> !name.equals("cache")).sorted().toList();
    }

    /** What stands before and behind the value. */
    private static final String[][] FRAMES = {
        {"A_PORT=", ""}, {"export A_PORT=", ""}, {"  A_PORT = ", "  "}, {"A_PORT='", "'"}, {"A_PORT=\"", "\""}, {"A_PORT=`", "`"},
        {"A_PORT=", " # the $1 port, not 3000"}, {"A_PORT=\"", "\" # it's \"quoted\""}, {"export\tA_PORT='", "'\t#"},
        {"A_PORT=", "\t# =\\$"}, {"A_PORT=1\nA_PORT=", ""}, {"A_PORT='2'\r\n  export A_PORT=", ""}};

    private static final String[] LINES = {
        "", "   ", "# comment 'open", "#A_PORT=1", "SECRET=$1$2\\1", "TOKEN=a=b==", "KEY=s3#cret#", "PASSWORD='it # is'",
        "P2=\"a \\\" b # c\"", "EMPTY=", "EMPTY2=''", "export NAME=välue→", "URL=postgres://u:p%40@h/db?x=1&y=2",
        "MULTI='one\nA_PORT=3\nthree'", "JSON={\"A_PORT\":1}", "PEM=\"-----BEGIN-----\nA_PORT=4\\\"\n-----END-----\"",
        "XA_PORT=5", "A_PORTX=6", "B_PORT=3101", "not an assignment", "A_PORT", "=7", "TAB\t=\tx\t", "APOSTROPHE=it's",
        "LONG=" + "x".repeat(3000), "\u00A0X_PORT=8", "A.PORT=9", "A-PORT=10", "NUL=\\0", "DOLLAR=${A_PORT}"};

    private static String lines(Random random, boolean isClosed) {
        StringBuilder text = new StringBuilder();
        for (int lines = random.nextInt(8); lines > 0; lines--) {
            text.append(LINES[random.nextInt(LINES.length)])
                .append(lines > 1 || isClosed || random.nextBoolean() ? random.nextInt(3) == 0 ? "\r\n" : "\n" : "");
        }
        return text.toString();
    }

    /**
     * The oracle writes each file twice, with the old value and with the new one in the place that it chose for it, and
     * knows nothing of how they are read.
     */
    @Test
    void manyFilesDifferInThatValueAlone() throws Exception {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        for (int i = 0; i < 3_000; i++) {
            String[] frame = FRAMES[random.nextInt(FRAMES.length)];
            boolean isEmpty = random.nextInt(6) == 0 && !frame[0].endsWith(" ");
            String old = isEmpty ? "" : "" + (1 + random.nextInt(65535));
            String value = "" + (1 + random.nextInt(65535));
            String before = (random.nextInt(4) == 0 ? "\uFEFF" : "") + lines(random, true);
            String after = (random.nextBoolean() ? "\n" : "\r\n") + lines(random, false);
            boolean isThere = random.nextInt(5) > 0;
            String original = before + (isThere ? frame[0] + old + frame[1] : "# none") + after;
            String end = original.contains("\r\n") ? "\r\n" : "\n";
            String expected = isThere ? before + frame[0] + value + frame[1] + after
                : original + (original.endsWith("\n") ? "" : end) + "A_PORT=" + value + end;
            EnvFile changed = EnvFile.read(Files.writeString(env(), original)).with(Map.of("A_PORT", value));
            String hint = "seed " + seed + ", file " + i + ":\n" + original;
            assertEquals(expected, new String(changed.bytes(), StandardCharsets.UTF_8), hint);
            Files.write(env(), changed.bytes());
            assertEquals(value, EnvFile.read(env()).entries().get("A_PORT").value(), hint);
        }
    }

    @Test
    void anUnchangedValueWritesNothing() throws Exception {
        int port = Sockets.freePort();
        Files.writeString(env(), "CODEX_MCP_PORT=" + port + "\n");
        String before = bash("stat -c '%i %y' .env");
        assertEquals(new Script.Result(0, port + "\n", ""), write(port).run());
        assertEquals(before, bash("stat -c '%i %y' .env"));
    }

    @Test
    void modeOwnerAndLinkStay() throws Exception {
        Path real = Files.createDirectory(folder.resolve("config")).resolve("env");
        Files.writeString(real, "SECRET=x\nCODEX_MCP_PORT=1\n");
        Files.createSymbolicLink(env(), Path.of("config/env"));
        String before = bash("chmod 640 config/env; [ $(id -u) != 0 ] || chown 1234:4321 config/env; stat -c '%a %u %g %N' .env config/env");
        int port = Sockets.freePort();
        assertEquals(new Script.Result(0, port + "\n", ""), write(port).run());
        assertEquals("SECRET=x\nCODEX_MCP_PORT=" + port + "\n", Files.readString(real));
        assertEquals(before, bash("stat -c '%a %u %g %N' .env config/env"));
        assertEquals(List.of(".env", "config"), names());
    }

    @Test
    void aChainOfLinksToAFileThatIsNotThereMakesThatFile() throws Exception {
        Files.createSymbolicLink(env(), Path.of("two"));
        Files.createSymbolicLink(folder.resolve("two"), Path.of("real.env"));
        int port = Sockets.freePort();
        assertEquals(0, write(port).run().exit());
        assertEquals("CODEX_MCP_PORT=" + port + "\n", Files.readString(folder.resolve("real.env")));
        assertTrue(Files.isSymbolicLink(env()) && Files.isSymbolicLink(folder.resolve("two")));
    }

    /** The environment takes precedence, so that it was never validated: it may be a secret, or have lost its quote. */
    @Test
    void aValueThatIsNoPortIsNotOverwritten() throws Exception {
        String text = "CODEX_MCP_PORT=\"3101\nAPI_KEY=s3cret\nOTHER=\"x\"\n";
        Files.writeString(env(), text);
        assertEquals(new Script.Result(2, "", "ERROR: .env:1: CODEX_MCP_PORT is not a port (1-65535); correct the value\n"),
            write(Sockets.freePort()).run());
        assertEquals(text, Files.readString(env()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mkdir .env", "mkfifo .env", "ln -s .env .env", "ln -s /dev/null .env", "ln -s /dev/full .env"})
    void whatIsNoFileIsLeftAlone(String command) throws Exception {
        bash(command);
        Script.Result result = write(Sockets.freePort()).run();
        assertEquals(List.of(2, "", 1L), List.of(result.exit(), result.out(), result.err().lines().count()), result.err());
        assertEquals(List.of(".env"), names());
        assertTrue(Files.exists(Path.of("/dev/null")) && !Files.isRegularFile(Path.of("/dev/null")));
        Files.delete(env());
    }

    /** As an ordinary user, whom the mode of a file and a folder binds. */
    @ParameterizedTest
    @CsvSource({"chmod 400 .env", "chmod 500 .", "chattr +i ."})
    void whatMayNotBeWrittenIsOneLineAndUnharmed(String command) throws Exception {
        String[] ordinary = {"setpriv", "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search,-fowner", "--"};
        assumeTrue(Servers.isOnPath("setpriv") && Script.command("true").under(ordinary).run().exit() == 0,
            "only root can give up a capability");
        Files.writeString(env(), "CODEX_MCP_PORT=1\n");
        assumeTrue(Script.command("bash", "-c", "mkdir -p cache/devflow-ports && touch cache/devflow-ports/env.lock && " + command)
            .in(folder).run().exit() == 0,
            "not supported by this file system");
        try {
            Script.Result result = write(Sockets.freePort()).under(ordinary).run();
            assertEquals(List.of(2, "", 1L), List.of(result.exit(), result.out(), result.err().lines().count()), result.err());
            assertTrue(result.err().startsWith("ERROR: cannot write .env: "), result.err());
            assertEquals("CODEX_MCP_PORT=1\n", Files.readString(env()));
        } finally {
            Script.command("bash", "-c", "chattr -i . 2>/dev/null; chmod 700 .").in(folder).run();
        }
        assertEquals(List.of(".env"), names());
    }

    @Test
    void aFullDiskIsOneLineAndTheFileUnharmed() throws Exception {
        int port = Sockets.freePort();
        Script.Result result = Namespace.bash(folder, """
            mkdir disk && mount -t tmpfs -o size=64k none disk && cd disk
            { echo CODEX_MCP_PORT=1; head -c 40000 /dev/zero | tr '\\0' '#'; } >.env
            sum=$(cksum <.env)
            find_port codex-mcp --write && exit 9 || echo "exit $?"
            [ "$sum" = "$(cksum <.env)" ] && ls -A
            """).env("CODEX_MCP_PORT", port).env("XDG_CACHE_HOME", folder.resolve("cache")).run();
        assertEquals("exit 2\n.env\n", result.out(), result.err());
        assertTrue(result.err().startsWith("ERROR: cannot write .env: No space left"), result.err());
    }

    /** In the documented range, where all want the same port and only one can have it. */
    @Test
    void twelveAtOnceGetDifferentPorts() throws Exception {
        Files.writeString(env(), "SECRET=x\n");
        Script.Result result = Namespace.bash(folder, """
            for i in $(seq 10 21); do echo "S${i}_PORT=3150" >>.env; done
            for i in $(seq 10 21); do find_port s$i --write >out$i 2>/dev/null & pids+=" $!"; done
            for pid in $pids; do wait $pid; done
            """).env("XDG_CACHE_HOME", folder.resolve("cache")).run();
        assertEquals(0, result.exit(), result.err());
        List<String> lines = Files.readAllLines(env());
        assertEquals(13, lines.size());
        assertEquals("SECRET=x", lines.get(0));
        Set<String> ports = new LinkedHashSet<>();
        for (String line : lines.subList(1, 13)) {
            assertTrue(line.matches("S\\d\\d_PORT=31\\d\\d") && ports.add(line.substring(9)), lines::toString);
            assertEquals(line.substring(9) + "\n", Files.readString(folder.resolve("out" + line.substring(1, 3))));
        }
    }

    @Test
    void killedAtAnyMomentTheFileIsTheOldOrTheNewOne() throws Exception {
        Random random = new Random();
        String rest = "SECRET='s' # comment\n".repeat(3_000);
        int port = Sockets.freePort();
        int other = Sockets.freePort();
        String one = rest + "CODEX_MCP_PORT=" + port + "\n" + rest;
        String two = rest + "CODEX_MCP_PORT=" + other + "\n" + rest;
        Files.writeString(env(), one);
        Files.setPosixFilePermissions(env(), PosixFilePermissions.fromString("rw-r-----"));
        int killed = 0;
        for (int i = 0; i < 20; i++) {
            Process process = write(Files.readString(env()).equals(one) ? other : port).builder()
                .redirectErrorStream(true).start();
            // It lasts about a fifth of a second; the writing is in the last quarter of it.
            Thread.sleep(60 + random.nextInt(200));
            killed += process.destroyForcibly().waitFor() == 137 ? 1 : 0;
            String text = Files.readString(env());
            assertTrue(text.equals(one) || text.equals(two), "torn at attempt " + i);
            assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(env())));
        }
        assertTrue(killed > 4, "only " + killed + " were killed on their way");
        // What a killed process leaves behind has a name that ignore lists cover, and is closed to others.
        for (String name : names()) {
            assertTrue(name.equals(".env") || name.matches("\\.env\\.\\p{XDigit}+\\.local"), name);
            assertTrue(name.equals(".env") || PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(name)))
                .equals("rwx------"), name);
        }
        Files.writeString(env(), two);
        List<String> left = names();
        assertEquals(0, write(port).run().exit());
        assertEquals(one, Files.readString(env()));
        assertEquals(left, names());
    }

    // Who may read and write it before and after, and what else of the user's is touched.

    private String bash(String command) throws Exception {
        Script.Result result = Script.command("bash", "-c", command).in(folder).run();
        assertEquals(0, result.exit(), result.err());
        return result.out();
    }

    private static void assumeRoot(String... tools) {
        assumeTrue(Namespace.IS_ROOT, "needs root");
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

    @Test
    void aLockThatIsNotReleasedIsNamed() throws Exception {
        Path file = Files.createDirectories(folder.resolve("cache/devflow-ports")).resolve("env.lock");
        try (FileChannel lock = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            assertTrue(lock.lock().isValid());
            assertEquals(new Script.Result(2, "", "ERROR: another process has locked " + file
                + " for 30 s; stop that process, or try again when it has finished\n"), write(Sockets.freePort()).run());
        }
        assertFalse(Files.exists(env()));
    }

    // Beside programs that know nothing of the lock, some of them at the worst moment: strace delays a system call.

    private static final String OLD = "SECRET=x\nCODEX_MCP_PORT=1\n";

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
        Script.Result result = Script.of("EnvFileWriteTest").env("XDG_CACHE_HOME", folder.resolve("cache")).in(folder).run();
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
}
