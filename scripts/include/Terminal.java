import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/** The terminal: whether there is one, its size, drawing on it, and text that is safe to print. */
final class Terminal {

    /**
     * A line that is drawn repeatedly; it counts as changed when its state differs from the last time. Where there is
     * not room for all lines, details are left out first.
     */
    record Line(String text, Object state, boolean isDetail) {

        Line(String text, Object state) {
            this(text, state, false);
        }

        Line(String text) {
            this(text, text);
        }

        static Line detail(String text) {
            return new Line(text, text, true);
        }
    }

    private record Size(int rows, int columns) { }

    private static final String ENTER = "\u001B[?1049h\u001B[?25l"; // alternate screen, cursor hidden
    private static final String LEAVE = "\u001B[?25h\u001B[?1049l";
    private static final String HOME = "\u001B[H";
    private static final String CLEAR_LINE = "\u001B[K"; // from here on
    private static final String CLEAR_REST = "\u001B[J";
    private static final String RESET = "\u001B[m";
    private static final String CHANGED = " ◀ changed";
    private static final char ESCAPE = '\u001B';

    private Terminal() { }

    /** Whether standard input and output are a terminal's. */
    static boolean isInteractive() {
        return System.console() != null;
    }

    /** Whether standard error is a terminal's, which Java cannot tell. */
    static boolean isStderrTerminal() {
        try {
            return new ProcessBuilder("test", "-t", "2").redirectError(ProcessBuilder.Redirect.INHERIT).start().waitFor() == 0;
        } catch (IOException | InterruptedException e) {
            return false;
        }
    }

    /** Overwrites the progress line on standard error; an empty text clears it. */
    static void progress(PrintStream err, String text) {
        err.print("\r" + fit(text, size().columns - "^C ".length()) + CLEAR_LINE);
        err.flush();
    }

    private static Size size() {
        try {
            Process stty = new ProcessBuilder("stty", "size").redirectInput(new File("/dev/tty"))
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            String[] size = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip().split(" ");
            if (size.length == 2 && Integer.parseInt(size[1]) > 0) {
                return new Size(Integer.parseInt(size[0]), Integer.parseInt(size[1]));
            }
        } catch (IOException e) {
            // No stty, as on Windows.
        }
        return new Size(24, 80);
    }

    /** Text from outside, with every character that could control a terminal replaced by a question mark. */
    static String printable(String text) {
        StringBuilder printable = new StringBuilder(text.length());
        text.codePoints().map(c -> switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR,
                Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED -> '?';
            default -> c;
        }).forEach(printable::appendCodePoint);
        return printable.toString();
    }

    /** The text, cut off where it would need more than so many columns. */
    static String fit(String text, int columns) {
        if (width(text) <= columns || text.isEmpty()) {
            return text;
        }
        int end = 0;
        int next = after(text, 0);
        for (int used = width(text.substring(0, next)); used < columns; used += width(text.substring(end, next))) {
            end = next;
            next = after(text, end);
        }
        return text.substring(0, end) + "…" + (text.indexOf(ESCAPE) < 0 ? "" : RESET);
    }

    /** The text, with spaces behind it up to so many columns. */
    static String pad(String text, int columns) {
        return text + " ".repeat(Math.max(0, columns - width(text)));
    }

    /** How many columns the text needs; colours need none. */
    static int width(String text) {
        int width = 0;
        for (int i = 0; i < text.length(); i = after(text, i)) {
            width += text.charAt(i) == ESCAPE ? 0 : width(text.codePointAt(i));
        }
        return width;
    }

    /** Where the character ends that begins there, or the sequence that sets a colour. */
    private static int after(String text, int i) {
        return text.charAt(i) == ESCAPE ? text.indexOf('m', i) + 1 : i + Character.charCount(text.codePointAt(i));
    }

    /** East Asian characters and emoji need two columns (Unicode, UAX 11), combining marks none of their own. */
    private static int width(int c) {
        return switch (Character.getType(c)) {
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK -> 0;
            default -> isWide(c) ? 2 : 1;
        };
    }

    private static boolean isWide(int c) {
        return c == '✅' || c == '❌' || c >= 0x1F300 || Character.isIdeographic(c)
            || c >= 0x1100 && c <= 0x115F // Hangul Jamo
            || c >= 0x2E80 && c <= 0xA4CF // CJK radicals to Yi
            || c >= 0xAC00 && c <= 0xD7A3 // Hangul syllables
            || c >= 0xFE30 && c <= 0xFE6F // CJK compatibility forms
            || c >= 0xFF00 && c <= 0xFF60; // fullwidth forms
    }

    /** Prints the lines; on a terminal, none is longer than its width. */
    static void print(PrintStream out, List<Line> lines) {
        if (isInteractive()) {
            int columns = size().columns;
            lines.forEach(line -> out.println(fit(line.text, columns)));
        } else {
            lines.forEach(line -> out.println(line.text));
        }
    }

    /**
     * Prints the lines again and again, until the process is interrupted or its output is closed. On a terminal they are
     * redrawn in place with the changes marked, and the terminal is restored at the end; a log is appended to.
     */
    static void watch(PrintStream out, Duration interval, boolean isLog, Callable<List<Line>> look) throws Exception {
        if (isLog || !isInteractive()) {
            while (!out.checkError()) {
                print(out, look.call());
                out.flush();
                Thread.sleep(interval.toMillis());
            }
            return;
        }
        Thread leave = new Thread(() -> {
            out.print(LEAVE);
            out.flush();
        });
        List<Line> before = List.of();
        List<Line> now = look.call(); // Before the screen is switched, so that its notes on standard error stay visible.
        Runtime.getRuntime().addShutdownHook(leave);
        out.print(ENTER);
        try {
            for (; !out.checkError(); now = look.call()) {
                draw(out, before, now);
                before = now;
                Thread.sleep(interval.toMillis());
            }
        } finally {
            // Before an error is printed, which would vanish with the alternate screen.
            leave.run();
            Runtime.getRuntime().removeShutdownHook(leave);
        }
    }

    private static void draw(PrintStream out, List<Line> before, List<Line> now) {
        Size size = size();
        Set<Object> known = before.stream().map(Line::state).collect(Collectors.toSet());
        List<Line> lines = now.size() < size.rows ? now : now.stream().filter(line -> !line.isDetail).toList();
        int hidden = lines.size() < size.rows ? 0 : lines.size() - Math.max(0, size.rows - 2);
        out.print(HOME);
        for (Line line : lines.subList(0, lines.size() - hidden)) {
            boolean isChanged = !known.isEmpty() && !known.contains(line.state);
            out.print((isChanged ? fit(line.text, size.columns - CHANGED.length()) + CHANGED : fit(line.text, size.columns))
                + CLEAR_LINE + "\n");
        }
        out.print((hidden == 0 ? "" : fit("… and " + hidden + " more lines", size.columns)) + CLEAR_REST);
        out.flush();
    }
}
