//SOURCES ../config/Endpoint.java Health.java ProbeSocket.java
//DEPS com.squareup.okhttp3:okhttp-jvm:5.5.1

import java.io.IOException;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;
import okhttp3.ConnectionPool;
import okhttp3.ConnectionSpec;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.Buffer;
import okio.ByteString;

/** One call of {@code grpc.health.v1.Health/Check} over an open connection. Only gRPC endpoints load OkHttp. */
final class GrpcProbe {

    /** The states of grpc/health/v1/health.proto. */
    private static final List<String> STATES = List.of("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN");
    /** The statuses of a call, grpc/doc/statuscodes.md. */
    private static final List<String> STATUSES = List.of("OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
        "UNAUTHENTICATED");

    private GrpcProbe() { }

    /** Asks for the health of the service that the endpoint's path names. */
    static Health check(Endpoint endpoint, Socket connection, ProbeSocket.Tls tls) throws IOException {
        boolean isTls = endpoint.protocol().isTls();
        OkHttpClient.Builder client = new OkHttpClient.Builder().socketFactory(factory(connection))
            .proxy(Proxy.NO_PROXY).retryOnConnectionFailure(false).followRedirects(false).fastFallback(false)
            .connectionPool(new ConnectionPool(0, 1, TimeUnit.SECONDS)) // closes a connection behind its response
            .readTimeout(Duration.ZERO) // The connection limits the time.
            // OkHttp repeats a request that is answered with 503 and Retry-After: 0.
            .addNetworkInterceptor(chain ->
                chain.proceed(chain.request()).newBuilder().removeHeader("Retry-After").build());
        if (isTls) {
            client.protocols(List.of(Protocol.HTTP_2, Protocol.HTTP_1_1)); // OkHttp refuses prior knowledge with TLS.
            client.sslSocketFactory(tls.context.getSocketFactory(), tls.trust);
        } else {
            client.protocols(List.of(Protocol.H2_PRIOR_KNOWLEDGE));
            client.connectionSpecs(List.of(ConnectionSpec.CLEARTEXT)); // without loading the JDK's certificates
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
            status = status != null ? status : response.header("grpc-status", "0");
            return judge(response, message, status, !service.isEmpty());
        }
    }

    /** Returns a HealthCheckRequest, whose field 1 is the service's name, behind gRPC's prefix. */
    private static ByteString message(String service) {
        byte[] name = service.getBytes(StandardCharsets.UTF_8);
        Buffer field = new Buffer().writeByte(1 << 3 | 2);
        // Protocol Buffers put seven bits of a number in a byte, the low bits first; 0x80 says that a byte follows.
        field.writeByte(name.length & 0x7F | 0x80).writeByte(name.length >> 7).write(name);
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
        if (!status.equals("0")) {
            int number = status.matches("1?[0-9]") ? Integer.parseInt(status) : STATUSES.size();
            String name = number < STATUSES.size() ? STATUSES.get(number) : "UNKNOWN";
            return judge(name, Health.Verdict.UNHEALTHY, isNamed);
        }
        int state = message.length == 7 ? message[6] & 0x7F : 0;
        return message.length == 0 ? Health.of(Health.Verdict.REACHABLE, null, null)
            : judge(state < STATES.size() ? STATES.get(state) : "" + state, Health.Verdict.DEGRADED, isNamed);
    }

    /** A server without the health service is reachable; a named service that it does not know is unhealthy. */
    private static Health judge(String word, Health.Verdict other, boolean isNamed) {
        return Health.of(switch (word) {
            case "SERVING" -> Health.Verdict.HEALTHY;
            case "NOT_SERVING" -> Health.Verdict.UNHEALTHY;
            case "UNIMPLEMENTED", "NOT_FOUND", "SERVICE_UNKNOWN" ->
                isNamed ? Health.Verdict.UNHEALTHY : Health.Verdict.REACHABLE;
            case "UNAUTHENTICATED", "PERMISSION_DENIED", "INVALID_ARGUMENT" -> Health.Verdict.DEGRADED;
            default -> other;
        }, word, null);
    }

    /** Returns the open connection at each call, so that OkHttp opens no other. If it is closed, the request fails. */
    private static SocketFactory factory(Socket connection) {
        return new SocketFactory() {

            @Override
            public Socket createSocket() {
                return connection;
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
        };
    }
}
