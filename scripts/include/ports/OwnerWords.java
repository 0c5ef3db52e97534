//SOURCES LocalPorts.java Owner.java Processes.java Supervisor.java TcpSocket.java

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Who has a port, in words and in JSON; nothing is found out here. */
final class OwnerWords {

    private static final int SHORT = 60;

    private OwnerWords() { }

    /**
     * For each process that has the port a line, and under it, after two blanks, what else there is to say of it.
     *
     * @param isServices whether a service has the port, so that it counts where it cannot be told whose a process is
     */
    static List<String> lines(LocalPorts.Verdict verdict, List<Owner> owners, boolean isServices) {
        List<String> lines = new ArrayList<>();
        if (verdict == LocalPorts.Verdict.DENIED) {
            lines.add("this user may not bind it");
        }
        for (Map.Entry<Owner, Set<String>> each : byProcess(owners).entrySet()) {
            lines.add(line(each.getKey(), String.join(", ", each.getValue()), isServices));
            String details = details(each.getKey());
            if (!details.isEmpty()) {
                lines.add("  " + details);
            }
        }
        return lines;
    }

    /** The same in short: what has the port, with the beginning of each command line; empty where nobody has. */
    static String brief(LocalPorts.Verdict verdict, List<Owner> owners) {
        if (verdict == LocalPorts.Verdict.DENIED) {
            return "this user may not bind it";
        }
        return owners.isEmpty() ? "" : "in use by " + brief(owners);
    }

    /** Who they are, with the beginning of each command line. */
    static String brief(List<Owner> owners) {
        Set<String> users = new LinkedHashSet<>();
        for (Owner owner : owners) {
            users.add(owner.process() != null ? (owner.kind() == TcpSocket.Kind.CONNECTION ? "a connection of " : "")
                + "pid " + owner.process().pid() + " (" + cut(owner.process().command()) + ")"
                : owner.kind() == TcpSocket.Kind.TIME_WAIT ? "what a finished connection left, free within a minute" : unseen(owner));
        }
        return String.join(" and ", users);
    }

    /** Returns the owners for a row of a table: {@code node server.js (8) in /srv/blog}. */
    static String row(List<Owner> owners) {
        Set<String> rows = new LinkedHashSet<>();
        owners.forEach(owner -> rows.add(row(owner)));
        return String.join(" and ", rows);
    }

    private static String row(Owner owner) {
        Processes.Facts process = owner.process();
        String user = owner.user() == null ? "a process" : "a process of " + owner.user();
        return switch (owner.kind()) {
            case LISTENER -> process == null ? user : process.command() + " (" + process.pid() + ")"
                + (owner.ownership() != Ownership.OTHER || process.workingDirectory() == null ? "" : " in " + process.workingDirectory());
            case CONNECTION -> "a connection of " + (process == null ? user : "" + process.pid());
            case TIME_WAIT -> "a closed connection";
            case UNKNOWN -> "a bound socket";
        };
    }

    private static String cut(String command) {
        return command.codePointCount(0, command.length()) <= SHORT ? command
            : command.substring(0, command.offsetByCodePoints(0, SHORT - 1)) + "…";
    }

    /** One owner of each process, with all its addresses. */
    private static Map<Owner, Set<String>> byProcess(List<Owner> owners) {
        Map<Owner, Set<String>> addresses = new LinkedHashMap<>();
        for (Owner owner : owners) {
            Owner first = addresses.keySet().stream()
                .filter(other -> other.kind() == owner.kind() && other.isSameProcess(owner)).findFirst().orElse(owner);
            addresses.computeIfAbsent(first, key -> new LinkedHashSet<>()).add(owner.socket().address());
        }
        return addresses;
    }

    private static String line(Owner owner, String addresses, boolean isServices) {
        boolean isConnection = owner.kind() == TcpSocket.Kind.CONNECTION;
        boolean isListener = owner.kind() == TcpSocket.Kind.LISTENER;
        String whose = switch (owner.ownership()) {
            case OURS -> "ours";
            case OTHER -> "a stranger's";
            case UNKNOWN -> isListener && isServices ? "cannot tell whose" : "";
        };
        if (owner.process() == null) {
            return (isListener ? "on " + addresses + ": " : "") + unseen(owner) + (whose.isEmpty() ? "" : "; " + whose);
        }
        int workers = Math.max(0, owner.processes().size() - 1);
        String folder = owner.process().workingDirectory();
        return (isConnection ? "a connection of " : "") + "pid " + owner.process().pid()
            + (owner.user() == null ? "" : " (" + owner.user() + ")")
            + (workers == 0 ? "" : " and " + workers + (workers == 1 ? " worker" : " workers"))
            + (whose.isEmpty() ? "" : ", " + whose + ",") + (isConnection ? " from " : " on ") + addresses
            + (folder == null ? "" : " in " + folder) + ": " + owner.process().command();
    }

    /** Who has it, where no process can be named. */
    private static String unseen(Owner owner) {
        String process = owner.user() == null ? "a process" : "a process of " + owner.user();
        String why = owner.isViewedByRoot() ? ", not visible from here: another container?" : " that this user may not see";
        return switch (owner.kind()) {
            case LISTENER -> process + why;
            case CONNECTION -> "a connection of " + process + why;
            case TIME_WAIT -> "left by a finished connection, free within a minute";
            case UNKNOWN -> "a socket that does not listen; the kernel does not say whose";
        };
    }

    private static String details(Owner owner) {
        List<String> details = new ArrayList<>();
        Supervisor keeper = owner.supervisor();
        if (owner.starter() != null && (keeper == null || keeper.pid() != owner.starter().pid())) {
            details.add("started by " + starter(owner));
        }
        if (keeper != null) {
            details.add("kept by " + keeper(keeper));
        }
        if (owner.process() != null && owner.process().isStopped()) {
            details.add("stopped");
        }
        return String.join("; ", details);
    }

    /** Who started it, in short. */
    static String starter(Owner owner) {
        return cut(owner.starter().command()) + " (pid " + owner.starter().pid() + ")";
    }

    private static String keeper(Supervisor keeper) {
        return switch (keeper.kind()) {
            case UNIT -> "systemd unit " + keeper.name();
            case USER_UNIT -> "systemd user unit " + keeper.name();
            case CONTAINER -> keeper.name().equals("crictl") ? "Kubernetes container " + keeper.task()
                : keeper.name().equals("container") ? "container " + keeper.task() : keeper.name() + " container " + keeper.task();
            case PUBLISHER -> keeper.name() + ", which publishes a container's port";
            case RESTARTS_ONE, RESTARTS_SEVERAL -> keeper.name() + " (pid " + keeper.pid() + ")";
        };
    }

    /** The JSON documents of these sockets, all or those that listen; null where something is not known. */
    static List<Map<String, Object>> json(List<Owner> owners, boolean onlyListeners) {
        List<Map<String, Object>> documents = new ArrayList<>();
        for (Owner owner : owners) {
            Processes.Facts process = owner.process();
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("kind", owner.kind().name().toLowerCase(Locale.ROOT).replace('_', '-'));
            fields.put("address", owner.socket().address().isEmpty() ? null : owner.socket().address());
            fields.put("pid", process == null ? null : process.pid());
            fields.put("user", owner.user());
            fields.put("command", process == null ? null : process.command());
            fields.put("cwd", process == null ? null : process.workingDirectory());
            fields.put("started_by", owner.starter() == null ? null : starter(owner));
            fields.put("kept_by", owner.supervisor() == null ? null : keeper(owner.supervisor()));
            fields.put("sharers", Math.max(0, owner.processes().size() - 1));
            fields.put("ours", owner.ownership().asJson());
            if (!onlyListeners || owner.kind() == TcpSocket.Kind.LISTENER) {
                documents.add(fields);
            }
        }
        return documents;
    }
}
