/** A line of text for people; a part of the line can have a style. Text is made printable when it is added. */
final class Line {

    /** What the style of a text means to the reader; the codes are those of jansi. */
    enum Style {
        GOOD("green"), BAD("red"), DOUBTFUL("yellow"), STRONG("bold");

        final String code;

        Style(String code) {
            this.code = code;
        }
    }

    /** Whether the line is cut to one row of a terminal, which wraps other lines. */
    final boolean isRow;
    String text = "";
    /** The part that has a style, and the style; null if no part has one. */
    int start;
    int end;
    Style style;

    private Line(boolean isRow) {
        this.isRow = isRow;
    }

    static Line of(String text) {
        return new Line(false).with(text);
    }

    static Line row(String text) {
        return new Line(true).with(text);
    }

    Line with(String more) {
        text += printable(more);
        return this;
    }

    /** Adds a text with a style, which replaces the style of an earlier text. */
    Line with(String more, Style style) {
        this.style = style;
        start = text.length();
        end = with(more).text.length();
        return this;
    }

    /** Adds a cell of a table at that column, after at least one space, unless the cell is empty. */
    Line cell(int column, String text) {
        return text == null || text.isEmpty() ? this : with(" ".repeat(Math.max(1, column - width()))).with(text);
    }

    @Override
    public String toString() {
        return text;
    }

    /** Returns how many cells of a terminal the line takes. */
    int width() {
        int width = 0;
        for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
            width += width(text.codePointAt(i));
        }
        return width;
    }

    /** East Asian characters and emoji take two cells. All from U+2E80 on count so; a line may be cut early. */
    private static int width(int c) {
        return c >= 0x2E80 || c == '✅' || c == '❌' ? 2 : 1;
    }

    /** Returns the line, cut with an ellipsis if it takes more than so many cells. */
    Line fit(int columns) {
        if (width() <= columns) {
            return this;
        }
        int length = 0;
        for (int room = columns - 1 - width(text.codePointAt(0)); room >= 0; room -= width(text.codePointAt(length))) {
            length = text.offsetByCodePoints(length, 1);
        }
        Line cut = new Line(isRow).with(text.substring(0, length) + "…");
        cut.style = style;
        cut.start = Math.min(start, length);
        cut.end = Math.min(end, length);
        return cut;
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
