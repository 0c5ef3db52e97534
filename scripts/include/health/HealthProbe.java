//SOURCES ../command/Addresses.java ../command/UserException.java Endpoint.java GrpcProbe.java Health.java
//SOURCES HttpProbe.java ProbeSocket.java Tls.java

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;

/** Checks an endpoint once, at each address of its host. */
final class HealthProbe {

    private static final ExecutorService THREADS = Executors.newCachedThreadPool();
    private static final long OTHERS_NANOS = 200_000_000; // for the other addresses, once one has passed
    private static final long SLACK_NANOS = 1_000_000_000; // for what this process takes for itself
    private static final long KNOCK_NANOS = 500_000_000;

    private final Set<Integer> servicePorts;
    private final String caFile;
    private final boolean isInsecure;
    private Tls tls;

    /**
     * Connects from none of the services' ports.
     *
     * @param caFile the PEM file of the trusted authorities; null for those of the JDK
     * @param isInsecure whether every certificate is trusted
     */
    HealthProbe(Set<Integer> servicePorts, String caFile, boolean isInsecure) {
        this.servicePorts = servicePorts;
        this.caFile = caFile;
        this.isInsecure = isInsecure;
    }

    /** Loads what a probe needs, so that no latency includes that. */
    static void warmUp() {
        try {
            ProbeSocket.bound(0, 0, Set.of()).close();
            HttpProbe.judge(new ByteArrayInputStream("HTTP/1.1 200 OK\r\n\r\n{\"status\":\"ok\"}".getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException e) {
            // The first latencies are less exact, then.
        }
    }

    /**
     * Checks all addresses at once. The first address that passes counts or, if none passes, the best one.
     *
     * @throws UserException (as the future's cause) if this process cannot open connections
     */
    CompletableFuture<Health> check(Endpoint endpoint, Duration timeout) {
        if (endpoint.protocol().isTls() && tls == null) {
            tls = new Tls(caFile, isInsecure);
        }
        if (endpoint.protocol().isGrpc()) {
            GrpcProbe.warmUp();
        }
        return CompletableFuture.supplyAsync(() -> checkAll(endpoint, timeout), THREADS);
    }

    private Health checkAll(Endpoint endpoint, Duration timeout) {
        try {
            return best(results(endpoint, System.nanoTime() + timeout.toNanos(), timeout.toMillis()), timeout);
        } catch (TimeoutException e) {
            return Health.timeout(timeout.toMillis());
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownHostException) {
                return Health.of(Health.Verdict.DOWN, null, "unknown host");
            }
            throw e.getCause() instanceof UserException mine ? mine : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns the addresses' results; an address that takes long is not waited for if another one passes. */
    private List<Future<Health>> results(Endpoint endpoint, long deadline, long millis)
            throws InterruptedException, ExecutionException, TimeoutException {
        // A look-up has no time limit of its own.
        List<InetAddress> addresses = THREADS.submit(() -> Addresses.of(endpoint.host())).get(millis, TimeUnit.MILLISECONDS);
        CompletionService<Health> probes = new ExecutorCompletionService<>(THREADS);
        List<Future<Health>> results = new ArrayList<>();
        for (InetAddress address : addresses) {
            results.add(probes.submit(() -> checkAt(endpoint, address, deadline, millis)));
        }
        long limit = deadline + SLACK_NANOS;
        for (int missing = results.size(); missing > 0; missing--) {
            Future<Health> next = probes.poll(limit - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (next == null) {
                break;
            }
            limit = next.get().verdict().isPassing() ? Math.min(limit, System.nanoTime() + OTHERS_NANOS) : limit;
        }
        return results;
    }

    private static Health best(List<Future<Health>> results, Duration timeout) throws InterruptedException, ExecutionException {
        Health passing = null;
        Health other = null;
        for (Future<Health> result : results) {
            if (result.isDone() && result.get().verdict().isPassing()) {
                passing = result.get().better(passing);
            } else if (result.isDone()) {
                other = result.get().better(other);
            }
        }
        if (passing == null) {
            return other == null ? Health.timeout(timeout.toMillis()) : other;
        }
        return other == null || !other.isAnswer() ? passing : Health.mixed(passing, other);
    }

    // One address.

    private Health checkAt(Endpoint endpoint, InetAddress address, long deadline, long timeout) {
        long start = System.nanoTime();
        InetSocketAddress target = new InetSocketAddress(address, endpoint.port());
        try (ProbeSocket socket = ProbeSocket.connect(target, deadline, servicePorts)) {
            long connected = System.nanoTime();
            Health health = talk(endpoint, socket, timeout);
            long end = endpoint.protocol() == Endpoint.Protocol.TCP ? connected : System.nanoTime();
            long millis = health.verdict() == Health.Verdict.TIMEOUT ? timeout : Math.min(timeout, (end - start) / 1_000_000);
            health = health.at(health.verdict() == Health.Verdict.DOWN ? null : Addresses.text(address), millis);
            return health.httpStatus() == null && !health.verdict().isPassing() ? withProtocol(health, endpoint, socket, target) : health;
        } catch (SocketTimeoutException e) {
            return Health.timeout(timeout);
        } catch (IOException e) {
            if (UserException.isOutOfDescriptors(e)) {
                throw new UserException(UserException.OUT_OF_DESCRIPTORS + ", or check fewer endpoints at once");
            }
            String message = String.valueOf(e.getMessage());
            return message.contains("timed out") ? Health.timeout(timeout) : Health.of(Health.Verdict.DOWN, null,
                e instanceof ConnectException ? "connection refused" : "cannot connect: " + message);
        }
    }

    private Health talk(Endpoint endpoint, ProbeSocket socket, long timeout) {
        Health.Verdict mismatch = mismatch(endpoint);
        try {
            return switch (endpoint.protocol()) {
                case TCP -> socket.isClosedAtOnce() ? Health.of(Health.Verdict.DOWN, null, Health.CLOSED)
                    : Health.of(Health.Verdict.REACHABLE, null, null);
                case GRPC, GRPCS -> GrpcProbe.check(endpoint, socket, tls);
                case HTTP, ANY -> HttpProbe.check(endpoint, socket.getInputStream(), socket.getOutputStream());
                case HTTPS -> checkByTls(endpoint, socket);
            };
        } catch (SocketTimeoutException e) {
            return Health.timeout(timeout);
        } catch (SSLException e) {
            return Health.of(mismatch, null, Tls.reason(e, endpoint.host()));
        } catch (RuntimeException e) { // a fault of this program, which must not hide the other results
            return Health.of(mismatch, null, Health.INTERNAL + e);
        } catch (IOException e) { // mostly a reset
            return socket.isLate() ? Health.timeout(timeout) : socket.hasReceived() ? Health.of(mismatch, null, Health.BROKEN)
                : Health.of(endpoint.protocol().isGrpc() ? Health.Verdict.DOWN : mismatch, null, Health.CLOSED);
        }
    }

    private static Health.Verdict mismatch(Endpoint endpoint) {
        return endpoint.protocol().isGrpc() ? Health.Verdict.NOT_GRPC : Health.Verdict.NOT_HTTP;
    }

    private Health checkByTls(Endpoint endpoint, ProbeSocket socket) throws IOException {
        SSLSocket secured = tls.over(socket, endpoint.host(), endpoint.port());
        Health health = HttpProbe.check(endpoint, secured.getInputStream(), secured.getOutputStream());
        try {
            secured.shutdownOutput();
        } catch (IOException e) {
            // The server has gone, after its response.
        }
        return health;
    }

    /** Names the protocol that a server speaks instead, by its first bytes: in cleartext, or to a handshake if there are none. */
    private Health withProtocol(Health health, Endpoint endpoint, ProbeSocket socket, InetSocketAddress target) {
        boolean isGrpc = endpoint.protocol().isGrpc();
        boolean isSilent = !socket.hasReceived() && health.verdict() != Health.Verdict.TIMEOUT;
        String reason = null;
        if (endpoint.protocol() == Endpoint.Protocol.TCP || endpoint.protocol().isTls()) {
            return health;
        } else if (socket.hasReceivedTls() || isSilent && speaksTls(target)) {
            reason = "speaks TLS; try " + (isGrpc ? "grpcs://" : "https://");
        } else if (!isGrpc && socket.hasReceivedHttp2()) {
            reason = "speaks HTTP/2";
        } else if (isGrpc && socket.hasReceived() && !socket.hasReceivedHttp2()) {
            reason = "does not speak HTTP/2";
        }
        return reason == null ? health : health.with(mismatch(endpoint), reason);
    }

    private boolean speaksTls(InetSocketAddress target) {
        try (ProbeSocket socket = ProbeSocket.connect(target, System.nanoTime() + KNOCK_NANOS, servicePorts)) {
            new Tls(null, true).over(socket, target.getHostString(), target.getPort());
            return true;
        } catch (SSLException e) {
            return !Tls.reason(e, "").equals(Tls.NO_TLS);
        } catch (IOException e) {
            return false;
        }
    }
}
