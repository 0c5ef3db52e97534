//SOURCES Health.java

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the status word in the body of a health response. In doubt, the service is not healthy. */
final class HealthBody {

    /**
     * A status word and what it means.
     *
     * @param text null if the body has none
     * @param reason what is wrong with the body, or null
     */
    record Word(String text, Health.Verdict verdict, String reason) { }

    static final Word NONE = new Word(null, Health.Verdict.HEALTHY, null);

    // Spring Boot Actuator, MicroProfile Health: UP, DOWN, OUT_OF_SERVICE, UNKNOWN. ASP.NET Core: Healthy, Degraded, Unhealthy.
    // terminus: ok, error, shutting_down. dropwizard, etcd: true, false. Consul: passing, warning, critical. Docker: starting,
    // running, healthy, unhealthy, paused, exited, dead. Kubernetes: ok. application/health+json: pass, warn, fail, with the
    // aliases ok, up, error, down. grpc.health.v1: UNKNOWN, SERVING, NOT_SERVING, SERVICE_UNKNOWN. Elasticsearch: green, yellow,
    // red. Nagios: OK, WARNING, CRITICAL.
    private static final Set<String> HEALTHY = Set.of(
        "up", "healthy", "ok", "true", "passing", "running", "pass", "serving", "green", "okay", "passed", "alive", "live", "ready",
        "started", "active", "online", "available", "operational", "listening", "good", "fine", "normal", "success", "successful",
        "connected");
    private static final Set<String> DEGRADED = Set.of(
        "degraded", "warn", "warning", "starting", "unknown", "paused", "service_unknown", "yellow", "maintenance", "partial",
        "initializing", "loading", "pending", "restarting", "draining", "busy");
    private static final Set<String> UNHEALTHY = Set.of(
        "down", "out_of_service", "unhealthy", "error", "shutting_down", "false", "critical", "exited", "dead", "fail",
        "not_serving", "red", "failed", "failing", "failure", "fatal", "crashed", "stopped", "stopping", "shutdown", "terminated",
        "terminating", "killed", "offline", "unavailable", "unreachable", "disconnected", "inactive", "broken", "bad", "ko", "nok",
        "outage", "major_outage");

    private static final Set<String> STATUS_KEYS = Set.of("status", "state", "health", "healthy", "ok", "isok", "outcome",
        "statuscode", "ishealthy", "healthstatus", "overall", "overallstatus", "overallhealth");
    private static final Set<String> FLAG_KEYS = Set.of("ok", "isok", "healthy", "ishealthy");
    /** Keys that count in the outermost object, and only if they are false. */
    private static final Set<String> OUTERMOST_KEYS = Set.of("ready", "alive", "live", "up", "available", "serving", "success");
    /** Keys of the objects that name the parts of a service, each with a status. */
    private static final Set<String> PARTS_KEYS = Set.of("checks", "services", "components", "dependencies");

    private static final int DEEPEST = 100;
    private static final JsonFactory LENIENT = JsonFactory.builder()
        .enable(JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS)
        .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
        .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(1 << 16).maxNameLength(1 << 16).build())
        .build();

    private final JsonParser json;
    private final int httpStatus;
    private String text; // of the last token
    private boolean isBroken;

    private HealthBody(JsonParser json, int httpStatus) {
        this.json = json;
        this.httpStatus = httpStatus;
    }

    /** Reads a body with this content type, in lower case, and this HTTP status; a body that is not whole may end anywhere. */
    static Word read(byte[] body, String type, int httpStatus, boolean isWhole) throws IOException {
        String text = new String(body, StandardCharsets.UTF_8);
        text = (text.startsWith("\uFEFF") ? text.substring(1) : text).strip();
        boolean isTyped = type.contains("json");
        boolean isObject = text.startsWith("{") || isTyped && text.startsWith("[");
        if (isObject || isTyped || text.startsWith("[") || text.startsWith("\"")) {
            try (JsonParser parser = LENIENT.createParser(text)) {
                HealthBody json = new HealthBody(parser, httpStatus);
                Word word = json.read();
                if (!json.isBroken || isObject) {
                    return json.isBroken && isWhole && word.verdict == Health.Verdict.HEALTHY ? broken(word.text) : word;
                }
            }
        }
        boolean isUnknown = isTyped && isWhole && known(firstWord(text)) == null;
        return httpStatus / 100 != 2 ? NONE // Other statuses have texts of their own.
            : isUnknown ? broken(null) : ofText(text);
    }

    private static Word broken(String word) {
        return new Word(word, Health.Verdict.DEGRADED, "the body claims to be JSON and is not");
    }

    // JSON.

    private Word read() {
        JsonToken token = next();
        Word word = token == null ? null : token.isScalarValue() ? ofText(text) : word(0, false, false);
        if (next() != null) {
            isBroken = true; // There is more than one value.
        }
        return word == null ? NONE : word;
    }

    /**
     * Returns the word of the object or array that has begun: its own or, if it has none, the worst of its members; or null.
     *
     * @param isStatus whether it is the value of a status key
     * @param isParts whether it is the value of a parts key
     */
    private Word word(int depth, boolean isStatus, boolean isParts) {
        Word own = null;
        Word parts = null;
        for (JsonToken token = next(); token != null && !token.isStructEnd(); token = next()) {
            String key = "";
            if (token == JsonToken.FIELD_NAME) {
                key = text.toLowerCase(Locale.ROOT).replace("_", "").replace("-", "");
                token = next();
            }
            boolean counts = STATUS_KEYS.contains(key) || isStatus && (key.isEmpty() || key.equals("code"))
                || depth == 0 && OUTERMOST_KEYS.contains(key) && "false".equalsIgnoreCase(text);
            if (token != null && token.isStructStart()) {
                Word inner = depth == DEEPEST ? skip() : word(depth + 1, counts, PARTS_KEYS.contains(key));
                own = counts ? worst(own, inner) : own;
                parts = counts ? parts : worst(parts, inner);
            } else if (token != null && counts) {
                own = worst(own, scalar(key, token));
            } else if (isParts && (token == JsonToken.VALUE_STRING || token == JsonToken.VALUE_FALSE)) {
                parts = worst(parts, bad(known(text)));
            }
        }
        return own != null ? own : parts;
    }

    private Word scalar(String key, JsonToken token) {
        double number = token.isNumeric() && Character.isDigit(text.charAt(text.length() - 1)) ? Double.parseDouble(text) : -1;
        if (number >= 0 && number < 1000 && number == Math.rint(number)) {
            text = String.valueOf((int) number); // 503.0 is 503.
        }
        if (token == JsonToken.VALUE_NULL || text.isBlank() || text.equals(String.valueOf(httpStatus))) {
            return null; // A repeated HTTP status is not a status word.
        }
        if (token.isNumeric() && FLAG_KEYS.contains(key) && (number == 0 || number == 1)) {
            return new Word(text, number == 1 ? Health.Verdict.HEALTHY : Health.Verdict.UNHEALTHY, null);
        }
        return token.isNumeric() && code(text) == null ? null : judge(text);
    }

    /** Returns the next token; null at the end of the body, or where it stops being JSON. */
    private JsonToken next() {
        try {
            JsonToken token = isBroken ? null : json.nextToken();
            text = token == null ? null : json.getText(); // Only this reads a long text to its end.
            return token;
        } catch (IOException e) {
            isBroken = true;
            return null;
        }
    }

    private Word skip() {
        for (int open = 1; open > 0; ) {
            JsonToken token = next();
            open += token == null ? -open : token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        }
        return null;
    }

    // Words.

    private static Word worst(Word one, Word other) {
        return one == null || other != null && other.verdict.compareTo(one.verdict) > 0 ? other : one;
    }

    private static Word bad(Word word) {
        return word == null || word.verdict == Health.Verdict.HEALTHY ? null : word;
    }

    /** Returns what a status means: "error: no connection" is an error; "ok, but slow" is not ok. */
    private static Word judge(String word) {
        Word known = known(word);
        Word first = known != null ? known : known(firstWord(word));
        boolean isUnhealthy = first != null && first.verdict == Health.Verdict.UNHEALTHY;
        return known != null ? known : new Word(word, isUnhealthy ? Health.Verdict.UNHEALTHY : Health.Verdict.DEGRADED, null);
    }

    /** Judges a plain text by its first word, after a {@code status:}, or by the marks of Kubernetes' checks. */
    private static Word ofText(String text) {
        int failed = ("\n" + text).indexOf("\n[-]");
        if (failed >= 0) {
            return new Word(text.substring(failed).split("\\s", 2)[0], Health.Verdict.UNHEALTHY, null);
        }
        Word first = bad(known(firstWord(text)));
        return first == null ? NONE : first;
    }

    /** Returns the first word, with a "not" before it; empty if the text begins with markup. */
    private static String firstWord(String text) {
        Matcher beginning = Pattern.compile("[^<\\w]*+(?:(?:" + String.join("|", STATUS_KEYS)
            + ")[^\\w:=]*+[:=]\\W*+)?((?:not\\W+)?\\w[\\w-]*)", Pattern.CASE_INSENSITIVE).matcher(text);
        return beginning.lookingAt() ? beginning.group(1) : "";
    }

    /** Returns what a word means by itself; null if it is not known. */
    private static Word known(String word) {
        String normalized = word.strip().toLowerCase(Locale.ROOT).replace(' ', '_').replace('-', '_');
        Health.Verdict verdict = UNHEALTHY.contains(normalized) || normalized.startsWith("not_") ? Health.Verdict.UNHEALTHY
            : DEGRADED.contains(normalized) ? Health.Verdict.DEGRADED
            : HEALTHY.contains(normalized) ? Health.Verdict.HEALTHY
            : code(normalized);
        return verdict == null ? null : new Word(word.strip(), verdict, null);
    }

    /** Returns what a number means if it is an HTTP status, else null. */
    private static Health.Verdict code(String text) {
        return text.matches("[2-5][0-9][0-9]") ? Health.Verdict.of(Integer.parseInt(text), Health.Verdict.HEALTHY) : null;
    }
}
