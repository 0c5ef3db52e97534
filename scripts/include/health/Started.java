//SOURCES ../ports/LocalPorts.java ../ports/Owner.java ../ports/OwnerWords.java ../ports/Processes.java
//SOURCES ../ports/Project.java HealthChecks.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The processes that a start script has started, and which listeners are theirs. */
final class Started {

    private static final long GRACE_NANOS = 2_000_000_000; // for what a process leaves running to listen
    private static final long SECOND = Files.exists(Path.of("/proc/self")) ? 100 : 1000; // of start times

    private final List<Long> pids;
    private final Project project;
    private final Map<Long, Long> endedAt = new HashMap<>();
    private long earliest = Long.MAX_VALUE;
    private Processes now = Processes.read();

    /**
     * If the start of a process cannot be read any more, the start of the start script counts.
     *
     * @param project null if there is none
     */
    Started(List<Long> pids, Project project) {
        this.pids = pids;
        this.project = project;
        String script = System.getenv("DEVFLOW_PORTS_STARTER");
        for (long pid : pids) {
            Processes.Facts first = now.of(now.of(pid) != null || script == null ? pid : Long.parseLong(script));
            earliest = first == null ? earliest : Math.min(earliest, first.startTime());
        }
    }

    /** Looks at the processes anew. */
    void refresh() {
        now = Processes.read();
    }

    /** Returns whether a listener is one of the processes or a descendant. */
    boolean includes(Owner listener) {
        return pids.stream().anyMatch(pid -> isBelow(listener, pid));
    }

    private boolean isBelow(Owner listener, long pid) {
        return listener.processes().stream().anyMatch(process -> now.isDescendant(process.pid(), pid));
    }

    /** Returns whether each listener is one of the processes or a descendant, or may have been left running by one. */
    boolean accepts(List<Owner> listeners) {
        return !listeners.isEmpty() && listeners.stream().allMatch(listener ->
            includes(listener) || listener.ownership() != Project.Ownership.OTHER && !isOlder(listener));
    }

    private boolean isOlder(Owner listener) {
        return !listener.processes().isEmpty() && listener.processes().get(0).startTime() < earliest - SECOND;
    }

    private boolean isRunning(long pid) {
        return now.of(pid) != null && now.of(pid).isRunning();
    }

    /** Returns why waiting is in vain: a process has failed, or has left nothing running; else null. */
    String failure(List<HealthChecks.Result> results) {
        boolean isWaiting = results.stream().anyMatch(result -> !result.isPassing())
            && results.stream().noneMatch(result -> isLeftRunning(result.listeners()));
        for (long pid : pids) {
            Integer code = isRunning(pid) ? null : Processes.exitCode(pid);
            long ended = isRunning(pid) ? Long.MAX_VALUE : endedAt.computeIfAbsent(pid, key -> System.nanoTime());
            boolean isInVain = isWaiting && ended < System.nanoTime() - GRACE_NANOS;
            if (code != null && code != 0 || isInVain) {
                List<String> words = others(results);
                words.add(0, exit(pid));
                return String.join("; ", words);
            }
        }
        return null;
    }

    /** Returns whether the listeners may be what a process has left running, and are not those of another process. */
    private boolean isLeftRunning(List<Owner> listeners) {
        return accepts(listeners) && listeners.stream()
            .noneMatch(listener -> pids.stream().anyMatch(pid -> isRunning(pid) && isBelow(listener, pid)));
    }

    /** Returns who listens instead, and what the processes do that listen on no port that is waited for. */
    List<String> explanation(List<HealthChecks.Result> results) throws IOException {
        List<HealthChecks.Result> missing = HealthChecks.missing(results);
        List<String> words = others(missing);
        for (long pid : pids) {
            Set<Integer> own = ports(pid);
            if (!isRunning(pid)) {
                words.add(exit(pid));
            } else if (Collections.disjoint(own, ports(results))) {
                words.add("process " + pid + " (" + OwnerWords.command(now.of(pid).arguments()) + ") is running, but "
                    + (own.isEmpty() ? "does not listen on " : "listens on " + text(own) + ", not ")
                    + text(ports(missing)));
            }
        }
        return words;
    }

    private static Set<Integer> ports(List<HealthChecks.Result> results) {
        return new TreeSet<>(results.stream().map(result -> result.endpoint().port()).toList());
    }

    private static String text(Set<Integer> ports) {
        return ports.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    private static String exit(long pid) {
        Integer code = Processes.exitCode(pid);
        return "process " + pid + " exited" + (code == null ? "" : " with code " + code);
    }

    /** Returns who else listens on each port. */
    private List<String> others(List<HealthChecks.Result> results) {
        List<String> words = new ArrayList<>();
        for (HealthChecks.Result result : results) {
            List<Owner> others = result.listeners().stream().filter(listener -> !includes(listener)).toList();
            if (!others.isEmpty()) {
                words.add("port " + result.endpoint().port() + " is in use by " + OwnerWords.brief(others)
                    + (others.stream().noneMatch(this::isOlder) ? ""
                        : ", which was running before the processes named by --pid")
                    + (project != null ? ""
                        : "; to tell the project's processes from others, use --project DIR"));
            }
        }
        return words;
    }

    /** Returns the ports on which the process or a descendant listens, if the system has a table of them. */
    private Set<Integer> ports(long pid) throws IOException {
        Set<Integer> listening = new HashSet<>();
        LocalPorts localPorts = LocalPorts.read();
        for (LocalPorts.TcpSocket listener : localPorts.listeners()) {
            listening.add(listener.port());
        }
        Set<Integer> ports = new TreeSet<>();
        Owner.of(listening, localPorts, null).forEach((port, owners) -> {
            if (owners.stream().anyMatch(owner -> isBelow(owner, pid))) {
                ports.add(port);
            }
        });
        return ports;
    }
}
