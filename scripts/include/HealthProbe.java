//SOURCES HealthVerdict.java TcpSocket.java UserException.java

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import javax.net.ssl.SSLException;

/** Queries a health endpoint. Never takes longer than its timeout, whatever the server does. */
final class HealthProbe {

    /**
     * The verdict and what it rests on. HTTP status and word (a JSON body's {@code status}) are null where there is
     * none, the address where none was reached; the reason says in words why there is no answer, else it is null.
     */
    record Health(HealthVerdict verdict, Integer httpStatus, String word, String address, long millis, String reason) { }

    /** No more of a body is read. */
    static final int BODY_LIMIT = 64 * 1024;
    private static final ExecutorService THREADS = Executors.newCachedThreadPool();

    static {
        // One question a connection, addressed by the name that the user gave, as curl would.
        System.setProperty("http.keepAlive", "false");
        System.setProperty("sun.net.http.allowRestrictedHeaders", "true");
    }

    private HealthProbe() { }

    /**
     * Asks by HTTP GET, or, if the endpoint's scheme is {@code tcp}, by connecting; without proxy or redirects. Every
     * address of the host is asked at once, for {@code localhost} 127.0.0.1 and ::1. The first healthy answer counts, else
     * the best one.
     */
    static CompletableFuture<Health> ask(URI endpoint, Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        return CompletableFuture.supplyAsync(() -> addresses(endpoint), THREADS)
            .orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
            .thenCompose(addresses -> best(addresses.stream()
                .map(address -> CompletableFuture.supplyAsync(() -> ask(endpoint, address, timeout), THREADS)
                    .completeOnTimeout(late(timeout), deadline - System.nanoTime(), TimeUnit.NANOSECONDS))
                .toList()))
            .exceptionally(failure -> {
                if (failure.getCause() instanceof TimeoutException) {
                    return late(timeout); // in resolving the name
                }
                throw new CompletionException(failure.getCause());
            });
    }

    /**
     * Asks a server of our own. The first question loads a hundred classes, which takes longer than many a service to
     * answer; so no service's latency includes that.
     */
    static void warmUp() {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            server.setSoTimeout(1000);
            CompletableFuture<Health> question = ask(URI.create("http://127.0.0.1:" + server.getLocalPort() + "/"), Duration.ofSeconds(1));
            try (Socket socket = server.accept()) {
                String answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"status\":\"ok\"}";
                socket.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
                socket.shutdownOutput();
                question.join();
            }
        } catch (IOException e) {
            // Then the first latencies are less exact.
        }
    }

    private static CompletableFuture<Health> best(List<CompletableFuture<Health>> attempts) {
        CompletableFuture<Health> best = new CompletableFuture<>();
        attempts.forEach(attempt -> attempt.whenComplete((health, failure) -> {
            if (failure != null) {
                best.completeExceptionally(failure);
            } else if (health.verdict.isPassing()) {
                best.complete(health);
            }
        }));
        CompletableFuture.allOf(attempts.toArray(CompletableFuture[]::new)).thenRun(() -> best.complete(attempts.stream()
            .map(CompletableFuture::join).min(Comparator.comparing(Health::verdict)).orElse(without(HealthVerdict.DOWN, "unknown host"))));
        return best;
    }

    /** The addresses, as they stand in a URL; for https the name, which the certificate must bear. */
    private static List<String> addresses(URI endpoint) {
        String host = endpoint.getHost();
        if ("https".equals(endpoint.getScheme())) {
            return List.of(host);
        }
        if (host.equalsIgnoreCase("localhost")) {
            return List.of("127.0.0.1", "[::1]");
        }
        try {
            return Arrays.stream(InetAddress.getAllByName(host))
                .map(address -> address instanceof Inet6Address ? "[" + TcpSocket.text(address.getAddress()) + "]" : address.getHostAddress())
                .toList();
        } catch (UnknownHostException e) {
            return List.of();
        }
    }

    private static Health late(Duration timeout) {
        return new Health(HealthVerdict.TIMEOUT, null, null, null, timeout.toMillis(), "no answer within " + seconds(timeout));
    }

    /** A duration as the user would write it: {@code 2 s}, {@code 0.5 s}. */
    static String seconds(Duration duration) {
        return BigDecimal.valueOf(duration.toMillis(), 3).stripTrailingZeros().toPlainString() + " s";
    }

    private static Health without(HealthVerdict verdict, String reason) {
        return new Health(verdict, null, null, null, 0, reason);
    }

    private static Health unreachable(IOException cause) {
        if (String.valueOf(cause.getMessage()).startsWith("Too many open files")) {
            throw new UserException("too many open files; raise the limit (ulimit -n), or query fewer endpoints at once");
        }
        return without(HealthVerdict.DOWN, cause instanceof ConnectException ? "connection refused"
            : "cannot be reached: " + cause.getMessage());
    }

    private static Health ask(URI endpoint, String address, Duration timeout) {
        long start = System.nanoTime();
        Health health;
        try {
            health = "tcp".equals(endpoint.getScheme()) ? connect(endpoint, address, timeout) : get(endpoint, address, timeout);
        } catch (UnknownHostException e) {
            health = without(HealthVerdict.DOWN, "unknown host");
        } catch (SocketTimeoutException e) {
            return late(timeout);
        } catch (SSLException e) {
            health = without(HealthVerdict.NOT_HTTP, "no TLS that can be trusted");
        } catch (IOException e) {
            if (System.nanoTime() - start >= timeout.toNanos()) {
                return late(timeout); // and ended by us
            }
            health = without(HealthVerdict.NOT_HTTP, "no whole answer in HTTP");
        } catch (UserException e) {
            throw e;
        } catch (RuntimeException | StackOverflowError e) {
            // Of java.net, for malformed headers, and for each "100 Continue" before an answer.
            health = without(HealthVerdict.NOT_HTTP, "no answer in proper HTTP");
        }
        String reached = health.verdict == HealthVerdict.DOWN ? null : address.replaceAll("[\\[\\]]", "");
        return new Health(health.verdict, health.httpStatus, health.word, reached,
            TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start), health.reason);
    }

    private static Health connect(URI endpoint, String address, Duration timeout) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getByName(address), endpoint.getPort()), (int) timeout.toMillis());
            return without(HealthVerdict.REACHABLE, null);
        } catch (SocketTimeoutException | UnknownHostException e) {
            throw e;
        } catch (IOException e) {
            return unreachable(e);
        }
    }

    private static Health get(URI endpoint, String address, Duration timeout) throws IOException {
        HttpURLConnection connection = open(endpoint, address, timeout);
        long deadline = System.nanoTime() + timeout.toNanos();
        // Ends what is still under way, so that a watch gathers neither threads nor sockets.
        CompletableFuture<Void> end = new CompletableFuture<Void>().completeOnTimeout(null, timeout.toMillis(), TimeUnit.MILLISECONDS);
        end.thenRunAsync(connection::disconnect, THREADS);
        try {
            return answer(connection, deadline);
        } finally {
            end.cancel(false);
            connection.disconnect();
        }
    }

    private static Health answer(HttpURLConnection connection, long deadline) throws IOException {
        try {
            connection.connect();
        } catch (SSLException | SocketTimeoutException | UnknownHostException e) {
            throw e;
        } catch (IOException e) {
            return unreachable(e);
        }
        int status = connection.getResponseCode();
        if (status < 0) {
            return without(HealthVerdict.NOT_HTTP, "answers, but not in HTTP");
        }
        String word = HealthVerdict.statusWord(body(connection, deadline));
        return new Health(HealthVerdict.of(status, word), status, word, null, 0, null);
    }

    private static HttpURLConnection open(URI endpoint, String address, Duration timeout) throws IOException {
        String port = endpoint.getPort() < 0 ? "" : ":" + endpoint.getPort();
        String path = (endpoint.getRawPath().isEmpty() ? "/" : endpoint.getRawPath())
            + (endpoint.getRawQuery() == null ? "" : "?" + endpoint.getRawQuery());
        HttpURLConnection connection = (HttpURLConnection)
            URI.create(endpoint.getScheme() + "://" + address + port + path).toURL().openConnection(Proxy.NO_PROXY);
        connection.setRequestProperty("Host", endpoint.getHost() + port);
        connection.setRequestProperty("Accept", "application/json, */*");
        connection.setRequestProperty("Accept-Encoding", "identity");
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setConnectTimeout((int) timeout.toMillis());
        connection.setReadTimeout((int) timeout.toMillis());
        return connection;
    }

    private static byte[] body(HttpURLConnection connection, long deadline) throws IOException {
        InputStream stream = connection.getResponseCode() < 400 ? connection.getInputStream() : connection.getErrorStream();
        if (stream == null) {
            return new byte[0];
        }
        try (stream) {
            byte[] body = read(stream, deadline);
            if (body.length < Math.min(BODY_LIMIT, connection.getContentLengthLong())
                && connection.getResponseCode() != HttpURLConnection.HTTP_NOT_MODIFIED) {
                throw new EOFException("the body is shorter than announced");
            }
            return decoded(new ByteArrayInputStream(body), connection.getContentEncoding()).readNBytes(BODY_LIMIT);
        }
    }

    private static InputStream decoded(InputStream body, String encoding) throws IOException {
        return switch (encoding == null ? "" : encoding.toLowerCase(Locale.ROOT)) {
            case "gzip", "x-gzip" -> new GZIPInputStream(body);
            case "deflate" -> new InflaterInputStream(body);
            default -> body;
        };
    }

    /** Reads up to the limit, and no longer than until the deadline, however slowly the bytes come. */
    private static byte[] read(InputStream stream, long deadline) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        byte[] part = new byte[8192];
        int length;
        while (body.size() < BODY_LIMIT && (length = stream.read(part, 0, Math.min(part.length, BODY_LIMIT - body.size()))) >= 0) {
            if (System.nanoTime() > deadline) {
                throw new SocketTimeoutException("the body does not end in time");
            }
            body.write(part, 0, length);
        }
        return body.toByteArray();
    }
}
