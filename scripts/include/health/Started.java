//SOURCES ../config/PortMap.java ../ports/LocalPorts.java ../ports/OwnerWords.java ../ports/Owners.java
//SOURCES ../ports/Ownership.java ../ports/Processes.java ../ports/Project.java ../ports/ServicePort.java
//SOURCES ../ports/SocketTable.java ../ports/TcpSocket.java HealthChecks.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The processes that a start script has started, one of which must be listening. */
final class Started {

    private static final long GRACE_NANOS = 2_000_000_000; // for a process that it leaves running to listen
    private static final long SECOND = Files.exists(Path.of("/proc/self")) ? 100 : 1000; // of Processes.Facts.startTime()
    private static final int LONGEST_COMMAND = 60;

    private final Map<Long, Processes.Facts> processes = new LinkedHashMap<>();
    private final Map<Long, Long> endedAt = new HashMap<>();
    private final Supplier<Project> project;
    private Processes now = Processes.read();
    private long earliest = Long.MAX_VALUE;

    /** If the start of a process cannot be read any more, that of the start script counts. */
    Started(Collection<Long> pids, Supplier<Project> project) {
        this.project = project;
        String starter = System.getenv("DEVFLOW_PORTS_STARTER");
        for (long pid : pids) {
            processes.put(pid, now.of(pid));
            Processes.Facts process = processes.get(pid) != null || starter == null || !starter.matches("[0-9]{1,9}")
                ? processes.get(pid) : now.of(Long.parseLong(starter));
            earliest = process == null ? earliest : Math.min(earliest, process.startTime());
        }
    }

    /** Looks at the processes anew. */
    void look() {
        now = Processes.read();
    }

    /** Returns whether a listener is one of the processes or a descendant of one. */
    boolean has(Owners.Owner listener) {
        return processes.keySet().stream().anyMatch(pid -> isBelow(listener, pid));
    }

    private boolean isBelow(Owners.Owner listener, long pid) {
        return listener.processes().stream().anyMatch(sharer -> now.isDescendant(sharer.pid(), pid));
    }

    /**
     * Returns whether these are the expected listeners of a port: the processes and their descendants, and what they may have left
     * running, which does not belong to another program and is not older than all of them by more than a second.
     */
    boolean accepts(List<Owners.Owner> listeners) {
        return !listeners.isEmpty()
            && listeners.stream().allMatch(listener -> has(listener) || listener.ownership() != Ownership.OTHER && !isOlder(listener));
    }

    private boolean isOlder(Owners.Owner listener) {
        return !listener.processes().isEmpty() && listener.processes().get(0).startTime() < earliest - SECOND;
    }

    /** Returns why waiting is in vain; null if it is not. */
    String failure(List<HealthChecks.Result> results) {
        for (long pid : processes.keySet()) {
            if (isRunning(pid)) {
                continue;
            }
            long ended = endedAt.computeIfAbsent(pid, key -> System.nanoTime());
            Integer status = Processes.exitStatus(pid);
            boolean isLate = System.nanoTime() - ended > GRACE_NANOS;
            if (status != null && status != 0 || isLate && results.stream().noneMatch(result -> accepts(result.listeners()))) {
                List<String> words = new ArrayList<>(List.of(exit(pid)));
                results.forEach(result -> addOthers(result, words));
                return String.join("; ", words);
            }
        }
        return null;
    }

    /** A pid that belongs to another process by now does not count. */
    private boolean isRunning(long pid) {
        Processes.Facts before = processes.get(pid);
        Processes.Facts process = now.of(pid);
        return process != null && process.isRunning() && before != null && process.startTime() == before.startTime();
    }

    // Words.

    /** Returns what the processes do and who listens instead. */
    List<String> explanation(List<HealthChecks.Result> missing) throws IOException {
        List<String> words = new ArrayList<>();
        missing.forEach(result -> addOthers(result, words));
        Set<Integer> ports = new TreeSet<>();
        missing.forEach(result -> ports.add(result.check().endpoint().port()));
        for (long pid : processes.keySet()) {
            Set<Integer> own = isRunning(pid) ? ports(pid) : Set.of();
            if (!isRunning(pid)) {
                words.add(exit(pid));
            } else if (own.stream().noneMatch(ports::contains)) {
                String command = now.of(pid).command();
                words.add("process " + pid + " (" + (command.length() > LONGEST_COMMAND ? command.substring(0, LONGEST_COMMAND) + "…" : command)
                    + ") runs but " + (own.isEmpty() ? "does not listen on " : "listens on " + text(own) + ", not ") + text(ports));
            }
        }
        return words;
    }

    private static String exit(long pid) {
        Integer status = Processes.exitStatus(pid);
        return "process " + pid + " exited" + (status == null ? "" : " with code " + status);
    }

    private static String text(Set<Integer> ports) {
        return ports.toString().replaceAll("[\\[\\]]", "");
    }

    private void addOthers(HealthChecks.Result result, List<String> words) {
        List<Owners.Owner> listeners = result.listeners().stream().filter(listener -> !has(listener)).toList();
        if (!listeners.isEmpty()) {
            words.add("port " + result.check().endpoint().port() + " is in use by " + OwnerWords.brief(listeners)
                + (listeners.stream().anyMatch(this::isOlder) ? ", which was running before the processes named by --pid" : "")
                + (project.get() == null ? "; name the project with --project DIR to tell its processes from others" : ""));
        }
    }

    /** Returns the ports on which the process or a descendant listens. */
    private Set<Integer> ports(long pid) throws IOException {
        LocalPorts localPorts = LocalPorts.read();
        Set<Integer> ports = new TreeSet<>();
        List<PortMap.Service> all = new ArrayList<>();
        for (TcpSocket socket : localPorts.hasTables() ? SocketTable.listeners() : List.<TcpSocket>of()) {
            all.add(PortMap.Service.none(socket.port()));
        }
        for (ServicePort port : ServicePort.look(all.stream().distinct().toList(), localPorts, project)) {
            if (port.owners().stream().anyMatch(owner -> isBelow(owner, pid))) {
                ports.add(port.service().port());
            }
        }
        return ports;
    }
}
