import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TerminalTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"abc, 3, abc", "abcd, 3, ab…", "日本語, 6, 日本語", "日本語, 5, 日本…", "日本語, 4, 日…", "✅ ok, 5, ✅ ok",
        "✅ okay, 5, ✅ o…", "abc, 1, …"})
    void fitsText(String text, int columns, String fitting) {
        assertEquals(fitting, Line.of(text).fit(columns).toString());
    }

    @Test
    void fitsPieces() {
        Line line = Line.row("日").with("本", Line.Style.BAD).with("go");
        assertEquals("日本…", line.fit(5).toString());
        assertEquals("日…", line.fit(4).toString(), "nothing follows a piece that was cut");
        assertEquals(line, line.fit(6));
    }

    @Test
    void cellsStandAtTheirColumnsWithASpaceBetween() {
        assertEquals("ab   cd", Line.row("ab").cell(5, "cd").cell(9, "").toString());
        assertEquals("✅   cd", Line.row("✅").cell(5, "cd").toString());
        assertEquals("abcdef cd", Line.row("abcdef").cell(5, "cd").toString());
    }

    @Test
    void nothingThatSteersATerminalIsPrintable() {
        assertEquals("a?[31mb???d?", Line.printable("a\u001B[31mb\r\n\u009Bd\u202E"));
    }

    @Test
    void watchPaintsInPlace() throws Exception {
        int port = Sockets.freePort();
        String watch = String.join(" ", Script.of("port_status", "--watch=0.2", "" + port).builder().command());
        try (Tmux tmux = new Tmux(24)) {
            tmux.type("stty -g >before; clear; echo before");
            tmux.await("before\n");
            tmux.type(watch);
            String shown = tmux.await("Port " + port + ": ❌ INACTIVE");
            assertTrue(shown.startsWith("=== DevFlow Port Status ===\n"), shown);
            try (var listener = Sockets.listener("127.0.0.1", port)) {
                shown = tmux.await("Port " + port + ": ✅ ACTIVE");
                assertEquals(1, shown.lines().filter(line -> line.startsWith("===")).count(), shown);
                assertTrue(listener.isBound());
            }
            tmux.run("send-keys", "C-c");
            tmux.type("stty -g >after; cmp before after && echo the same");
            shown = tmux.await("\nthe same\n");
            assertTrue(shown.contains("Port " + port), "the picture stays:\n" + shown);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"%s", "bash -c '%s; true'"})
    void pausedWatchGoesOn(String parent) throws Exception {
        // In a file, because bash prints the whole command of a job that has stopped.
        Path watch = Files.writeString(folder.resolve("watch"), "#!/bin/sh\nexec "
            + String.join(" ", Script.of("port_status", "--watch=0.2").builder().command()));
        assertTrue(watch.toFile().setExecutable(true));
        try (Tmux tmux = new Tmux(24)) {
            tmux.type("clear; " + parent.formatted(watch));
            tmux.await("Ctrl-C ends");
            tmux.run("send-keys", "C-z");
            tmux.await("Stopped");
            tmux.type("clear; fg");
            tmux.await(screen -> screen.startsWith("===") && screen.contains("Ctrl-C ends"), "the picture");
            tmux.run("resize-window", "-x", "30", "-y", "8");
            String shown = tmux.await("lines do not fit;");
            assertTrue(shown.lines().anyMatch(line -> line.endsWith("…")), shown);
        }
    }

    @Test
    void notesStandInThePictureAndAnErrorThatEndsAWatchBelow() throws Exception {
        Path file = folder.resolve("b.env");
        String watch = String.join(" ", Script.of("port_status", "--watch=0.2", "--all", "--env-file=b.env").builder().command());
        try (Tmux tmux = new Tmux(10)) {
            tmux.type("clear; " + watch);
            String shown = tmux.await("lines do not fit;");
            assertTrue(shown.startsWith("NOTE: b.env does not exist"), shown);
            Files.writeString(file, "");
            tmux.await(screen -> screen.lines().skip(1).findFirst().orElse("").endsWith("services are running"), "the picture");
            Files.writeString(file, "ORCHESTRATOR_PORT=x\n");
            tmux.await("Ctrl-C ends\nERROR: b.env:1: ");
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

        /** Returns the screen as soon as it shows the text. */
        String await(String text) throws Exception {
            return await(screen -> screen.contains(text), text);
        }

        String await(Predicate<String> condition, String what) throws Exception {
            String screen = "";
            for (int i = 0; i < 300; i++) {
                screen = run("capture-pane", "-p");
                if (condition.test(screen)) {
                    return screen;
                }
                Thread.sleep(100);
            }
            throw new AssertionError("never shown: " + what + "\n" + screen);
        }

        @Override
        public void close() throws Exception {
            run("kill-server");
        }
    }

    @Test
    void hostileCommandLineDoesNoHarm() throws Exception {
        assumeTrue(Servers.isOnPath("python3") && Servers.isOnPath("script"));
        int port = Sockets.freePort();
        try (Servers evil = Servers.start("python3", "-c", """
            import socket, sys, time
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(('127.0.0.1', int(sys.argv[1])))
            listener.listen()
            print('ready', flush=True)
            time.sleep(600)
            """, "" + port, "\u001B]0;owned\u0007\u001B[2J\r\n\u009B31m\u202E", "x".repeat(100_000))) {
            Script.Result piped = Script.of("port_status", "" + port).run();
            assertTrue(piped.out().contains("xxx"), () -> "a row is not cut in a pipe: " + evil);
            assertTrue(piped.out().chars().allMatch(c -> c == '\n' || c >= ' ' && c < 0x7F || c > 0x9F), "a control character");
            String command = String.join(" ", Script.of("port_status", "--color=never", "" + port).builder().command());
            Script.Result terminal = Script.command("script", "-qec", command, "/dev/null").env("TERM", "xterm").run();
            assertFalse(terminal.out().contains("\u001B"), terminal.out());
            assertTrue(terminal.out().lines().allMatch(line -> Line.of(line).width() <= 80), terminal.out());
        }
    }

    // In a pipe and on a terminal: the rows of services are cut; everything else is what a pipe gets.

    private static final List<String> FOR_PROGRAMS = List.of("port_status --json", "port_status --list-not-running vector-memory",
        "find_port --export mcp grpc");
    private static final List<String> FOR_PEOPLE = List.of("check_port orchestrator 3101 50051", "port_status --all",
        "port_status --verbose --all");

    /** Runs each command in a pipe and on a terminal of 40 columns; their output is in the files N.pipe and N.terminal. */
    private void run(List<String> commands) throws Exception {
        assumeTrue(Servers.isOnPath("script"), "script is not installed");
        StringBuilder script = new StringBuilder("""
            echo DASHBOARD_PORT=3150 >.env
            listen 3005 3005; listen 3101 3101; listen 3201 3201; connect 50051 50051
            """);
        for (int i = 0; i < commands.size(); i++) {
            script.append("$java ").append(commands.get(i)).append(" >").append(i).append(".pipe 2>/dev/null || [ $? -eq 1 ]\n")
                .append("script -qec \"stty cols 40 -onlcr; $java ").append(commands.get(i))
                .append(" 2>/dev/null\" /dev/null >").append(i).append(".terminal || [ $? -eq 1 ]\n");
        }
        Script.Result result = Namespace.bash(folder, script.toString()).env("TERM", "xterm").run();
        assertEquals(0, result.exit(), result.err());
    }

    private String output(int i, String where) throws Exception {
        return Files.readString(folder.resolve(i + "." + where));
    }

    @Test
    void programsReadTheSameBytes() throws Exception {
        run(FOR_PROGRAMS);
        for (int i = 0; i < FOR_PROGRAMS.size(); i++) {
            assertFalse(output(i, "pipe").isEmpty(), FOR_PROGRAMS.get(i));
            assertEquals(output(i, "pipe"), output(i, "terminal"), FOR_PROGRAMS.get(i));
        }
    }

    @Test
    void onlyRowsAreCut() throws Exception {
        run(FOR_PEOPLE);
        for (int i = 0; i < FOR_PEOPLE.size(); i++) {
            List<String> pipe = output(i, "pipe").lines().toList();
            List<String> terminal = output(i, "terminal").replaceAll("\u001B\\[[0-9;]*m", "").lines().toList();
            assertEquals(pipe.size(), terminal.size(), FOR_PEOPLE.get(i));
            for (int j = 0; j < pipe.size(); j++) {
                String line = terminal.get(j);
                boolean isRow = line.startsWith("Port ") && FOR_PEOPLE.get(i).equals("port_status --all");
                assertEquals(isRow ? Line.of(pipe.get(j)).fit(40).toString() : pipe.get(j), line);
                assertEquals(line.stripTrailing(), line);
            }
        }
    }
}
