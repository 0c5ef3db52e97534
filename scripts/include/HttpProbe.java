//SOURCES Endpoint.java Health.java HealthBody.java HealthVerdict.java

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
import java.util.List;
import java.util.Locale;
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
    private static final String BROKEN = "breaks off its answer";

    private final InputStream in;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private int headLeft = LIMIT;
    private int status;
    private String length;
    private String coding = "";
    private String encoding = "";
    private String type = "";
    private String location;
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

    /** What comes back, judged. The status counts whatever becomes of the body. */
    static Health answer(InputStream in) throws IOException {
        HttpProbe answer = new HttpProbe(in);
        try {
            do {
                if (!answer.readHead()) {
                    return Health.of(HealthVerdict.NOT_HTTP, null, Health.CLOSED);
                }
            } while (answer.status / 100 == 1 && answer.status != 101); // RFC 9110, 15.2: the answer is still to come.
        } catch (ProtocolException | EOFException e) {
            return Health.of(HealthVerdict.NOT_HTTP, null, e instanceof EOFException ? BROKEN : e.getMessage());
        }
        return answer.judge();
    }

    private Health judge() {
        HealthBody.Said said = HealthBody.NOTHING;
        IOException failure = null;
        try {
            readBody();
        } catch (IOException e) {
            failure = e;
        }
        try {
            said = HealthBody.read(decoded(), type, status, failure == null && !isCutByUs);
        } catch (IOException e) {
            failure = failure == null ? e : failure;
        }
        HealthVerdict verdict = HealthVerdict.of(status, said.verdict());
        String reason = said.reason();
        if (failure != null && status / 100 == 2 && verdict != HealthVerdict.UNHEALTHY) {
            boolean isLate = failure instanceof SocketTimeoutException;
            verdict = isLate ? HealthVerdict.TIMEOUT : HealthVerdict.NOT_HTTP;
            reason = isLate ? "no end of its answer in time" : BROKEN;
        }
        return new Health(verdict, status, said.word(), status / 100 == 3 ? location : null, null, 0, reason, List.of());
    }

    // The head.

    /** Reads a status line and header fields; returns false if the server closes before it says anything. */
    private boolean readHead() throws IOException {
        for (int i = 0; i < VERSION.length(); i++) {
            int character = in.read();
            if (character != VERSION.charAt(i)) { // What speaks another protocol may never end its line.
                if (character >= 0) {
                    throw new ProtocolException(NO_HTTP);
                }
                return ended(i > 0);
            }
        }
        String line = line();
        boolean isStatus = line.length() >= 5 && line.charAt(1) == ' ' && (line.length() == 5 || line.charAt(5) == ' ');
        status = isStatus ? (int) number(line.substring(2, 5), 10) : 0;
        if (status < 100) {
            throw new ProtocolException(NO_HTTP);
        }
        for (line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                header(line.substring(0, colon).strip().toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
            }
        }
        return true;
    }

    private void header(String name, String value) throws IOException {
        switch (name) {
            case "content-length" -> {
                if (length != null && !length.equals(value)) {
                    throw new ProtocolException("announces two lengths"); // RFC 9112, 6.3: not to be trusted.
                }
                length = value;
            }
            case "transfer-encoding" -> coding = value.toLowerCase(Locale.ROOT);
            case "content-encoding" -> encoding = value.toLowerCase(Locale.ROOT);
            case "content-type" -> type = value.toLowerCase(Locale.ROOT);
            case "location" -> location = value;
            default -> { }
        }
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        int character;
        while ((character = in.read()) != '\n') {
            ended(character < 0);
            if (headLeft-- == 0) {
                throw new ProtocolException("no end of its header");
            }
            line.append((char) character);
        }
        int end = line.length() - 1;
        return end >= 0 && line.charAt(end) == '\r' ? line.substring(0, end) : line.toString();
    }

    private static boolean ended(boolean early) throws EOFException {
        if (early) {
            throw new EOFException();
        }
        return false;
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
        if (!coding.endsWith("chunked")) {
            read(length == null ? Long.MAX_VALUE : number(length, 10));
            return;
        }
        long size = -1;
        while (size != 0 && !isCutByUs) {
            String line = line();
            size = number((line.indexOf(';') < 0 ? line : line.substring(0, line.indexOf(';'))).strip(), 16);
            read(size);
            if (size > 0 && !isCutByUs && !line().isEmpty()) {
                throw new ProtocolException("a chunk is longer than it says");
            }
        }
        while (!isCutByUs && !line().isEmpty()) {
            continue; // Trailer fields.
        }
    }

    /** Reads so many bytes, or to our limit; the most there can be is as many as there are. */
    private void read(long count) throws IOException {
        byte[] part = new byte[8192];
        long left = count;
        while (left > 0 && !isCutByUs) {
            int read = in.read(part, 0, (int) Math.min(part.length, Math.min(left, LIMIT - body.size())));
            if (read < 0) {
                break;
            }
            body.write(part, 0, read);
            left -= read;
            isCutByUs = body.size() == LIMIT && left > 0;
        }
        ended(count < 0 || count < Long.MAX_VALUE && left > 0 && !isCutByUs);
    }

    /** The body as it was before it was compressed, as far as it was read. */
    private byte[] decoded() throws IOException {
        byte[] bytes = body.toByteArray();
        if (bytes.length < 2 || encoding.isEmpty() || encoding.equals("identity")) {
            return bytes;
        }
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try (InputStream stream = decoder(new ByteArrayInputStream(bytes), bytes)) {
            int character;
            while (text.size() < LIMIT && (character = stream.read()) >= 0) {
                text.write(character);
            }
            isCutByUs |= text.size() == LIMIT;
        } catch (EOFException e) {
            ended(!isCutByUs);
        }
        return text.toByteArray();
    }

    private InputStream decoder(InputStream stream, byte[] bytes) throws IOException {
        // RFC 9110, 8.4.1.2: deflate is wrapped as RFC 1950 has it; many servers send it bare.
        boolean isWrapped = (bytes[0] & 0x0F) == 8 && ((bytes[0] & 0xFF) << 8 | bytes[1] & 0xFF) % 31 == 0;
        return switch (encoding) {
            case "gzip", "x-gzip" -> new GZIPInputStream(stream);
            case "deflate" -> new InflaterInputStream(stream, new Inflater(!isWrapped));
            default -> throw new ProtocolException("compresses its answer by " + encoding);
        };
    }
}
