//SOURCES HealthVerdict.java

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

/** What a health endpoint's body says of it. Where in doubt, it is not healthy. */
final class HealthBody {

    /** The word that counts, or null, what it means, and in words what is wrong with the body itself, or null. */
    record Said(String word, HealthVerdict verdict, String reason) {

        static Said worst(Said one, Said other) {
            return one == null || other != null && other.verdict.compareTo(one.verdict) > 0 ? other : one;
        }
    }

    /** It has no word on its health. */
    static final Said NOTHING = new Said(null, HealthVerdict.HEALTHY, null);

    // Words as normalized() has them, and who uses them. Spring Boot Actuator, MicroProfile Health: UP, DOWN, OUT_OF_SERVICE, UNKNOWN.
    // ASP.NET Core: Healthy, Degraded, Unhealthy. terminus: ok, error, shutting_down. dropwizard, etcd: true, false.
    // Consul: passing, warning, critical. Docker: starting, running, healthy, unhealthy, paused, exited, dead. Kubernetes: ok.
    // application/health+json (draft-inadarei-api-health-check): pass, warn, fail, with their aliases ok, up, error, down.
    // grpc.health.v1: UNKNOWN, SERVING, NOT_SERVING, SERVICE_UNKNOWN. Elasticsearch: green, yellow, red. Nagios: OK, WARNING, CRITICAL.
    private static final Set<String> HEALTHY = Set.of(
        "up", "healthy", "ok", "true", "passing", "running", "pass", "serving", "green",
        "okay", "passed", "alive", "live", "ready", "started", "active", "online", "available", "operational", "listening",
        "good", "fine", "normal", "success", "successful", "connected");
    private static final Set<String> DEGRADED = Set.of(
        "degraded", "warn", "warning", "starting", "unknown", "paused", "service_unknown", "yellow", "maintenance", "partial",
        "initializing", "loading", "pending", "restarting", "draining", "busy");
    private static final Set<String> UNHEALTHY = Set.of(
        "down", "out_of_service", "unhealthy", "error", "shutting_down", "false", "critical", "exited", "dead", "fail", "not_serving",
        "red", "failed", "failing", "failure", "fatal", "crashed", "stopped", "stopping", "shutdown", "terminated", "terminating", "killed",
        "offline", "unavailable", "unreachable", "disconnected", "inactive", "broken", "bad", "ko", "nok", "outage", "major_outage");

    /** The keys of an overall word, and those that, in the outermost object, tell of trouble where they are false. */
    private static final Set<String> KEYS = Set.of("status", "state", "health", "healthy", "ok", "isok", "outcome", "statuscode",
        "ishealthy", "healthstatus", "overall", "overallstatus", "overallhealth");
    private static final Set<String> OUTERMOST_KEYS = Set.of("ready", "alive", "live", "up", "available", "serving", "success");

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

    /** Reads a body of this type, in lower case, that came with this HTTP status, all of it or only its beginning. */
    static Said read(byte[] body, String type, int httpStatus, boolean isWhole) throws IOException {
        boolean isUtf16 = body.length > 1 && (body[0] & 0xFF) + (body[1] & 0xFF) == 0xFE + 0xFF;
        String text = new String(body, isUtf16 ? StandardCharsets.UTF_16 : StandardCharsets.UTF_8);
        text = (text.startsWith("\uFEFF") ? text.substring(1) : text).strip();
        boolean claims = type.contains("json") || text.startsWith("{");
        if (!text.isEmpty() && (claims || text.startsWith("[") || text.startsWith("\""))) {
            try (JsonParser parser = LENIENT.createParser(text)) {
                HealthBody json = new HealthBody(parser, httpStatus);
                Said said = json.read();
                if (!json.isBroken || claims) {
                    return !json.isBroken || !isWhole || said.verdict != HealthVerdict.HEALTHY ? said
                        : new Said(said.word, HealthVerdict.DEGRADED, "the body is not the JSON that it claims to be");
                }
            }
        }
        return httpStatus / 100 == 2 ? ofText(text) : NOTHING; // Another status has its own words.
    }

    // JSON.

    private Said read() {
        JsonToken token = next();
        Said said = token == null ? null : token.isScalarValue() ? ofText(text) : word(0, false);
        if (next() != null) {
            isBroken = true; // There is more than one value.
        }
        return said == null ? NOTHING : said;
    }

    /** The overall word of the object or array that has begun: its own, else the worst of its parts', or null. */
    private Said word(int depth, boolean isStatus) {
        Said own = null;
        Said parts = null;
        for (JsonToken token = next(); token != null && !token.isStructEnd(); token = next()) {
            String key = "";
            if (token == JsonToken.FIELD_NAME) {
                key = text.toLowerCase(Locale.ROOT).replace("_", "").replace("-", "");
                token = next();
            }
            boolean counts = KEYS.contains(key) || isStatus && (key.isEmpty() || key.equals("code"))
                || depth == 0 && OUTERMOST_KEYS.contains(key) && "false".equalsIgnoreCase(text);
            if (token != null && token.isStructStart() && depth == DEEPEST) {
                skip();
            } else if (token != null && token.isStructStart() && !counts) {
                parts = Said.worst(parts, word(depth + 1, false));
            } else if (token != null && counts) {
                own = Said.worst(own, token.isStructStart() ? word(depth + 1, true) : scalar(key, token));
            }
        }
        return own != null ? own : parts;
    }

    private Said scalar(String key, JsonToken token) {
        boolean isFlag = key.equals("ok") || key.equals("isok") || key.equals("healthy") || key.equals("ishealthy");
        double number = token.isNumeric() ? Double.parseDouble(text) : -1;
        if (number >= 0 && number < 1000 && number == Math.rint(number)) {
            text = String.valueOf((int) number); // 503.0 is 503.
        }
        if (token == JsonToken.VALUE_NULL || text.isBlank() || text.equals(String.valueOf(httpStatus))) {
            return null; // The status again is no word of its own.
        }
        if (token.isNumeric() && isFlag && (text.equals("0") || text.equals("1"))) {
            return new Said(text, text.equals("1") ? HealthVerdict.HEALTHY : HealthVerdict.UNHEALTHY, null);
        }
        return token.isNumeric() && code(text) == null ? null : judge(text);
    }

    /** The next token; null at the end, which may be where it is no JSON any more. */
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

    private void skip() {
        for (int open = 1; open > 0; ) {
            JsonToken token = next();
            open += token == null ? -open : token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        }
    }

    // Words.

    /** What an overall word means: "error: no connection" is an error; "ok, but slow" is not ok. */
    private static Said judge(String word) {
        Said known = known(word);
        if (known != null) {
            return known;
        }
        Said first = known(firstWord(word));
        boolean isUnhealthy = first != null && first.verdict == HealthVerdict.UNHEALTHY;
        return new Said(word, isUnhealthy ? HealthVerdict.UNHEALTHY : HealthVerdict.DEGRADED, null);
    }

    /** A plain text is judged by its first word, after a {@code status:}, or by the marks of Kubernetes' checks. */
    private static Said ofText(String text) {
        int failed = ("\n" + text).indexOf("\n[-]");
        if (failed >= 0) {
            return new Said(text.substring(failed).split("\\s", 2)[0], HealthVerdict.UNHEALTHY, null);
        }
        Said said = known(firstWord(text));
        return said == null || said.verdict == HealthVerdict.HEALTHY ? NOTHING : said;
    }

    /** The first word, one with "not" before it included; empty where markup begins. */
    private static String firstWord(String text) {
        Matcher beginning = Pattern.compile("[^<\\w]*+(?:(?:" + String.join("|", KEYS) + ")[^\\w:=]*+[:=]\\W*+)?((?:not\\W+)?\\w[\\w-]*)",
            Pattern.CASE_INSENSITIVE).matcher(text);
        return beginning.lookingAt() ? beginning.group(1) : "";
    }

    private static Said known(String word) {
        String normalized = word.strip().toLowerCase(Locale.ROOT).replace(' ', '_').replace('-', '_');
        HealthVerdict verdict = UNHEALTHY.contains(normalized) || normalized.startsWith("not_") ? HealthVerdict.UNHEALTHY
            : DEGRADED.contains(normalized) ? HealthVerdict.DEGRADED
            : HEALTHY.contains(normalized) ? HealthVerdict.HEALTHY
            : code(normalized);
        return verdict == null ? null : new Said(word.strip(), verdict, null);
    }

    /** What a number means if it is an HTTP status, else null. */
    private static HealthVerdict code(String text) {
        return text.matches("[2-5][0-9][0-9]") ? HealthVerdict.of(Integer.parseInt(text), HealthVerdict.HEALTHY) : null;
    }
}
