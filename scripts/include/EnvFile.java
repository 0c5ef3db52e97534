//SOURCES UserException.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A {@code .env} file: {@code NAME=value} lines as dotenv, Docker Compose and the shell agree on them.
 *
 * <p>The text is held as ISO 8859-1, one char a byte, so that positions are byte offsets and any encoding
 * survives. A value may be bare (it ends at the line's end or at white space and a {@code #}), or stand in
 * single, double or back quotes, also over several lines; only double quotes know the escape {@code \"}.
 * A quote that is never closed, or with something behind it, is an ordinary character.
 */
final class EnvFile {

    /** One assignment: {@code start} and {@code end} are the byte offsets of its value, without quotes. */
    record Entry(String name, String value, int line, int start, int end) { }

    private static final Path NOWHERE = Path.of("/dev/null");
    private static final String BOM = "\u00EF\u00BB\u00BF";
    private static final Pattern NAME = Pattern.compile("[ \\t]*(?:export[ \\t]+)?([A-Za-z_][\\w.-]*)(?:[ \\t]*=|:[ \\t])");
    private static final Pattern END = Pattern.compile("\\s*(?:#[^\n]*)?");

    private final Path path;
    private final String text;
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    private EnvFile(Path path, String text) {
        this.path = path;
        this.text = text;
        parse();
    }

    /**
     * Reads the file; one that does not exist is an empty one.
     *
     * @throws UserException if it is something other than a text file that this user can read
     */
    static EnvFile read(Path path) {
        try {
            // Asked first, because opening a FIFO would wait for its writer.
            if (!Files.readAttributes(path, BasicFileAttributes.class).isRegularFile() && !path.equals(NOWHERE)) {
                throw new UserException(path + ": not a regular file; name another with --env-file");
            }
            String text = Files.readString(path, StandardCharsets.ISO_8859_1);
            if (text.indexOf('\0') >= 0) {
                throw new UserException(path + ": not a text file in UTF-8; save it as one");
            }
            return new EnvFile(path, text);
        } catch (NoSuchFileException e) {
            return new EnvFile(path, "");
        } catch (IOException e) {
            throw UserException.of(e, "cannot read " + path);
        }
    }

    /** The file this was read from. */
    Path path() {
        return path;
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
     * The file with that value, which must need no quotes: instead of the one that counts, or else on a line of its own
     * at the end. Every other byte stays. It is the same file if it has that value already.
     */
    EnvFile with(String name, String value) {
        Entry old = entries.get(name);
        if (old != null && old.value().equals(value)) {
            return this;
        }
        if (old != null) {
            String rest = text.substring(old.end());
            return new EnvFile(path, text.substring(0, old.start()) + value + (rest.startsWith("#") ? " " : "") + rest);
        }
        String newline = text.contains("\r\n") ? "\r\n" : "\n";
        return new EnvFile(path, text + (text.isEmpty() || text.endsWith("\n") ? "" : newline) + name + "=" + value + newline);
    }

    /** The file's content. */
    byte[] bytes() {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private void parse() {
        int line = 1;
        int next;
        for (int start = text.startsWith(BOM) ? BOM.length() : 0; start < text.length(); start = next) {
            int end = endOfLine(start);
            Matcher name = NAME.matcher(text).region(start, end);
            if (name.lookingAt()) {
                Entry entry = entry(name.group(1), line, name.end(), end);
                entries.put(entry.name(), entry);
                end = endOfLine(Math.max(entry.end(), start));
            }
            next = end + 1;
            for (int i = start; i < Math.min(next, text.length()); i++) {
                line += text.charAt(i) == '\n' ? 1 : 0;
            }
        }
    }

    private Entry entry(String name, int line, int equalsSign, int endOfLine) {
        int start = equalsSign;
        while (start < endOfLine && (text.charAt(start) == ' ' || text.charAt(start) == '\t')) {
            start++;
        }
        if (start < endOfLine && "'\"`".indexOf(text.charAt(start)) >= 0) {
            int close = closingQuote(start);
            if (close > 0 && END.matcher(text).region(close + 1, endOfLine(close)).matches()) {
                return new Entry(name, text.substring(start + 1, close), line, start + 1, close);
            }
        }
        String value = text.substring(start, commentOrEnd(start, endOfLine)).stripTrailing();
        // A bare value that is empty stands right behind the equals sign, before the space that sets off a comment.
        int from = value.isEmpty() ? equalsSign : start;
        return new Entry(name, value, line, from, from + value.length());
    }

    /** Where a comment begins, at the value's start or behind white space, or else the line's end. */
    private int commentOrEnd(int start, int endOfLine) {
        for (int i = start; i < endOfLine; i++) {
            if (text.charAt(i) == '#' && (i == start || Character.isWhitespace(text.charAt(i - 1)))) {
                return i;
            }
        }
        return endOfLine;
    }

    private int closingQuote(int open) {
        char quote = text.charAt(open);
        for (int i = open + 1; i < text.length(); i++) {
            if (text.charAt(i) == quote) {
                return i;
            }
            if (quote == '"' && text.charAt(i) == '\\') {
                i++;
            }
        }
        return -1;
    }

    private int endOfLine(int from) {
        int end = text.indexOf('\n', from);
        return end < 0 ? text.length() : end;
    }
}
