//SOURCES Keeper.java LocalPorts.java Occupants.java Processes.java TcpSocket.java

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Who has a port, in words and in JSON; nothing is found out here. */
final class Explanation {

    private static final int SHORT = 60;

    private Explanation() { }

    /**
     * For each process that has the port a line, and under it, after two blanks, what else there is to say of it.
     *
     * @param isServices whether a service has the port, so that it counts where it cannot be told whose a process is
     */
    static List<String> lines(LocalPorts.State state, List<Occupants.Occupant> occupants, boolean isServices) {
        List<String> lines = new ArrayList<>();
        if (state.verdict() == LocalPorts.Verdict.DENIED) {
            lines.add("this user may not bind it");
        }
        for (Map.Entry<Occupants.Occupant, Set<String>> each : byProcess(occupants).entrySet()) {
            lines.add(line(each.getKey(), String.join(", ", each.getValue()), isServices));
            String details = details(each.getKey());
            if (!details.isEmpty()) {
                lines.add("  " + details);
            }
        }
        return lines;
    }

    /** The same in short: what has the port, with the beginning of each command line; empty where nobody has. */
    static String brief(LocalPorts.State state, List<Occupants.Occupant> occupants) {
        if (state.verdict() == LocalPorts.Verdict.DENIED) {
            return "this user may not bind it";
        }
        return occupants.isEmpty() ? "" : "in use by " + brief(occupants);
    }

    /** Who they are, with the beginning of each command line. */
    static String brief(List<Occupants.Occupant> occupants) {
        Set<String> users = new LinkedHashSet<>();
        for (Occupants.Occupant occupant : occupants) {
            users.add(occupant.process() != null ? (occupant.kind() == TcpSocket.Kind.CONNECTION ? "a connection of " : "")
                + "pid " + occupant.process().pid() + " (" + cut(occupant.process().command()) + ")"
                : occupant.kind() == TcpSocket.Kind.TIME_WAIT ? "what a finished connection left, free within a minute" : unseen(occupant));
        }
        return String.join(" and ", users);
    }

    private static String cut(String command) {
        return command.codePointCount(0, command.length()) <= SHORT ? command
            : command.substring(0, command.offsetByCodePoints(0, SHORT - 1)) + "…";
    }

    /** One occupant of each process, with all its addresses. */
    private static Map<Occupants.Occupant, Set<String>> byProcess(List<Occupants.Occupant> occupants) {
        Map<Occupants.Occupant, Set<String>> addresses = new LinkedHashMap<>();
        for (Occupants.Occupant occupant : occupants) {
            Occupants.Occupant first = addresses.keySet().stream()
                .filter(other -> other.kind() == occupant.kind() && other.isSameProcess(occupant)).findFirst().orElse(occupant);
            addresses.computeIfAbsent(first, key -> new LinkedHashSet<>()).add(occupant.socket().address());
        }
        return addresses;
    }

    private static String line(Occupants.Occupant occupant, String addresses, boolean isServices) {
        boolean isConnection = occupant.kind() == TcpSocket.Kind.CONNECTION;
        boolean isListener = occupant.kind() == TcpSocket.Kind.LISTENER;
        String whose = switch (occupant.ownership()) {
            case OURS -> "ours";
            case STRANGER -> "a stranger's";
            case UNKNOWN -> isListener && isServices ? "cannot tell whose" : "";
        };
        if (occupant.process() == null) {
            return (isListener ? "on " + addresses + ": " : "") + unseen(occupant) + (whose.isEmpty() ? "" : "; " + whose);
        }
        int workers = occupant.workers().size();
        String folder = occupant.process().workingDirectory();
        return (isConnection ? "a connection of " : "") + "pid " + occupant.process().pid()
            + (occupant.user() == null ? "" : " (" + occupant.user() + ")")
            + (workers == 0 ? "" : " and " + workers + (workers == 1 ? " worker" : " workers"))
            + (whose.isEmpty() ? "" : ", " + whose + ",") + (isConnection ? " from " : " on ") + addresses
            + (folder == null ? "" : " in " + folder) + ": " + occupant.process().command();
    }

    /** Who has it, where no process can be named. */
    private static String unseen(Occupants.Occupant occupant) {
        String process = occupant.user() == null ? "a process" : "a process of " + occupant.user();
        String why = occupant.isAskedByRoot() ? ", not visible from here: another container?" : " that this user may not see";
        return switch (occupant.kind()) {
            case LISTENER -> process + why;
            case CONNECTION -> "a connection of " + process + why;
            case TIME_WAIT -> "left by a finished connection, free within a minute";
            case UNKNOWN -> "a socket that does not listen; the kernel does not say whose";
        };
    }

    private static String details(Occupants.Occupant occupant) {
        List<String> details = new ArrayList<>();
        Keeper keeper = occupant.keeper();
        if (occupant.starter() != null && (keeper == null || keeper.pid() != occupant.starter().pid())) {
            details.add("started by " + starter(occupant));
        }
        if (keeper != null) {
            details.add("kept by " + keeper(keeper));
        }
        if (occupant.process() != null && occupant.process().isStopped()) {
            details.add("stopped");
        }
        if (occupant.isLeftover()) {
            details.add("a leftover child; the server is gone");
        }
        return String.join("; ", details);
    }

    /** Who started it, in short. */
    static String starter(Occupants.Occupant occupant) {
        return cut(occupant.starter().command()) + " (pid " + occupant.starter().pid() + ")";
    }

    private static String keeper(Keeper keeper) {
        return switch (keeper.kind()) {
            case UNIT -> "systemd unit " + keeper.name();
            case USER_UNIT -> "systemd user unit " + keeper.name();
            case CONTAINER -> keeper.name().equals("crictl") ? "Kubernetes container " + keeper.task()
                : keeper.name().equals("container") ? "container " + keeper.task() : keeper.name() + " container " + keeper.task();
            case PUBLISHER -> keeper.name() + ", which publishes a container's port";
            case SUPERVISOR -> keeper.name() + " (pid " + keeper.pid() + ")";
        };
    }

    /** The JSON documents of these sockets, all or those that listen; null where something is not known. */
    static List<Map<String, Object>> json(List<Occupants.Occupant> occupants, boolean onlyListeners) {
        List<Map<String, Object>> documents = new ArrayList<>();
        for (Occupants.Occupant occupant : occupants) {
            Processes.Facts process = occupant.process();
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("kind", occupant.kind().name().toLowerCase(Locale.ROOT).replace('_', '-'));
            fields.put("address", occupant.socket().address().isEmpty() ? null : occupant.socket().address());
            fields.put("pid", process == null ? null : process.pid());
            fields.put("user", occupant.user());
            fields.put("command", process == null ? null : process.command());
            fields.put("cwd", process == null ? null : process.workingDirectory());
            fields.put("started_by", occupant.starter() == null ? null : starter(occupant));
            fields.put("kept_by", occupant.keeper() == null ? null : keeper(occupant.keeper()));
            fields.put("sharers", occupant.workers().size());
            fields.put("ours", occupant.ownership().asJson());
            if (!onlyListeners || occupant.kind() == TcpSocket.Kind.LISTENER) {
                documents.add(fields);
            }
        }
        return documents;
    }
}
