import java.util.ArrayList;
import java.util.List;

/** A line of text for people: pieces with a style each, made printable when they are added; whoever prints it colours and wraps them. */
final class Line {

    /** What a piece means; COMMAND is to be pasted, and so never broken. */
    enum Style { PLAIN, GOOD, BAD, DOUBTFUL, STRONG, COMMAND }

    /** A part of the line, without control characters. */
    record Piece(String text, Style style) { }

    private static final int INDENT = 4;

    private final List<Piece> pieces = new ArrayList<>();
    private Object state;
    private boolean isDetail;

    private Line() { }

    static Line of(String text) {
        return new Line().with(text);
    }

    /** A line that a watch leaves out first where there is not room for all. */
    static Line detail(String text) {
        Line line = of(text);
        line.isDetail = true;
        return line;
    }

    Line with(String text) {
        return with(text, Style.PLAIN);
    }

    Line good(String text) {
        return with(text, Style.GOOD);
    }

    Line bad(String text) {
        return with(text, Style.BAD);
    }

    Line doubtful(String text) {
        return with(text, Style.DOUBTFUL);
    }

    Line strong(String text) {
        return with(text, Style.STRONG);
    }

    /** A command that runs when it is pasted. */
    Line command(String text) {
        return with(text, Style.COMMAND);
    }

    Line with(String text, Style style) {
        pieces.add(new Piece(printable(text), style));
        return this;
    }

    /** A copy with something behind it. */
    Line followedBy(String text) {
        Line copy = new Line();
        copy.pieces.addAll(pieces);
        return copy.with(text);
    }

    /** Adds spaces up to so many columns. */
    Line pad(int columns) {
        return with(" ".repeat(Math.max(0, columns - width())));
    }

    /** On a watch, the line counts as changed when this differs from the last time; else, when its text does. */
    Line changesWith(Object newState) {
        state = newState;
        return this;
    }

    Object state() {
        return state == null ? toString() : state;
    }

    boolean isDetail() {
        return isDetail;
    }

    List<Piece> pieces() {
        return pieces;
    }

    int width() {
        int width = 0;
        for (Piece piece : pieces) {
            width += width(piece.text);
        }
        return width;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Piece piece : pieces) {
            text.append(piece.text);
        }
        return text.toString();
    }

    /**
     * The line in rows of no more than so many columns, broken between its cells, which two spaces or more set apart; within
     * a cell only where it is longer than a row, and so on within a word, but never within a command. The rows that follow
     * the first are indented.
     */
    List<Line> wrapped(int columns) {
        if (width() <= columns) {
            return List.of(this);
        }
        List<Word> words = words();
        int indent = Math.min(words.get(0).gap + INDENT, columns / 2);
        List<Line> rows = new ArrayList<>();
        Line row = new Line();
        for (int i = 0; i < words.size(); i++) {
            Word word = words.get(i);
            int cell = cellWidth(words, i);
            int needed = word.gap > 1 && cell <= columns - indent ? cell : word.text.width();
            int left = columns - row.width() - needed;
            if (i > 0 && left < Math.min(word.gap, 2)) {
                rows.add(row);
                row = Line.of(" ".repeat(indent));
            } else {
                boolean isAligned = rows.isEmpty() && word.gap <= left;
                row.with(" ".repeat(i == 0 ? Math.min(word.gap, indent) : isAligned ? word.gap : Math.min(word.gap, 2)));
            }
            row = row.add(word.text, columns, indent, rows);
        }
        rows.add(row);
        return rows;
    }

    /** Adds a word, and goes on to new rows where it is longer than one; returns the last. */
    private Line add(Line word, int columns, int indent, List<Line> rows) {
        Line row = this;
        for (Piece piece : word.pieces) {
            String rest = piece.text;
            while (piece.style != Style.COMMAND && row.width() + width(rest) > columns) {
                boolean hasRoom = row.width() <= indent || row.width() < columns - 1;
                String start = hasRoom ? start(rest, columns - row.width()) : "";
                rows.add(row.with(start, piece.style));
                row = Line.of(" ".repeat(indent));
                rest = rest.substring(start.length());
            }
            row.with(rest, piece.style);
        }
        return row;
    }

    /** What is not to be broken if it can be helped, and so many spaces before it. */
    private record Word(Line text, int gap) { }

    private List<Word> words() {
        List<Word> words = new ArrayList<>();
        int gap = 0;
        boolean isWithin = false;
        for (Piece piece : pieces) {
            int start = 0;
            for (int end = 0; end <= piece.text.length(); end++) {
                boolean isEnd = end == piece.text.length();
                if (!isEnd && (piece.style == Style.COMMAND || piece.text.charAt(end) != ' ')) {
                    continue;
                }
                if (end > start) {
                    if (!isWithin) {
                        words.add(new Word(new Line(), gap));
                    }
                    words.get(words.size() - 1).text.with(piece.text.substring(start, end), piece.style);
                    isWithin = true;
                }
                if (!isEnd) {
                    gap = isWithin ? 1 : gap + 1;
                    isWithin = false;
                }
                start = end + 1;
            }
        }
        return words;
    }

    /** How many columns the cell needs that begins with this word. */
    private static int cellWidth(List<Word> words, int first) {
        int width = words.get(first).text.width();
        for (int i = first + 1; i < words.size() && words.get(i).gap == 1; i++) {
            width += 1 + words.get(i).text.width();
        }
        return width;
    }

    // Text.

    /** The text, with every character that could control a terminal replaced by a question mark. */
    static String printable(String text) {
        StringBuilder printable = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
            int c = text.codePointAt(i);
            printable.appendCodePoint(isPrintable(c) ? c : '?');
        }
        return printable.toString();
    }

    private static boolean isPrintable(int c) {
        return c >= ' ' && c < 0x7F || switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR,
                Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED -> false;
            default -> true;
        };
    }

    /** The text, cut off where it would need more than so many columns. */
    static String fit(String text, int columns) {
        return width(text) <= columns || text.isEmpty() ? text : start(text, columns - 1) + "…";
    }

    /** The beginning that needs no more than so many columns, but at least one character. */
    private static String start(String text, int columns) {
        int end = Character.charCount(text.codePointAt(0));
        for (int used = width(text.codePointAt(0)); end < text.length(); end += Character.charCount(text.codePointAt(end))) {
            used += width(text.codePointAt(end));
            if (used > columns) {
                break;
            }
        }
        return text.substring(0, end);
    }

    /** How many columns the text needs. */
    static int width(String text) {
        int width = 0;
        for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
            width += width(text.codePointAt(i));
        }
        return width;
    }

    /** East Asian characters and emoji need two columns (Unicode, UAX 11), combining marks none of their own. */
    private static int width(int c) {
        if (c < 0x300) {
            return 1;
        }
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
}
