//SOURCES ../command/UserException.java ../ports/Addresses.java Endpoint.java GrpcProbe.java Health.java
//SOURCES HealthVerdict.java HttpProbe.java ProbeSocket.java Tls.java

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
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;

/** Asks endpoints how they are: each address of an endpoint's host once. */
final class HealthProbe {

    private static final ExecutorService THREADS = Executors.newCachedThreadPool();
    private static final long OTHERS_NANOS = 200_000_000; // for the other addresses, once one has passed
    private static final long SLACK_NANOS = 1_000_000_000; // for what this process takes for itself
    private static final int AT_ONCE = 8;
    private static final int TURN_MILLIS = 10;

    private final Set<Integer> servicePorts;
    private final String caFile;
    private final Semaphore turns = new Semaphore(AT_ONCE);
    private final AtomicInteger waiting = new AtomicInteger();
    private Tls tls;

    /** Asks from none of these ports; https servers have a certificate of the authorities in that PEM file, or, if null, of the JDK's. */
    HealthProbe(Set<Integer> servicePorts, String caFile) {
        this.servicePorts = servicePorts;
        this.caFile = caFile;
    }

    /** Loads what an answer needs, so that no service's latency includes that. */
    static void warmUp() {
        try {
            ProbeSocket.bound(0, 0, Set.of()).close();
            HttpProbe.answer(new ByteArrayInputStream("HTTP/1.1 200 OK\r\n\r\n{\"status\":\"ok\"}".getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException e) {
            // Then the first latencies are less exact.
        }
    }

    /**
     * Asks all addresses of the endpoint's host at once. The first that passes counts, or the best; where two answers differ in passing,
     * it is mixed. An address has so much time for its answer, from when it is asked.
     *
     * @throws UserException (as the future's cause) if this process cannot ask
     */
    CompletableFuture<Health> ask(Endpoint endpoint, Duration timeout) {
        if (endpoint.protocol() == Endpoint.Protocol.HTTPS && tls == null) {
            tls = new Tls(caFile); // before the clock runs
        }
        return CompletableFuture.supplyAsync(() -> askInTurn(endpoint, timeout), THREADS);
    }

    /** Waits for its turn: many at once delay each other's answers. Those that get no answer keep the others for a moment only. */
    private Health askInTurn(Endpoint endpoint, Duration timeout) {
        boolean hasTurn = false;
        try {
            hasTurn = turns.tryAcquire(TURN_MILLIS * (1L + waiting.getAndIncrement() / AT_ONCE), TimeUnit.MILLISECONDS);
            waiting.getAndDecrement();
            return askAll(endpoint, timeout);
        } catch (TimeoutException e) {
            return timeout(timeout);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownHostException) {
                return Health.of(HealthVerdict.DOWN, null, "unknown host");
            }
            throw e.getCause() instanceof UserException mine ? mine : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            turns.release(hasTurn ? 1 : 0);
        }
    }

    private Health askAll(Endpoint endpoint, Duration timeout) throws InterruptedException, ExecutionException, TimeoutException {
        long end = System.nanoTime() + timeout.toNanos();
        // A look-up has no time limit of its own.
        List<InetAddress> addresses = THREADS.submit(() -> Addresses.of(endpoint.host())).get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        CompletionService<Health> questions = new ExecutorCompletionService<>(THREADS);
        List<Future<Health>> answers = new ArrayList<>();
        for (InetAddress address : addresses) {
            answers.add(questions.submit(() -> askAt(endpoint, address, end - System.nanoTime(), timeout)));
        }
        long limit = end + SLACK_NANOS;
        for (int missing = answers.size(); missing > 0; missing--) {
            Future<Health> next = questions.poll(limit - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (next == null) {
                break;
            }
            limit = next.get().verdict().isPassing() ? Math.min(limit, System.nanoTime() + OTHERS_NANOS) : limit;
        }
        return judge(answers, timeout);
    }

    private static Health judge(List<Future<Health>> answers, Duration timeout) throws InterruptedException, ExecutionException {
        Health passing = null;
        Health other = null;
        for (Future<Health> answer : answers) {
            if (answer.isDone() && answer.get().verdict().isPassing()) {
                passing = answer.get().better(passing);
            } else if (answer.isDone()) {
                other = answer.get().better(other);
            }
        }
        if (passing == null) {
            return other == null ? timeout(timeout) : other;
        }
        return other == null || !other.isAnswer() ? passing : Health.mixed(passing, other);
    }

    private static Health timeout(Duration timeout) {
        return Health.of(HealthVerdict.TIMEOUT, null, "no answer within " + timeout.toMillis() + " ms").at(null, timeout.toMillis());
    }

    private Health askAt(Endpoint endpoint, InetAddress address, long patience, Duration timeout) {
        try (ProbeSocket socket = ProbeSocket.connect(new InetSocketAddress(address, endpoint.port()), patience, servicePorts)) {
            Health health = talk(endpoint, socket, timeout);
            boolean isLate = health.verdict() == HealthVerdict.TIMEOUT || socket.waitedMillis() > timeout.toMillis();
            return health.at(health.verdict() == HealthVerdict.DOWN ? null : Addresses.text(address),
                isLate ? timeout.toMillis() : socket.waitedMillis());
        } catch (SocketTimeoutException e) {
            return timeout(timeout);
        } catch (IOException e) {
            if (UserException.isOutOfDescriptors(e)) {
                throw new UserException(UserException.OUT_OF_DESCRIPTORS + ", or query fewer endpoints at once");
            }
            String message = String.valueOf(e.getMessage());
            return message.contains("timed out") ? timeout(timeout) : Health.of(HealthVerdict.DOWN, null,
                e instanceof ConnectException ? "connection refused" : "cannot be reached: " + message);
        }
    }

    private Health talk(Endpoint endpoint, ProbeSocket socket, Duration timeout) {
        try {
            return switch (endpoint.protocol()) {
                case TCP -> Health.of(HealthVerdict.REACHABLE, null, null);
                case GRPC -> GrpcProbe.ask(endpoint, socket.getInputStream(), socket.getOutputStream());
                case HTTP, ANY -> HttpProbe.ask(endpoint, socket.getInputStream(), socket.getOutputStream());
                case HTTPS -> getByTls(endpoint, socket);
            };
        } catch (SocketTimeoutException e) {
            return timeout(timeout);
        } catch (SSLException e) {
            return Health.of(HealthVerdict.NOT_HTTP, null, Tls.reason(e, endpoint.host()));
        } catch (RuntimeException e) { // a fault of ours, which must not hide how the others are
            return Health.of(HealthVerdict.NOT_HTTP, null, Health.NOT_JUDGED + e);
        } catch (IOException e) { // mostly a reset
            boolean isSilent = !socket.hasReceived();
            HealthVerdict verdict = switch (endpoint.protocol()) {
                case HTTP, HTTPS -> HealthVerdict.NOT_HTTP;
                default -> isSilent ? HealthVerdict.DOWN : HealthVerdict.NOT_GRPC;
            };
            return Health.of(verdict, null, isSilent ? Health.CLOSED : Health.BROKEN);
        }
    }

    private Health getByTls(Endpoint endpoint, ProbeSocket socket) throws IOException {
        SSLSocket secured = tls.over(socket, endpoint.host(), endpoint.port());
        Health health = HttpProbe.ask(endpoint, secured.getInputStream(), secured.getOutputStream());
        try {
            secured.shutdownOutput();
        } catch (IOException e) {
            // It has gone, and has said all it had to say.
        }
        return health;
    }
}
