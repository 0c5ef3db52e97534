//DEPS com.fasterxml.jackson.jr:jackson-jr-objects:2.22.3

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.util.Map;

/** A document as JSON; apart, so that a run which does without the library does not load it. */
final class Json {

    private static final JSON WRITER = JSON.builder(JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build())
        .enable(JSON.Feature.WRITE_NULL_PROPERTIES).build();

    private Json() { }

    /** One line of ASCII, which no locale garbles and no terminal obeys. */
    static String text(Map<String, Object> document) throws IOException {
        return WRITER.asString(document);
    }
}
