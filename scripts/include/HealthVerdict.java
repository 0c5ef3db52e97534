//SOURCES HealthProbe.java

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;

/** How an endpoint is, best first, and how its answer is judged. */
enum HealthVerdict {
    /** It answers 2xx, and the {@code status} of a JSON body, if any, means healthy. */
    HEALTHY,
    /** It accepts connections, and there is nothing more to ask it. */
    REACHABLE,
    /** It answers anything else: 3xx, 4xx, {@code "status":"degraded"}. */
    DEGRADED,
    /** It answers 5xx, or a {@code status} that means unhealthy. */
    UNHEALTHY,
    /** It speaks another protocol, or breaks off its answer. */
    NOT_HTTP,
    /** It does not answer in time. */
    TIMEOUT,
    /** The connection is refused, or the host unreachable. */
    DOWN;

    /** Whether nothing is wrong, as far as can be asked. */
    boolean isPassing() {
        return this == HEALTHY || this == REACHABLE;
    }

    private static final Set<String> HEALTHY_WORDS = Set.of(
        "ok", "healthy", "up", "pass", "passing", "alive", "live", "ready", "running", "active", "online", "available",
        "operational", "green", "good", "success", "true", "200");
    private static final Set<String> UNHEALTHY_WORDS = Set.of(
        "unhealthy", "down", "fail", "failed", "failing", "error", "critical", "dead", "stopped", "offline",
        "unavailable", "red", "bad", "false");

    private static final JsonFactory LENIENT = JsonFactory.builder()
        .enable(JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS)
        .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
        .streamReadConstraints(StreamReadConstraints.builder()
            .maxNestingDepth(HealthProbe.BODY_LIMIT).maxNameLength(HealthProbe.BODY_LIMIT).build())
        .build();

    /** The top-level {@code status} of a JSON object, or null. What is no clean JSON is read as far as it can be. */
    static String statusWord(byte[] body) {
        String word = null;
        String text = new String(body, StandardCharsets.UTF_8);
        try (JsonParser json = LENIENT.createParser(text.startsWith("\uFEFF") ? text.substring(1) : text)) {
            if (json.nextToken() == JsonToken.START_OBJECT) {
                while (json.nextToken() == JsonToken.FIELD_NAME) {
                    boolean isStatus = json.currentName().equals("status");
                    JsonToken value = json.nextToken();
                    if (isStatus && value != JsonToken.VALUE_NULL && value.isScalarValue()) {
                        word = json.getText();
                    }
                    json.skipChildren();
                }
            }
        } catch (IOException e) {
            // Not JSON, or not from here on.
        }
        return word;
    }

    /** The verdict on an answer with this HTTP status, and with this status word, or null, in its body. */
    static HealthVerdict of(int httpStatus, String word) {
        String lowerCase = word == null ? "ok" : word.strip().toLowerCase(Locale.ROOT);
        if (httpStatus >= 500 || UNHEALTHY_WORDS.contains(lowerCase)) {
            return UNHEALTHY;
        }
        return httpStatus >= 200 && httpStatus < 300 && HEALTHY_WORDS.contains(lowerCase) ? HEALTHY : DEGRADED;
    }
}
