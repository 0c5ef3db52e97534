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

    /** The keys of an overall word, and, if they have a boolean, of the outermost object alone. */
    private static final Set<String> KEYS = Set.of("status", "state", "health", "healthy", "ok", "outcome", "statuscode", "ishealthy",
        "healthstatus", "overall", "overallstatus", "overallhealth");
    private static final Set<String> OUTERMOST_KEYS = Set.of("ready", "alive", "live", "up", "available", "serving", "success");

    private static final int DEEPEST = 100;
    private static final JsonFactory LENIENT = JsonFactory.builder()
        .enable(JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS)
        .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
        .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(1 << 16).maxNameLength(1 << 16).build())
        .build();

    private final JsonParser json;
    private final int httpStatus;
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

    private Said read() throws IOException {
        JsonToken token = next();
        Said said = token == null || !token.isScalarValue() ? word(token, 0, false) : ofText(text());
        if (next() != null) {
            isBroken = true; // There is more than one value.
        }
        return said == null ? NOTHING : said;
    }

    /** The overall word of the object or array that begins here: its own, else the worst of its parts', or null. */
    private Said word(JsonToken start, int depth, boolean isStatus) throws IOException {
        Said own = null;
        Said parts = null;
        JsonToken token;
        if (depth > DEEPEST) {
            skip();
        } else if (start == JsonToken.START_OBJECT) {
            while (next() == JsonToken.FIELD_NAME) {
                String key = json.currentName().toLowerCase(Locale.ROOT).replace("_", "").replace("-", "");
                token = next();
                boolean counts = KEYS.contains(key) || isStatus && key.equals("code")
                    || depth == 0 && OUTERMOST_KEYS.contains(key) && token != null && token.isBoolean();
                Said said = token == null || token.isScalarValue() && !counts ? null
                    : token.isScalarValue() ? scalar(key, token) : word(token, depth + 1, counts);
                own = counts ? Said.worst(own, said) : own;
                parts = counts ? parts : Said.worst(parts, said);
            }
        } else if (start == JsonToken.START_ARRAY) {
            while ((token = next()) != JsonToken.END_ARRAY && token != null) {
                parts = token.isScalarValue() ? parts : Said.worst(parts, word(token, depth + 1, false));
            }
        }
        return own != null ? own : parts;
    }

    private Said scalar(String key, JsonToken token) {
        String text = text();
        boolean isFlag = key.equals("ok") || key.equals("healthy") || key.equals("ishealthy");
        if (token == JsonToken.VALUE_NULL || text == null || text.isBlank() || text.equals(String.valueOf(httpStatus))) {
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
            return isBroken ? null : json.nextToken();
        } catch (IOException e) {
            isBroken = true;
            return null;
        }
    }

    private String text() {
        try {
            return json.getText();
        } catch (IOException e) {
            isBroken = true;
            return null;
        }
    }

    private void skip() {
        try {
            json.skipChildren();
        } catch (IOException e) {
            isBroken = true;
        }
    }

    // Words.

    private static Said judge(String word) {
        Said known = known(word);
        if (known != null) {
            return known;
        }
        // "error: no connection" is an error; "ok, but slow" is not ok.
        Said first = known(firstWord(word));
        boolean isUnhealthy = first != null && first.verdict == HealthVerdict.UNHEALTHY;
        return new Said(word, isUnhealthy ? HealthVerdict.UNHEALTHY : HealthVerdict.DEGRADED, null);
    }

    /** A plain text is judged by its first word, after a {@code status:}, or by the marks of Kubernetes' checks. */
    private static Said ofText(String text) {
        int failed = text == null ? -1 : text.startsWith("[-]") ? 0 : text.indexOf("\n[-]") + 1;
        if (text != null && (failed > 0 || text.startsWith("[-]"))) {
            String check = text.substring(failed + 3).split("\\s", 2)[0];
            return new Said("[-]" + check, HealthVerdict.UNHEALTHY, null);
        }
        Said said = text == null ? null : known(firstWord(text));
        return said == null || said.verdict == HealthVerdict.HEALTHY ? NOTHING : said;
    }

    private static String firstWord(String text) {
        String[] words = text.split("[^A-Za-z0-9_-]+", 5);
        int first = words[0].isEmpty() && words.length > 1 && !text.startsWith("<") ? 1 : 0;
        if (words.length > first + 1 && KEYS.contains(words[first].toLowerCase(Locale.ROOT)) && text.matches("(?s)\\W*\\w+\\W*[:=].*")) {
            first++;
        }
        return words[first].equalsIgnoreCase("not") && words.length > first + 1 ? words[first] + " " + words[first + 1] : words[first];
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
        boolean isCode = text.length() == 3 && text.charAt(0) >= '2' && text.charAt(0) <= '5'
            && Character.isDigit(text.charAt(1)) && Character.isDigit(text.charAt(2));
        return isCode ? HealthVerdict.of(Integer.parseInt(text), HealthVerdict.HEALTHY) : null;
    }
}
