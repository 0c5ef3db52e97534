//SOURCES HealthChecks.java Started.java

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/** Repeats health checks until all pass, time is up, or waiting is in vain. */
final class Waiting {

    /** How it ended: the last results, whether all passed, and why waiting was in vain, or null. */
    record Outcome(List<HealthChecks.Result> results, boolean isPassing, Started.Failure failure) { }

    private static final Duration SHORTEST_QUESTION = Duration.ofMillis(100);
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
    private static final Duration OVERRUN = Duration.ofSeconds(-1); // left, where this process did not run for a while

    private final HealthChecks checks;
    private final Started started;
    private final Duration timeout;
    private final Duration limit;
    private final long start = System.nanoTime();

    /**
     * Waits from now on.
     *
     * @param started what is to answer, or null: anybody
     * @param timeout for each check
     * @param limit for all of it
     */
    Waiting(HealthChecks checks, Started started, Duration timeout, Duration limit) {
        this.checks = checks;
        this.started = started;
        this.timeout = timeout;
        this.limit = limit;
    }

    /** Waits; the progress is told before each pause: the results so far, and the time that is left. */
    Outcome await(List<HealthChecks.Check> all, BiConsumer<List<HealthChecks.Result>, Duration> progress)
            throws InterruptedException, IOException {
        List<HealthChecks.Result> results = make(all, all);
        boolean isFirstRound = true;
        while (true) {
            Started.Failure failure = failure();
            boolean isPassing = failure == null && HealthChecks.areAllPassing(results);
            if (failure != null || isPassing && isFirstRound || isTimeUp()) {
                return new Outcome(results, isPassing, failure);
            }
            if (isPassing) {
                isFirstRound = true; // One that passed in an earlier round may be gone again.
                results = make(all, all);
                continue;
            }
            isFirstRound = false;
            progress.accept(results, left());
            Thread.sleep(pause().toMillis());
            if (isTimeUp()) {
                return new Outcome(results, false, failure()); // This process was stopped meanwhile.
            }
            List<HealthChecks.Result> news = again(results, all);
            if (left().compareTo(OVERRUN) < 0 && !HealthChecks.areAllPassing(news)) {
                return new Outcome(results, false, failure()); // Stopped while asking: the silence was ours.
            }
            results = news;
        }
    }

    /** Repeats the checks that have not passed. */
    private List<HealthChecks.Result> again(List<HealthChecks.Result> results, List<HealthChecks.Check> all) throws IOException {
        Map<HealthChecks.Check, HealthChecks.Result> news = make(results.stream().filter(result -> !result.isPassing())
            .map(HealthChecks.Result::check).toList(), all).stream()
            .collect(Collectors.toMap(HealthChecks.Result::check, result -> result));
        return results.stream().map(result -> news.getOrDefault(result.check(), result)).toList();
    }

    /** Makes some of the checks, and looks once who has then the ports of all. */
    private List<HealthChecks.Result> make(List<HealthChecks.Check> some, List<HealthChecks.Check> all) throws IOException {
        List<HealthChecks.Result> results = checks.make(some, shorter(timeout, left()));
        if (started == null) {
            return results;
        }
        started.look(all.stream().filter(Waiting::isHere).map(check -> check.endpoint().port()).distinct().toList());
        return results.stream().map(result -> new HealthChecks.Result(result.check(), result.health(),
            result.isPassing() && (!isHere(result.check()) || started.have(result.check().endpoint().port())))).toList();
    }

    private Started.Failure failure() {
        return started == null ? null : started.failure(isTimeUp());
    }

    private boolean isTimeUp() {
        return left().compareTo(SHORTEST_QUESTION) < 0;
    }

    /** Whether it is asked on this machine. */
    private static boolean isHere(HealthChecks.Check check) {
        return check.endpoint().isHere();
    }

    /** Short at first, then a tenth of the time waited, and never so long that the last check has less than its time. */
    private Duration pause() {
        Duration pause = shorter(limit.minus(left()).dividedBy(10).plus(SHORTEST_PAUSE), LONGEST_PAUSE);
        pause = shorter(pause, left().minus(SHORTEST_QUESTION));
        return pause.isNegative() ? Duration.ZERO : pause; // To tell the progress takes time, too.
    }

    private Duration left() {
        return limit.minusNanos(System.nanoTime() - start);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
