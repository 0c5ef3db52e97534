//SOURCES ../command/Terminal.java ../config/PortMap.java ../ports/LocalPorts.java ../ports/Owner.java
//SOURCES ../ports/OwnerWords.java ../ports/Project.java ../ports/ServicePort.java Endpoint.java Health.java
//SOURCES HealthProbe.java Started.java

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/** Makes health checks in parallel, looks up who listens on the services' ports, and repeats the checks in a wait. */
final class HealthChecks {

    /** A service, or a port without one if a URL or a port was named, and its endpoint. */
    record Check(PortMap.Service service, Endpoint endpoint) {

        static Check of(PortMap.Service service, String host) {
            return new Check(service, Endpoint.of(service, host));
        }

        static Check of(String url) {
            Endpoint endpoint = Endpoint.of(url);
            return new Check(PortMap.Service.none(endpoint.port()), endpoint);
        }

        String title() {
            return service.name() == null ? endpoint.toString() : service.name();
        }

        /** Returns the URL; without the query if it comes from a configuration, which may keep secrets there. */
        String url() {
            return service.name() == null ? endpoint.toString() : endpoint.toString().split("\\?")[0];
        }
    }

    /** The result of a check, and the listeners on its port if they were looked up. */
    record Result(Check check, Health health, List<Owner> listeners, boolean isPassing) {

        /** Returns the service and the verdict: {@code Model Registry (down)}. */
        String inShort() {
            return check.title() + " (" + health.verdict().text() + ")";
        }
    }

    /** How a wait ended: the last results, and why it was given up; null if all passed. */
    record Outcome(List<Result> results, String failure) { }

    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LAST_TIMEOUT = Duration.ofMillis(500);

    private final HealthProbe probe;
    private final boolean isUpEnough;
    private final Supplier<Project> project;
    private final Started started;
    private LocalPorts localPorts;

    /**
     * @param isUpEnough whether an endpoint passes that is up but not healthy
     * @param started the processes that must listen; null for any
     */
    HealthChecks(HealthProbe probe, boolean isUpEnough, Supplier<Project> project, Started started) {
        this.probe = probe;
        this.isUpEnough = isUpEnough;
        this.project = project;
        this.started = started;
    }

    /** Makes the checks, each within that time. */
    List<Result> make(List<Check> checks, Duration timeout) throws IOException {
        List<CompletableFuture<Health>> pending =
            checks.stream().map(check -> probe.check(check.endpoint, timeout)).toList();
        CompletableFuture.allOf(pending.toArray(new CompletableFuture<?>[0])).join(); // even if one fails
        List<Health> answers = pending.stream().map(CompletableFuture::join).toList();
        Map<Integer, List<Owner>> listeners = listeners(checks);
        List<Result> results = new ArrayList<>();
        for (Check check : checks) {
            List<Owner> all = listeners.getOrDefault(check.endpoint.port(), List.of());
            results.add(result(check, answers.get(results.size()), check.endpoint.isLocal() ? all : List.of()));
        }
        return results;
    }

    /** Looks up the listeners on services' ports of this machine; on other ports only if processes are waited for. */
    private Map<Integer, List<Owner>> listeners(List<Check> checks) throws IOException {
        localPorts = LocalPorts.read();
        List<PortMap.Service> ports = new ArrayList<>();
        boolean isKnown = started != null || project.get() != null; // Otherwise no program is known to be another one.
        for (Check check : isKnown ? checks : List.<Check>of()) {
            boolean counts = check.endpoint.isLocal() && (check.service.name() != null || started != null);
            if (counts && localPorts.isListening(check.endpoint.port())) { // On other ports, a server may be starting.
                ports.add(PortMap.Service.none(check.endpoint.port()));
            }
        }
        Map<Integer, List<Owner>> listeners = new HashMap<>();
        for (ServicePort port : ServicePort.look(ports, localPorts, project)) {
            listeners.put(port.service().port(), port.owners().stream().filter(Owner::isListener).toList());
        }
        if (started != null) {
            started.look();
        }
        return listeners;
    }

    /** Returns whether a port responds without a visible listener on this machine, as a port of a container may. */
    boolean isRedirected(Result result) throws IOException {
        Endpoint endpoint = result.check.endpoint;
        return result.isPassing && endpoint.isLocal() && localPorts.hasTables
            && !localPorts.isListening(endpoint.port());
    }

    private Result result(Check check, Health answer, List<Owner> listeners) {
        List<Owner> others = listeners.stream().filter(listener -> listener.ownership() == Project.Ownership.OTHER
            && (started == null || !started.has(listener))).toList();
        Health health = others.isEmpty() ? answer
            : answer.with(Health.Verdict.TAKEN, "in use by another program: " + OwnerWords.brief(others));
        boolean isExpected = started == null || !check.endpoint.isLocal() || started.accepts(listeners);
        return new Result(check, health, listeners,
            isExpected && (isUpEnough ? health.isUp() : health.verdict().isPassing()));
    }

    // Waiting.

    /**
     * Waits until all pass, the time is up, or waiting is in vain. Before each pause, tells the results so far and the
     * time that is left. Once the time is up, possibly because this process was paused, makes the checks a last time.
     */
    Outcome await(List<Check> all, Duration timeout, Duration limit, BiConsumer<List<Result>, Duration> progress)
            throws InterruptedException, IOException {
        long start = System.nanoTime();
        List<Result> results = make(all, shorter(timeout, limit));
        boolean isOfAll = true;
        Duration left = limit;
        while (true) {
            boolean isPassing = missing(results).isEmpty();
            String failure = failure(results);
            if (failure == null && !isPassing && left.isZero()) {
                failure = "gave up after " + Terminal.seconds(limit) + ": " + explanation(missing(results));
            }
            if (failure != null || isPassing && isOfAll) {
                return new Outcome(results, failure);
            }
            left = left(start, limit);
            if (!isPassing) {
                progress.accept(results, left);
                // Short at first, then a tenth of the time that has passed.
                Duration pause = shorter(limit.minus(left).dividedBy(10).plus(SHORTEST_PAUSE), LONGEST_PAUSE);
                Thread.sleep(shorter(pause, left(start, limit)).toMillis());
                left = left(start, limit);
            }
            isOfAll = isPassing || left.isZero(); // A service that passed in an earlier round may have gone since.
            Duration time = shorter(timeout, left.isZero() ? LAST_TIMEOUT : left);
            results = isOfAll ? make(all, time) : again(results, time);
        }
    }

    /** Repeats the checks that have not passed. */
    private List<Result> again(List<Result> results, Duration timeout) throws IOException {
        List<Result> news = make(missing(results).stream().map(Result::check).toList(), timeout);
        List<Result> merged = new ArrayList<>();
        for (Result result : results) {
            merged.add(result.isPassing ? result : news.remove(0));
        }
        return merged;
    }

    /** Returns why waiting is in vain; null if it is not. */
    private String failure(List<Result> results) {
        for (Result result : results) {
            if (result.health.verdict() == Health.Verdict.TAKEN) {
                return "gave up: port " + result.check.endpoint.port() + " is " + result.health.reason();
            }
        }
        String failure = started == null ? null : started.failure(results);
        return failure == null ? null : "gave up: " + failure;
    }

    private String explanation(List<Result> missing) throws IOException {
        List<String> words = new ArrayList<>(missing.stream()
            .filter(result -> !result.health.verdict().isPassing()).map(Result::inShort).toList());
        words.addAll(started == null ? List.of() : started.explanation(missing));
        return String.join("; ", words);
    }

    static List<Result> missing(List<Result> results) {
        return results.stream().filter(result -> !result.isPassing).toList();
    }

    private static Duration left(long start, Duration limit) {
        Duration left = limit.minusNanos(System.nanoTime() - start);
        return left.isNegative() ? Duration.ZERO : left;
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
