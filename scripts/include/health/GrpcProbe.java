//SOURCES Endpoint.java Health.java HealthVerdict.java Hpack.java

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** One call of {@code grpc.health.v1.Health/Check}, in cleartext: as much of HTTP/2 (RFC 9113) as that takes. */
final class GrpcProbe {

    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int GOAWAY = 7;
    private static final int CONTINUATION = 9;
    private static final int END_STREAM = 1; // of DATA and HEADERS
    private static final int ACK = 1; // of SETTINGS and PING
    private static final int END_HEADERS = 4;
    private static final int PADDED = 8;
    private static final int PRIORITY = 0x20;
    private static final int LARGEST_FRAME = 16_384; // unless we asked for larger ones
    private static final int STREAM = 1;

    /** The states of grpc/health/v1/health.proto. */
    private static final String[] SERVING_STATES = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};
    /** The statuses of a call, grpc/doc/statuscodes.md. */
    private static final String[] STATUSES = {"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
        "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
        "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"};

    private final DataInputStream in;
    private final OutputStream out;
    private final ByteArrayOutputStream headerBlock = new ByteArrayOutputStream();
    private final ByteArrayOutputStream message = new ByteArrayOutputStream();
    private final Hpack headers = new Hpack();
    private boolean isHttp2;
    private boolean isEnding;
    private boolean isEnded;

    private GrpcProbe(InputStream in, OutputStream out) {
        this.in = new DataInputStream(new BufferedInputStream(in));
        this.out = out;
    }

    /** Asks for the health of the service that the endpoint's path names; the streams are the connection's. */
    static Health ask(Endpoint endpoint, InputStream in, OutputStream out) throws IOException {
        ByteArrayOutputStream question = new ByteArrayOutputStream();
        question.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        frame(question, SETTINGS, 0, 0, new byte[0]);
        frame(question, HEADERS, END_HEADERS, STREAM, Hpack.request(endpoint.authority(false)));
        frame(question, DATA, END_STREAM, STREAM, request(endpoint.path().replace("/", "").getBytes(StandardCharsets.UTF_8)));
        out.write(question.toByteArray());
        out.flush();
        return new GrpcProbe(in, out).answer();
    }

    /** A HealthCheckRequest, whose field 1 is the service, and before it that it is not compressed, and its length. */
    private static byte[] request(byte[] service) {
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        int length = service.length;
        boolean isLong = length > 0x7F; // Protocol Buffers have seven bits of a number in a byte.
        int size = length == 0 ? 0 : length + (isLong ? 3 : 2);
        request.writeBytes(new byte[] {0, 0, 0, (byte) (size >> 8), (byte) size});
        if (length > 0) {
            request.writeBytes(isLong ? new byte[] {0x0A, (byte) (length | 0x80), (byte) (length >> 7)} : new byte[] {0x0A, (byte) length});
            request.writeBytes(service);
        }
        return request.toByteArray();
    }

    private static void frame(OutputStream out, int type, int flags, int stream, byte[] payload) throws IOException {
        out.write(new byte[] {0, (byte) (payload.length >> 8), (byte) payload.length, (byte) type, (byte) flags, 0, 0, 0, (byte) stream});
        out.write(payload);
        out.flush();
    }

    private Health answer() throws IOException {
        try {
            Health refusal = null;
            while (!isEnded && refusal == null) {
                int first = in.read();
                if (first < 0 && !isHttp2) {
                    return Health.of(HealthVerdict.DOWN, null, Health.CLOSED);
                }
                refusal = first == 0 ? frame() : broken();
            }
            return refusal == null ? judge() : refusal;
        } catch (ProtocolException | EOFException | IndexOutOfBoundsException e) {
            return broken();
        }
    }

    private Health broken() {
        return Health.of(HealthVerdict.NOT_GRPC, null, isHttp2 ? Health.BROKEN : "answers, but not in HTTP/2");
    }

    /** Reads a frame but its first byte; returns what is to be said if there will be no answer. */
    private Health frame() throws IOException {
        int length = in.readUnsignedShort();
        int type = in.readUnsignedByte();
        int flags = in.readUnsignedByte();
        int stream = in.readInt() & Integer.MAX_VALUE;
        if (length > LARGEST_FRAME || !isHttp2 && (type != SETTINGS || stream != 0 || length % 6 != 0)) {
            throw new ProtocolException();
        }
        isHttp2 = true;
        byte[] payload = in.readNBytes(length);
        if (payload.length < length) {
            throw new EOFException();
        }
        if (type == SETTINGS && (flags & ACK) == 0) {
            frame(out, SETTINGS, ACK, 0, new byte[0]);
        } else if (type == PING && (flags & ACK) == 0) {
            frame(out, PING, ACK, 0, payload);
        } else if (type == GOAWAY && (payload[3] & 0xFF) < STREAM) {
            return payload[7] == 0 ? Health.of(HealthVerdict.UNHEALTHY, null, "is shutting down") : broken();
        } else if (type == RST_STREAM && stream == STREAM) {
            return broken();
        } else if (stream == STREAM && (type == DATA || type == HEADERS || type == CONTINUATION)) {
            take(type, flags, payload);
        }
        return null;
    }

    private void take(int type, int flags, byte[] payload) throws IOException {
        boolean isPadded = type != CONTINUATION && (flags & PADDED) != 0;
        int start = (isPadded ? 1 : 0) + (type == HEADERS && (flags & PRIORITY) != 0 ? 5 : 0);
        int length = payload.length - start - (isPadded ? payload[0] & 0xFF : 0);
        (type == DATA ? message : headerBlock).write(payload, start, length);
        if (type != DATA && (flags & END_HEADERS) != 0) {
            headers.read(headerBlock.toByteArray());
            headerBlock.reset();
        }
        isEnding |= type != CONTINUATION && (flags & END_STREAM) != 0;
        isEnded = isEnding && (type == DATA || (flags & END_HEADERS) != 0); // The headers may go on in another frame.
    }

    private Health judge() {
        if (headers.status != null && headers.status.startsWith("5")) {
            return Health.of(HealthVerdict.UNHEALTHY, headers.status, null); // A proxy answers for a server that is gone.
        }
        boolean isGrpc = headers.contentType == null ? "200".equals(headers.status) || headers.status == null
            : headers.contentType.startsWith("application/grpc");
        byte[] bytes = message.toByteArray();
        if (!isGrpc || bytes.length > 0 && (bytes.length < 5 || bytes[0] != 0
                || ByteBuffer.wrap(bytes).getInt(1) != bytes.length - 5 || bytes.length > 5 && bytes[5] != 0x08)) {
            return Health.of(HealthVerdict.NOT_GRPC, null, "answers, but not in gRPC");
        }
        if (headers.grpcStatus != null && !headers.grpcStatus.equals("0")) {
            int status = headers.grpcStatus.matches("1?[0-9]") ? Integer.parseInt(headers.grpcStatus) : 2;
            String name = status < STATUSES.length ? STATUSES[status] : headers.grpcStatus;
            return Health.of(switch (name) {
                case "UNIMPLEMENTED", "NOT_FOUND" -> HealthVerdict.REACHABLE; // It has no such service to ask, or to tell of.
                case "UNAUTHENTICATED", "PERMISSION_DENIED", "INVALID_ARGUMENT" -> HealthVerdict.DEGRADED; // It will not tell us.
                default -> HealthVerdict.UNHEALTHY;
            }, name, null);
        }
        if (bytes.length == 0) {
            return Health.of(HealthVerdict.REACHABLE, null, null);
        }
        int state = bytes.length < 7 ? 0 : bytes[6]; // Protocol Buffers leave out a zero.
        return Health.of(switch (state) {
            case 1 -> HealthVerdict.HEALTHY;
            case 2 -> HealthVerdict.UNHEALTHY;
            case 3 -> HealthVerdict.REACHABLE;
            default -> HealthVerdict.DEGRADED;
        }, state >= 0 && state < SERVING_STATES.length ? SERVING_STATES[state] : "" + state, null);
    }
}
