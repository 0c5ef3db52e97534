//SOURCES ../command/Terminal.java ../config/Endpoint.java ../ports/LocalPorts.java ../ports/Owner.java
//SOURCES ../ports/OwnerWords.java ../ports/Project.java ../ports/ServicePort.java Health.java HealthProbe.java
//SOURCES Started.java

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

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

    /** Takes the project, or null, and the processes that must listen; none if any process may. */
    HealthChecks(HealthProbe probe, boolean isUpEnough, Project project, List<Long> pids) {
        this.probe = probe;
        this.isUpEnough = isUpEnough;
        this.project = project;
        started = new Started(pids, project);
    }

    /** Checks the endpoints once, each within that time. */
    List<Result> check(List<Endpoint> endpoints, Duration timeout) throws Exception {
        List<Health> checked = probe.check(endpoints, timeout);
        localPorts = LocalPorts.read();
        Set<Integer> listening = new HashSet<>();
        for (Endpoint endpoint : endpoints) {
            if (areOwnersLookedUp(endpoint) && localPorts.isListening(endpoint.port())) {
                listening.add(endpoint.port());
            }
        }
        Map<Integer, List<Owner>> owners = listening.isEmpty() ? Map.of() : Owner.of(listening, localPorts, project);
        List<Result> results = new ArrayList<>();
        for (Endpoint endpoint : endpoints) {
            List<Owner> listeners = owners.getOrDefault(endpoint.port(), List.of());
            results.add(result(endpoint, checked.get(results.size()),
                areOwnersLookedUp(endpoint) ? listeners : List.of()));
        }
        return results;
    }

    /** Returns whether listeners are looked up: with --pid, or to tell the project from other programs. */
    private boolean areOwnersLookedUp(Endpoint endpoint) {
        return endpoint.isLocal() && (!started.pids.isEmpty() || project != null && endpoint.service().name() != null);
    }

    private Result result(Endpoint endpoint, Health response, List<Owner> listeners) {
        ServicePort port = port(endpoint, started.others(listeners));
        Health health = !port.isTaken() ? response : response.with(Health.Verdict.TAKEN,
            "in use by another program: " + OwnerWords.brief(port.othersThanOurs()));
        boolean isExpected = !endpoint.isLocal() || started.accepts(listeners);
        if (!isExpected && health.verdict().isPassing()) {
            health = health.with(health.verdict(), "the listener is not a process named by --pid");
        }
        return new Result(endpoint, health, listeners,
            isExpected && (isUpEnough ? health.isUp() : health.verdict().isPassing()));
    }

    private static ServicePort port(Endpoint endpoint, List<Owner> listeners) {
        return new ServicePort(endpoint.service(), LocalPorts.Verdict.LISTENING, listeners);
    }

    /** Returns notes on endpoints that pass, but whose listener may not be the process that the user expects. */
    List<String> notes(List<Result> results) throws IOException {
        List<String> notes = new ArrayList<>();
        for (Result result : results.stream().filter(Result::isPassing).toList()) {
            int port = result.endpoint.port();
            ServicePort found = port(result.endpoint, result.listeners);
            if (!result.listeners.isEmpty() && found.doubt() != null) {
                notes.add(found.doubt());
            } else if (result.endpoint.isLocal() && localPorts.hasTables && !localPorts.isListening(port)) {
                notes.add("port " + port + " responds, but no listener is visible on this machine: the port is"
                    + " redirected, for example to a container");
            }
        }
        if (started.isReplaced(results)) {
            notes.add(String.join("; ", started.explanation(results)));
        }
        return notes;
    }

    static List<Result> missing(List<Result> results) {
        return results.stream().filter(result -> !result.isPassing).toList();
    }

    /**
     * Waits until all endpoints pass, the time is up, or waiting is in vain; returns the last results. When the time is
     * up, checks once more, because this process may have been paused.
     */
    List<Result> await(List<Endpoint> all, Duration timeout, Duration limit) throws Exception {
        long end = System.nanoTime() + limit.toNanos();
        List<Endpoint> pending = all;
        List<Result> results = List.of();
        for (long pause = FIRST_PAUSE; true; pause = Math.min(LONGEST_PAUSE, pause * 11 / 10)) {
            Duration left = Duration.ofNanos(end - System.nanoTime());
            Duration longest = left.isNegative() ? LAST_TIMEOUT : left;
            List<Result> fresh = new ArrayList<>(check(pending, timeout.compareTo(longest) < 0 ? timeout : longest));
            results = pending == all ? fresh
                : results.stream().map(before -> before.isPassing ? before : fresh.remove(0)).toList();
            List<Result> missing = missing(results);
            failure = failure(results, left.isNegative() && !missing.isEmpty() ? limit : null);
            if (failure != null || missing.isEmpty() && pending == all) {
                return results;
            }
            // A service that passed in an earlier round may have gone since.
            pending = missing.isEmpty() ? all : missing.stream().map(Result::endpoint).toList();
            long untilEnd = Math.max(0, (end - System.nanoTime()) / 1_000_000 + 1);
            Thread.sleep(missing.isEmpty() ? 0 : Math.min(pause, untilEnd));
        }
    }

    /** Returns why the wait is given up, or null; the limit is null unless the time is up. */
    private String failure(List<Result> results, Duration limit) throws IOException {
        List<String> words = new ArrayList<>();
        for (Result result : missing(results)) {
            if (result.health.verdict() == Health.Verdict.TAKEN) {
                return "gave up: port " + result.endpoint.port() + " is " + result.health.reason();
            }
            if (!result.health.verdict().isPassing()) {
                words.add(result.endpoint.title() + " is not healthy ("
                    + ServicePort.lowerCase(result.health.verdict()) + ")");
            }
        }
        boolean isInVain = started.isInVain(results);
        if (!isInVain && limit == null) {
            return null;
        }
        words.addAll(started.explanation(results));
        return "gave up" + (isInVain ? "" : " after " + Terminal.seconds(limit)) + ": " + String.join("; ", words);
    }
}
