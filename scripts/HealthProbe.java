import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/** Asks one health endpoint how it is. Never blocks for longer than its timeout, whatever the server does. */
public final class HealthProbe {

    /** How an endpoint is, best first. */
    public enum Verdict {
        /** It answers 2xx, and a JSON body's {@code status}, if there is one, says so too. */
        HEALTHY,
        /** It answers, but neither like a healthy nor like an unhealthy one: 3xx, 4xx, {@code "status":"degraded"}. */
        DEGRADED,
        /** It says so itself: 5xx, {@code "status":"unhealthy"}. */
        UNHEALTHY,
        /** It speaks something else, or breaks off its answer. */
        NOT_HTTP,
        /** It accepts, but has not answered in time. */
        TIMEOUT,
        /** Nobody accepts. */
        DOWN
    }

    /**
     * The verdict and what it rests on. HTTP status and word (a JSON body's {@code status}) are null where there is
     * none, the address where nobody was reached; the reason says in words what the verdict alone does not.
     */
    public record Health(Verdict verdict, Integer httpStatus, String word, String address, long millis, String reason) {

        private boolean isAnswer() {
            return verdict.compareTo(Verdict.NOT_HTTP) < 0;
        }
    }

    private static final int BODY_LIMIT = 64 * 1024;
    private static final Set<String> WELL = Set.of(
        "ok", "healthy", "up", "pass", "passing", "alive", "live", "ready", "running", "active", "online", "available",
        "operational", "green", "good", "success", "true", "200");
    private static final Set<String> ILL = Set.of(
        "unhealthy", "down", "fail", "failed", "failing", "error", "critical", "dead", "stopped", "offline",
        "unavailable", "red", "bad", "false");

    private static final ExecutorService THREADS = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "health");
        thread.setDaemon(true);
        return thread;
    });

    static {
        // One question a connection, addressed by the name that the user gave, as curl would.
        System.setProperty("http.keepAlive", "false");
        System.setProperty("sun.net.http.allowRestrictedHeaders", "true");
    }

    private HealthProbe() { }

    /**
     * Asks by HTTP GET, without proxy or redirects. {@code localhost} is asked at 127.0.0.1 and ::1 at once, and the
     * first answer counts; without one, the more telling of the two verdicts.
     */
    public static CompletableFuture<Health> get(URI endpoint, Duration timeout) {
        List<CompletableFuture<Health>> attempts = hosts(endpoint.getHost())
            .map(host -> CompletableFuture.supplyAsync(() -> get(endpoint, host, timeout), THREADS)
                .completeOnTimeout(late(host, timeout), timeout.toMillis(), TimeUnit.MILLISECONDS))
            .toList();
        CompletableFuture<Health> health = new CompletableFuture<>();
        attempts.forEach(attempt -> attempt.thenAccept(result -> {
            if (result.isAnswer()) {
                health.complete(result);
            }
        }));
        CompletableFuture.allOf(attempts.toArray(CompletableFuture[]::new)).thenRun(() -> health.complete(
            attempts.stream().map(CompletableFuture::join).min(Comparator.comparing(Health::verdict)).orElseThrow()));
        return health;
    }

    private static Stream<String> hosts(String host) {
        return host.equalsIgnoreCase("localhost") ? Stream.of("127.0.0.1", "[::1]") : Stream.of(host);
    }

    private static Health late(String host, Duration timeout) {
        return new Health(Verdict.TIMEOUT, null, null, host, timeout.toMillis(), "no answer in time");
    }

    private static Health get(URI endpoint, String host, Duration timeout) {
        long start = System.nanoTime();
        Integer status = null;
        String word = null;
        String reason = null;
        Verdict verdict;
        try {
            HttpURLConnection connection = open(endpoint, host, timeout);
            int code = connection.getResponseCode();
            if (code < 0) {
                verdict = Verdict.NOT_HTTP;
                reason = "answers, but not in HTTP";
            } else {
                status = code;
                word = statusWord(body(connection));
                verdict = judge(code, word);
            }
        } catch (ConnectException | NoRouteToHostException e) {
            verdict = Verdict.DOWN;
            reason = "connection refused";
        } catch (UnknownHostException e) {
            verdict = Verdict.DOWN;
            reason = "unknown host";
        } catch (SocketTimeoutException e) {
            return late(host, timeout);
        } catch (IOException e) {
            verdict = Verdict.NOT_HTTP;
            reason = status == null ? "closes the connection without an answer in HTTP" : "breaks off its answer";
        }
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        return new Health(verdict, status, word, verdict == Verdict.DOWN ? null : host, millis, reason);
    }

    private static HttpURLConnection open(URI endpoint, String host, Duration timeout) throws IOException {
        String port = endpoint.getPort() < 0 ? "" : ":" + endpoint.getPort();
        String path = (endpoint.getRawPath().isEmpty() ? "/" : endpoint.getRawPath())
            + (endpoint.getRawQuery() == null ? "" : "?" + endpoint.getRawQuery());
        HttpURLConnection connection = (HttpURLConnection)
            URI.create(endpoint.getScheme() + "://" + host + port + path).toURL().openConnection(Proxy.NO_PROXY);
        connection.setRequestProperty("Host", endpoint.getHost() + port);
        connection.setRequestProperty("Accept", "application/json, */*");
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setConnectTimeout((int) timeout.toMillis());
        connection.setReadTimeout((int) timeout.toMillis());
        return connection;
    }

    private static byte[] body(HttpURLConnection connection) throws IOException {
        InputStream raw = connection.getResponseCode() < 400 ? connection.getInputStream() : connection.getErrorStream();
        if (raw == null) {
            return new byte[0];
        }
        try (InputStream body = "gzip".equalsIgnoreCase(connection.getContentEncoding()) ? new GZIPInputStream(raw) : raw) {
            return body.readNBytes(BODY_LIMIT);
        }
    }

    /** The top-level {@code status} of a JSON object, or null; what is cut off behind it does no harm. */
    static String statusWord(byte[] body) {
        try (JsonParser json = new JsonFactory().createParser(body)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                boolean isStatus = json.currentName().equals("status");
                if (json.nextToken().isScalarValue() && isStatus) {
                    return json.getText();
                }
                json.skipChildren();
            }
        } catch (IOException e) {
            // Not JSON.
        }
        return null;
    }

    static Verdict judge(int httpStatus, String word) {
        String lowerCase = word == null ? "ok" : word.strip().toLowerCase(Locale.ROOT);
        if (httpStatus >= 500 || ILL.contains(lowerCase)) {
            return Verdict.UNHEALTHY;
        }
        return httpStatus >= 200 && httpStatus < 300 && WELL.contains(lowerCase) ? Verdict.HEALTHY : Verdict.DEGRADED;
    }
}
