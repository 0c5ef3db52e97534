//SOURCES ../ports/LocalPorts.java ../ports/Owner.java ../ports/OwnerWords.java ../ports/Processes.java
//SOURCES ../ports/Project.java HealthChecks.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The processes named by --pid, if any, which a start script has started; tells which listeners belong to them. */
final class Started {

    private static final long GRACE_NANOS = 2_000_000_000; // for what a process leaves running to listen
    private static final long SECOND = Files.exists(Path.of("/proc/self")) ? 100 : 1000; // in the unit of start times

    /** Empty if any process may listen. */
    final List<Long> pids;
    private final Project project;
    private long earliest = Long.MAX_VALUE;
    private Long firstExit;

    /**
     * For a process that has exited, the start time of the start script counts.
     *
     * @param project null if there is none
     */
    Started(List<Long> pids, Project project) {
        this.pids = pids;
        this.project = project;
        String script = System.getenv("DEVFLOW_PORTS_STARTER");
        Processes now = new Processes();
        for (long pid : pids) {
            boolean isScript = now.of(pid) == null && script != null;
            Processes.Facts first = now.of(isScript ? Long.parseLong(script) : pid);
            earliest = first == null ? earliest : Math.min(earliest, first.startTime());
        }
    }

    /** Returns the listeners that are neither one of the processes nor a descendant. */
    List<Owner> others(List<Owner> listeners) {
        return listeners.stream().filter(listener -> pids.stream().noneMatch(pid -> isBelow(listener, pid))).toList();
    }

    private static boolean isBelow(Owner listener, long pid) {
        return Stream.concat(listener.processes().stream(), listener.ancestors().stream())
            .anyMatch(process -> process.pid() == pid);
    }

    /** Returns whether each listener is one of the processes or a descendant, or may have been left running by one. */
    boolean accepts(List<Owner> listeners) {
        return pids.isEmpty() || !listeners.isEmpty() && others(listeners).stream().noneMatch(this::isOlder);
    }

    /** Returns whether a listener is older by more than a second: a pipe may start the server before its reader. */
    private boolean isOlder(Owner listener) {
        return listener.process() != null && listener.process().startTime() < earliest - SECOND;
    }

    /** Returns whether a process has failed, or has exited and left nothing running that listens. */
    boolean isInVain(List<HealthChecks.Result> results) {
        List<Long> exited = pids.stream().filter(pid -> running(pid) == null).toList();
        if (firstExit == null && !exited.isEmpty()) {
            firstExit = System.nanoTime();
        }
        boolean isLate = firstExit != null && System.nanoTime() - firstExit > GRACE_NANOS;
        return exited.stream().map(Processes::exitCode).anyMatch(code -> code != null && code != 0)
            || isLate && !HealthChecks.missing(results).isEmpty() && results.stream()
                .flatMap(result -> others(result.listeners()).stream()).allMatch(this::isOlder);
    }

    /** Returns a process, or null if it has exited. */
    private static Processes.Facts running(long pid) {
        Processes.Facts process = new Processes().of(pid);
        return process != null && process.isRunning() ? process : null;
    }

    /** Returns whether a process has exited while another one listens. */
    boolean isReplaced(List<HealthChecks.Result> results) {
        return firstExit != null && results.stream().anyMatch(result -> !others(result.listeners()).isEmpty());
    }

    /** Returns which processes have exited or listen on other ports, and who listens instead; empty without --pid. */
    List<String> explanation(List<HealthChecks.Result> results) throws IOException {
        if (pids.isEmpty()) {
            return List.of();
        }
        Set<Integer> missing = ports(HealthChecks.missing(results));
        List<Owner> listeners = listeners();
        List<String> words = new ArrayList<>();
        for (long pid : pids) {
            Set<Integer> own = new TreeSet<>(listeners.stream().filter(listener -> isBelow(listener, pid))
                .map(listener -> listener.socket().port()).toList());
            Processes.Facts process = running(pid);
            if (process == null) {
                Integer code = Processes.exitCode(pid);
                words.add("process " + pid + " exited" + (code == null ? "" : " with code " + code));
            } else if (!missing.isEmpty() && Collections.disjoint(own, ports(results))) {
                words.add("process " + pid + " (" + OwnerWords.command(process.arguments()) + ") is running, but "
                    + (own.isEmpty() ? "does not listen on " : "listens on " + text(own) + ", not ") + text(missing));
            }
        }
        for (HealthChecks.Result result : results) {
            List<Owner> others = others(result.listeners());
            if (!others.isEmpty() && (firstExit != null || !result.isPassing())) {
                words.add("port " + result.endpoint().port() + " is in use by " + OwnerWords.brief(others)
                    + (earliest == Long.MAX_VALUE || others.stream().noneMatch(this::isOlder) ? ""
                        : ", which was running before the processes named by --pid")
                    + (project != null ? "" : "; to tell the project's processes from others, use --project DIR"));
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

    /** Returns all listeners of this machine, if the system has a table of them. */
    private static List<Owner> listeners() throws IOException {
        LocalPorts localPorts = LocalPorts.read();
        Set<Integer> listening = localPorts.listeners().stream().map(LocalPorts.TcpSocket::port)
            .collect(Collectors.toSet());
        return Owner.of(listening, localPorts, null).values().stream().flatMap(List::stream).toList();
    }
}
