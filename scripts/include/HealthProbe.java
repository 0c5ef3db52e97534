//SOURCES Addresses.java Endpoint.java GrpcProbe.java Health.java HealthVerdict.java HttpProbe.java ProbeSocket.java Tls.java
//SOURCES UserException.java

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigDecimal;
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
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
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

    /** A duration as the user would write it: {@code 2 s}, {@code 0.5 s}. */
    static String seconds(Duration duration) {
        return BigDecimal.valueOf(duration.toMillis(), 3).stripTrailingZeros().toPlainString() + " s";
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
        return CompletableFuture.supplyAsync(new Question(endpoint, timeout), THREADS);
    }

    /** All of a host's addresses, and what they say. */
    private final class Question implements Supplier<Health>, Runnable {

        private final Endpoint endpoint;
        private final Duration timeout;
        private long start;
        private Health[] answers; // null until the name is looked up, which has no time limit of its own
        private int missing = 1;
        private RuntimeException failure;

        Question(Endpoint endpoint, Duration timeout) {
            this.endpoint = endpoint;
            this.timeout = timeout;
        }

        /** Waits for its turn: many at once delay each other's answers. Those that get no answer keep the others for a moment only. */
        @Override
        public Health get() {
            boolean hasTurn = false;
            try {
                hasTurn = turns.tryAcquire(TURN_MILLIS * (1L + waiting.getAndIncrement() / AT_ONCE), TimeUnit.MILLISECONDS);
                waiting.getAndDecrement();
                start = System.nanoTime();
                THREADS.execute(this);
                return await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            } finally {
                turns.release(hasTurn ? 1 : 0);
            }
        }

        @Override
        public void run() {
            List<InetAddress> addresses = List.of();
            try {
                addresses = Addresses.of(endpoint.host());
            } catch (UnknownHostException e) {
                // It has none.
            }
            synchronized (this) {
                answers = new Health[addresses.size()];
                missing = answers.length;
                notifyAll();
            }
            for (int i = 0; i < addresses.size(); i++) {
                int number = i;
                InetAddress address = addresses.get(i);
                THREADS.execute(new Runnable() {
                    @Override
                    public void run() {
                        try {
                            add(number, ask(endpoint, address, timeout.toNanos() - (System.nanoTime() - start), timeout), null);
                        } catch (RuntimeException e) {
                            add(number, null, e);
                        }
                    }
                });
            }
        }

        private synchronized void add(int number, Health health, RuntimeException trouble) {
            answers[number] = health;
            failure = trouble == null ? failure : trouble;
            missing--;
            notifyAll();
        }

        private synchronized Health await() throws InterruptedException {
            long passed = 0;
            while (missing > 0 && failure == null) {
                long limit = passed > 0 ? passed + OTHERS_NANOS : timeout.toNanos() + (answers == null ? 0 : SLACK_NANOS);
                long left = limit - (System.nanoTime() - start);
                if (left <= 0) {
                    break;
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
                passed = passed == 0 && best(true) != null ? System.nanoTime() - start : passed;
            }
            if (failure != null) {
                throw failure;
            }
            return judge();
        }

        private Health judge() {
            Health passing = best(true);
            Health other = best(false);
            if (passing != null && other != null && other.isAnswer()) {
                return Health.mixed(passing, other);
            }
            return passing != null ? passing : other != null ? other : answers != null && answers.length == 0
                ? Health.of(HealthVerdict.DOWN, null, "unknown host") : late(timeout);
        }

        /** Of those that pass, or that do not, the best answer, or, if there is none, the best reason why; null if there is neither. */
        private Health best(boolean passing) {
            Health best = null;
            for (int i = 0; answers != null && i < answers.length; i++) {
                Health health = answers[i];
                if (health != null && health.verdict().isPassing() == passing && (best == null
                    || (health.isAnswer() == best.isAnswer() ? health.verdict().compareTo(best.verdict()) < 0 : health.isAnswer()))) {
                    best = health;
                }
            }
            return best;
        }
    }

    private static Health late(Duration timeout) {
        return Health.of(HealthVerdict.TIMEOUT, null, "no answer within " + seconds(timeout)).at(null, timeout.toMillis());
    }

    private Health ask(Endpoint endpoint, InetAddress address, long patience, Duration timeout) {
        try (ProbeSocket socket = ProbeSocket.connect(new InetSocketAddress(address, endpoint.port()), patience, servicePorts)) {
            Health health = talk(endpoint, socket, timeout);
            boolean isLate = health.verdict() == HealthVerdict.TIMEOUT || socket.waitedMillis() > timeout.toMillis();
            return health.at(health.verdict() == HealthVerdict.DOWN ? null : Addresses.text(address),
                isLate ? timeout.toMillis() : socket.waitedMillis());
        } catch (SocketTimeoutException e) {
            return late(timeout);
        } catch (IOException e) {
            String message = String.valueOf(e.getMessage());
            if (message.startsWith("Too many open files")) {
                throw new UserException("too many open files; raise the limit (ulimit -n), or query fewer endpoints at once");
            }
            return message.contains("timed out") ? late(timeout) : Health.of(HealthVerdict.DOWN, null,
                e instanceof ConnectException ? "connection refused" : "cannot be reached: " + message);
        }
    }

    private Health talk(Endpoint endpoint, ProbeSocket socket, Duration timeout) {
        Endpoint.Protocol protocol = endpoint.protocol();
        boolean isHttp = protocol == Endpoint.Protocol.HTTP || protocol == Endpoint.Protocol.HTTPS;
        try {
            return switch (protocol) {
                case TCP -> Health.of(HealthVerdict.REACHABLE, null, null);
                case GRPC -> GrpcProbe.ask(endpoint, socket.getInputStream(), socket.getOutputStream());
                case HTTP, ANY -> HttpProbe.ask(endpoint, socket.getInputStream(), socket.getOutputStream());
                case HTTPS -> getByTls(endpoint, socket);
            };
        } catch (SocketTimeoutException e) {
            return late(timeout);
        } catch (SSLException e) {
            return Health.of(HealthVerdict.NOT_HTTP, null, Tls.reason(e, endpoint.host()));
        } catch (IOException e) { // mostly a reset
            boolean isSilent = !socket.hasReceived();
            return Health.of(isHttp ? HealthVerdict.NOT_HTTP : isSilent ? HealthVerdict.DOWN : HealthVerdict.NOT_GRPC, null,
                isSilent ? Health.CLOSED : "breaks off its answer");
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
