//SOURCES ../ports/ServicePort.java

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The result of a health check; a field is null if there is nothing to tell.
 *
 * @param word the status word of the body
 * @param location the target of a redirect
 * @param address the address that was reached
 * @param millis the time from connecting to the end of the response
 * @param reason why the endpoint is not healthy, unless its response says so
 * @param answers the two results of a MIXED verdict; otherwise empty
 */
record Health(Verdict verdict, Integer httpStatus, String word, String location, String address, long millis,
              String reason, List<Health> answers) {

    /**
     * The verdicts, the best first. DEGRADED is any response that is neither healthy nor unhealthy, such as a 404.
     * MIXED: one address of the host passes, and another address responds but does not pass. NOT_HTTP and NOT_GRPC: the
     * server speaks another protocol, or closes the connection too early. TAKEN: another program listens.
     */
    enum Verdict {
        HEALTHY, REACHABLE, DEGRADED, UNHEALTHY, MIXED, NOT_HTTP, NOT_GRPC, TIMEOUT, DOWN, TAKEN;

        boolean isPassing() {
            return this == HEALTHY || this == REACHABLE;
        }

        /** Returns the verdict on an HTTP status with a body that means this. */
        static Verdict of(int httpStatus, Verdict body) {
            return httpStatus >= 500 || body == UNHEALTHY ? UNHEALTHY
                : httpStatus / 100 == 2 && body == HEALTHY ? HEALTHY : DEGRADED;
        }
    }

    static final String CLOSED = "closed without a response";
    static final String SPEAKS_TLS = "speaks TLS; try ";
    static final String BROKEN = "closed before the end of its response";

    private static final Set<Integer> UP = Set.of(401, 403, 405, 426, 429);
    private static final int LONGEST_WORD = 12;

    static Health of(Verdict verdict, String word, String reason) {
        return new Health(verdict, null, word, null, null, 0, reason, List.of());
    }

    static Health timeout(long millis) {
        return of(Verdict.TIMEOUT, null, "no response in " + millis + " ms").at(null, millis);
    }

    Health at(String reached, long latency) {
        return new Health(verdict, httpStatus, word, location, reached, latency, reason, answers);
    }

    Health with(Verdict newVerdict, String newReason) {
        return new Health(newVerdict, httpStatus, word, location, address, millis, newReason, answers);
    }

    /** Returns the best of the results at a host's addresses; MIXED if one passes and another responds but fails. */
    static Health of(List<Health> results) {
        Health best = results.get(0);
        Health failing = null;
        for (Health each : results) {
            best = each.verdict.compareTo(best.verdict) < 0 ? each : best;
            failing = each.isResponse() && !each.verdict.isPassing() ? each : failing;
        }
        return failing == null || !best.verdict.isPassing() ? best
            : new Health(Verdict.MIXED, failing.httpStatus, failing.word, null, failing.address, failing.millis,
                best.inShort() + ", but " + failing.inShort(), List.of(best, failing));
    }

    private String inShort() {
        return address + " " + (httpStatus == null ? "" : httpStatus + " ") + ServicePort.lowerCase(verdict);
    }

    private boolean isResponse() {
        return verdict.compareTo(Verdict.TIMEOUT) < 0 && !CLOSED.equals(reason);
    }

    /** Returns whether the server is up, even if it is not healthy: for {@code --allow-degraded}. */
    boolean isUp() {
        return switch (verdict) {
            case HEALTHY, REACHABLE -> true;
            case DEGRADED -> httpStatus == null || httpStatus / 100 == 2 || httpStatus / 100 == 3
                || UP.contains(httpStatus);
            case MIXED -> answers.get(1).isUp();
            default -> false;
        };
    }

    /** Returns the HTTP status and the body's word; empty if there is no response. */
    String response() {
        String said = word == null ? "" : word;
        String shown = said.length() <= LONGEST_WORD ? said : said.substring(0, LONGEST_WORD - 1) + "…";
        String text = ((httpStatus == null ? "" : httpStatus + " ") + shown).strip();
        return text.isEmpty() && verdict == Verdict.REACHABLE ? "accepts" : text;
    }

    Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("verdict", ServicePort.lowerCase(verdict));
        fields.put("http_status", httpStatus);
        fields.put("reported", word);
        fields.put("location", location);
        fields.put("address", address);
        fields.put("latency_ms", millis);
        fields.put("reason", reason);
        fields.put("answers", answers.stream().map(Health::fields).toList());
        return fields;
    }
}
