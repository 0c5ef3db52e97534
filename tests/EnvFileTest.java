import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EnvFileTest {

    @TempDir
    Path folder;

    private EnvFile read(String text) throws Exception {
        return EnvFile.read(Files.write(folder.resolve(".env"), text.getBytes(StandardCharsets.UTF_8)));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "A_PORT=3012", "A_PORT=3012\n", "A_PORT=3012\r\n", "\uFEFFA_PORT=3012", "export A_PORT=3012", "  export\t A_PORT = 3012  ",
        "A_PORT='3012'", "A_PORT=\"3012\"", "A_PORT=`3012`", "A_PORT=3012 # not 3013", "A_PORT=\"3012\" # not 3013", "A_PORT='3012'\r\n",
        "A_PORT=1\nA_PORT=3012", "# A_PORT=1\nA_PORT=3012", "A_PORT=3012\n#A_PORT=1", "B=\"x\nA_PORT=1\ny\"\nA_PORT=3012",
        "B='it\nA_PORT=1'\nA_PORT=3012\n", "B=\"a \\\" b\nA_PORT=1\"\nA_PORT=3012", "B=\"open\nA_PORT=3012", "B=it's\nA_PORT=3012",
        "B=\nA_PORT=3012", "B=# none\nA_PORT=3012", "no assignment\nA_PORT=3012", "A_PORT: 3012", "B=\"open\nA_PORT=3012\nC=\"x\"",
        "B='a' b\nA_PORT=3012", "=\n\n \nA_PORT=3012", "Ä='\nA_PORT=3012", "\u00A0A_PORT=\u00A03012\u00A0# x",
        "\u3000export\u2003A_PORT=3012", "B=1\rA_PORT=3012\rC=2", "NOTE='it\\'s\nA_PORT=1\n'\nA_PORT=3012",
        "2FA_KEY='a\nA_PORT=1\nb'\nA_PORT=3012", "my+key=\"a\nA_PORT=1\n\"\nA_PORT=3012", "DIR='C:\\'\nA_PORT=3012\nB='x'",
        "DIR=\"C:\\\\\"\nA_PORT=3012", "A_PORT: '3012' # x", "a b='\nA_PORT=3012\n'"})
    void readsTheValue(String text) throws Exception {
        assertEquals("3012", read(text).entries().get("A_PORT").value());
    }

    @ParameterizedTest
    @ValueSource(strings = {"A_PORT=", "A_PORT=''", "A_PORT=\"\"", "A_PORT=   ", "A_PORT= # later", "A_PORT=# later",
        "A_PORT=1\nA_PORT=\r\n"})
    void readsAnEmptyValue(String text) throws Exception {
        assertEquals("", read(text).entries().get("A_PORT").value());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "#A_PORT=1", "XA_PORT=1", "A_PORT:1", "A PORT=1", "1A_PORT=1", "B='\nA_PORT=1'",
        "NOTE='it\\'s\nA_PORT=1\n'",
        "2FA_KEY='a\nA_PORT=1\nb'", "2FA_KEY: \"a\nA_PORT=1\n\"", "NOTE=\"say \\\"\nA_PORT=1\n\"", "\u2007#A_PORT=1"})
    void findsNoValue(String text) throws Exception {
        assertNull(read(text).entries().get("A_PORT"));
    }

    @Test
    void aHashWithinAWordIsPartOfItAndAQuoteThatIsClosedElsewhereIsNone() throws Exception {
        assertEquals("s3cret#1", read("A_PORT=s3cret#1 # comment").entries().get("A_PORT").value());
        EnvFile file = read("A_PORT=\"3101\nAPI_KEY=s3cret\nOTHER=\"x\"\n");
        assertEquals("\"3101", file.entries().get("A_PORT").value());
        assertEquals("s3cret", file.entries().get("API_KEY").value());
    }

    @Test
    void knowsTheLine() throws Exception {
        EnvFile file = read("\uFEFFONE=1\r\n\r\nTWO=\"2\n2\n\"\nTHREE=3");
        assertEquals(1, file.entries().get("ONE").line());
        assertEquals(3, file.entries().get("TWO").line());
        assertEquals(6, file.entries().get("THREE").line());
        assertEquals(45_001, read("KEY='value' # comment\n".repeat(45_000) + "A_PORT=3012").entries().get("A_PORT").line());
    }

    @Test
    void aFileThatIsNotThereIsEmpty() {
        assertEquals(0, EnvFile.read(folder.resolve("none")).entries().size());
        assertThrows(UserException.class, () -> EnvFile.read(Path.of("/dev/null")));
    }

    @Test
    void whatIsNoTextFileIsRefused() throws Exception {
        Files.write(folder.resolve("utf16"), "A_PORT=3012".getBytes(StandardCharsets.UTF_16));
        assertThrows(UserException.class, () -> EnvFile.read(folder.resolve("utf16")));
        assertThrows(UserException.class, () -> EnvFile.read(folder));
        assumeTrue(Servers.isOnPath("mkfifo") && Script.command("mkfifo", folder + "/fifo").run().exit() == 0);
        assertThrows(UserException.class, () -> EnvFile.read(folder.resolve("fifo")), "reading would block");
        try (RandomAccessFile sparse = new RandomAccessFile(folder.resolve("sparse").toFile(), "rw")) {
            sparse.setLength(3_000_000_000L);
        }
        UserException refusal = assertThrows(UserException.class, () -> EnvFile.read(folder.resolve("sparse")));
        assertEquals(folder.resolve("sparse") + " is larger than 1 MB; name another file with --env-file", refusal.getMessage());
    }

    @Test
    void manyValuesAreWrittenAtOnceInTheirPlaces() throws Exception {
        EnvFile file = read("A_PORT=1 # a\nF_PORT=#none\nG_PORT= # none\nB='x'\nC_PORT='2'");
        Map<String, String> values = new LinkedHashMap<>();
        values.put("C_PORT", "30000");
        values.put("D_PORT", "4");
        values.put("A_PORT", "");
        values.put("E_PORT", "5");
        values.put("F_PORT", "6");
        values.put("G_PORT", "7");
        assertEquals("A_PORT= # a\nF_PORT=6 #none\nG_PORT=7 # none\nB='x'\nC_PORT='30000'\nD_PORT=4\nE_PORT=5\n", new String(file.with(values).bytes()));
        assertSame(file, file.with(Map.of("A_PORT", "1", "C_PORT", "2")));
    }

    @Test
    void thousandsOfValuesAreWrittenInOnePass() throws Exception {
        StringBuilder text = new StringBuilder();
        Map<String, String> values = new LinkedHashMap<>();
        for (int i = 0; i < 5000; i++) {
            text.append("S").append(i).append("_PORT=4000 # one\n");
            values.put("S" + i + "_PORT", "" + (10_000 + i));
        }
        EnvFile file = read(text.toString());
        EnvFile changed = assertTimeout(Duration.ofSeconds(5), () -> file.with(values));
        assertEquals("14999", changed.entries().get("S4999_PORT").value());
        assertEquals(text.length() + 5000, changed.bytes().length);
    }

    /** Each of them is read in hundredths of a second, without a deep stack. */
    @ParameterizedTest
    @ValueSource(strings = {"'x", "\"x\n", "`x\r\n", "A='\n", "A=\"\\\"\n", "A=`\\`x\n", "A='x\nB=\"y\nC=`z\n", "A:'\n", "\\'", "'", " '", "= '",
        "A", "A=", "A= ", "A =", "export ", "export\t", "\u00A0", "#", " #", "\n", "\r", "A.B='\\' ", "=\"' # ", "\\", "a: ", ":", "\u3000=\u3000"})
    void hostileTextTakesNoLongTime(String piece) throws Exception {
        for (String start : new String[] {"", "A='", "A=\"", "A=`", "A=x", "A= ", "A", "export ", "A: '\\' "}) {
            byte[] bytes = piece.getBytes(StandardCharsets.UTF_8);
            String text = start + piece.repeat(100_000 / bytes.length) + "'\nA_PORT=1";
            assertTimeout(Duration.ofSeconds(5), () -> read(text));
        }
    }

    @Test
    void tellsTheQuote() throws Exception {
        EnvFile file = read("A='1'\nB=\"2\"\nC=`3`\nD=4\nE='5\nF=");
        assertEquals("'\"`\0\0\0", file.entries().values().stream().map(entry -> "" + entry.quote()).collect(Collectors.joining()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "'", "\"", "`"})
    void readsAMegabyteInOneValue(String quote) throws Exception {
        String value = "ab \\' # x".replace(quote.isEmpty() ? "#" : quote, "").repeat(100_000).strip();
        EnvFile file = read("A=" + quote + value + quote + "\nA_PORT=3012");
        assertEquals("3012", file.entries().get("A_PORT").value());
        assertEquals(value, file.entries().get("A").value());
    }

    // Which file it is.

    /** Prepares folders, and then reads a port from a/b/c; returns the line that has the port, as the scripts name it. */
    private Script.Result readBelow(String prepare) throws Exception {
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
        Script.Result result = readBelow(prepare);
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
        Script.Result result = readBelow(prepare);
        assertEquals(note + "\nERROR: " + found, result.err().replaceAll(":1: .*\\n", ""));
        assertEquals("ERROR: .env", readBelow("env a/b/c; chown 1234 a/b/c/.env").err().replaceAll(":1: .*\\n", ""));
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
