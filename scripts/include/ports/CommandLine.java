import java.util.List;
import java.util.regex.Pattern;

/** A command line for people to read: its beginning, without the secrets that four simple expressions find. */
final class CommandLine {

    private static final int LONGEST = 1000;
    private static final char END = '\0'; // of an argument, which may contain blanks

    /** A name whose value is a secret: PGPASSWORD, --api-key; not TOKEN_OPTIMIZER_PORT, and not --no-password. */
    private static final String NAME = "(?<![\\w./-])(?!--?no-)[\\w.-]*(?:pass(?:word|wd|phrase|code)?|[_.-]pwd"
        + "|secrets?|token|psk|credentials?|auth(?:orization)?|cookie|(?:api|access|private|secret)[_.-]?key)";

    /** What stands before a secret (a group), and the secret; where the text is cut, there is no END. */
    private static final Pattern[] SECRETS = {
        secret("((?<![^\\s\0])(?=-)" + NAME + "[ \0])(?!-)(?:(?<=\0)[^\0]+|[^\\s\0]+)"),
        secret("(?<=\0)(" + NAME + "[=:] ?)[^\0]+"
            + "|(" + NAME + "[\"']?[=:](?!//) ?)(?:\"[^\"\0]*\"?|'[^'\0]*'?|[^\\s\"',;&}\0]+)"),
        secret("(\\b(?:bearer|basic)[ \0])(?!-)[^\\s\"'\0]{4,}"),
        secret("(//[^\\s/:@\"'\0]*:)(?!\\d{1,5}[/?#])[^\\s\"'\0]+(?=@|\\z)")};

    private CommandLine() { }

    /** Returns the first 1,000 characters of a command line, its secrets masked; {@code …} stands for the rest. */
    static String masked(List<String> arguments) {
        String line = END + String.join(String.valueOf(END), arguments) + END;
        boolean isCut = line.length() - 2 > LONGEST;
        int end = !isCut ? line.length() : Character.isHighSurrogate(line.charAt(LONGEST)) ? LONGEST : LONGEST + 1;
        String text = line.substring(0, end);
        for (Pattern secret : SECRETS) {
            text = secret.matcher(text).replaceAll(secret == SECRETS[1] ? "$1$2***" : "$1***");
        }
        return text.replace(END, ' ').strip() + (isCut ? "…" : "");
    }

    private static Pattern secret(String regex) {
        return Pattern.compile(regex, Pattern.CASE_INSENSITIVE);
    }
}
