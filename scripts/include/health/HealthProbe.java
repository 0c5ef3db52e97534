//SOURCES ../command/Addresses.java ../command/UserException.java Endpoint.java GrpcProbe.java Health.java
//SOURCES HttpProbe.java ProbeSocket.java

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;

/** Checks an endpoint once, at each address of its host. */
final class HealthProbe {

    private static final ExecutorService THREADS = Executors.newCachedThreadPool();
    private static final long OTHERS_MILLIS = 200; // for the other addresses, once one has passed
    private static final long SLACK_MILLIS = 1000; // for what this process takes for itself
    private static final long KNOCK_NANOS = 1_000_000_000;

    private final Set<Integer> servicePorts;
    private final String caFile;
    private final boolean isInsecure;
    private ProbeSocket.Tls tls;

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
            HttpProbe.judge(new ByteArrayInputStream("HTTP/1.1 200 OK\r\n\r\n{}".getBytes(StandardCharsets.US_ASCII)));
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
            tls = new ProbeSocket.Tls(caFile, isInsecure);
        }
        if (endpoint.protocol().isGrpc()) {
            GrpcProbe.warmUp();
        }
        long slack = timeout.toMillis() + SLACK_MILLIS; // A look-up of a name has no time limit of its own.
        return CompletableFuture.supplyAsync(() -> checkAll(endpoint, timeout), THREADS)
            .completeOnTimeout(Health.timeout(timeout), slack, TimeUnit.MILLISECONDS);
    }

    private Health checkAll(Endpoint endpoint, Duration timeout) {
        List<InetAddress> addresses;
        try {
            addresses = Addresses.of(endpoint.host());
        } catch (UnknownHostException e) {
            return Health.of(Health.Verdict.DOWN, null, "unknown host");
        }
        long deadline = System.nanoTime() + timeout.toNanos();
        List<CompletableFuture<Health>> results = addresses.stream().map(address ->
            CompletableFuture.supplyAsync(() -> checkAt(endpoint, address, deadline, timeout), THREADS)).toList();
        for (CompletableFuture<Health> result : results) {
            result.thenAccept(health -> {
                if (health.verdict().isPassing()) {
                    results.forEach(each -> each.completeOnTimeout(Health.timeout(timeout),
                        OTHERS_MILLIS, TimeUnit.MILLISECONDS));
                }
            });
        }
        Health passing = null;
        Health other = null;
        for (CompletableFuture<Health> result : results) {
            Health health = result.join();
            boolean isPassing = health.verdict().isPassing();
            passing = isPassing ? health.better(passing) : passing;
            other = isPassing ? other : health.better(other);
        }
        return passing == null ? other : other == null || !other.isAnswer() ? passing : Health.mixed(passing, other);
    }

    // One address.

    private Health checkAt(Endpoint endpoint, InetAddress address, long deadline, Duration timeout) {
        InetSocketAddress target = new InetSocketAddress(address, endpoint.port());
        Endpoint.Protocol protocol = endpoint.protocol();
        try (ProbeSocket socket = ProbeSocket.connect(target, deadline - System.nanoTime(), servicePorts)) {
            Health health = talk(endpoint, socket, timeout);
            boolean isSilent = Health.CLOSED.equals(health.reason()) && protocol != Endpoint.Protocol.TCP;
            if (isSilent && !protocol.isTls() && speaksTls(target)) {
                health = Health.of(mismatch(endpoint), null,
                    Health.SPEAKS_TLS + (protocol.isGrpc() ? "grpcs://" : "https://"));
            }
            boolean isLate = health.verdict() == Health.Verdict.TIMEOUT || socket.waitedMillis() > timeout.toMillis();
            return health.at(health.verdict() == Health.Verdict.DOWN ? null : Addresses.text(address),
                isLate ? timeout.toMillis() : socket.waitedMillis());
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

    private Health talk(Endpoint endpoint, ProbeSocket socket, Duration timeout) {
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
            return Health.of(mismatch, null, ProbeSocket.Tls.reason(e));
        } catch (RuntimeException e) { // a fault of this program, which must not hide the other results
            return Health.of(mismatch, null, Health.INTERNAL + e);
        } catch (IOException e) { // mostly a reset
            return socket.isLate() ? Health.timeout(timeout)
                : socket.hasReceived() ? Health.of(mismatch, null, Health.BROKEN)
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

    /** Some servers of TLS close silently in cleartext, so only a handshake shows them. */
    private boolean speaksTls(InetSocketAddress target) {
        try (ProbeSocket socket = ProbeSocket.connect(target, KNOCK_NANOS, servicePorts)) {
            new ProbeSocket.Tls(null, true).over(socket, target.getHostString(), target.getPort());
            return true;
        } catch (SSLException e) {
            return !ProbeSocket.Tls.reason(e).equals(ProbeSocket.Tls.NO_TLS);
        } catch (IOException e) {
            return false;
        }
    }
}
