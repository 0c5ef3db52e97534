//SOURCES ../config/Endpoint.java Health.java HealthBody.java

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One GET request by HTTP/1.1 (RFC 9112), without proxy or redirects. The JDK's clients cannot be kept from sending a
 * second request when the server closes the connection.
 */
final class HttpProbe {

    private static final int LIMIT = 1_000_000; // of a body
    private static final String NOT_HTTP = "the response is not HTTP";

    private final InputStream in;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private final Map<String, String> fields = new HashMap<>();
    private int status;
    private boolean isCut;

    private HttpProbe(InputStream in) {
        this.in = new BufferedInputStream(in);
    }

    /**
     * Sends the request and judges the response. The request does not ask the server to close: whoever closes first
     * keeps its port in TIME_WAIT, and that must not be the service.
     *
     * @throws ProtocolException if the response is not HTTP
     */
    static Health check(Endpoint endpoint, Socket connection) throws IOException {
        String request = "GET " + endpoint.path() + " HTTP/1.1\r\nHost: " + endpoint.authority()
            + "\r\nUser-Agent: health_all\r\nAccept: application/json, */*\r\nAccept-Encoding: identity\r\n\r\n";
        connection.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
        HttpProbe response = new HttpProbe(connection.getInputStream());
        if (endpoint.protocol() == Endpoint.Protocol.ANY && response.in.read() >= 0) {
            return Health.of(Health.Verdict.REACHABLE, null, null);
        }
        do {
            response.readHeader();
        } while (response.status / 100 == 1 && response.status != 101); // The final response follows.
        try {
            response.readBody();
            return response.result(null);
        } catch (IOException e) {
            return response.result(e); // The status counts even if the body cannot be read.
        }
    }

    private Health result(IOException failure) {
        boolean isWhole = failure == null && !isCut;
        Health said = HealthBody.read(body.toByteArray(), field("content-type"), status, isWhole);
        Health.Verdict verdict = Health.Verdict.of(status, said.verdict());
        String reason = said.reason();
        if (failure != null && status / 100 == 2 && verdict != Health.Verdict.UNHEALTHY) {
            boolean isLate = failure instanceof SocketTimeoutException;
            verdict = isLate ? Health.Verdict.TIMEOUT : Health.Verdict.NOT_HTTP;
            reason = isLate ? "the response was not complete in time"
                : failure instanceof ProtocolException ? failure.getMessage() : Health.BROKEN;
        }
        String location = status / 100 == 3 ? fields.get("location") : null;
        return new Health(verdict, status, said.word(), location, null, 0, reason, List.of());
    }

    /** Checks the beginning at once, because a server of another protocol may never end its line. */
    private void readHeader() throws IOException {
        byte[] beginning = in.readNBytes(7);
        if (beginning.length == 0) {
            throw new EOFException();
        }
        if (!new String(beginning, StandardCharsets.ISO_8859_1).equals("HTTP/1.")) {
            throw new ProtocolException(otherProtocol(beginning));
        }
        String line = line();
        if (!line.matches(". [1-9][0-9][0-9]( .*)?")) {
            throw new ProtocolException(NOT_HTTP);
        }
        status = Integer.parseInt(line.substring(2, 5));
        fields.clear();
        for (line = line(); !line.isEmpty(); line = line()) {
            int colon = Math.max(0, line.indexOf(':'));
            fields.put(line.substring(0, colon).strip().toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
        }
    }

    /** Recognises an alert of TLS, and the SETTINGS frame that begins HTTP/2. */
    private static String otherProtocol(byte[] beginning) {
        return beginning[0] == 0x15 ? Health.SPEAKS_TLS + "https://"
            : beginning.length > 3 && beginning[0] == 0 && beginning[3] == 4 ? "speaks HTTP/2" : NOT_HTTP;
    }

    /** Returns the value of a field in lower case; empty if the header does not have the field. */
    private String field(String name) {
        return fields.getOrDefault(name, "").toLowerCase(Locale.ROOT);
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int character = in.read(); character != '\n'; character = in.read()) {
            if (character < 0) {
                throw new EOFException();
            }
            line.append((char) character);
        }
        int end = line.length() - 1;
        return end >= 0 && line.charAt(end) == '\r' ? line.substring(0, end) : line.toString();
    }

    private void readBody() throws IOException {
        if (status == 101 || status == 204 || status == 304) {
            return; // RFC 9112, 6.3: these have no body, whatever their header says.
        }
        if (List.of("gzip", "x-gzip", "deflate", "compress", "br", "zstd").contains(field("content-encoding"))) {
            throw new ProtocolException("the body is compressed, though the request did not allow it");
        }
        if (!field("transfer-encoding").endsWith("chunked")) {
            read(fields.containsKey("content-length") ? number(field("content-length"), 10) : Long.MAX_VALUE);
            return;
        }
        long size;
        do {
            size = number(line().split(";")[0].strip(), 16);
            read(size);
            if (size > 0 && !isCut && !line().isEmpty()) {
                throw new ProtocolException("a chunk of the body is longer than its size says");
            }
        } while (size > 0 && !isCut);
    }

    private static long number(String digits, int radix) throws ProtocolException {
        if (!digits.matches(radix == 16 ? "[0-9A-Fa-f]{1,15}" : "[0-9]{1,18}")) {
            throw new ProtocolException("the length of the body is not a number");
        }
        return Long.parseLong(digits, radix);
    }

    /** Reads that number of bytes or, for Long.MAX_VALUE, all; the whole body is cut at the limit. */
    private void read(long count) throws IOException {
        int wanted = (int) Math.min(count, LIMIT - body.size());
        byte[] part = in.readNBytes(wanted);
        body.writeBytes(part);
        if (part.length < wanted && count < Long.MAX_VALUE) {
            throw new EOFException();
        }
        isCut = part.length == wanted && wanted < count;
    }
}
