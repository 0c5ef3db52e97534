//SOURCES ../command/Terminal.java ../ports/LocalPorts.java ../ports/Owner.java ../ports/OwnerWords.java
//SOURCES ../ports/Project.java ../ports/ServicePort.java Endpoint.java Health.java HealthProbe.java Started.java

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

    /**
     * @param project null if there is none
     * @param pids the processes that must listen; empty if any process may
     */
    HealthChecks(HealthProbe probe, boolean isUpEnough, Project project, List<Long> pids) {
        this.probe = probe;
        this.isUpEnough = isUpEnough;
        this.project = project;
        started = pids.isEmpty() ? null : new Started(pids, project);
    }

    /** Checks the endpoints once, each within that time. */
    List<Result> make(List<Endpoint> endpoints, Duration timeout) throws Exception {
        List<Health> answers = probe.check(endpoints, timeout);
        Map<Integer, List<Owner>> listeners = listeners(endpoints);
        List<Result> results = new ArrayList<>();
        for (Endpoint endpoint : endpoints) {
            List<Owner> own = areOwnersLookedUp(endpoint) ? listeners.get(endpoint.port()) : null;
            results.add(result(endpoint, answers.get(results.size()), own == null ? List.of() : own));
        }
        return results;
    }

    /** Looks up the listeners on services' ports of this machine; on other ports only if processes are waited for. */
    private Map<Integer, List<Owner>> listeners(List<Endpoint> endpoints) throws IOException {
        localPorts = LocalPorts.read();
        Set<Integer> listening = new HashSet<>();
        for (Endpoint endpoint : endpoints) {
            if (areOwnersLookedUp(endpoint) && localPorts.isListening(endpoint.port())) {
                listening.add(endpoint.port());
            }
        }
        if (started != null) {
            started.refresh();
        }
        return listening.isEmpty() ? Map.of() : Owner.of(listening, localPorts, project);
    }

    /** Without a project, no program is known to be another one. */
    private boolean areOwnersLookedUp(Endpoint endpoint) {
        return endpoint.isLocal() && (started != null || project != null && endpoint.service().name() != null);
    }

    private Result result(Endpoint endpoint, Health answer, List<Owner> listeners) {
        List<Owner> others = others(listeners).stream()
            .filter(listener -> started == null || !started.includes(listener)).toList();
        Health health = others.isEmpty() ? answer
            : answer.with(Health.Verdict.TAKEN, "in use by another program: " + OwnerWords.brief(others));
        boolean isExpected = started == null || !endpoint.isLocal() || started.accepts(listeners);
        if (!isExpected && health.verdict().isPassing()) {
            health = health.with(health.verdict(), "the listener is not a process named by --pid");
        }
        return new Result(endpoint, health, listeners,
            isExpected && (isUpEnough ? health.isUp() : health.verdict().isPassing()));
    }

    /** Returns notes on services that pass, though their listeners are not known to belong to the project. */
    List<String> notes(List<Result> results) throws IOException {
        List<String> notes = new ArrayList<>();
        for (Result result : results.stream().filter(Result::isPassing).toList()) {
            int port = result.endpoint.port();
            List<Owner> others = others(result.listeners);
            if (!others.isEmpty()) {
                notes.add("port " + port + " is served from outside the project's folder, so the other commands take"
                    + " the server for another program: " + OwnerWords.brief(others));
            }
            ServicePort seen =
                new ServicePort(result.endpoint.service(), LocalPorts.Verdict.LISTENING, result.listeners);
            if (!result.listeners.isEmpty() && seen.doubt() != null) {
                notes.add(seen.doubt());
            }
            if (result.endpoint.isLocal() && localPorts.hasTables && !localPorts.isListening(port)) {
                notes.add("port " + port + " responds, but no listener is visible on this machine: the port is"
                    + " redirected, for example to a container");
            }
        }
        return notes;
    }

    private static List<Owner> others(List<Owner> listeners) {
        return listeners.stream().filter(listener -> listener.ownership() == Project.Ownership.OTHER).toList();
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
        words.addAll(started == null ? List.of() : started.explanation(results));
        return "gave up after " + Terminal.seconds(limit) + ": " + String.join("; ", words);
    }
}
