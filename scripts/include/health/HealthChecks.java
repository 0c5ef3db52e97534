//SOURCES ../command/Terminal.java ../ports/LocalPorts.java ../ports/Owner.java ../ports/OwnerWords.java
//SOURCES ../ports/Ownership.java ../ports/Processes.java ../ports/Project.java ../ports/TcpSocket.java
//SOURCES Endpoint.java Health.java HealthProbe.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;

/** Checks endpoints, looks up who listens on the services' ports, and repeats the checks in a wait. */
final class HealthChecks {

    /** The result of a check, and the listeners on its port if they were looked up. */
    record Result(Endpoint endpoint, Health health, List<Owner> listeners, boolean isPassing) { }

    /** How a wait ended: the last results, and why it was given up; null if all passed. */
    record Outcome(List<Result> results, String failure) { }

    private static final long FIRST_PAUSE = 50; // milliseconds
    private static final long LONGEST_PAUSE = 1000;
    private static final Duration LAST_TIMEOUT = Duration.ofMillis(500);

    private final HealthProbe probe;
    private final boolean isUpEnough;
    private final Project project;
    private final Started started;
    private LocalPorts localPorts;

    /**
     * @param isUpEnough whether an endpoint passes that is up but not healthy
     * @param project null if it is unknown
     * @param pids the processes that must listen; empty for any
     */
    HealthChecks(HealthProbe probe, boolean isUpEnough, Project project, Collection<Long> pids) {
        this.probe = probe;
        this.isUpEnough = isUpEnough;
        this.project = project;
        started = pids.isEmpty() ? null : new Started(pids, project);
    }

    /** Checks the endpoints once, each within that time. */
    List<Result> make(List<Endpoint> endpoints, Duration timeout)
            throws IOException, InterruptedException, ExecutionException {
        List<Health> answers = probe.check(endpoints, timeout);
        Map<Integer, List<Owner>> listeners = listeners(endpoints);
        List<Result> results = new ArrayList<>();
        for (Endpoint endpoint : endpoints) {
            List<Owner> all = listeners.getOrDefault(endpoint.port(), List.of());
            results.add(result(endpoint, answers.get(results.size()), endpoint.isLocal() ? all : List.of()));
        }
        return results;
    }

    /** Looks up the listeners on services' ports of this machine; on other ports only if processes are waited for. */
    private Map<Integer, List<Owner>> listeners(List<Endpoint> endpoints) throws IOException {
        localPorts = LocalPorts.read();
        Map<Integer, LocalPorts.Verdict> listening = new HashMap<>();
        for (Endpoint endpoint : endpoints) {
            // Without a project, no program is known to be another one.
            boolean counts = started != null || project != null && endpoint.service().name() != null;
            if (counts && endpoint.isLocal() && localPorts.isListening(endpoint.port())) {
                listening.put(endpoint.port(), LocalPorts.Verdict.LISTENING);
            }
        }
        if (started != null) {
            started.now = Processes.read();
        }
        return listening.isEmpty() ? Map.of() : Owner.of(listening, localPorts, project);
    }

    private Result result(Endpoint endpoint, Health answer, List<Owner> listeners) {
        List<Owner> others = new ArrayList<>();
        for (Owner listener : listeners) {
            if (listener.ownership() == Ownership.OTHER && (started == null || !started.has(listener))) {
                others.add(listener);
            }
        }
        Health health = others.isEmpty() ? answer
            : answer.with(Health.Verdict.TAKEN, "in use by another program: " + OwnerWords.brief(others));
        boolean isExpected = started == null || !endpoint.isLocal() || started.accepts(listeners);
        return new Result(endpoint, health, listeners,
            isExpected && (isUpEnough ? health.isUp() : health.verdict().isPassing()));
    }

    /** Returns whether a port responds without a visible listener on this machine, as a port of a container may. */
    boolean isRedirected(Result result) throws IOException {
        return result.isPassing && result.endpoint.isLocal() && localPorts.hasTables()
            && !localPorts.isListening(result.endpoint.port());
    }

    // Waiting.

    /**
     * Waits until all pass, the time is up, or waiting is in vain. Once the time is up, possibly because this process
     * was paused, makes the checks a last time.
     */
    Outcome await(List<Endpoint> all, Duration timeout, Duration limit)
            throws IOException, InterruptedException, ExecutionException {
        long end = System.nanoTime() + limit.toNanos();
        List<Endpoint> asked = all;
        List<Result> results = new ArrayList<>();
        for (long pause = FIRST_PAUSE; true; pause = Math.min(LONGEST_PAUSE, pause * 11 / 10)) {
            Duration left = Duration.ofNanos(end - System.nanoTime());
            Duration longest = left.isNegative() ? LAST_TIMEOUT : left;
            List<Result> fresh = new ArrayList<>(make(asked, timeout.compareTo(longest) < 0 ? timeout : longest));
            if (asked == all) {
                results = fresh;
            } else {
                results.replaceAll(result -> result.isPassing ? result : fresh.remove(0));
            }
            List<Result> missing = missing(results);
            String failure = failure(results, left.isNegative() ? limit : null);
            if (failure != null || missing.isEmpty() && asked == all) {
                return new Outcome(results, failure);
            }
            if (missing.isEmpty()) {
                asked = all; // A service that passed in an earlier round may have gone since.
            } else {
                asked = missing.stream().map(Result::endpoint).toList();
                Thread.sleep(Math.max(0, Math.min(pause, (end - System.nanoTime()) / 1_000_000 + 1)));
            }
        }
    }

    /**
     * Returns why waiting is given up; null if it is not.
     *
     * @param limit null if the time is not up
     */
    private String failure(List<Result> results, Duration limit) throws IOException {
        for (Result result : results) {
            if (result.health.verdict() == Health.Verdict.TAKEN) {
                return "gave up: port " + result.endpoint.port() + " is " + result.health.reason();
            }
        }
        String exited = started == null ? null : started.failure(results);
        List<Result> missing = missing(results);
        if (exited != null || limit == null || missing.isEmpty()) {
            return exited == null ? null : "gave up: " + exited;
        }
        List<String> words = new ArrayList<>();
        for (Result result : missing) {
            if (!result.health.verdict().isPassing()) {
                words.add(result.endpoint.title() + " (" + result.health.verdict().text() + ")");
            }
        }
        words.addAll(started == null ? List.of() : started.explanation(missing));
        return "gave up after " + Terminal.seconds(limit) + ": " + String.join("; ", words);
    }

    static List<Result> missing(List<Result> results) {
        return results.stream().filter(result -> !result.isPassing).toList();
    }

    /** The processes that a start script has started, and which listeners are theirs. */
    private static final class Started {

        private static final long GRACE_NANOS = 2_000_000_000; // for what a process leaves running to listen
        /** In the unit of {@link Processes.Facts#startTime()}. */
        private static final long SECOND = Files.exists(Path.of("/proc/self")) ? 100 : 1000;

        private final Map<Long, Processes.Facts> processes = new LinkedHashMap<>();
        private final Map<Long, Long> endedAt = new HashMap<>();
        private final Project project;
        private long earliest = Long.MAX_VALUE;
        private Processes now = Processes.read();

        /** If the start of a process cannot be read any more, the start of the start script counts. */
        Started(Collection<Long> pids, Project project) {
            this.project = project;
            String script = System.getenv("DEVFLOW_PORTS_STARTER");
            for (long pid : pids) {
                Processes.Facts process = now.of(pid);
                processes.put(pid, process);
                Processes.Facts first = process != null || script == null ? process : now.of(Long.parseLong(script));
                earliest = first == null ? earliest : Math.min(earliest, first.startTime());
            }
        }

        /** Returns whether a listener is one of the processes or a descendant. */
        boolean has(Owner listener) {
            return processes.keySet().stream().anyMatch(pid -> isBelow(listener, pid));
        }

        private boolean isBelow(Owner listener, long pid) {
            return listener.processes().stream().anyMatch(process -> now.isDescendant(process.pid(), pid));
        }

        /**
         * Returns whether the listeners of a port are expected: a process, a descendant, or what a process may have
         * left running, which is no other program's and not older than every process by more than a second.
         */
        boolean accepts(List<Owner> listeners) {
            return !listeners.isEmpty() && listeners.stream().allMatch(listener ->
                has(listener) || listener.ownership() != Ownership.OTHER && !isOlder(listener));
        }

        private boolean isOlder(Owner listener) {
            return !listener.processes().isEmpty() && listener.processes().get(0).startTime() < earliest - SECOND;
        }

        /** Returns whether the process is running; its pid may belong to another process by now. */
        private boolean isRunning(long pid) {
            Processes.Facts before = processes.get(pid);
            Processes.Facts process = now.of(pid);
            return process != null && process.isRunning() && before != null
                && process.startTime() == before.startTime();
        }

        /** Returns why waiting is in vain; null if it is not. */
        String failure(List<Result> results) {
            boolean isAnyAccepted = results.stream().anyMatch(result -> accepts(result.listeners));
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

        /** Returns who listens instead, and what the processes do. */
        List<String> explanation(List<Result> missing) throws IOException {
            List<String> words = others(missing);
            Set<Integer> awaited = new TreeSet<>(missing.stream().map(result -> result.endpoint.port()).toList());
            for (long pid : processes.keySet()) {
                Set<Integer> own = ports(pid);
                if (!isRunning(pid)) {
                    words.add(exit(pid));
                } else if (Collections.disjoint(own, awaited)) {
                    words.add("process " + pid + " (" + now.of(pid).command() + ") runs but "
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
        private List<String> others(List<Result> results) {
            List<String> words = new ArrayList<>();
            for (Result result : results) {
                List<Owner> others = result.listeners.stream().filter(listener -> !has(listener)).toList();
                if (!others.isEmpty()) {
                    words.add("port " + result.endpoint.port() + " is in use by " + OwnerWords.brief(others)
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
            Map<Integer, LocalPorts.Verdict> listening = new HashMap<>();
            for (TcpSocket listener : TcpSocket.hasTables() ? TcpSocket.inTables(null) : List.<TcpSocket>of()) {
                listening.put(listener.port(), LocalPorts.Verdict.LISTENING);
            }
            Set<Integer> ports = new TreeSet<>();
            Owner.of(listening, LocalPorts.read(), project).forEach((port, owners) -> {
                if (owners.stream().anyMatch(owner -> isBelow(owner, pid))) {
                    ports.add(port);
                }
            });
            return ports;
        }
    }
}
