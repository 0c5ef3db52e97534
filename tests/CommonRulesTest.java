import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.StringWriter;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What holds for all four scripts alike. */
class CommonRulesTest {

    @TempDir
    Path folder;

    /** One of the four scripts in this process. */
    static PortCommand named(String name) throws Exception {
        return (PortCommand) Class.forName(name).getDeclaredConstructor().newInstance();
    }

    /** With its options; throws what is wrong with them. */
    static PortCommand parsed(String name, String... args) throws Exception {
        PortCommand command = named(name);
        OptionValues.parse(command, new StringWriter(), args);
        return command;
    }

    @ParameterizedTest
    @CsvSource({"500ms, 500", "5s, 5000", "2m, 120000", "30, 30000", "0.5, 500", "1.5s, 1500", "86400, 86400000", "1440m, 86400000",
        "0,", "86401,", "0ms,", "5h,", "-1,", "1e3,", "s,", "1.2345,", "999999999999,"})
    void timesTakeUnits(String text, Long millis) {
        OptionValues.Seconds converter = new OptionValues.Seconds();
        if (millis != null) {
            assertEquals(millis, converter.convert(text).toMillis());
        } else {
            assertThrows(CommandLine.TypeConversionException.class, () -> converter.convert(text));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
        "port_status --jsno | Unknown option: '--jsno'; use --json",
        "health_all localhost:3005 | 'localhost:3005' is not a port; use a number from 1 to 65535, or with health_all a URL such as http://localhost:3005/",
        "health_all --timeuot=1 | Unknown option: '--timeuot=1'; use --timeout",
        "port_status --nothing-like-it | Unknown option: '--nothing-like-it'; see PROGRAM --help",
        "port_status --watch 5 | '--watch 5' is ambiguous; use --watch=5, or put the port before --watch; see PROGRAM --help"})
    void wrongOptionIsOneLineThatSaysWhatToUse(String call, String message) {
        String expected = message.replace("PROGRAM", Invocation.program(call.split(" ")[0])); // whatever runs the tests
        assertEquals(expected, assertThrows(UserException.class, () -> run(call)).getMessage());
    }

    private static void run(String call) throws Exception {
        String[] words = call.split(" ");
        parsed(words[0], Arrays.copyOfRange(words, 1, words.length)).call();
    }

    @Test
    void colourOnlyWhereItIsWanted() throws Exception {
        String port = "" + Sockets.freePort();
        assertEquals("Port " + port + ": \u001B[32mavailable\u001B[m\n", Script.of("check_port", "--color=always", port).run().out());
        assertTrue(Script.of("check_port", "--color=always", "x").run().err().startsWith("ERROR: "), "standard error may be a file");
    }

    @ParameterizedTest
    @CsvSource({"NO_COLOR=, true", "TERM=dumb, false", "NO_COLOR=1, false", "CLICOLOR=0, false", "X=1 --color=never, false",
        "TERM=dumb --color=always, true"})
    void colourOnATerminal(String setting, boolean coloured) throws Exception {
        assumeTrue(Servers.isOnPath("script"), "script gives a terminal");
        String[] words = setting.split(" ");
        String[] assignment = words[0].split("=");
        String check = String.join(" ", Script.of("check_port", "" + Sockets.freePort()).builder().command())
            + (words.length > 1 ? " " + words[1] : "");
        Script.Result result = Script.command("script", "-qec", check, "/dev/null")
            .env("TERM", "xterm").env(assignment[0], assignment.length > 1 ? assignment[1] : "").run();
        assertEquals(coloured, result.out().contains("\u001B["), result.out());
    }

    /** What a target is, TargetsTest tells. */
    @ParameterizedTest
    @ValueSource(strings = {"port_status --plain --quiet", "port_status --check --running", "port_status --watch --check",
        "port_status --watch --list-not-running", "port_status --running --list-not-running", "port_status --list-not-running --json",
        "port_status --list-not-running --plain", "port_status --list-not-running --quiet", "port_status --list-not-running --verbose",
        "port_status --verbose --json", "port_status --verbose --plain", "port_status --verbose --quiet", "port_status --watch --quiet",
        "check_port --verbose --json 1", "check_port --verbose --quiet 1", "check_port --grace=1 1", "check_port --wait --stop 1",
        "check_port --wait 5", "check_port --stop codex", "check_port --stop 0", "check_port --stop --force 3100-3199", "check_port --env-file= 1",
        "check_port --stop --force core", "check_port --project= 1", "check_port -- -x", "check_port @/etc/hostname",
        "find_port --quiet --export 3100", "find_port --json --quiet 3100", "find_port --write codex", "find_port --count=2 core",
        "find_port --count=-1 3000", "find_port --count=x 3000", "find_port --all core", "find_port 3000 core", "find_port core 3000",
        "find_port 3000-3001 3002", "find_port --write", "find_port --export", "find_port PORT", "find_port 0", "find_port 3100 65536",
        "find_port 3100 x", "find_port 03100", "find_port 3100 3199 3200", "find_port -- -5", "health_all --all core",
        "health_all --prometheus --quiet", "health_all --prometheus --watch", "health_all --json --quiet"})
    void wrongUsageIsRefusedInOneLine(String call) {
        UserException refusal = assertThrows(UserException.class, () -> run(call));
        assertEquals(1, refusal.getMessage().lines().count(), refusal.getMessage());
    }

    @Test
    void quietPrintsOnlyErrorsAndWhoIsInTheWay() throws Exception {
        try (ServerSocket listener = Sockets.listener("127.0.0.1")) {
            String port = "" + listener.getLocalPort();
            String name = Files.writeString(folder.resolve(".env"), "CODEX_MCP_PORT=" + port + "\n").toString();
            assertEquals(new Script.Result(0, "", ""), Script.of("find_port", "--quiet", "codex-mcp", "--env-file", name).run());
            assertEquals(new Script.Result(1, "", ""), Script.of("check_port", "--quiet", port, "--env-file", "none").run());
            Script.Result waited = Script.of("health_all", "--quiet", "--wait=0.2", "1", "--env-file", "none").run();
            assertEquals(List.of(1, "", 1L), List.of(waited.exit(), waited.out(), waited.err().lines().count()), waited.err());
            Script.Result running = Script.of("port_status", "--quiet", "--running", port, "--env-file", name).run();
            assertEquals(List.of(1, "", 1L), List.of(running.exit(), running.out(), running.err().lines().count()));
            assertTrue(running.err().startsWith("ERROR: port " + port + " (Codex MCP Server) is in use by another program: "), running.err());
            assertTrue(running.err().contains(" (pid " + ProcessHandle.current().pid() + ") in "), running.err());
        }
    }

    @Test
    void outputIsUtf8InAnyLocaleAndDigitsAreDigitsInAnyLanguage() throws Exception {
        String out = Script.of("port_status", "core").env("LC_ALL", "C")
            .env("JDK_JAVA_OPTIONS", "-Duser.language=fa -Duser.country=IR").run().out();
        assertTrue(out.contains("Production Services (3000-3099)\n") && out.contains("❌ INACTIVE"), out);
    }

    @Test
    void folderThatTheLocaleCannotNameIsNotTakenForAnother() throws Exception {
        Script.Result result = Script.bash("mkdir $'\\xc3\\xbc' && cd $'\\xc3\\xbc' && echo CODEX_MCP_PORT=$port >.env && exec $java check_port codex-mcp")
            .env("java", String.join(" ", Script.JAVA)).env("port", Sockets.freePort()).env("LC_ALL", "C").in(folder).run();
        assertTrue(result.exit() == 0 && !result.out().contains("3101") || result.exit() == 2 && result.out().isEmpty(), result.toString());
        assertEquals(0, Script.bash("rm -r $'\\xc3\\xbc'").in(folder).run().exit());
    }

    @Test
    void messagesHaveNoControlCharacters() throws Exception {
        String message = Script.of("check_port", "a\u001B[31mb\n\u009Bc").env("LC_ALL", "C.UTF-8").run().err();
        assertTrue(message.startsWith("ERROR: unknown service or group 'a?[31mb??c'; "), message);
        assertEquals(1, message.lines().count());
    }

    @Test
    void exitsWith2IfStandardOutputCannotBeWritten() throws Exception {
        assumeTrue(Files.exists(Path.of("/dev/full")));
        Process process = Script.of("port_status").builder().redirectOutput(Path.of("/dev/full").toFile()).start();
        assertEquals(2, process.waitFor());
        assertTrue(process.errorReader().readLine().startsWith("ERROR: no answer: No space left"));
    }
}
