import java.util.ArrayList;
import java.util.List;

/** A line of text for people, in pieces with a style each. Text is made printable when it is added. */
final class Line {

    /** What a piece means to the reader. */
    enum Style { PLAIN, GOOD, BAD, DOUBTFUL, STRONG }

    record Piece(String text, Style style) { }

    final List<Piece> pieces = new ArrayList<>();
    /** Whether a terminal shows only what fits into one row; it wraps other lines. */
    final boolean isRow;

    private Line(boolean isRow) {
        this.isRow = isRow;
    }

    static Line of(String text) {
        return new Line(false).with(text);
    }

    static Line row(String text) {
        return new Line(true).with(text);
    }

    Line with(String text) {
        return with(text, Style.PLAIN);
    }

    Line with(String text, Style style) {
        pieces.add(new Piece(printable(text), style));
        return this;
    }

    /** Adds a cell of a table at that column, after at least one space, unless the cell is empty. */
    Line cell(int column, String text) {
        return text == null || text.isEmpty() ? this : with(" ".repeat(Math.max(1, column - width()))).with(text);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Piece piece : pieces) {
            text.append(piece.text);
        }
        return text.toString();
    }

    /** Returns how many cells of a terminal the line takes. */
    int width() {
        int width = 0;
        String text = toString();
        for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
            width += width(text.codePointAt(i));
        }
        return width;
    }

    /** East Asian characters and emoji take two cells. All from U+2E80 on count so; at worst, a line is cut early. */
    private static int width(int c) {
        int type = Character.getType(c);
        boolean isMark = type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK;
        return isMark ? 0 : c >= 0x2E80 || c == '✅' || c == '❌' ? 2 : 1;
    }

    /** Returns the line, cut with an ellipsis if it takes more than so many cells. */
    Line fit(int columns) {
        if (width() <= columns) {
            return this;
        }
        Line cut = new Line(isRow);
        int left = columns - 1;
        for (Piece piece : pieces) {
            int end = 0;
            while (end < piece.text.length() && (left -= width(piece.text.codePointAt(end))) >= 0) {
                end += Character.charCount(piece.text.codePointAt(end));
            }
            cut.with(piece.text.substring(0, end), piece.style);
        }
        return cut.with("…");
    }

    /** Returns the text with a question mark in place of every character that could control a terminal. */
    static String printable(String text) {
        StringBuilder printable = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
            int c = text.codePointAt(i);
            printable.appendCodePoint(switch (Character.getType(c)) {
                case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED -> '?';
                default -> c;
            });
        }
        return printable.toString();
    }
}
