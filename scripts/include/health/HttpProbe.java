//SOURCES Endpoint.java Health.java HealthBody.java HealthVerdict.java HealthWord.java

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/**
 * One GET by HTTP/1.1 (RFC 9112), over a connection of its own, without proxy or redirects. The JDK's clients cannot be kept from
 * asking again when the server closes without an answer.
 */
final class HttpProbe {

    private static final int LIMIT = 64 * 1024; // of a head, and of a body
    private static final String VERSION = "HTTP/1.";
    private static final String NO_HTTP = "answers, but not in HTTP";

    private final InputStream in;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private final Map<String, String> fields = new HashMap<>();
    private int headLeft = LIMIT;
    private int status;
    private boolean isCutByUs;

    private HttpProbe(InputStream in) {
        this.in = new BufferedInputStream(in);
    }

    /** Asks; the streams are the connection's. It is left to us to close it, so that TIME_WAIT is ours, and not at the service's port. */
    static Health ask(Endpoint endpoint, InputStream in, OutputStream out) throws IOException {
        String request = "GET " + endpoint.path() + " HTTP/1.1\r\nHost: " + endpoint.authority(false)
            + "\r\nUser-Agent: health_all\r\nAccept: application/json, */*\r\nAccept-Encoding: identity\r\n\r\n";
        out.write(request.getBytes(StandardCharsets.UTF_8));
        out.flush();
        if (endpoint.protocol() != Endpoint.Protocol.ANY) {
            return answer(in);
        }
        return in.read() < 0 ? Health.of(HealthVerdict.DOWN, null, Health.CLOSED) : Health.of(HealthVerdict.REACHABLE, null, null);
    }

    /** What comes back, judged; the status counts whatever becomes of the body. */
    static Health answer(InputStream in) throws IOException {
        HttpProbe answer = new HttpProbe(in);
        try {
            do {
                answer.readHead();
            } while (answer.status / 100 == 1 && answer.status != 101); // RFC 9110, 15.2: the answer is still to come.
        } catch (EOFException e) {
            return Health.of(HealthVerdict.NOT_HTTP, null, answer.headLeft == LIMIT ? Health.CLOSED : Health.BROKEN);
        } catch (ProtocolException e) {
            return Health.of(HealthVerdict.NOT_HTTP, null, e.getMessage());
        }
        return answer.judge();
    }

    private Health judge() {
        HealthWord word = HealthWord.NONE;
        IOException failure = null;
        try {
            readBody();
        } catch (IOException e) {
            failure = e;
        }
        try {
            word = HealthBody.read(decoded(), field("content-type"), status, failure == null && !isCutByUs);
        } catch (IOException e) {
            failure = failure == null ? e : failure;
        }
        HealthVerdict verdict = HealthVerdict.of(status, word.verdict());
        String reason = word.reason();
        if (failure != null && status / 100 == 2 && verdict != HealthVerdict.UNHEALTHY) {
            boolean isLate = failure instanceof SocketTimeoutException;
            verdict = isLate ? HealthVerdict.TIMEOUT : HealthVerdict.NOT_HTTP;
            reason = isLate ? "no end of its answer in time" : Health.BROKEN;
        }
        return new Health(verdict, status, word.text(), status / 100 == 3 ? fields.get("location") : null, null, 0, reason, List.of());
    }

    // The head.

    private void readHead() throws IOException {
        String line = line(VERSION);
        int at = VERSION.length();
        boolean isStatus = line.length() >= at + 5 && line.charAt(at + 1) == ' ' && (line.length() == at + 5 || line.charAt(at + 5) == ' ');
        status = isStatus ? (int) number(line.substring(at + 2, at + 5), 10) : 0;
        if (status < 100) {
            throw new ProtocolException(NO_HTTP);
        }
        readFields();
        Set<String> lengths = Set.copyOf(List.of(field("content-length").replace(" ", "").split(",")));
        if (lengths.size() > 1) {
            throw new ProtocolException("announces two lengths"); // RFC 9112, 6.3: not to be trusted.
        }
        fields.replace("content-length", lengths.iterator().next());
    }

    private void readFields() throws IOException {
        fields.clear();
        String name = "";
        for (String line = line(""); !line.isEmpty(); line = line("")) {
            int colon = line.indexOf(':');
            if (line.charAt(0) == ' ' || line.charAt(0) == '\t') { // RFC 9112, 5.2: the field's value goes on.
                fields.replace(name, (fields.get(name) + " " + line.strip()).strip());
            } else if (colon > 0) {
                name = line.substring(0, colon).strip().toLowerCase(Locale.ROOT);
                String value = line.substring(colon + 1).strip();
                fields.put(name, fields.containsKey(name) ? fields.get(name) + ", " + value : value);
            }
        }
    }

    /** A field's value in lower case, empty if there is none. */
    private String field(String name) {
        return fields.getOrDefault(name, "").toLowerCase(Locale.ROOT);
    }

    /** Reads a line, which must begin so: what speaks another protocol may never end its line. */
    private String line(String beginning) throws IOException {
        StringBuilder line = new StringBuilder();
        int character;
        while ((character = in.read()) != '\n') {
            if (character < 0) {
                throw new EOFException();
            }
            if (headLeft-- == 0) {
                throw new ProtocolException("no end of its header");
            }
            if (line.length() < beginning.length() && character != beginning.charAt(line.length())) {
                throw new ProtocolException(NO_HTTP);
            }
            line.append((char) character);
        }
        int end = line.length() - 1;
        return end >= 0 && line.charAt(end) == '\r' ? line.substring(0, end) : line.toString();
    }

    private static long number(String digits, int radix) {
        try {
            return digits.startsWith("+") ? -1 : Long.parseLong(digits, radix);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    // The body.

    private void readBody() throws IOException {
        if (status == 101 || status == 204 || status == 304) {
            return; // RFC 9112, 6.3: these have none, whatever they announce.
        }
        if (!field("transfer-encoding").endsWith("chunked")) {
            read(fields.containsKey("content-length") ? number(field("content-length"), 10) : Long.MAX_VALUE);
            return;
        }
        long size = -1;
        while (size != 0 && !isCutByUs) {
            size = number(line("").split(";", 2)[0].strip(), 16);
            read(size);
            if (size > 0 && !isCutByUs && !line("").isEmpty()) {
                throw new ProtocolException("a chunk is longer than it says");
            }
        }
        while (!isCutByUs && !line("").isEmpty()) {
            continue; // Trailer fields.
        }
    }

    /** Reads so many bytes, or to our limit; the most there can be is as many as there are. What has come is kept on a failure. */
    private void read(long count) throws IOException {
        byte[] part = new byte[8192];
        long left = count;
        int length = 0;
        while (left > 0 && length >= 0 && body.size() < LIMIT) {
            length = in.read(part, 0, (int) Math.min(part.length, Math.min(left, LIMIT - body.size())));
            body.write(part, 0, Math.max(0, length));
            left -= Math.max(0, length);
        }
        isCutByUs = left > 0 && length >= 0;
        if (left != 0 && !isCutByUs && count < Long.MAX_VALUE) {
            throw new EOFException();
        }
    }

    /** The body as it was before it was compressed, as far as it was read. */
    private byte[] decoded() throws IOException {
        byte[] bytes = body.toByteArray();
        String encoding = field("content-encoding");
        if (bytes.length < 2 || encoding.isEmpty() || encoding.equals("identity")) {
            return bytes;
        }
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try (InputStream stream = decoder(encoding, bytes)) {
            int character;
            while (text.size() < LIMIT && (character = stream.read()) >= 0) {
                text.write(character);
            }
            isCutByUs |= text.size() == LIMIT;
        } catch (EOFException e) {
            if (!isCutByUs) {
                throw e;
            }
        }
        return text.toByteArray();
    }

    private static InputStream decoder(String encoding, byte[] bytes) throws IOException {
        InputStream stream = new ByteArrayInputStream(bytes);
        // RFC 9110, 8.4.1.2: deflate is wrapped as RFC 1950 has it; many servers send it bare.
        boolean isWrapped = (bytes[0] & 0x0F) == 8 && ((bytes[0] & 0xFF) << 8 | bytes[1] & 0xFF) % 31 == 0;
        return switch (encoding) {
            case "gzip", "x-gzip" -> new GZIPInputStream(stream);
            case "deflate" -> new InflaterInputStream(stream, new Inflater(!isWrapped));
            default -> throw new ProtocolException("compresses its answer by " + encoding);
        };
    }
}
