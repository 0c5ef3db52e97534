//SOURCES Health.java

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the status word in the body of a health response. In doubt, the service is not healthy. */
final class HealthBody {

    private static final Health NONE = Health.of(Health.Verdict.HEALTHY, null, null);

    // Spring Boot Actuator, MicroProfile Health: UP, DOWN, OUT_OF_SERVICE, UNKNOWN. ASP.NET Core: Healthy, Degraded,
    // Unhealthy. terminus: ok, error, shutting_down. dropwizard, etcd: true, false. Consul: passing, warning, critical.
    // Docker: starting, running, healthy, unhealthy, paused, exited, dead. application/health+json: pass, warn, fail.
    // grpc.health.v1: UNKNOWN, SERVING, NOT_SERVING. Elasticsearch: green, yellow, red. Jaeger: Server available.
    private static final Set<String> HEALTHY = words("up healthy ok true passing running pass serving green okay passed"
        + " alive live ready started active online available operational listening good fine normal success successful"
        + " connected server_available statusok");
    private static final Set<String> DEGRADED = words("degraded warn warning starting unknown paused service_unknown"
        + " yellow maintenance partial initializing loading pending restarting draining busy");
    private static final Set<String> UNHEALTHY = words("down out_of_service unhealthy error shutting_down false"
        + " critical exited dead fail not_serving red failed failing failure fatal crashed stopped stopping shutdown"
        + " terminated terminating killed offline unavailable unreachable disconnected inactive broken bad ko nok"
        + " outage major_outage");

    private static final Set<String> STATUS_KEYS = Set.of("status", "state", "health", "healthy", "ok", "isok",
        "outcome", "statuscode", "ishealthy", "healthstatus", "overall", "overallstatus", "overallhealth");
    private static final Set<String> FLAG_KEYS = Set.of("ok", "isok", "healthy", "ishealthy");
    /** Keys that count in the outermost object, and only if they are false. */
    private static final Set<String> OUTERMOST_KEYS =
        Set.of("ready", "alive", "live", "up", "available", "serving", "success");
    /** Keys of the objects that name the parts of a service, each with a status. */
    private static final Set<String> PARTS_KEYS = Set.of("checks", "services", "components", "dependencies");

    /** Numbers that some languages write, but JSON does not have, behind what precedes a value. */
    private static final Pattern NO_NUMBER = Pattern.compile("([:,\\[]\\s*+)[-+]?(?:NaN|INF|Infinity)\\b");

    private final String httpStatus;

    private HealthBody(int httpStatus) {
        this.httpStatus = String.valueOf(httpStatus);
    }

    /** Judges a body. The type is its content type in lower case; a body that is not whole may end anywhere. */
    static Health read(byte[] body, String type, int httpStatus, boolean isWhole) {
        String text = new String(body, StandardCharsets.UTF_8);
        text = (text.startsWith("\uFEFF") ? text.substring(1) : text).strip();
        boolean isObject = text.startsWith("{");
        boolean claimsJson = !text.isEmpty() && (isObject || type.contains("json"));
        if (claimsJson || text.startsWith("[")) {
            try {
                return new HealthBody(httpStatus).word(text);
            } catch (IOException e) {
                Health first = known(firstWord(text));
                if (claimsJson && (first == null
                        || isWhole && isObject && first.verdict() == Health.Verdict.HEALTHY)) {
                    return Health.of(Health.Verdict.DEGRADED, null,
                        isWhole ? "the body is not valid JSON" : "the body is too long to be judged");
                }
            }
        }
        if (httpStatus / 100 == 2) {
            return ofText(text);
        }
        // Other statuses have texts of their own, such as "Not authorized".
        return UNHEALTHY.contains(text.toLowerCase(Locale.ROOT)) ? known(text) : NONE;
    }

    private Health word(String text) throws IOException {
        // Some programs write control characters in texts, too; elsewhere, they are blanks.
        String strict = NO_NUMBER.matcher(text.replaceAll("\\p{Cntrl}", " ")).replaceAll("$1null");
        JsonReader json = new JsonReader(new StringReader(strict));
        json.setStrictness(Strictness.STRICT);
        Health word = isStruct(json) ? members(json, true, false, false) : ofText(scalar(json));
        if (json.peek() != JsonToken.END_DOCUMENT) {
            throw new IOException("more than one value");
        }
        return word == null ? NONE : word;
    }

    private static boolean isStruct(JsonReader json) throws IOException {
        return json.peek() == JsonToken.BEGIN_OBJECT || json.peek() == JsonToken.BEGIN_ARRAY;
    }

    /** Reads a text, number, boolean or null; returns a null as an empty text. */
    private static String scalar(JsonReader json) throws IOException {
        if (json.peek() == JsonToken.NULL) {
            json.nextNull();
            return "";
        }
        return json.peek() == JsonToken.BOOLEAN ? String.valueOf(json.nextBoolean()) : json.nextString();
    }

    /**
     * Returns the word of an object or array: its own or, if it has none, the worst of its members; or null.
     *
     * @param isStatus whether it is the value of a status key
     * @param isParts whether it is the value of a parts key
     */
    private Health members(JsonReader json, boolean isOutermost, boolean isStatus, boolean isParts) throws IOException {
        Health own = null;
        Health parts = null;
        boolean isObject = json.peek() == JsonToken.BEGIN_OBJECT;
        if (isObject) {
            json.beginObject();
        } else {
            json.beginArray();
        }
        while (json.hasNext()) {
            String key = isObject ? json.nextName().toLowerCase(Locale.ROOT).replace("_", "").replace("-", "") : "";
            boolean counts = STATUS_KEYS.contains(key) || isStatus && (key.isEmpty() || key.equals("code"));
            Health word;
            if (isStruct(json)) {
                word = members(json, false, counts, counts || PARTS_KEYS.contains(key));
            } else {
                boolean isNumber = json.peek() == JsonToken.NUMBER;
                String text = scalar(json);
                counts |= isOutermost && OUTERMOST_KEYS.contains(key) && text.equalsIgnoreCase("false");
                word = counts ? isNumber ? number(key, Double.parseDouble(text)) : status(text)
                    : isParts && !isNumber ? bad(known(text)) : null;
            }
            own = counts ? worst(own, word) : own;
            parts = counts ? parts : worst(parts, word);
        }
        if (isObject) {
            json.endObject();
        } else {
            json.endArray();
        }
        return own != null ? own : parts;
    }

    private Health number(String key, double number) {
        String text = String.valueOf((int) number);
        if (FLAG_KEYS.contains(key) && (number == 0 || number == 1)) {
            return Health.of(number == 1 ? Health.Verdict.HEALTHY : Health.Verdict.UNHEALTHY, text, null);
        }
        return number != (int) number || code(text) == null ? null : status(text);
    }

    /** Returns what a status means; null for the HTTP status. "error: x" is an error, and "ok, but slow" is not ok. */
    private Health status(String text) {
        if (text.isBlank() || text.equals(httpStatus)) {
            return null;
        }
        Health known = known(text);
        if (known != null) {
            return known;
        }
        Health first = known(firstWord(text));
        boolean isUnhealthy = first != null && first.verdict() == Health.Verdict.UNHEALTHY;
        return Health.of(isUnhealthy ? Health.Verdict.UNHEALTHY : Health.Verdict.DEGRADED, text, null);
    }

    private static Set<String> words(String text) {
        return Set.of(text.split(" "));
    }

    private static Health worst(Health one, Health other) {
        return one == null || other != null && other.verdict().compareTo(one.verdict()) > 0 ? other : one;
    }

    private static Health bad(Health word) {
        return word == null || word.verdict() == Health.Verdict.HEALTHY ? null : word;
    }

    /** Judges a text by its first word, after a {@code status:}, or by the marks of Kubernetes' checks. */
    private static Health ofText(String text) {
        int failed = ("\n" + text).indexOf("\n[-]");
        if (failed >= 0) {
            return Health.of(Health.Verdict.UNHEALTHY, text.substring(failed).split("\\s", 2)[0], null);
        }
        Health first = bad(known(firstWord(text)));
        return first == null ? NONE : first;
    }

    /** Returns the first word, with a "not" before it; empty if the text begins with markup, or with another key. */
    private static String firstWord(String text) {
        Matcher beginning = Pattern.compile("[^<\\w]*+(?:(?:" + String.join("|", STATUS_KEYS)
            + ")[^\\w:=]*+[:=]\\W*+)?((?:not\\W+)?\\w[\\w-]*+)(?!\"\\s*:)", Pattern.CASE_INSENSITIVE).matcher(text);
        return beginning.lookingAt() ? beginning.group(1) : "";
    }

    /** Returns what a word means by itself; null if it is not known. */
    private static Health known(String word) {
        String normalized = word.strip().toLowerCase(Locale.ROOT).replace(' ', '_').replace('-', '_');
        boolean isBad = UNHEALTHY.contains(normalized) || normalized.startsWith("not_");
        Health.Verdict verdict = isBad ? Health.Verdict.UNHEALTHY
            : DEGRADED.contains(normalized) ? Health.Verdict.DEGRADED
            : HEALTHY.contains(normalized) ? Health.Verdict.HEALTHY
            : code(normalized);
        return verdict == null ? null : Health.of(verdict, word.strip(), null);
    }

    /** Returns what a number means if it is an HTTP status, else null. */
    private static Health.Verdict code(String text) {
        boolean isCode = text.matches("[2-5][0-9][0-9]");
        return isCode ? Health.Verdict.of(Integer.parseInt(text), Health.Verdict.HEALTHY) : null;
    }
}
