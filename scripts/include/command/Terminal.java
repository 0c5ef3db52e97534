//SOURCES Line.java

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.Writer;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.LocalTime;
import java.util.List;
import org.fusesource.jansi.AnsiRenderer;

/** Prints lines; on a terminal, rows are cut, and the picture of a watch replaces the last one. */
final class Terminal {

    private record Size(int rows, int columns) { }

    private static final String HOME = "\u001B[H";
    private static final String CLEAR_LINE = "\u001B[K"; // from the cursor on
    private static final String CLEAR_REST = "\u001B[J";

    private Terminal() { }

    /** Returns whether standard input and output are a terminal that can do more than print. */
    static boolean isInteractive() {
        return System.console() != null && !"dumb".equals(System.getenv("TERM"));
    }

    static void print(Writer out, List<Line> lines, boolean isColoured) throws IOException {
        int columns = 0; // not yet known, because to ask takes time
        for (Line line : lines) {
            boolean isCut = line.isRow && isInteractive();
            columns = isCut && columns == 0 ? size().columns : columns;
            out.write(text(isCut ? line.fit(columns) : line, isColoured) + "\n");
        }
    }

    /** Loads the library for colours only if they are wanted. */
    private static String text(Line line, boolean isColoured) {
        if (!isColoured || line.style == null) {
            return line.text;
        }
        String styled = AnsiRenderer.render(line.text.substring(line.start, line.end), line.style.code);
        return line.text.substring(0, line.start) + styled + line.text.substring(line.end);
    }

    private static Size size() {
        ProcessBuilder stty = new ProcessBuilder("stty", "size").redirectInput(new File("/dev/tty"));
        try (BufferedReader reader = stty.redirectError(ProcessBuilder.Redirect.DISCARD).start().inputReader()) {
            String[] size = String.valueOf(reader.readLine()).split(" ");
            if (size.length == 2 && Integer.parseInt(size[1]) > 0) {
                return new Size(Integer.parseInt(size[0]), Integer.parseInt(size[1]));
            }
        } catch (IOException | NumberFormatException e) {
            // There is no terminal, or no stty, as on Windows.
        }
        return new Size(24, 80);
    }

    /** Returns a duration as text: {@code 2 s}, {@code 0.5 s}. */
    static String seconds(Duration duration) {
        return BigDecimal.valueOf(duration.toMillis(), 3).stripTrailingZeros().toPlainString() + " s";
    }

    /** Paints as many of the lines as there is room for in place of the last picture, and leaves the cursor below. */
    static void paint(Writer out, List<Line> lines, Duration interval, boolean isColoured) throws IOException {
        Size size = size();
        StringBuilder picture = new StringBuilder(HOME);
        int room = size.rows - 2; // for the footer and the cursor
        int left = 0;
        for (Line line : lines) {
            Line shown = line.isRow ? line.fit(size.columns) : line;
            int width = shown.width();
            room -= Math.max(1, (width + size.columns - 1) / size.columns);
            if (room < 0) {
                left++;
                continue;
            }
            // After a full row, the cursor is still on the last character, which CLEAR_LINE would clear.
            boolean isFull = width > 0 && width % size.columns == 0;
            picture.append(text(shown, isColoured)).append(isFull ? "\n" : CLEAR_LINE + "\n");
        }
        String rest = left == 0 ? "" : left == 1 ? "1 line does not fit; " : left + " lines do not fit; ";
        String footer = rest + String.format("%tT", LocalTime.now()) + ", every " + seconds(interval) + "; Ctrl-C ends";
        out.write(picture.append(Line.of(footer).fit(size.columns - 1)).append(CLEAR_REST + "\n").toString());
    }
}
