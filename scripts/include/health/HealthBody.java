//SOURCES HealthVerdict.java HealthWord.java

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Finds the word on a service's health in the body that its endpoint answers. Where in doubt, it is not healthy. */
final class HealthBody {

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
    static HealthWord read(byte[] body, String type, int httpStatus, boolean isWhole) throws IOException {
        boolean isUtf16 = body.length > 1 && (body[0] & 0xFF) + (body[1] & 0xFF) == 0xFE + 0xFF;
        String text = new String(body, isUtf16 ? StandardCharsets.UTF_16 : StandardCharsets.UTF_8);
        text = (text.startsWith("\uFEFF") ? text.substring(1) : text).strip();
        boolean claims = type.contains("json") || text.startsWith("{");
        if (!text.isEmpty() && (claims || text.startsWith("[") || text.startsWith("\""))) {
            try (JsonParser parser = LENIENT.createParser(text)) {
                HealthBody json = new HealthBody(parser, httpStatus);
                HealthWord word = json.read();
                if (!json.isBroken || claims) {
                    return !json.isBroken || !isWhole || word.verdict() != HealthVerdict.HEALTHY ? word
                        : new HealthWord(word.text(), HealthVerdict.DEGRADED, "the body is not the JSON that it claims to be");
                }
            }
        }
        return httpStatus / 100 == 2 ? HealthWord.ofText(text) : HealthWord.NONE; // Another status has its own words.
    }

    // JSON.

    private HealthWord read() {
        JsonToken token = next();
        HealthWord word = token == null ? null : token.isScalarValue() ? HealthWord.ofText(text) : word(0, false);
        if (next() != null) {
            isBroken = true; // There is more than one value.
        }
        return word == null ? HealthWord.NONE : word;
    }

    /** The overall word of the object or array that has begun: its own, else the worst of its parts', or null. */
    private HealthWord word(int depth, boolean isStatus) {
        HealthWord own = null;
        HealthWord parts = null;
        for (JsonToken token = next(); token != null && !token.isStructEnd(); token = next()) {
            String key = "";
            if (token == JsonToken.FIELD_NAME) {
                key = text.toLowerCase(Locale.ROOT).replace("_", "").replace("-", "");
                token = next();
            }
            boolean counts = HealthWord.KEYS.contains(key) || isStatus && (key.isEmpty() || key.equals("code"))
                || depth == 0 && HealthWord.OUTERMOST_KEYS.contains(key) && "false".equalsIgnoreCase(text);
            if (token != null && token.isStructStart() && depth == DEEPEST) {
                skip();
            } else if (token != null && token.isStructStart() && !counts) {
                parts = HealthWord.worst(parts, word(depth + 1, false));
            } else if (token != null && counts) {
                own = HealthWord.worst(own, token.isStructStart() ? word(depth + 1, true) : scalar(key, token));
            }
        }
        return own != null ? own : parts;
    }

    private HealthWord scalar(String key, JsonToken token) {
        boolean isFlag = key.equals("ok") || key.equals("isok") || key.equals("healthy") || key.equals("ishealthy");
        double number = token.isNumeric() && Character.isDigit(text.charAt(text.length() - 1)) ? Double.parseDouble(text) : -1; // not -INF
        if (number >= 0 && number < 1000 && number == Math.rint(number)) {
            text = String.valueOf((int) number); // 503.0 is 503.
        }
        if (token == JsonToken.VALUE_NULL || text.isBlank() || text.equals(String.valueOf(httpStatus))) {
            return null; // The status again is no word of its own.
        }
        if (token.isNumeric() && isFlag && (text.equals("0") || text.equals("1"))) {
            return new HealthWord(text, text.equals("1") ? HealthVerdict.HEALTHY : HealthVerdict.UNHEALTHY, null);
        }
        return token.isNumeric() && HealthWord.code(text) == null ? null : HealthWord.judge(text);
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
}
