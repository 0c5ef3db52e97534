//SOURCES Endpoint.java Health.java ProbeSocket.java
//DEPS com.squareup.okhttp3:okhttp-jvm:5.5.1

import java.io.IOException;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;
import okhttp3.ConnectionPool;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.Buffer;
import okio.ByteString;
import okio.Utf8;

/** One call of {@code grpc.health.v1.Health/Check} over an open connection. Only gRPC endpoints load OkHttp. */
final class GrpcProbe {

    /** The states of grpc/health/v1/health.proto. */
    private static final String[] STATES = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};
    /** The statuses of a call, grpc/doc/statuscodes.md. */
    private static final String[] STATUSES = {"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED",
        "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
        "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"};
    private static final OkHttpClient CLIENT = new OkHttpClient.Builder()
        .protocols(List.of(Protocol.H2_PRIOR_KNOWLEDGE)).proxy(Proxy.NO_PROXY)
        .retryOnConnectionFailure(false).followRedirects(false).fastFallback(false)
        .connectionPool(new ConnectionPool(0, 1, TimeUnit.SECONDS)) // closes a connection behind its response
        .readTimeout(Duration.ZERO) // The connection limits the time.
        // OkHttp repeats a request that is answered with 503 and Retry-After: 0.
        .addNetworkInterceptor(chain -> chain.proceed(chain.request()).newBuilder().removeHeader("Retry-After").build())
        .build();

    private GrpcProbe() { }

    /** Loads the library, so that no latency includes that. */
    static void warmUp() {
        CLIENT.newBuilder();
    }

    /** Asks for the health of the service that the endpoint's path names. */
    static Health check(Endpoint endpoint, Socket connection, ProbeSocket.Tls tls) throws IOException {
        OkHttpClient.Builder client = CLIENT.newBuilder().socketFactory(new Connected(connection));
        boolean isTls = endpoint.protocol().isTls();
        if (isTls) {
            client.protocols(List.of(Protocol.HTTP_2, Protocol.HTTP_1_1)); // OkHttp refuses prior knowledge with TLS.
            client.sslSocketFactory(tls.context.getSocketFactory(), tls.trust);
        }
        if (isTls && tls.isInsecure) {
            client.hostnameVerifier((host, session) -> true);
        }
        String service = endpoint.path().replace("/", "");
        HttpUrl url = new HttpUrl.Builder().scheme(isTls ? "https" : "http").host(endpoint.host())
            .port(endpoint.port()).addPathSegments("grpc.health.v1.Health/Check").build();
        Request request = new Request.Builder().url(url).header("TE", "trailers").header("User-Agent", "health_all")
            .header("Accept-Encoding", "identity")
            .post(RequestBody.create(message(service), MediaType.get("application/grpc"))).build();
        try (Response response = client.build().newCall(request).execute()) {
            byte[] message = response.body().bytes();
            String status = response.trailers().get("grpc-status");
            status = status != null ? status : response.header("grpc-status");
            return judge(response, message, status, !service.isEmpty());
        }
    }

    /** Returns a HealthCheckRequest, whose field 1 is the service's name, behind gRPC's prefix. */
    private static ByteString message(String service) {
        Buffer field = new Buffer();
        int length = (int) Utf8.size(service);
        if (length > 0) {
            field.writeByte(1 << 3 | 2);
            for (; length > 0x7F; length >>>= 7) { // Protocol Buffers put seven bits of a number in a byte.
                field.writeByte(length & 0x7F | 0x80);
            }
            field.writeByte(length).writeUtf8(service);
        }
        return new Buffer().writeByte(0).writeInt((int) field.size()).write(field.readByteString()).readByteString();
    }

    private static Health judge(Response response, byte[] message, String status, boolean isNamed) {
        if (response.code() >= 500) { // A proxy responds for a server that is gone.
            return Health.of(Health.Verdict.UNHEALTHY, "" + response.code(), null);
        }
        // Protocol Buffers leave out a zero.
        boolean isMessage = message.length == 0 || message.length == 5 || message.length == 7 && message[0] == 0
            && message[4] == 2 && message[5] == 1 << 3;
        boolean isGrpc = response.header("Content-Type", "application/grpc").startsWith("application/grpc");
        if (response.code() != 200 || !isGrpc || !isMessage) {
            return Health.of(Health.Verdict.NOT_GRPC, null, "the response is not gRPC");
        }
        if (status != null && !status.equals("0")) {
            int number = status.matches("1?[0-9]") ? Integer.parseInt(status) : 2;
            String name = number < STATUSES.length ? STATUSES[number] : status;
            return Health.of(switch (name) {
                case "UNIMPLEMENTED", "NOT_FOUND" -> unknown(isNamed);
                case "UNAUTHENTICATED", "PERMISSION_DENIED", "INVALID_ARGUMENT" -> Health.Verdict.DEGRADED;
                default -> Health.Verdict.UNHEALTHY;
            }, name, null);
        }
        if (message.length == 0) {
            return Health.of(Health.Verdict.REACHABLE, null, null);
        }
        int state = message.length == 7 ? message[6] : 0;
        return Health.of(switch (state) {
            case 1 -> Health.Verdict.HEALTHY;
            case 2 -> Health.Verdict.UNHEALTHY;
            case 3 -> unknown(isNamed);
            default -> Health.Verdict.DEGRADED;
        }, state >= 0 && state < STATES.length ? STATES[state] : "" + state, null);
    }

    /** A server without health of its own is reachable; a service that the server does not know is not healthy. */
    private static Health.Verdict unknown(boolean isNamed) {
        return isNamed ? Health.Verdict.UNHEALTHY : Health.Verdict.REACHABLE;
    }

    /** Gives out the one connection, so that OkHttp cannot open another one. */
    private static final class Connected extends SocketFactory {

        private final Socket connection;

        Connected(Socket connection) {
            this.connection = connection;
        }

        @Override
        public Socket createSocket() {
            return connection; // If OkHttp has closed it, a second use fails.
        }

        @Override
        public Socket createSocket(String host, int port) {
            return connection;
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress from, int fromPort) {
            return connection;
        }

        @Override
        public Socket createSocket(InetAddress host, int port) {
            return connection;
        }

        @Override
        public Socket createSocket(InetAddress host, int port, InetAddress from, int fromPort) {
            return connection;
        }
    }
}
