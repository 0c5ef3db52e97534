//SOURCES ../command/Terminal.java Health.java HealthChecks.java Started.java



import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** Repeats health checks until all pass, the time is up, or waiting is in vain. */
final class Waiting {

    /** The last results, and why the wait was given up; null if all passed. */
    record Outcome(List<HealthChecks.Result> results, String failure) { }

    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LAST_QUESTION = Duration.ofMillis(500);

    private final HealthChecks checks;
    private final Started started;
    private final Duration timeout;
    private final Duration limit;
    private final long start = System.nanoTime();

    /**
     * Starts the clock.
     *
     * @param started the processes that must listen; null for any
     * @param timeout of a check
     * @param limit of the wait
     */
    Waiting(HealthChecks checks, Started started, Duration timeout, Duration limit) {
        this.checks = checks;
        this.started = started;
        this.timeout = timeout;
        this.limit = limit;
    }

    /**
     * Waits. Before each pause, tells the results so far and the time that is left. After the time is up, possibly because this
     * process was paused, the checks are made once more.
     */
    Outcome await(List<HealthChecks.Check> all, BiConsumer<List<HealthChecks.Result>, Duration> progress)
            throws InterruptedException, IOException {
        List<HealthChecks.Result> results = make(all, shorter(timeout, limit));
        boolean isOfAll = true;
        boolean isLast = false;
        while (true) {
            boolean isPassing = HealthChecks.areAllPassing(results);
            String failure = failure(results);
            if (failure != null || isPassing && isOfAll) {
                return new Outcome(results, failure);
            }
            if (isLast) {
                return new Outcome(results, "gave up after " + Terminal.seconds(limit) + ": " + missing(results));
            }
            if (!isPassing) {
                progress.accept(results, left());
                Thread.sleep(shorter(pause(), left()).toMillis());
            }
            isLast = left().isZero();
            isOfAll = isLast || isPassing; // What passed in an earlier round may have gone since.
            results = isOfAll ? make(all, shorter(timeout, isLast ? LAST_QUESTION : left())) : again(results);
        }
    }

    private List<HealthChecks.Result> again(List<HealthChecks.Result> results) throws IOException {
        List<HealthChecks.Check> missing = new ArrayList<>();
        results.stream().filter(result -> !result.isPassing()).forEach(result -> missing.add(result.check()));
        List<HealthChecks.Result> news = make(missing, shorter(timeout, left()));
        List<HealthChecks.Result> merged = new ArrayList<>();
        for (HealthChecks.Result result : results) {
            merged.add(result.isPassing() ? result : news.remove(0));
        }
        return merged;
    }

    private List<HealthChecks.Result> make(List<HealthChecks.Check> some, Duration time) throws IOException {
        List<HealthChecks.Result> results = checks.make(some, time);
        if (started != null) {
            started.look();
            results.replaceAll(result -> result.check().endpoint().isLocal() && !started.accepts(result.listeners())
                ? result.failed() : result);
        }
        return results;
    }

    private String failure(List<HealthChecks.Result> results) {
        for (HealthChecks.Result result : results) {
            if (result.health().verdict() == Health.Verdict.TAKEN) {
                return "gave up: port " + result.check().endpoint().port() + " is " + result.health().reason();
            }
        }
        String failure = started == null ? null : started.failure(results);
        return failure == null ? null : "gave up: " + failure;
    }

    private String missing(List<HealthChecks.Result> results) throws IOException {
        List<HealthChecks.Result> missing = results.stream().filter(result -> !result.isPassing()).toList();
        List<String> words = new ArrayList<>(missing.stream().filter(result -> !result.health().verdict().isPassing())
            .map(HealthChecks.Result::inShort).toList());
        if (started != null) {
            words.addAll(started.explanation(missing));
        }
        return String.join("; ", words);
    }

    /** Short at first, then a tenth of the time that has passed. */
    private Duration pause() {
        return shorter(limit.minus(left()).dividedBy(10).plus(SHORTEST_PAUSE), LONGEST_PAUSE);
    }

    private Duration left() {
        Duration left = limit.minusNanos(System.nanoTime() - start);
        return left.isNegative() ? Duration.ZERO : left;
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
