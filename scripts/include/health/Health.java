//SOURCES HealthVerdict.java

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How an endpoint is, and what that rests on; null where there is none. The word is what its body says, the location where a redirect
 * leads, the address the one that was reached, the latency, in milliseconds, how long it had us wait from connecting to the end of its
 * answer, and the reason, in words, why it is not healthy where its answer does not say so. The answers are those that disagree.
 */
record Health(HealthVerdict verdict, Integer httpStatus, String word, String location, String address, long millis, String reason,
              List<Health> answers) {

    private static final int LONGEST_WORD = 12;

    /** Why there is no answer of a server that accepts and closes. */
    static final String CLOSED = "closed without an answer";
    /** Why an answer cannot be read to its end. */
    static final String BROKEN = "breaks off its answer";

    /** Begins to say that there was an internal error, which is to be reported. */
    static final String NOT_JUDGED = "cannot be judged, please report it: ";

    /** An answer without HTTP, or none. */
    static Health of(HealthVerdict verdict, String word, String reason) {
        return new Health(verdict, null, word, null, null, 0, reason, List.of());
    }

    Health at(String reached, long latency) {
        return new Health(verdict, httpStatus, word, location, reached, latency, reason, answers);
    }

    /** Two addresses of a host that disagree. */
    static Health mixed(Health passing, Health other) {
        return new Health(HealthVerdict.MIXED, other.httpStatus, other.word, null, other.address, other.millis,
            passing.inShort() + ", but " + other.inShort(), List.of(passing, other));
    }

    private String inShort() {
        return address + " " + (httpStatus == null ? "" : httpStatus + " ") + verdict.text();
    }

    /** The HTTP status and the body's own word; empty where there is no answer. */
    String answer() {
        String answer = httpStatus == null ? "" : String.valueOf(httpStatus);
        if (word != null) {
            String shortened = word.length() <= LONGEST_WORD ? word : word.substring(0, LONGEST_WORD - 1) + "…";
            answer += (answer.isEmpty() ? "" : " ") + shortened;
        }
        return answer.isEmpty() && verdict == HealthVerdict.REACHABLE ? "accepts" : answer;
    }

    Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("verdict", verdict.text());
        fields.put("http_status", httpStatus);
        fields.put("reported", word);
        fields.put("location", location);
        fields.put("address", address);
        fields.put("latency_ms", millis);
        fields.put("reason", reason);
        fields.put("answers", answers.stream().map(Health::fields).toList());
        return fields;
    }

    /** Whether it has said anything: refused, unreachable and silent is no answer. */
    boolean isAnswer() {
        return verdict.compareTo(HealthVerdict.TIMEOUT) < 0 && !CLOSED.equals(reason);
    }

    /** The better of two, the other if they are alike: an answer before none, then by the verdict. */
    Health better(Health other) {
        boolean isBetter = other == null
            || (isAnswer() == other.isAnswer() ? verdict.compareTo(other.verdict) < 0 : isAnswer());
        return isBetter ? this : other;
    }

    /** Whether it is up, whatever it says of what it depends on: an answer below 400, or 429, that does not say unhealthy. */
    boolean isUp() {
        return verdict.isPassing()
            || verdict == HealthVerdict.DEGRADED && (httpStatus == null || httpStatus < 400 || httpStatus == 429)
            || verdict == HealthVerdict.MIXED && answers.get(1).isUp();
    }
}
