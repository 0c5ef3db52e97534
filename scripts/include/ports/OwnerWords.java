//SOURCES Owner.java Processes.java Project.java ServicePort.java Supervisor.java

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Formats the owners of ports as text and as JSON. Looks nothing up. */
final class OwnerWords {

    private static final int LONGEST_BRIEF = 59;
    private static final int LONGEST_COMMAND = 1000;
    private static final String END = "\0"; // of an argument, which may contain blanks

    /** The forms of secrets. Separate, so that a call without a process does not compile them. */
    private static final class Secrets {

        /** A name whose value is a secret: PGPASSWORD, --api-key; not TOKEN_OPTIMIZER_PORT, and not --no-password. */
        private static final String NAME = "(?<![\\w./-])(?!--?no-)[\\w.-]*(?:pass(?:word|wd|phrase|code)?|[_.-]pwd"
            + "|secrets?|token|psk|credentials?|auth(?:orization)?|cookie|(?:api|access|private|secret)[_.-]?key)";

        /** The text before a secret, as a group, and the secret. There is no END if the text is cut. */
        private static final Pattern[] ALL = {
            Pattern.compile("(?i)((?<![^\\s\0])(?=-)" + NAME + "[ \0])(?!-)(?:(?<=\0)[^\0]+|[^\\s\0]+)"),
            Pattern.compile("(?i)(?<=\0)(" + NAME + "[=:] ?)[^\0]+"
                + "|(" + NAME + "[\"']?[=:](?!//) ?)(?:\"[^\"\0]*\"?|'[^'\0]*'?|[^\\s\"',;&}\0]+)"),
            Pattern.compile("(?i)(\\b(?:bearer|basic)[ \0])(?!-)[^\\s\"'\0]{4,}"),
            Pattern.compile("(?i)(//[^\\s/:@\"'\0]*:)(?!\\d{1,5}[/?#])[^\\s\"'\0]+(?=@|\\z)")};
    }

    private OwnerWords() { }

    /** Returns the first 1,000 characters of a command line, without the secrets that the four expressions find. */
    static String command(List<String> arguments) {
        String line = String.join(END, arguments);
        String start = start(line, LONGEST_COMMAND);
        boolean isCut = start.length() < line.length();
        String text = END + start + (isCut ? "" : END);
        String lower = text.toLowerCase(Locale.ROOT);
        boolean mayHaveSecret = lower.contains("-") || lower.contains("=") || lower.contains(":")
            || lower.contains("bearer") || lower.contains("basic"); // If not, the expressions are not compiled.
        for (Pattern secret : mayHaveSecret ? Secrets.ALL : new Pattern[0]) {
            text = secret.matcher(text).replaceAll(secret == Secrets.ALL[1] ? "$1$2***" : "$1***");
        }
        return text.replace(END, " ").strip() + (isCut ? "…" : "");
    }

    private static String start(String text, int length) {
        boolean isLonger = text.codePointCount(0, text.length()) > length;
        return isLonger ? text.substring(0, text.offsetByCodePoints(0, length)) : text;
    }

    /** Returns a process for a sentence, with the beginning of its command line: {@code node server.js (pid 8)}. */
    static String process(Processes.Facts process) {
        String command = command(process.arguments());
        String start = start(command, LONGEST_BRIEF);
        return start + (start.length() < command.length() ? "…" : "") + " (pid " + process.pid() + ")";
    }

    /** Returns a supervisor for a sentence: {@code nodemon (pid 5)}. */
    static String supervisor(Supervisor supervisor) {
        String name = supervisor.name();
        return switch (supervisor.kind()) {
            case UNIT -> "systemd unit " + name;
            case USER_UNIT -> "systemd user unit " + name;
            case CONTAINER -> (name.equals("container") ? name : name + " container") + " " + supervisor.task();
            case DOCKER, PODMAN, TUNNEL -> name + ", which publishes the port of a container or another machine";
            case RESTARTER -> name + " (pid " + supervisor.pid() + ")";
        };
    }

    /** Returns the supervisors for a sentence, the farthest first. */
    static String supervisors(Owner owner) {
        return owner.supervisors().stream().map(OwnerWords::supervisor).collect(Collectors.joining(" and "));
    }

    /** Returns why a process must not be stopped, and what to do; null if it is no first process, parent or login. */
    static String protection(Owner owner, Processes.Facts process) {
        return process.pid() == 1 || process.name().equals("systemd") ? " is the first process of this machine,"
                + " container or session; stop its socket unit, or the container from outside"
            : owner.starters().contains(process.pid())
                ? " started this command; stop " + process.name() + " from another terminal"
            : Supervisor.isLogin(process)
                ? " belongs to a terminal, an editor or a login; close its tunnel or program there" : null;
    }

    /** Returns the owners for a sentence: {@code node server.js (pid 8) in /srv/blog}. */
    static String brief(List<Owner> owners) {
        return owners.stream().map(OwnerWords::brief).distinct().collect(Collectors.joining(" and "));
    }

    /** Returns the owners for a row of a table: {@code node server.js (8) in /srv/blog}. */
    static String row(List<Owner> owners) {
        Set<String> words = new LinkedHashSet<>();
        for (Owner owner : owners) {
            words.add(row(owner));
        }
        return String.join(" and ", words);
    }

    private static String brief(Owner owner) {
        Processes.Facts process = owner.process();
        // The folder tells two copies of one program apart; a process of this project needs none.
        String words = process == null ? unseen(owner) + " that cannot be seen"
            : process(process) + (owner.ownership() == Project.Ownership.OURS ? "" : inFolder(process));
        return switch (owner.socket().kind()) {
            case LISTENER -> words;
            case CONNECTION -> "a connection of " + words;
            case TIME_WAIT -> "a closed connection, which releases the port within a minute";
            case UNKNOWN -> "a bound socket that does not listen; the kernel does not show its owner";
        };
    }

    private static String row(Owner owner) {
        Processes.Facts process = owner.process();
        return switch (owner.socket().kind()) {
            case LISTENER -> process == null ? unseen(owner) : command(process.arguments()) + " (" + process.pid() + ")"
                + (owner.ownership() == Project.Ownership.OTHER ? inFolder(process) : "");
            case CONNECTION -> "a connection of " + (process == null ? owner.user() : process.pid());
            case TIME_WAIT -> "a closed connection";
            case UNKNOWN -> "a bound socket";
        };
    }

    private static String unseen(Owner owner) {
        return owner.user() == null ? "a process" : "a process of " + owner.user();
    }

    private static String inFolder(Processes.Facts process) {
        return process.workingDirectory() == null ? "" : " in " + process.workingDirectory();
    }

    /** Returns a line for each process; if verbose, two for each socket. */
    static List<String> lines(List<Owner> owners, boolean isVerbose) {
        List<String> lines = new ArrayList<>();
        for (Owner owner : owners) {
            String line = line(owner);
            if (isVerbose) {
                lines.addAll(List.of(line, "  " + details(owner)));
            } else if (!lines.contains(line)) {
                lines.add(line);
            }
        }
        return lines;
    }

    private static String line(Owner owner) {
        String belongs = !owner.isListener() || owner.ownership() == Project.Ownership.UNKNOWN ? ""
            : owner.ownership() == Project.Ownership.OURS ? ", of this project" : ", another program";
        boolean isPaused = owner.processes().stream().anyMatch(Processes.Facts::isPaused);
        return brief(owner) + belongs
            + (owner.supervisors().isEmpty() ? "" : ", managed by " + supervisors(owner))
            + (isPaused ? ", paused" : "");
    }

    private static String details(Owner owner) {
        Map<String, Object> known = fields(owner);
        List<Long> pids = owner.processes().stream().map(Processes.Facts::pid).toList();
        return Stream.of("user", "address", "started_at", "started_by").filter(field -> known.get(field) != null)
            .map(field -> field.replace('_', ' ') + " " + known.get(field)).collect(Collectors.joining("; "))
            + (pids.size() < 2 ? "" : "; socket shared by the processes " + pids);
    }

    /** Returns the owner's JSON document; a field is null if it is not known. */
    static Map<String, Object> fields(Owner owner) {
        Processes.Facts process = owner.process();
        Processes.Facts starter = Supervisor.starter(owner.ancestors());
        Project.Ownership ownership = owner.ownership();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("kind", ServicePort.lowerCase(owner.socket().kind()));
        fields.put("address", owner.socket().address().isEmpty() ? null : owner.socket().address());
        fields.put("pid", process == null ? null : process.pid());
        fields.put("user", owner.user());
        fields.put("command", process == null ? null : command(process.arguments()));
        fields.put("cwd", process == null ? null : process.workingDirectory());
        fields.put("started_at", process == null ? null : process.startedAt());
        fields.put("started_by", starter == null ? null : process(starter));
        fields.put("kept_by", owner.supervisors().isEmpty() ? null : supervisors(owner));
        fields.put("sharers", Math.max(0, owner.processes().size() - 1));
        fields.put("ours", ownership == Project.Ownership.UNKNOWN ? null : ownership == Project.Ownership.OURS);
        return fields;
    }
}
