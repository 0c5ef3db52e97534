import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Masks the secrets in a command line, argument by argument. */
final class Secrets {

    private static final String MASK = "***";

    /** The words that a name ends in if its value is a secret; {@code TOKEN_OPTIMIZER_PORT} does not. */
    private static final String NAME = "(?:[\\w.-]*?(?:password|passwd|passphrase|passcode|secrets?|token|credentials?|auth|bearer"
        + "|(?:api|access|private|secret|signing|encryption|master|account|license|shared)[_.-]?keys?|requirepass|pgpass|sshpass"
        + "|connection[_.-]?string|(?<=[_.-])(?:pass|pwd|dsn)|(?<![a-z])pass|(?-i:(?<=[a-z])(?:Pass|Pwd)))|psk)";

    /** A switch has no value, however it ends. */
    private static final String SWITCH = "--?(?:no|disable|skip|without|enable|require|use|allow|with)-[\\w.-]*";

    private static final Pattern OPTION = insensitive("--?" + NAME);
    private static final Pattern ASSIGNMENT = insensitive("(-{0,2}" + NAME + "(?:=|:\\s+)).+");
    private static final Pattern SWITCHED = insensitive(SWITCH);
    private static final Pattern SCHEME = insensitive("(?:.*[\\s:])?(?:bearer|basic)|(?:.*\\s)?" + NAME + ":");

    /** Within an argument, what stands before the secret (group 1) and the secret (group 2). */
    private static final List<Pattern> WITHIN = List.of(
        insensitive("((?:authorization|cookie)[\"']?\\s*[:=]\\s*[\"']?)([^\"'\\n]+)"),
        insensitive("(\\b(?:bearer|basic)\\s+)([\\w.~+/=:-]{4,})"),
        insensitive("(://)([^\\s/:@\"']{20,})(?=@)"),
        insensitive("(://[^\\s/:@\"']*:)((?!\\d{1,5}(?:[/?#]|$))[^\\s\"']*)(?=@)"),
        insensitive("((?<![\\w./-])-{0,2}" + NAME + "[\"']?\\s*(?:=|:(?!//))\\s*(?:pass:)?)(\"[^\"]*\"|'[^']*'|[^\\s\"',;&}]+)"),
        insensitive("((?<![\\w./-])(?!" + SWITCH + ")--?" + NAME + "\\s+)(?!-)(\"[^\"]*\"|'[^']*'|\\S+)"),
        Pattern.compile("((?<![A-Za-z0-9]))((?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|npm_|hf_|dop_v1_|pypi-|[sr]k_(?:live|test)_)"
            + "[\\w-]{6,}|sk-(?=[\\w-]*\\d)[\\w-]{6,}|(?:AKIA|ASIA)[0-9A-Z]{8,}|AIza[\\w-]{20,}|eyJ[\\w-]{6,}(?:\\.[\\w-]*)*)"),
        Pattern.compile("(-----BEGIN [A-Z ]*PRIVATE KEY-----)([^-]+)"));

    /** Programs that have a short option for a secret, glued to it or before it. */
    private static final Map<String, String> CLIENTS = Map.of("(mysql|mariadb|mongo).*|sshpass", "-p", "(redis|valkey|keydb)-cli", "-a",
        "curl", "-u", "sqlcmd", "-P", "ldap.+", "-w");

    private Secrets() { }

    /** The command line as one text, without its secrets. */
    static String mask(List<String> arguments) {
        List<String> masked = new ArrayList<>();
        String before = "";
        String shortOption = shortOption(arguments);
        for (String argument : arguments) {
            masked.add(mask(before, argument, shortOption));
            before = argument;
        }
        return String.join(" ", masked);
    }

    private static String mask(String before, String argument, String shortOption) {
        boolean isNamed = OPTION.matcher(before).matches() && !SWITCHED.matcher(before).matches() || SCHEME.matcher(before).matches();
        if (isNamed && !argument.startsWith("-") || before.equals(shortOption)) {
            return MASK;
        }
        if (shortOption != null && argument.startsWith(shortOption) && argument.length() > 2 && !argument.startsWith("--")) {
            return shortOption + MASK;
        }
        // A value may have blanks in it, unless this is a whole script.
        Matcher assignment = ASSIGNMENT.matcher(argument);
        if (assignment.matches() && !before.matches("-\\w*[ce]")) {
            return assignment.group(1) + MASK;
        }
        String masked = argument;
        for (Pattern pattern : WITHIN) {
            masked = pattern.matcher(masked).replaceAll("$1" + Matcher.quoteReplacement(MASK));
        }
        return masked;
    }

    private static String shortOption(List<String> arguments) {
        String program = arguments.isEmpty() ? "" : arguments.get(0).substring(arguments.get(0).lastIndexOf('/') + 1);
        return CLIENTS.keySet().stream().filter(program::matches).findFirst().map(CLIENTS::get).orElse(null);
    }

    private static Pattern insensitive(String regex) {
        return Pattern.compile(regex, Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    }
}
