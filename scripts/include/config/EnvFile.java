//SOURCES ../command/Invocation.java ../command/PortCommand.java ../command/UserException.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/**
 * A {@code .env} file: {@code NAME=value} lines as dotenv, python-dotenv, Docker Compose and the shell agree on them.
 *
 * <p>The text is held as ISO 8859-1, one char a byte, so that positions are byte offsets and any encoding
 * survives. A line ends at LF or CR. A value may be bare (it ends at the line's end or at white space and a {@code #}),
 * or stand in single, double or back quotes, also over several lines; a backslash keeps a quote from closing it.
 * A quote that is never closed, or with something behind it, is an ordinary character.
 */
final class EnvFile {

    /** One assignment: {@code start} and {@code end} are the byte offsets of its value, without quotes. */
    record Entry(String name, String value, int line, int start, int end) { }

    private static final Path NOWHERE = Path.of("/dev/null");
    private static final long JUST_EMPTIED = 100; // milliseconds in which one who saves the file by emptying it fills it
    private static final String BOM = "\u00EF\u00BB\u00BF";

    private final Path path;
    private final String text;
    private final boolean isAbsent;
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    private EnvFile(Path path, String text, boolean isAbsent) {
        this.path = path;
        this.text = text;
        this.isAbsent = isAbsent;
        parse();
    }

    /** Reads the file that a command's options name. */
    static EnvFile of(PortCommand command) {
        EnvFile file = named(command.envFile == null ? Invocation.DEFAULT_ENV_FILE : command.envFile);
        if (command.envFile != null && file.isAbsent()) {
            command.note("no such file: " + command.envFile);
        }
        return file;
    }

    /**
     * Reads the file of that name.
     *
     * @throws UserException as {@link #read} does, or if Java cannot name it in this locale
     */
    static EnvFile named(String name) {
        try {
            Path path = Path.of(name);
            if (!path.isAbsolute() && isFolderGarbled()) {
                throw new InvalidPathException(name, "relative to a directory that Java cannot name");
            }
            return read(path);
        } catch (InvalidPathException e) {
            throw new UserException("cannot name " + name + " or its directory in this locale; set LC_ALL=C.UTF-8");
        }
    }

    /** In the locale C, Java takes a working directory with a name that is not ASCII for another one. */
    private static boolean isFolderGarbled() {
        String folder = System.getProperty("user.dir");
        return folder.indexOf('\uFFFD') >= 0
            || folder.indexOf('?') >= 0 && !"UTF-8".equals(System.getProperty("sun.jnu.encoding"));
    }

    /**
     * Reads the file; one that does not exist is an empty one.
     *
     * @throws UserException if it is something other than a text file that this user can read
     */
    static EnvFile read(Path path) {
        try {
            // Asked first, because opening a FIFO would wait for its writer.
            BasicFileAttributes file = Files.readAttributes(path, BasicFileAttributes.class);
            if (!file.isRegularFile() && !path.equals(NOWHERE)) {
                throw new UserException(path + ": not a regular file; name another with --env-file");
            }
            String text = Files.readString(path, StandardCharsets.ISO_8859_1);
            long deadline = file.lastModifiedTime().toMillis() + JUST_EMPTIED;
            while (text.isEmpty() && Math.abs(deadline - System.currentTimeMillis()) < JUST_EMPTIED) {
                LockSupport.parkNanos(5_000_000);
                text = Files.readString(path, StandardCharsets.ISO_8859_1);
            }
            if (text.indexOf('\0') >= 0) {
                throw new UserException(path + ": not a text file in UTF-8; save it as one");
            }
            return new EnvFile(path, text, false);
        } catch (NoSuchFileException e) {
            return new EnvFile(path, "", true);
        } catch (IOException e) {
            throw UserException.of(e, "cannot read " + path);
        }
    }

    Path path() {
        return path;
    }

    boolean isAbsent() {
        return isAbsent;
    }

    /** The assignment of that name which counts, the last one, or null. */
    Entry get(String name) {
        return entries.get(name);
    }

    /** The assignments that count, one a name, in the order in which the names first appear. */
    Collection<Entry> entries() {
        return entries.values();
    }

    /**
     * The file with these values, which must need no quotes: instead of those that count, or else on lines of their own
     * at the end. Every other byte stays. It is the same file if it has these values already.
     */
    EnvFile with(Map<String, String> values) {
        String newline = text.contains("\r\n") ? "\r\n" : "\n";
        SortedMap<Integer, Entry> edits = new TreeMap<>(); // by their places
        StringBuilder added = new StringBuilder();
        values.forEach((name, value) -> {
            Entry old = entries.get(name);
            if (old == null) {
                added.append(name).append('=').append(value).append(newline);
            } else if (!old.value().equals(value)) {
                edits.put(old.start(), old);
            }
        });
        if (edits.isEmpty() && added.isEmpty()) {
            return this;
        }
        StringBuilder result = new StringBuilder();
        int from = 0;
        for (Entry old : edits.values()) {
            result.append(text, from, old.start()).append(values.get(old.name()));
            from = old.end();
            result.append(text.startsWith("#", from) ? " " : ""); // or the comment would be part of the value
        }
        result.append(text, from, text.length());
        if (!added.isEmpty() && !result.isEmpty() && result.charAt(result.length() - 1) != '\n') {
            result.append(newline);
        }
        return new EnvFile(path, result.append(added).toString(), isAbsent);
    }

    byte[] bytes() {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private void parse() {
        int line = 1;
        int next;
        for (int start = text.startsWith(BOM) ? BOM.length() : 0; start < text.length(); start = next) {
            int end = endOfLine(start);
            Entry entry = entry(start, end, line);
            if (entry != null) {
                if (isName(entry.name())) {
                    entries.put(entry.name(), entry);
                }
                end = endOfLine(Math.max(entry.end(), start));
            }
            next = end + 1;
            for (int i = start; i < Math.min(next, text.length()); i++) {
                line += text.charAt(i) == '\n' || text.charAt(i) == '\r' && !text.startsWith("\n", i + 1) ? 1 : 0;
            }
        }
    }

    /** The assignment on that line, or null. Its name may be one that is not to be taken: its quotes count all the same. */
    private Entry entry(int start, int endOfLine, int line) {
        int from = afterBlanks(start, endOfLine);
        int exported = from + "export".length();
        if (text.startsWith("export", from) && exported < endOfLine && blank(exported) > 0) {
            from = afterBlanks(exported, endOfLine);
        }
        int to = from;
        while (to < endOfLine && blank(to) == 0 && "=#".indexOf(text.charAt(to)) < 0 && !isColon(to, endOfLine)) {
            to++;
        }
        int sign = isColon(to, endOfLine) ? to : afterBlanks(to, endOfLine);
        boolean isAssignment = to > from && sign < endOfLine && (sign == to && isColon(to, endOfLine) || text.charAt(sign) == '=');
        return isAssignment ? entry(text.substring(from, to), line, sign + 1, endOfLine) : null;
    }

    private Entry entry(String name, int line, int behindSign, int endOfLine) {
        int start = afterBlanks(behindSign, endOfLine);
        if (start < endOfLine && "'\"`".indexOf(text.charAt(start)) >= 0) {
            int close = closingQuote(start);
            if (close > 0) {
                return new Entry(name, text.substring(start + 1, close), line, start + 1, close);
            }
        }
        int end = endOfBareValue(start, endOfLine);
        // A bare value that is empty stands right behind the sign, before the space that sets off a comment.
        return end == start ? new Entry(name, "", line, behindSign, behindSign)
            : new Entry(name, text.substring(start, end), line, start, end);
    }

    /** The end of the line, or of what stands before a comment, without white space. */
    private int endOfBareValue(int start, int endOfLine) {
        int end = start;
        int i = start;
        while (i < endOfLine && !(text.charAt(i) == '#' && (i == start || i > end))) {
            int blank = blank(i);
            i += Math.max(blank, 1);
            end = blank > 0 ? end : i;
        }
        return end;
    }

    /**
     * As dotenv has it: the first quote that is not behind a backslash, if nothing follows it on its line; otherwise the
     * last of those before it of which that is true ({@code DIR='C:\'}). Or -1.
     */
    private int closingQuote(int open) {
        char quote = text.charAt(open);
        int close = text.indexOf(quote, open + 1);
        while (close > open + 1 && text.charAt(close - 1) == '\\') {
            close = text.indexOf(quote, close + 1);
        }
        for (int i = close < 0 ? text.lastIndexOf(quote) : close; i > open; i = text.lastIndexOf(quote, i - 1)) {
            int next = afterBlanks(i + 1, text.length());
            if (next == text.length() || "#\r\n".indexOf(text.charAt(next)) >= 0) {
                return i;
            }
        }
        return -1;
    }

    private static boolean isName(String word) {
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            boolean isLetter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z' || c == '_';
            if (!isLetter && (i == 0 || (c < '0' || c > '9') && c != '.' && c != '-')) {
                return false;
            }
        }
        return true;
    }

    /** Whether a name's colon with white space behind it stands there, as dotenv takes it. */
    private boolean isColon(int i, int endOfLine) {
        return i + 1 < endOfLine && text.charAt(i) == ':' && blank(i + 1) > 0;
    }

    private int afterBlanks(int from, int end) {
        int i = from;
        while (i < end && blank(i) > 0) {
            i += blank(i);
        }
        return i;
    }

    /** How many bytes the white space there has, one that ends no line (Unicode's too, such as U+00A0); 0 if it is none. */
    private int blank(int i) {
        char c = text.charAt(i);
        if (c < '\u00C2') {
            return c == ' ' || c == '\t' || c == '\u000B' || c == '\f' ? 1 : 0;
        }
        int length = c < '\u00E0' ? 2 : 3;
        byte[] bytes = text.substring(i, Math.min(i + length, text.length())).getBytes(StandardCharsets.ISO_8859_1);
        return Character.isSpaceChar(new String(bytes, StandardCharsets.UTF_8).charAt(0)) ? length : 0;
    }

    private int endOfLine(int from) {
        int end = from;
        while (end < text.length() && text.charAt(end) != '\n' && text.charAt(end) != '\r') {
            end++;
        }
        return end;
    }
}
