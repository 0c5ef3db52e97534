//SOURCES ../config/PortMap.java ../ports/LocalPorts.java ../ports/Owner.java ../ports/OwnerWords.java
//SOURCES ../ports/Processes.java ../ports/Project.java ../ports/ServicePort.java HealthChecks.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The processes that a start script has started, and which listeners are theirs. */
final class Started {

    private static final long GRACE_NANOS = 2_000_000_000; // for what a process leaves running to listen
    /** In the unit of {@link Processes.Facts#startTime()}. */
    private static final long SECOND = Files.exists(Path.of("/proc/self")) ? 100 : 1000;

    private final Map<Long, Processes.Facts> processes = new LinkedHashMap<>();
    private final Map<Long, Long> endedAt = new HashMap<>();
    private final Supplier<Project> project;
    private long earliest = Long.MAX_VALUE;
    private Processes now = Processes.read();

    /** If the start of a process cannot be read any more, the start of the start script counts. */
    Started(Collection<Long> pids, Supplier<Project> project) {
        this.project = project;
        String script = System.getenv("DEVFLOW_PORTS_STARTER");
        for (long pid : pids) {
            Processes.Facts process = now.of(pid);
            processes.put(pid, process);
            Processes.Facts first = process != null || script == null ? process : now.of(Long.parseLong(script));
            earliest = first == null ? earliest : Math.min(earliest, first.startTime());
        }
    }

    /** Looks at the processes anew. */
    void look() {
        now = Processes.read();
    }

    /** Returns whether a listener is one of the processes or a descendant. */
    boolean has(Owner listener) {
        return processes.keySet().stream().anyMatch(pid -> isBelow(listener, pid));
    }

    private boolean isBelow(Owner listener, long pid) {
        return listener.processes().stream().anyMatch(process -> now.isDescendant(process.pid(), pid));
    }

    /**
     * Returns whether the listeners of a port are expected: a process, a descendant, or what a process may have left
     * running, which is no other program's and not older than every process by more than a second.
     */
    boolean accepts(List<Owner> listeners) {
        return !listeners.isEmpty() && listeners.stream().allMatch(listener ->
            has(listener) || listener.ownership() != Project.Ownership.OTHER && !isOlder(listener));
    }

    private boolean isOlder(Owner listener) {
        return !listener.processes().isEmpty() && listener.processes().get(0).startTime() < earliest - SECOND;
    }

    /** Returns whether the process is running; its pid may belong to another process by now. */
    private boolean isRunning(long pid) {
        Processes.Facts before = processes.get(pid);
        Processes.Facts process = now.of(pid);
        return process != null && process.isRunning() && before != null && process.startTime() == before.startTime();
    }

    /** Returns why waiting is in vain; null if it is not. */
    String failure(List<HealthChecks.Result> results) {
        boolean isAnyAccepted = results.stream().anyMatch(result -> accepts(result.listeners()));
        for (long pid : processes.keySet()) {
            if (!isRunning(pid)) {
                long ended = endedAt.computeIfAbsent(pid, key -> System.nanoTime());
                Integer code = Processes.exitStatus(pid);
                boolean isLeftAlone = !isAnyAccepted && System.nanoTime() - ended > GRACE_NANOS;
                if (code != null && code != 0 || isLeftAlone) {
                    List<String> words = others(results);
                    words.add(0, exit(pid));
                    return String.join("; ", words);
                }
            }
        }
        return null;
    }

    // Words.

    /** Returns who listens instead, and what the processes do. */
    List<String> explanation(List<HealthChecks.Result> missing) throws IOException {
        List<String> words = others(missing);
        Set<Integer> awaited = new TreeSet<>(missing.stream().map(result -> result.check().endpoint().port()).toList());
        for (long pid : processes.keySet()) {
            Set<Integer> own = isRunning(pid) ? ports(pid) : Set.of();
            if (!isRunning(pid)) {
                words.add(exit(pid));
            } else if (Collections.disjoint(own, awaited)) {
                words.add("process " + pid + " (" + OwnerWords.command(now.of(pid).arguments()) + ") runs but "
                    + (own.isEmpty() ? "does not listen on " : "listens on " + text(own) + ", not ") + text(awaited));
            }
        }
        return words;
    }

    private static String exit(long pid) {
        Integer code = Processes.exitStatus(pid);
        return "process " + pid + " exited" + (code == null ? "" : " with code " + code);
    }

    private static String text(Set<Integer> ports) {
        return ports.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    /** Returns who else listens on each port. */
    private List<String> others(List<HealthChecks.Result> results) {
        List<String> words = new ArrayList<>();
        for (HealthChecks.Result result : results) {
            List<Owner> others = result.listeners().stream().filter(listener -> !has(listener)).toList();
            if (!others.isEmpty()) {
                words.add("port " + result.check().endpoint().port() + " is in use by " + OwnerWords.brief(others)
                    + (others.stream().noneMatch(this::isOlder) ? ""
                        : ", which was running before the processes named by --pid")
                    + (project.get() != null ? ""
                        : "; to tell the project's processes from others, use --project DIR"));
            }
        }
        return words;
    }

    /** Returns the ports on which the process or a descendant listens. */
    private Set<Integer> ports(long pid) throws IOException {
        LocalPorts localPorts = LocalPorts.read();
        List<PortMap.Service> all = localPorts.listeners().stream().map(LocalPorts.TcpSocket::port).distinct()
            .map(PortMap.Service::none).toList();
        Set<Integer> ports = new TreeSet<>();
        for (ServicePort port : ServicePort.look(all, localPorts, project)) {
            if (port.owners().stream().anyMatch(owner -> isBelow(owner, pid))) {
                ports.add(port.service().port());
            }
        }
        return ports;
    }
}
