//SOURCES ../command/Addresses.java ../command/UserException.java ../config/Endpoint.java GrpcProbe.java Health.java
//SOURCES HttpProbe.java ProbeSocket.java

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/**
 * Checks endpoints once, all at the same time, each at every address of its host.
 *
 * @param tls null if no endpoint needs TLS, because its classes take time to load
 */
record HealthProbe(ProbeSocket.Tls tls) {

    private static final ExecutorService THREADS = Executors.newCachedThreadPool();
    private static final long SLACK_MILLIS = 2000; // for what this process takes for itself
    private static final long KNOCK_NANOS = 1_000_000_000;

    /**
     * Returns the results, in the endpoints' order.
     *
     * @throws ExecutionException if this process cannot open connections
     */
    List<Health> check(List<Endpoint> endpoints, Duration timeout) throws InterruptedException, ExecutionException {
        List<Callable<Health>> checks = new ArrayList<>();
        for (Endpoint endpoint : endpoints) {
            checks.add(() -> check(endpoint, timeout));
        }
        List<Health> results = new ArrayList<>();
        long limit = timeout.toMillis() + SLACK_MILLIS; // A look-up of a name has no time limit of its own.
        for (Future<Health> each : THREADS.invokeAll(checks, limit, TimeUnit.MILLISECONDS)) {
            results.add(each.isCancelled() ? Health.timeout(timeout.toMillis()) : each.get());
        }
        return results;
    }

    /** Checks the first address in this thread, so that a host with one address takes one thread. */
    private Health check(Endpoint endpoint, Duration timeout) throws InterruptedException, ExecutionException {
        List<InetAddress> addresses;
        try {
            addresses = Addresses.of(endpoint.host());
        } catch (UnknownHostException e) {
            return Health.of(Health.Verdict.DOWN, null, "unknown host");
        }
        List<Future<Health>> others = new ArrayList<>();
        for (InetAddress address : addresses.subList(1, addresses.size())) {
            others.add(THREADS.submit(() -> checkAt(endpoint, address, timeout)));
        }
        List<Health> results = new ArrayList<>(List.of(checkAt(endpoint, addresses.get(0), timeout)));
        for (Future<Health> other : others) {
            results.add(other.get());
        }
        return Health.of(results);
    }

    private Health checkAt(Endpoint endpoint, InetAddress address, Duration timeout) {
        long millis = timeout.toMillis();
        InetSocketAddress target = new InetSocketAddress(address, endpoint.port());
        try (ProbeSocket socket = new ProbeSocket(target, timeout.toNanos())) {
            Health health = talk(endpoint, socket, target, millis);
            return health.at(health.verdict() == Health.Verdict.DOWN ? null : Addresses.text(address),
                Math.min(millis, socket.waitedMillis()));
        } catch (SocketTimeoutException e) {
            return Health.timeout(millis);
        } catch (IOException e) {
            if (UserException.isOutOfDescriptors(e)) {
                throw new UserException(UserException.OUT_OF_DESCRIPTORS + ", or check fewer endpoints at once");
            }
            return Health.of(Health.Verdict.DOWN, null,
                e instanceof ConnectException ? "connection refused" : "cannot connect: " + e.getMessage());
        }
    }

    private Health talk(Endpoint endpoint, ProbeSocket socket, InetSocketAddress target, long millis) {
        Endpoint.Protocol protocol = endpoint.protocol();
        Health.Verdict mismatch = protocol.isGrpc() ? Health.Verdict.NOT_GRPC : Health.Verdict.NOT_HTTP;
        try {
            return switch (protocol) {
                case TCP -> socket.isClosedAtOnce() ? Health.of(Health.Verdict.DOWN, null, Health.CLOSED)
                    : Health.of(Health.Verdict.REACHABLE, null, null);
                case GRPC, GRPCS -> GrpcProbe.check(endpoint, socket, tls);
                case HTTP, ANY -> HttpProbe.check(endpoint, socket);
                case HTTPS -> HttpProbe.check(endpoint, tls.over(socket, endpoint.host(), endpoint.port()));
            };
        } catch (SSLException e) {
            return Health.of(mismatch, null, ProbeSocket.Tls.reason(e));
        } catch (ProtocolException e) {
            return Health.of(mismatch, null, e.getMessage());
        } catch (IOException e) { // late, closed or reset
            String scheme = protocol.isGrpc() ? "grpcs://" : "https://";
            return socket.isLate() ? Health.timeout(millis)
                : socket.received > 0 ? Health.of(mismatch, null, Health.BROKEN)
                : !protocol.isTls() && speaksTls(target) ? Health.of(mismatch, null, Health.SPEAKS_TLS + scheme)
                : Health.of(protocol == Endpoint.Protocol.HTTP ? mismatch : Health.Verdict.DOWN, null, Health.CLOSED);
        }
    }

    /** Returns whether a handshake succeeds: some TLS servers close a cleartext connection without a response. */
    private static boolean speaksTls(InetSocketAddress target) {
        try (ProbeSocket socket = new ProbeSocket(target, KNOCK_NANOS)) {
            new ProbeSocket.Tls(null, true).over(socket, target.getHostString(), target.getPort());
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
