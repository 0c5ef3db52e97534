import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TerminalTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"abc, 3, abc", "abcd, 3, ab…", "日本語, 6, 日本語", "日本語, 5, 日本…", "日本語, 4, 日…", "✅ ok, 5, ✅ ok", "✅ okay, 5, ✅ o…",
        "e\u0301e\u0301e\u0301, 3, e\u0301e\u0301e\u0301"})
    void fitsText(String text, int columns, String fitting) {
        assertEquals(fitting, Line.fit(text, columns));
    }

    @Test
    void aLineIsWrappedAtSpacesAndOnlyALongWordWithinIt() {
        Line line = Line.of("  pid 16150 on 127.0.0.1: node " + "x".repeat(30) + " end");
        assertEquals(List.of("  pid 16150 on", "      127.0.0.1:", "      node", "      " + "x".repeat(14), "      " + "x".repeat(14),
            "      xx end"), line.wrapped(20).stream().map(Line::toString).toList());
        assertEquals(List.of(line), line.wrapped(200));
    }

    @Test
    void aCommandIsNeverBroken() {
        Line line = Line.of("  to move the service: ").command("./jbangw find_port --write real-dream-team-orchestrator");
        assertEquals(List.of("  to move the service:", "      ./jbangw find_port --write real-dream-team-orchestrator"),
            line.wrapped(30).stream().map(Line::toString).toList());
    }

    @Test
    void nothingThatSteersATerminalIsPrintable() {
        assertEquals("a?[31mb???d?", Line.printable("a\u001B[31mb\r\n\u009Bd\u202E"));
    }

    @Test
    void watchDrawsInPlaceAndLeavesTheTerminalAsItWas() throws Exception {
        int port = Sockets.freePort();
        String watch = String.join(" ", Script.of("port_status", "--watch=0.2", "" + port).builder().command());
        try (Tmux tmux = new Tmux(24)) {
            tmux.type("echo before");
            tmux.await("before\n");
            tmux.type("clear; echo before; " + watch + "; stty -a | grep -c ' echo '");
            String shown = tmux.await("Port " + port + ": ❌ INACTIVE");
            assertTrue(shown.startsWith("=== DevFlow Port Status ==="), shown);
            try (var listener = Sockets.listener("127.0.0.1", port)) {
                tmux.await("Port " + port + ": ✅ ACTIVE");
                shown = tmux.await("pid " + ProcessHandle.current().pid());
                assertEquals(1, shown.lines().filter(line -> line.startsWith("===")).count(), shown);
                assertTrue(listener.isBound());
            }
            tmux.run("send-keys", "C-c");
            shown = tmux.await("\n1\n");
            assertTrue(shown.startsWith("before\n"), shown);
            assertFalse(shown.contains("INACTIVE"), shown);
        }
    }

    /** As less does; also where the shell above has the terminal back before the watch has left it. */
    @ParameterizedTest
    @ValueSource(strings = {"%s", "bash -c '%s; true'"})
    void aStoppedWatchGivesTheTerminalBackAndGoesOnWhereItWas(String parent) throws Exception {
        String watch = String.join(" ", Script.of("port_status", "--watch=600").builder().command());
        try (Tmux tmux = new Tmux(24)) {
            tmux.type("stty -g >before; clear; echo before");
            tmux.await("before\n");
            tmux.type(parent.formatted(watch));
            tmux.await("Ctrl-C ends");
            tmux.run("send-keys", "C-\\");
            tmux.run("send-keys", "C-z");
            tmux.awaitMode("1 0");
            tmux.type("stty -g >stopped; clear; fg");
            assertFalse(tmux.await("Ctrl-C ends").contains("thread"));
            tmux.awaitMode("0 1");
            tmux.run("resize-window", "-x", "60", "-y", "10");
            tmux.await("more lines");
            tmux.run("send-keys", "C-c");
            tmux.awaitMode("1 0");
            tmux.type("stty -g >after; clear; cmp before stopped && cmp before after && echo the same");
            tmux.await("the same\n");
        }
    }

    /** It would vanish with the alternate screen, if it were printed there. */
    @Test
    void anErrorThatEndsAWatchIsSeen() throws Exception {
        Files.writeString(folder.resolve(".env"), "");
        String watch = String.join(" ", Script.of("port_status", "--watch=0.2", "--all").builder().command());
        try (Tmux tmux = new Tmux(10)) {
            tmux.type("clear; " + watch);
            tmux.await("more lines");
            Files.writeString(folder.resolve(".env"), "ORCHESTRATOR_PORT=x\n");
            tmux.await("ERROR: .env:1: the value of ORCHESTRATOR_PORT is not a port");
        }
    }

    @Test
    void aWaitShowsItsProgressAndThenTheResultAlone() throws Exception {
        int port = Sockets.freePort();
        String wait = String.join(" ", Script.of("health_all", "--wait=600", "" + port).builder().command());
        try (Tmux tmux = new Tmux(24)) {
            tmux.type("clear; " + wait);
            tmux.await("0 of 1 up, ");
            try (Servers server = Servers.node("127.0.0.1", port, 200, "OK")) {
                String shown = tmux.await("healthy");
                assertTrue(shown.startsWith("Port " + port + ": ✅ healthy "), shown);
                assertFalse(shown.contains("awaiting"), shown);
                assertTrue(server.process().isAlive());
            }
        }
    }

    @Test
    void whereThereIsNotRoomForAllAWatchLeavesOutTheDetails() throws Exception {
        try (var one = Sockets.listener("127.0.0.1"); var two = Sockets.listener("127.0.0.1"); Tmux tmux = new Tmux(6)) {
            tmux.type("clear; " + String.join(" ", Script.of("port_status", "--watch=0.2", "" + one.getLocalPort(), "" + two.getLocalPort())
                .builder().command()));
            String shown = tmux.await("Port " + two.getLocalPort());
            assertFalse(shown.contains("pid"), shown);
            tmux.run("split-window", "-d", "sleep 600");
            tmux.run("resize-pane", "-y", "1");
            Thread.sleep(1000);
            tmux.run("resize-pane", "-Z");
            tmux.await("Port " + two.getLocalPort());
        }
    }

    /** A shell in the folder, on a real terminal of 80 columns. */
    private final class Tmux implements AutoCloseable {

        Tmux(int rows) throws Exception {
            assumeTrue(Servers.isOnPath("tmux"), "tmux is not installed");
            run("new-session", "-d", "-x", "80", "-y", "" + rows, "bash --norc");
        }

        String run(String... arguments) throws Exception {
            Script.Result result = Script.command("tmux", "-S", folder.resolve("tmux").toString(), "-f", "/dev/null").with(arguments)
                .env("TERM", "xterm").env("PS1", "$ ").env("SHELL", "/bin/bash").env("LC_ALL", "C.UTF-8").in(folder).run();
            assertEquals(0, result.exit(), result.err());
            return result.out();
        }

        void type(String line) throws Exception {
            run("send-keys", line, "Enter");
        }

        /** The screen, as soon as it shows the text. */
        String await(String text) throws Exception {
            String screen = "";
            for (int i = 0; i < 300; i++) {
                screen = run("capture-pane", "-p");
                if (screen.contains(text)) {
                    return screen;
                }
                Thread.sleep(100);
            }
            throw new AssertionError("never shown: " + text + "\n" + screen);
        }

        /** Waits until the cursor is shown and the alternate screen in use as given, 1 for yes. */
        void awaitMode(String mode) throws Exception {
            String now = "";
            for (int i = 0; i < 300 && !now.equals(mode); i++) {
                Thread.sleep(100);
                now = run("display-message", "-p", "#{cursor_flag} #{alternate_on}").strip();
            }
            assertEquals(mode, now, run("capture-pane", "-p"));
        }

        @Override
        public void close() throws Exception {
            run("kill-server");
        }
    }

    @Test
    void aHostileCommandLineDoesNoHarm() throws Exception {
        assumeTrue(Servers.isOnPath("python3") && Servers.isOnPath("script"));
        int port = Sockets.freePort();
        Process evil = new ProcessBuilder("python3", "-c", """
            import socket, sys, time
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(('127.0.0.1', int(sys.argv[1])))
            listener.listen()
            print('ready', flush=True)
            time.sleep(600)
            """, "" + port, "\u001B]0;owned\u0007\u001B[2J\r\n\u009B31m\u202E", "x".repeat(100_000)).start();
        try {
            assertEquals("ready", evil.inputReader().readLine());
            Script.Result piped = Script.of("check_port", "" + port).run();
            assertTrue(piped.out().length() > 100_000, "nothing is cut in a pipe");
            assertTrue(piped.out().chars().allMatch(c -> c == '\n' || c >= ' ' && c < 0x7F || c > 0x9F), "a control character");
            Script.Result json = Script.of("check_port", "--json", "" + port).run();
            assertTrue(json.out().chars().allMatch(c -> c == '\n' || c >= ' ' && c < 0x7F), "a control character");
            String command = String.join(" ", Script.of("port_status", "--color=never", "" + port).builder().command());
            Script.Result terminal = Script.command("script", "-qec", command, "/dev/null").env("TERM", "xterm").run();
            assertFalse(terminal.out().contains("\u001B"), terminal.out());
            assertTrue(terminal.out().lines().allMatch(line -> line.length() <= 81), terminal.out());
        } finally {
            evil.destroyForcibly().waitFor();
        }
    }

    @Test
    void anOwnerThatIsNotToBeSeenIsSaidSo() throws Exception {
        // A process in another process namespace, on a port of this network.
        assumeTrue(Files.exists(Path.of("/proc/net/tcp")), "/proc is Linux's");
        String[] own = Namespace.unshare("--pid", "--fork", "--mount-proc");
        try (var listener = Sockets.listener("127.0.0.1")) {
            String port = "" + listener.getLocalPort();
            Script.Result result = Script.of("check_port", port).under(own).run();
            assertEquals(List.of("Port " + port + ": listening  on 127.0.0.1: a process of root, not visible from here: another container?",
                "  to free it: stop it where it runs, in another container or namespace"), result.out().lines().toList(), result.err());
        }
    }
}
