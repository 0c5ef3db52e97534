//SOURCES Addresses.java Endpoint.java GrpcProbe.java Health.java HealthVerdict.java HttpProbe.java ProbeSocket.java Tls.java UserException.java

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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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

    /** Asks from none of these ports; https servers have a certificate from the authorities of that PEM file, or, null, as the JDK has them. */
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
    private final class Question implements Supplier<Health> {

        private final Endpoint endpoint;
        private final Duration timeout;
        private Health[] answers;
        private int missing;
        private RuntimeException failure;

        Question(Endpoint endpoint, Duration timeout) {
            this.endpoint = endpoint;
            this.timeout = timeout;
        }

        @Override
        public Health get() {
            try {
                // So many at once that they do not delay each other's answers; who does not answer keeps the others waiting for a moment only.
                boolean hasTurn = turns.tryAcquire(TURN_MILLIS * (1L + waiting.getAndIncrement() / AT_ONCE), TimeUnit.MILLISECONDS);
                waiting.getAndDecrement();
                try {
                    return askAll();
                } finally {
                    if (hasTurn) {
                        turns.release();
                    }
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        private Health askAll() throws InterruptedException {
            long start = System.nanoTime();
            List<InetAddress> addresses;
            try {
                addresses = addresses();
            } catch (UnknownHostException e) {
                return Health.of(HealthVerdict.DOWN, null, "unknown host");
            } catch (TimeoutException e) {
                return late(timeout);
            }
            long patience = timeout.toNanos() - (System.nanoTime() - start);
            answers = new Health[addresses.size()];
            missing = answers.length;
            for (int i = 0; i < answers.length; i++) {
                int number = i;
                THREADS.execute(new Runnable() {
                    @Override
                    public void run() {
                        try {
                            add(number, ask(endpoint, addresses.get(number), patience, timeout), null);
                        } catch (RuntimeException e) {
                            add(number, null, e);
                        }
                    }
                });
            }
            return await(System.nanoTime() + patience + SLACK_NANOS);
        }

        /** Looking up a name has no time limit of its own. */
        private List<InetAddress> addresses() throws UnknownHostException, TimeoutException, InterruptedException {
            String host = endpoint.host();
            if (host.contains(":") || host.equalsIgnoreCase("localhost")) {
                return Addresses.of(host);
            }
            CompletableFuture<List<InetAddress>> lookup = new CompletableFuture<>();
            THREADS.execute(() -> {
                try {
                    lookup.complete(Addresses.of(host));
                } catch (UnknownHostException e) {
                    lookup.completeExceptionally(e);
                }
            });
            try {
                return lookup.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            } catch (ExecutionException e) {
                throw new UnknownHostException();
            }
        }

        private synchronized void add(int number, Health health, RuntimeException trouble) {
            answers[number] = health;
            failure = trouble == null ? failure : trouble;
            missing--;
            notifyAll();
        }

        private synchronized Health await(long deadline) throws InterruptedException {
            long end = deadline;
            boolean hasPassed = false;
            while (missing > 0 && failure == null && end - System.nanoTime() > 0) {
                TimeUnit.NANOSECONDS.timedWait(this, end - System.nanoTime());
                if (!hasPassed && first(true) != null) {
                    hasPassed = true;
                    end = Math.min(end, System.nanoTime() + OTHERS_NANOS);
                }
            }
            if (failure != null) {
                throw failure;
            }
            return judge();
        }

        private Health judge() {
            Health passing = first(true);
            Health other = first(false);
            if (passing != null || other != null) {
                return passing == null ? other : other == null ? passing : Health.mixed(passing, other);
            }
            Health best = null;
            for (Health health : answers) {
                best = best == null || health != null && health.verdict().compareTo(best.verdict()) < 0 ? health : best;
            }
            return best == null ? late(timeout) : best;
        }

        /** The best answer that passes, or that does not, or null. */
        private Health first(boolean passing) {
            Health best = null;
            for (Health health : answers) {
                if (health != null && health.isAnswer() && health.verdict().isPassing() == passing
                    && (best == null || health.verdict().compareTo(best.verdict()) < 0)) {
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
            boolean isDown = health.verdict() == HealthVerdict.DOWN;
            long millis = health.verdict() == HealthVerdict.TIMEOUT ? timeout.toMillis() : Math.min(timeout.toMillis(), socket.waitedMillis());
            return health.at(isDown ? null : Addresses.text(address), millis);
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
