import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EnvFileWriteTest {

    @TempDir
    Path folder;

    private Path env() {
        return folder.resolve(".env");
    }

    /** Gives the codex service this port by the environment, and has it written. */
    private Script write(int port, String... more) {
        List<String> args = new ArrayList<>(List.of("codex-mcp", "--write"));
        args.addAll(List.of(more));
        return Script.of("find_port", args.toArray(String[]::new)).env("CODEX_MCP_PORT", port)
            .env("XDG_CACHE_HOME", folder.resolve("cache")).in(folder);
    }

    private List<String> names() throws Exception {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).filter(name -> !name.equals("cache")).sorted().toList();
        }
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
            String before = generate(random, true);
            String after = generate(random, false);
            boolean present = random.nextInt(5) > 0;
            String newline = random.nextBoolean() ? "\n" : "\r\n";
            String bom = random.nextInt(4) == 0 ? "\uFEFF" : "";
            String[] frame = FRAMES[random.nextInt(FRAMES.length)];
            boolean empty = random.nextInt(6) == 0 && !frame[0].endsWith(" ");
            String old = empty ? "" : "" + (1 + random.nextInt(65535));
            String value = "" + (1 + random.nextInt(65535));
            byte[] original = bytes(bom, before, present ? frame[0] + old + frame[1] : "# none", newline, after);
            byte[] expected = present
                ? bytes(bom, before, frame[0] + value + frame[1], newline, after)
                : concat(original, bytes("", "", needsNewline(original) ? eol(original) : "", "", "A_PORT=" + value + eol(original)));
            Path file = Files.write(env(), original);
            EnvFile changed = EnvFile.read(file).with(Map.of("A_PORT", value));
            String hint = "seed " + seed + ", file " + i + ":\n" + new String(original, StandardCharsets.UTF_8);
            assertArrayEquals(expected, changed.bytes(), hint);
            Files.write(file, changed.bytes());
            assertEquals(value, EnvFile.read(file).get("A_PORT").value(), hint);
        }
    }

    /** What stands before and behind the value. */
    private static final String[][] FRAMES = {
        {"A_PORT=", ""}, {"export A_PORT=", ""}, {"  A_PORT = ", "  "}, {"A_PORT='", "'"}, {"A_PORT=\"", "\""}, {"A_PORT=`", "`"},
        {"A_PORT=", " # the $1 port, not 3000"}, {"A_PORT=\"", "\" # it's \"quoted\""}, {"export\tA_PORT='", "'\t#"},
        {"A_PORT=", "\t# =\\$"},
        {"A_PORT=1\nA_PORT=", ""}, {"A_PORT='2'\r\n  export A_PORT=", ""}};

    private static final String[] LINES = {
        "", "   ", "# comment 'open", "#A_PORT=1", "SECRET=$1$2\\1", "TOKEN=a=b==", "KEY=s3#cret#", "PASSWORD='it # is'",
        "P2=\"a \\\" b # c\"",
        "EMPTY=", "EMPTY2=''", "export NAME=välue→", "URL=postgres://u:p%40@h/db?x=1&y=2", "MULTI='one\nA_PORT=3\nthree'",
        "JSON={\"A_PORT\":1}",
        "PEM=\"-----BEGIN-----\nA_PORT=4\\\"\n-----END-----\"", "XA_PORT=5", "A_PORTX=6", "B_PORT=3101", "not an assignment", "A_PORT",
        "=7",
        "TAB\t=\tx\t", "APOSTROPHE=it's", "LONG=" + "x".repeat(3000), "\u00A0X_PORT=8", "A.PORT=9", "A-PORT=10", "NUL=\\0",
        "DOLLAR=${A_PORT}"};

    private static String generate(Random random, boolean closed) {
        StringBuilder text = new StringBuilder();
        for (int lines = random.nextInt(8); lines > 0; lines--) {
            text.append(LINES[random.nextInt(LINES.length)])
                .append(lines > 1 || closed || random.nextBoolean() ? random.nextInt(3) == 0 ? "\r\n" : "\n" : "");
        }
        return text.toString();
    }

    private static byte[] bytes(String bom, String before, String line, String newline, String after) {
        return (bom + before + line + newline + after).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] concat(byte[] one, byte[] two) {
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.writeBytes(one);
        both.writeBytes(two);
        return both.toByteArray();
    }

    private static boolean needsNewline(byte[] text) {
        return text.length > 0 && text[text.length - 1] != '\n';
    }

    private static String eol(byte[] text) {
        return new String(text, StandardCharsets.ISO_8859_1).contains("\r\n") ? "\r\n" : "\n";
    }

    @Test
    void anUnchangedValueWritesNothing() throws Exception {
        int port = Sockets.freePort();
        Files.writeString(env(), "CODEX_MCP_PORT=" + port + "\n");
        Files.setLastModifiedTime(env(), FileTime.from(1, TimeUnit.DAYS));
        Object inode = Files.getAttribute(env(), "unix:ino");
        assertEquals(new Script.Result(0, port + "\n", ""), write(port).run());
        assertEquals(FileTime.from(1, TimeUnit.DAYS), Files.getLastModifiedTime(env()));
        assertEquals(inode, Files.getAttribute(env(), "unix:ino"));
    }

    @Test
    void modeOwnerAndLinkStay() throws Exception {
        Path real = Files.createDirectory(folder.resolve("config")).resolve("env");
        Files.writeString(real, "SECRET=x\nCODEX_MCP_PORT=1\n");
        Files.setPosixFilePermissions(real, PosixFilePermissions.fromString("rw-r-----"));
        boolean isRoot = "root".equals(System.getProperty("user.name"));
        if (isRoot) {
            Files.setAttribute(real, "unix:uid", 1234);
            Files.setAttribute(real, "unix:gid", 4321);
        }
        Files.createSymbolicLink(env(), Path.of("config/env"));
        int port = Sockets.freePort();
        assertEquals(new Script.Result(0, port + "\n", ""), write(port).run());
        assertTrue(Files.isSymbolicLink(env()));
        assertEquals("SECRET=x\nCODEX_MCP_PORT=" + port + "\n", Files.readString(real));
        assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(real)));
        assertEquals(isRoot ? 1234 : Files.getAttribute(folder, "unix:uid"), Files.getAttribute(real, "unix:uid"));
        assertEquals(isRoot ? 4321 : Files.getAttribute(real, "unix:gid"), Files.getAttribute(real, "unix:gid"));
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
    @CsvSource({"directory, mkdir .env", "fifo, mkfifo .env", "loop, ln -s .env .env", "device, ln -s /dev/null .env",
        "socket, ln -s /dev/full .env"})
    void whatIsNoFileIsLeftAlone(String kind, String command) throws Exception {
        assertEquals(0, Script.command("bash", "-c", command).in(folder).run().exit());
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

    @Test
    void twelveAtOnceForDifferentServices() throws Exception {
        StringBuilder text = new StringBuilder("SECRET=x\n");
        Map<String, Integer> wanted = new LinkedHashMap<>();
        for (int i = 0; i < 12; i++) {
            text.append("S" + i + "_PORT=1").append('\n');
            wanted.put("S" + i + "_PORT", Sockets.freePort());
        }
        Files.writeString(env(), text.toString());
        List<Process> processes = new ArrayList<>();
        for (Map.Entry<String, Integer> entry : wanted.entrySet()) {
            processes.add(Script.of("find_port", entry.getKey(), "--write").env(entry.getKey(), entry.getValue())
                .env("XDG_CACHE_HOME", folder.resolve("cache")).in(folder).builder().redirectErrorStream(true).start());
        }
        for (Process process : processes) {
            assertEquals(0, process.waitFor(), () -> read(process));
        }
        assertEquals("SECRET=x\n" + wanted.entrySet().stream().map(entry -> entry + "\n").collect(Collectors.joining()),
            Files.readString(env()));
    }

    private static String read(Process process) {
        try {
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return e.toString();
        }
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
        for (int i = 0; i < 30; i++) {
            Process process = write(Files.readString(env()).equals(one) ? other : port).builder()
                .redirectErrorStream(true).start();
            // It lasts about a fifth of a second; the writing is in the last quarter of it.
            Thread.sleep(60 + random.nextInt(200));
            killed += process.destroyForcibly().waitFor() == 137 ? 1 : 0;
            String text = Files.readString(env());
            assertTrue(text.equals(one) || text.equals(two), "torn at attempt " + i);
            assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(env())));
        }
        assertTrue(killed > 7, "only " + killed + " were killed on their way");
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
}
