//SOURCES Line.java

import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.fusesource.jansi.Ansi;

/** The terminal: whether there is one, its size, and printing and drawing lines on it. */
final class Terminal {

    private record Size(int rows, int columns) { }

    private static final String ENTER = "\u001B[?1049h\u001B[?25l"; // alternate screen, cursor hidden
    private static final String LEAVE = "\u001B[?25h\u001B[?1049l";
    private static final String HOME = "\u001B[H";
    private static final String CLEAR_LINE = "\u001B[K"; // from here on
    private static final String CLEAR_REST = "\u001B[J";
    private static final String CHANGED = " ◀ changed";

    private Terminal() { }

    /** Whether standard input and output are a terminal's, and it can do more than print. */
    static boolean isInteractive() {
        return System.console() != null && !isDumb();
    }

    private static boolean isDumb() {
        return "dumb".equals(System.getenv("TERM"));
    }

    /** Whether standard error is such a terminal's, which Java cannot tell. */
    static boolean isStderrTerminal() {
        try {
            return !isDumb() && new ProcessBuilder("test", "-t", "2").redirectError(ProcessBuilder.Redirect.INHERIT).start().waitFor() == 0;
        } catch (IOException | InterruptedException e) {
            return false;
        }
    }

    /** Says why standard output took no answer, which a PrintStream keeps to itself; a reader that has gone needs no word. */
    static void sayWhyUnwritten(PrintStream err) {
        try (FileOutputStream out = new FileOutputStream(FileDescriptor.out)) {
            out.write('\n');
        } catch (IOException e) {
            if (!String.valueOf(e.getMessage()).contains("Broken pipe")) {
                err.println("ERROR: cannot write the answer: " + e.getMessage());
                err.flush();
            }
        }
    }

    /** Overwrites the progress line on standard error; an empty text clears it. */
    static void progress(PrintStream err, String text) {
        err.print("\r" + Line.fit(Line.printable(text), size().columns - "^C ".length()) + CLEAR_LINE);
        err.flush();
    }

    /** Prints the lines; on a terminal, what is wider than it is wrapped. */
    static void print(PrintStream out, List<Line> lines, boolean isColoured) {
        int columns = isInteractive() ? size().columns : Integer.MAX_VALUE;
        for (Line line : lines) {
            for (Line row : line.wrapped(columns)) {
                out.println(text(row, isColoured));
            }
        }
    }

    private static String text(Line row, boolean isColoured) {
        return isColoured ? Painter.paint(row) : row.toString();
    }

    private static Size size() {
        String[] size = stty("size").split(" ");
        try {
            if (size.length == 2 && Integer.parseInt(size[1]) > 0) {
                return new Size(Integer.parseInt(size[0]), Integer.parseInt(size[1]));
            }
        } catch (NumberFormatException e) {
            // As if there were no stty.
        }
        return new Size(24, 80);
    }

    /** What stty says; nothing where there is none, as on Windows. It also changes a terminal that the shell has taken back. */
    private static String stty(String... arguments) {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "trap '' TTOU; exec stty \"$@\"", "stty"));
        command.addAll(List.of(arguments));
        try {
            Process stty = new ProcessBuilder(command).redirectInput(new File("/dev/tty"))
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            return new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
        } catch (IOException e) {
            return "";
        }
    }

    /**
     * Draws what is looked up again and again in place, with the changes marked, until the process is interrupted or its
     * output is closed. At the end, and while the process is stopped, the terminal is as it was before.
     */
    static void watch(PrintStream out, Duration interval, boolean isColoured, Callable<List<Line>> lookUp) throws Exception {
        List<Line> now = lookUp.call(); // Before the screen is switched, so that its notes on standard error stay visible.
        Screen screen = new Screen(out, isColoured);
        Thread leave = new Thread(screen::leave);
        Runtime.getRuntime().addShutdownHook(leave);
        screen.enter();
        try {
            for (; !out.checkError(); now = lookUp.call()) {
                screen.draw(now, LocalTime.now().truncatedTo(ChronoUnit.SECONDS) + ", every " + seconds(interval) + "; Ctrl-C ends");
                Thread.sleep(interval.toMillis());
            }
        } finally {
            // Before an error is printed, which would vanish with the alternate screen.
            screen.leave();
            Runtime.getRuntime().removeShutdownHook(leave);
        }
    }

    /** A duration as the user would write it: {@code 2 s}, {@code 0.5 s}. */
    static String seconds(Duration duration) {
        return BigDecimal.valueOf(duration.toMillis(), 3).stripTrailingZeros().toPlainString() + " s";
    }

    /** The alternate screen, while it is in use. */
    private static final class Screen {

        private final PrintStream out;
        private final boolean isColoured;
        private final String settings = stty("-g");
        private List<Line> lines = List.of();
        private Set<Object> before = Set.of();
        private String footer = "";
        private boolean isEntered;

        Screen(PrintStream out, boolean isColoured) {
            this.out = out;
            this.isColoured = isColoured;
            handle("TSTP", this::suspend);
            handle("CONT", this::enter);
            handle("WINCH", this::redraw);
        }

        synchronized void enter() {
            isEntered = true;
            stty("quit", "undef"); // or Ctrl-\ would print the stacks of all threads into the picture
            out.print(ENTER);
            redraw();
        }

        synchronized void leave() {
            if (isEntered) {
                isEntered = false;
                stty(settings);
                out.print(LEAVE);
                out.flush();
            }
        }

        private void suspend() {
            leave();
            try {
                new ProcessBuilder("kill", "-STOP", String.valueOf(ProcessHandle.current().pid())).start().waitFor();
            } catch (IOException | InterruptedException e) {
                enter(); // Without the program kill, Ctrl-Z does nothing.
            }
        }

        /** Signals are no part of the Java platform, but of every JDK; without them, Ctrl-Z leaves the screen as it is. */
        private static void handle(String signal, Runnable action) {
            try {
                Class<?> type = Class.forName("sun.misc.Signal");
                Class<?> handler = Class.forName("sun.misc.SignalHandler");
                Object proxy = Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, (self, method, arguments) -> {
                    if (method.getName().equals("handle")) {
                        action.run();
                    }
                    return null;
                });
                type.getMethod("handle", type, handler).invoke(null, type.getConstructor(String.class).newInstance(signal), proxy);
            } catch (ReflectiveOperationException | IllegalArgumentException e) {
                // Not this system's.
            }
        }

        synchronized void draw(List<Line> newLines, String newFooter) {
            before = new HashSet<>();
            lines.forEach(line -> before.add(line.state()));
            lines = newLines;
            footer = newFooter;
            redraw();
        }

        private synchronized void redraw() {
            if (isEntered) {
                Size size = size();
                out.print(HOME);
                for (Line row : fitting(size)) {
                    out.print(text(row, isColoured) + CLEAR_LINE + "\n");
                }
                out.print(Line.fit(footer, size.columns) + CLEAR_REST);
                out.flush();
            }
        }

        /** As many rows as there is room for; details are left out first, and that something is left out is said. */
        private List<Line> fitting(Size size) {
            int room = size.rows - 1; // The last row is the footer's.
            List<List<Line>> blocks = new ArrayList<>();
            int needed = 0;
            for (Line line : lines) {
                blocks.add(rows(line, size.columns));
                needed += blocks.get(blocks.size() - 1).size();
            }
            int details = 0;
            for (int i = lines.size() - 1; i >= 0 && needed - details + (details > 0 ? 1 : 0) > room; i--) {
                if (lines.get(i).isDetail()) {
                    details++;
                    blocks.set(i, List.of());
                }
            }
            List<Line> shown = new ArrayList<>();
            blocks.forEach(shown::addAll);
            if (room > 0 && (details > 0 || shown.size() > room)) {
                int rest = Math.max(0, shown.size() - (room - 1));
                shown.subList(shown.size() - rest, shown.size()).clear();
                shown.add(Line.of(Line.fit("… no room for " + (details + rest) + " more lines"
                    + (details == 0 || rest == 0 ? "" : " (" + details + " details)"), size.columns)));
            }
            return room > 0 ? shown : List.of();
        }

        /** A detail gets one row; what matters is wrapped. */
        private List<Line> rows(Line line, int columns) {
            String mark = before.isEmpty() || before.contains(line.state()) ? "" : CHANGED;
            if (line.isDetail()) {
                return List.of(Line.of(Line.fit(line.toString(), columns - mark.length()) + mark));
            }
            return (mark.isEmpty() ? line : line.followedBy(mark)).wrapped(columns);
        }
    }

    /** In a class of its own, so that the library is loaded only where there is something to colour. */
    private static final class Painter {

        static String paint(Line line) {
            StringBuilder text = new StringBuilder();
            for (Line.Piece piece : line.pieces()) {
                text.append(switch (piece.style()) {
                    case GOOD -> Ansi.ansi().fgGreen().a(piece.text()).reset().toString();
                    case BAD -> Ansi.ansi().fgRed().a(piece.text()).reset().toString();
                    case DOUBTFUL -> Ansi.ansi().fgYellow().a(piece.text()).reset().toString();
                    case STRONG -> Ansi.ansi().bold().a(piece.text()).reset().toString();
                    case PLAIN, COMMAND -> piece.text();
                });
            }
            return text.toString();
        }
    }
}
