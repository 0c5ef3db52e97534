//SOURCES ../command/Invocation.java ../command/PortCommand.java ../command/UserException.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A {@code .env} file: {@code NAME=value} lines as dotenv, python-dotenv, Docker Compose and the shell agree on them.
 * The text is held as ISO 8859-1, one char a byte: positions are byte offsets, and any encoding survives.
 * The path is relative to the working directory; the entries are the assignments that count: the last of each name.
 */
record EnvFile(Path path, String text, boolean isAbsent, List<Entry> assignments, Map<String, Entry> entries) {

    /** One assignment; its value is at {@code start} to {@code end}, without the quote, which is 0 for a bare value. */
    record Entry(String name, String value, int line, int start, int end, char quote) {

        /** Returns whether the value refers to other variables; {@code $} in single quotes does not. */
        boolean isExpression() {
            return quote != '\'' && value.indexOf('$') >= 0;
        }
    }

    private static final int MAX_BYTES = 1 << 20;

    /** The form of a line. Separate, so that a call without a file does not compile it. */
    private static final class Syntax {

        // All parts are possessive: a match never goes back further than a value, and needs no stack.
        private static final String BLANK = "(?:[ \\t\\x0B\\f]|\\xC2\\xA0|\\xE1\\x9A\\x80|\\xE2\\x81\\x9F"
            + "|\\xE3\\x80\\x80|\\xE2\\x80[\\x80-\\x8A\\xA8\\xA9\\xAF]|\\xEF\\xBB\\xBF)"; // Unicode's, too
        private static final String SIGN = "(?:BLANK*+=|:(?=BLANK))";
        private static final String NAME = "(?:([A-Za-z_][\\w.-]*+)(?=SIGN)|(?:(?!BLANK|:BLANK)[^=#\\r\\n])++)";
        private static final String END = "(?=BLANK*+(?:[#\\r\\n]|\\z))";
        /** Ends at the first quote without a backslash, or else at the last one with it; only a comment may follow. */
        private static final String QUOTED = "(['\"`])((?:[^'\"`\\\\]++|\\\\\\3|(?!\\3).)*+\\3END"
            + "|(?:(?:[^'\"`\\\\]++|\\\\\\3(?!END)|(?!\\\\?+\\3).)*+\\\\\\3END)++)";
        private static final String WORD = "(?:[^\\s\\x80-\\xFF]++|(?!BLANK)[\\x80-\\xFF])++";
        private static final String BARE = "((?!#)WORD(?:BLANK++(?!#)WORD)*+)";
        /** Groups: a valid name, the place of an empty value, a quote, a value with its closing quote, a bare value. */
        private static final Pattern LINE = Pattern.compile(("\\G(?:BLANK*+(?:exportBLANK++)?+NAMESIGN()BLANK*+"
            + "(?:QUOTED|BARE)?+)?+[^\\r\\n]*+(?:\\r\\n?+|\\n|\\z)").replace("NAME", NAME).replace("SIGN", SIGN)
            .replace("QUOTED", QUOTED).replace("BARE", BARE).replace("WORD", WORD).replace("END", END)
            .replace("BLANK", BLANK), Pattern.DOTALL);
    }

    private EnvFile(Path path, String text, boolean isAbsent) {
        this(path, text, isAbsent, parse(text), new LinkedHashMap<>());
        for (Entry assignment : assignments) {
            entries.remove(assignment.name()); // so that the order is that of the values
            entries.put(assignment.name(), assignment);
        }
    }

    /** Reads the file that a command's options name, or else the file that is found. */
    static EnvFile of(PortCommand command) {
        Path path = locate(command);
        return command.envFile == null && Files.isDirectory(path) ? new EnvFile(path, "", true) : read(path);
    }

    /**
     * Returns the {@code .env} of a command, as seen from the working directory: the one that is named, else the one in
     * the working directory, else the nearest above it within the same checkout. It need not exist.
     */
    static Path locate(PortCommand command) {
        if (command.envFile == null) {
            Path path = named(Invocation.DEFAULT_ENV_FILE);
            return isFile(path) ? path : nearest(command, path);
        }
        Path path = named(command.envFile);
        if (!Files.exists(path)) {
            command.note(path + " does not exist; using the environment and the default ports");
        }
        return path;
    }

    /** Returns the path of a name. In the locale C, Java replaces characters that are not ASCII. */
    static Path named(String name) {
        String place = System.getProperty("user.dir") + name;
        boolean isAscii = !"UTF-8".equals(System.getProperty("sun.jnu.encoding"));
        if (place.indexOf('\uFFFD') >= 0 || isAscii && place.indexOf('?') >= 0) {
            throw new UserException("the path of " + name + " cannot be read in this locale; set LC_ALL=C.UTF-8");
        }
        return Path.of(name);
    }

    /** Looks above the working directory, up to the folder with a .git, unless that is a home. */
    private static Path nearest(PortCommand command, Path name) {
        Path here = Path.of("").toAbsolutePath();
        Path top = here;
        while (top != null && !Files.exists(top.resolve(".git"), LinkOption.NOFOLLOW_LINKS)) {
            top = top.getParent();
        }
        Path file = name;
        while (top != null && !here.equals(top) && !isHomeOrAbove(top)) {
            here = here.getParent();
            file = Path.of("..").resolve(file);
            if (isFile(file)) {
                String owner = otherOwner(file);
                if (owner == null) {
                    return file;
                }
                command.note(file + " is ignored: it belongs to " + owner + "; to use it, name it with --env-file");
            }
        }
        return name;
    }

    /** Returns whether the path is a file, or a link, even to a file that does not exist yet; a folder is not. */
    private static boolean isFile(Path path) {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !Files.isDirectory(path);
    }

    /** Returns who owns the file, or the link, if that is neither this user nor root; else null. */
    static String otherOwner(Path path) {
        try {
            Path self = Path.of("/proc/self"); // For a user that is not in /etc/passwd, user.name is ?
            String user = Files.exists(self) ? Files.getOwner(self).getName() : System.getProperty("user.name");
            String owner = Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).getName();
            return owner.equals(user) || owner.equals("root") ? null : owner;
        } catch (IOException e) {
            return "an unknown user";
        }
    }

    /** Returns whether the folder is a home, or contains a home: this user's, root's, or one in /home or /Users. */
    static boolean isHomeOrAbove(Path folder) {
        Path place = real(folder);
        String name = String.valueOf(place.getFileName());
        String[] homes = {System.getProperty("user.home"), String.valueOf(System.getenv("HOME")), "/root",
            "/home/" + name, "/Users/" + name};
        for (String home : homes) {
            // HOME=/ is that of a system account without a home.
            if (home.startsWith("/") && home.length() > 1 && real(Path.of(home)).startsWith(place)) {
                return true;
            }
        }
        return false;
    }

    /** Returns the path without links, as far as it exists. */
    static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path.toAbsolutePath().normalize();
        }
    }

    /** Reads the file, which must be text of at most 1 MB. A file that does not exist counts as empty. */
    static EnvFile read(Path path) {
        try {
            BasicFileAttributes file = Files.readAttributes(path, BasicFileAttributes.class); // a FIFO would block
            if (!file.isRegularFile() || file.size() > MAX_BYTES) {
                String fault = file.isRegularFile() ? " is larger than 1 MB" : " is not a regular file";
                throw new UserException(path + fault + "; name another file with --env-file");
            }
            String text = Files.readString(path, StandardCharsets.ISO_8859_1);
            if (text.indexOf('\0') >= 0) {
                throw new UserException(path + " is not text in UTF-8; save it as UTF-8");
            }
            return new EnvFile(path, text, false);
        } catch (NoSuchFileException e) {
            return new EnvFile(path, "", true);
        } catch (IOException e) {
            throw UserException.of(e, "cannot read " + path);
        }
    }

    byte[] bytes() {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /**
     * Returns the file with these values, which must need no quotes. They replace the values that count; new names are
     * appended; every other byte stays. If nothing changes, returns this object.
     */
    EnvFile with(Map<String, String> values) {
        StringBuilder result = new StringBuilder();
        int from = 0;
        for (Entry old : entries.values()) {
            if (values.containsKey(old.name())) {
                result.append(text, from, old.start()).append(values.get(old.name()))
                    .append(text.startsWith("#", old.end()) ? " " : ""); // or the comment would be part of the value
                from = old.end();
            }
        }
        result.append(text, from, text.length());
        String newline = text.contains("\r\n") ? "\r\n" : "\n";
        values.forEach((name, value) -> {
            if (!entries.containsKey(name)) {
                boolean isLineOpen = !result.isEmpty() && result.charAt(result.length() - 1) != '\n';
                result.append(isLineOpen ? newline : "").append(name).append('=').append(value).append(newline);
            }
        });
        return text.contentEquals(result) ? this : new EnvFile(path, result.toString(), isAbsent);
    }

    private static List<Entry> parse(String text) {
        List<Entry> assignments = new ArrayList<>();
        Matcher found = text.isEmpty() ? null : Syntax.LINE.matcher(text);
        for (int line = 1; found != null && found.find(); line++) {
            int group = found.start(3) >= 0 ? 4 : found.start(5) >= 0 ? 5 : 2;
            int end = found.end(group) - (group == 4 ? 1 : 0); // without the closing quote
            String name = found.group(1);
            if (name != null) {
                assignments.add(new Entry(name, text.substring(found.start(group), end), line, found.start(group), end,
                    group == 4 ? text.charAt(end) : 0));
            }
            for (int i = found.start(group); i < end; i++) {
                line += text.charAt(i) == '\n' ? 1 : 0;
            }
        }
        return assignments;
    }
}
