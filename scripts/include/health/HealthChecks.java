//SOURCES ../command/Terminal.java ../ports/LocalPorts.java ../ports/Owner.java ../ports/OwnerWords.java
//SOURCES ../ports/Processes.java ../ports/Project.java Endpoint.java Health.java HealthProbe.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Checks endpoints, looks up who listens on the services' ports, and repeats the checks in a wait. */
final class HealthChecks {

    /** The result of a check, and the listeners on its port if they were looked up. */
    record Result(Endpoint endpoint, Health health, List<Owner> listeners, boolean isPassing) { }

    private static final long FIRST_PAUSE = 50; // milliseconds
    private static final long LONGEST_PAUSE = 1000;
    private static final Duration LAST_TIMEOUT = Duration.ofMillis(500);

    private final HealthProbe probe;
    private final boolean isUpEnough;
    private final Project project;
    private final Started started;
    private LocalPorts localPorts;
    /** Why the last wait was given up; null if all passed. */
    String failure;

    /** Takes a project that may be null, and the processes that must listen; none for any. */
    HealthChecks(HealthProbe probe, boolean isUpEnough, Project project, List<Long> pids) {
        this.probe = probe;
        this.isUpEnough = isUpEnough;
        this.project = project;
        started = pids.isEmpty() ? null : new Started(pids);
    }

    /** Checks the endpoints once, each within that time. */
    List<Result> make(List<Endpoint> endpoints, Duration timeout) throws Exception {
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
        List<Owner> others = listeners.stream().filter(listener ->
            listener.ownership() == Project.Ownership.OTHER && (started == null || !started.has(listener))).toList();
        Health health = others.isEmpty() ? answer
            : answer.with(Health.Verdict.TAKEN, "in use by another program: " + OwnerWords.brief(others));
        boolean isExpected = started == null || !endpoint.isLocal() || started.accepts(listeners);
        return new Result(endpoint, health, listeners,
            isExpected && (isUpEnough ? health.isUp() : health.verdict().isPassing()));
    }

    /** Returns whether a port responds without a visible listener on this machine, as a port of a container may. */
    boolean isRedirected(Result result) throws IOException {
        return result.isPassing && result.endpoint.isLocal() && localPorts.hasTables
            && !localPorts.isListening(result.endpoint.port());
    }

    static List<Result> missing(List<Result> results) {
        return results.stream().filter(result -> !result.isPassing).toList();
    }

    /**
     * Waits until all pass, the time is up, or waiting is in vain; returns the last results. Once the time is up,
     * possibly because this process was paused, makes the checks a last time.
     */
    List<Result> await(List<Endpoint> all, Duration timeout, Duration limit) throws Exception {
        long end = System.nanoTime() + limit.toNanos();
        List<Endpoint> asked = all;
        List<Result> results = List.of();
        for (long pause = FIRST_PAUSE; true; pause = Math.min(LONGEST_PAUSE, pause * 11 / 10)) {
            Duration left = Duration.ofNanos(end - System.nanoTime());
            Duration longest = left.isNegative() ? LAST_TIMEOUT : left;
            List<Result> fresh = new ArrayList<>(make(asked, timeout.compareTo(longest) < 0 ? timeout : longest));
            results = asked == all ? fresh
                : results.stream().map(before -> before.isPassing ? before : fresh.remove(0)).toList();
            List<Result> missing = missing(results);
            failure = failure(results, missing, left.isNegative() && !missing.isEmpty() ? limit : null);
            if (failure != null || missing.isEmpty() && asked == all) {
                return results;
            }
            // A service that passed in an earlier round may have gone since.
            asked = missing.isEmpty() ? all : missing.stream().map(Result::endpoint).toList();
            long untilEnd = Math.max(0, (end - System.nanoTime()) / 1_000_000 + 1);
            Thread.sleep(missing.isEmpty() ? 0 : Math.min(pause, untilEnd));
        }
    }

    /** Returns why the wait is given up, or null; the limit is null unless the time is up. */
    private String failure(List<Result> results, List<Result> missing, Duration limit) throws IOException {
        List<String> words = new ArrayList<>();
        for (Result result : missing) {
            if (result.health.verdict() == Health.Verdict.TAKEN) {
                return "gave up: port " + result.endpoint.port() + " is " + result.health.reason();
            }
            if (!result.health.verdict().isPassing()) {
                words.add(result.endpoint.title() + " (" + result.health.verdict().text() + ")");
            }
        }
        String exited = started == null ? null : started.failure(results);
        if (exited != null || limit == null) {
            return exited == null ? null : "gave up: " + exited;
        }
        words.addAll(started == null ? List.of() : started.explanation(missing));
        return "gave up after " + Terminal.seconds(limit) + ": " + String.join("; ", words);
    }

    /** The processes that a start script has started, and which listeners are theirs. */
    private static final class Started {

        private static final long GRACE_NANOS = 2_000_000_000; // for what a process leaves running to listen
        private static final long SECOND = Files.exists(Path.of("/proc/self")) ? 100 : 1000; // of start times

        private final List<Long> pids;
        private final Map<Long, Long> endedAt = new HashMap<>();
        private long earliest = Long.MAX_VALUE;
        private Processes now = Processes.read();

        /** If the start of a process cannot be read any more, the start of the start script counts. */
        Started(List<Long> pids) {
            this.pids = pids;
            String script = System.getenv("DEVFLOW_PORTS_STARTER");
            for (long pid : pids) {
                Processes.Facts first = now.of(now.of(pid) != null || script == null ? pid : Long.parseLong(script));
                earliest = first == null ? earliest : Math.min(earliest, first.startTime());
            }
        }

        /** Returns whether a listener is one of the processes or a descendant. */
        boolean has(Owner listener) {
            return pids.stream().anyMatch(pid -> isBelow(listener, pid));
        }

        private boolean isBelow(Owner listener, long pid) {
            return listener.processes().stream().anyMatch(process -> now.isDescendant(process.pid(), pid));
        }

        /** Returns whether each is a process, a descendant, or may be left running: not OTHER, and not older. */
        boolean accepts(List<Owner> listeners) {
            return !listeners.isEmpty() && listeners.stream().allMatch(listener ->
                has(listener) || listener.ownership() != Project.Ownership.OTHER && !isOlder(listener));
        }

        private boolean isOlder(Owner listener) {
            return !listener.processes().isEmpty() && listener.processes().get(0).startTime() < earliest - SECOND;
        }

        private boolean isRunning(long pid) {
            return now.of(pid) != null && now.of(pid).isRunning();
        }

        /** Returns why waiting is in vain: a process has failed, or has left nothing running; else null. */
        String failure(List<Result> results) {
            boolean isAnyAccepted = results.stream().anyMatch(result -> accepts(result.listeners));
            for (long pid : pids) {
                Integer code = isRunning(pid) ? null : Processes.exitStatus(pid);
                long ended = isRunning(pid) ? Long.MAX_VALUE : endedAt.computeIfAbsent(pid, key -> System.nanoTime());
                boolean isLeftAlone = !isAnyAccepted && ended < System.nanoTime() - GRACE_NANOS;
                if (code != null && code != 0 || isLeftAlone) {
                    List<String> words = others(results);
                    words.add(0, exit(pid));
                    return String.join("; ", words);
                }
            }
            return null;
        }

        /** Returns who listens instead, and what the processes do. */
        List<String> explanation(List<Result> missing) throws IOException {
            List<String> words = others(missing);
            Set<String> awaited = new TreeSet<>(missing.stream().map(result -> "" + result.endpoint.port()).toList());
            for (long pid : pids) {
                Set<String> own = ports(pid);
                if (!isRunning(pid)) {
                    words.add(exit(pid));
                } else if (Collections.disjoint(own, awaited)) {
                    words.add("process " + pid + " (" + OwnerWords.command(now.of(pid).arguments()) + ") runs but "
                        + (own.isEmpty() ? "does not listen on " : "listens on " + String.join(", ", own) + ", not ")
                        + String.join(", ", awaited));
                }
            }
            return words;
        }

        private static String exit(long pid) {
            Integer code = Processes.exitStatus(pid);
            return "process " + pid + " exited" + (code == null ? "" : " with code " + code);
        }

        /** Returns who else listens on each port. */
        private List<String> others(List<Result> results) {
            List<String> words = new ArrayList<>();
            for (Result result : results) {
                List<Owner> others = result.listeners.stream().filter(listener -> !has(listener)).toList();
                if (!others.isEmpty()) {
                    words.add("port " + result.endpoint.port() + " is in use by " + OwnerWords.brief(others)
                        + (others.stream().noneMatch(this::isOlder) ? ""
                            : ", which was running before the processes named by --pid"));
                }
            }
            return words;
        }

        /** Returns the ports on which the process or a descendant listens, if the system has a table of them. */
        private Set<String> ports(long pid) throws IOException {
            Map<Integer, LocalPorts.Verdict> listening = new HashMap<>();
            LocalPorts localPorts = LocalPorts.read();
            for (LocalPorts.TcpSocket listener : localPorts.listeners()) {
                listening.put(listener.port(), LocalPorts.Verdict.LISTENING);
            }
            Set<String> ports = new TreeSet<>();
            Owner.of(listening, localPorts, null).forEach((port, owners) -> {
                if (owners.stream().anyMatch(owner -> isBelow(owner, pid))) {
                    ports.add("" + port);
                }
            });
            return ports;
        }
    }
}
