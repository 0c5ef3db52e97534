///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES include/Config.java include/HealthProbe.java include/Line.java include/PortCommand.java include/PortMap.java
//SOURCES include/Report.java include/Targets.java include/UserException.java

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "health_all", customSynopsis = "health_all [OPTIONS] [TARGET|URL...]",
    description = "Queries health endpoints, of services or by URL, all at once;"
        + " without a target, the documented ones of all services.",
    exitCodeList = {
        "0:every endpoint is healthy, or reachable where it has no HTTP",
        "1:an endpoint is not healthy",
        "2:could not tell: wrong usage or unusable configuration"},
    footer = {
        "  health_all",
        "  health_all --wait=60 core",
        "  health_all --json orchestrator 8787 http://127.0.0.1:9091/health"})
class health_all extends PortCommand {

    /** Whom to ask; its port has no service if it was named by a URL. */
    private record Endpoint(PortMap.Service service, URI uri) {

        // Written out, because the generated ones cost 15 ms of start-up.

        @Override
        public boolean equals(Object other) {
            return other instanceof Endpoint endpoint && service.equals(endpoint.service) && uri.equals(endpoint.uri);
        }

        @Override
        public int hashCode() {
            return uri.hashCode();
        }

        String title() {
            return service.name() == null ? uri.toString() : service.name();
        }
    }

    private record Result(Endpoint endpoint, HealthProbe.Health health) {

        boolean isPassing() {
            return health.verdict().isPassing();
        }
    }

    private static final int WIDEST_START = 25; // Port 50051: ❌ unhealthy, and a space
    private static final Duration SHORTEST_QUESTION = Duration.ofMillis(100);
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    @Option(names = "--timeout", paramLabel = "SECONDS", converter = Seconds.class,
        description = "How long each endpoint may take (default 2).")
    private Duration timeout = Duration.ofSeconds(2);

    @Option(names = "--all",
        description = "Without a target, include the active services that have no HTTP endpoint, by connecting to them.")
    private boolean all;

    @Option(names = "--host", paramLabel = "HOST", description = "Where the services run (default localhost).")
    private String host = "localhost";

    @Option(names = "--wait", paramLabel = "SECONDS", arity = "0..1", fallbackValue = "30",
        converter = Seconds.class, preprocessor = AttachedValue.class,
        description = "Wait until all are healthy, at most SECONDS (default 30).")
    private Duration wait;

    @Option(names = "--watch", paramLabel = "SECONDS", arity = "0..1", fallbackValue = "2",
        converter = Seconds.class, preprocessor = AttachedValue.class,
        description = "Query again every SECONDS (default 2), with changes marked, until interrupted.")
    private Duration watch;

    public static void main(String... args) {
        main(new health_all(), args);
    }

    @Override
    protected Duration interval() {
        return watch;
    }

    @Override
    protected Report report() throws Exception {
        if (watch != null && wait != null) {
            throw new UserException("--watch goes without --wait, which ends; " + help());
        }
        List<Endpoint> endpoints = endpoints(config());
        HealthProbe.warmUp();
        return new Answers(wait == null ? ask(endpoints, timeout) : await(endpoints));
    }

    // Whom to ask.

    private List<Endpoint> endpoints(Config config) {
        if (targets.isEmpty()) {
            return config.services().stream()
                .filter(service -> service.healthPath() != null || all && service.status() == PortMap.Status.ACTIVE)
                .map(this::endpoint).toList();
        }
        Targets names = new Targets(config);
        return targets.stream().flatMap(target -> target.contains("://") ? Stream.of(endpoint(target))
            : names.resolve(target).stream().filter(service -> PortMap.Group.named(target) == null || isExpected(service)).map(this::endpoint))
            .distinct().toList();
    }

    /** Whether a service that was named only by its group is expected to run. */
    private static boolean isExpected(PortMap.Service service) {
        return service.status() != PortMap.Status.RESERVED && service.status() != PortMap.Status.FAILED;
    }

    private Endpoint endpoint(PortMap.Service service) {
        // A gRPC server takes HTTP/1 for an error, and of a documented service without an endpoint nothing is known.
        boolean isHttp = service.healthPath() != null || service.group() != PortMap.Group.GRPC
            && (service.status() == PortMap.Status.UNKNOWN || service.status() == PortMap.Status.NONE);
        String path = !isHttp ? "" : service.healthPath() == null ? "/health" : service.healthPath();
        String address = host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
        try {
            URI uri = new URI((isHttp ? "http" : "tcp") + "://" + address + ":" + service.port() + path);
            if (address.equals(uri.getHost())) {
                return new Endpoint(service, uri);
            }
        } catch (URISyntaxException e) {
            // As wrong as one that is something else than a host.
        }
        throw new UserException("'" + host + "' is not the name or address of a host");
    }

    private static Endpoint endpoint(String url) {
        try {
            URI uri = new URI(url);
            boolean isHttps = "https".equalsIgnoreCase(uri.getScheme());
            if ((isHttps || "http".equalsIgnoreCase(uri.getScheme())) && uri.getHost() != null && uri.getUserInfo() == null
                && uri.getPort() != 0 && uri.getPort() <= 65535) {
                return new Endpoint(PortMap.Service.none(uri.getPort() > 0 ? uri.getPort() : isHttps ? 443 : 80), uri);
            }
        } catch (URISyntaxException e) {
            // As wrong as one with parts missing.
        }
        throw new UserException("'" + url.replaceAll("//.*@", "//...@")
            + "' is not a supported URL; write http://HOST:PORT/PATH, without a password");
    }

    private static List<Result> ask(List<Endpoint> endpoints, Duration timeout) {
        List<CompletableFuture<Result>> questions = endpoints.stream().map(endpoint ->
            HealthProbe.ask(endpoint.uri, timeout).thenApply(health -> new Result(endpoint, health))).toList();
        return questions.stream().map(CompletableFuture::join).toList();
    }

    // Waiting.

    /** Asks those that are not well again, quickly at first, then less often; in the end all: one may be gone again. */
    private List<Result> await(List<Endpoint> endpoints) throws InterruptedException {
        boolean showsProgress = !quiet && Terminal.isStderrTerminal();
        if (showsProgress) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> Terminal.progress(err, "")));
        }
        long start = System.nanoTime();
        List<Result> results = ask(endpoints, shorter(timeout, wait));
        // With less time left, a timeout would be due to our haste and not to the service.
        while (!allPassing(results) && left(start).compareTo(SHORTEST_QUESTION) > 0) {
            if (showsProgress) {
                Terminal.progress(err, progress(results, left(start)));
            }
            // After three seconds, every 0.3 seconds.
            Duration pause = shorter(wait.minus(left(start)).dividedBy(10).plus(SHORTEST_PAUSE), LONGEST_PAUSE);
            Thread.sleep(shorter(pause, left(start).minus(SHORTEST_QUESTION)).toMillis());
            if (left(start).compareTo(SHORTEST_QUESTION) < 0) {
                break; // This process was stopped meanwhile.
            }
            List<Endpoint> awaited = results.stream().filter(result -> !result.isPassing()).map(Result::endpoint).toList();
            Map<Endpoint, Result> news = ask(awaited, shorter(timeout, left(start)))
                .stream().collect(Collectors.toMap(Result::endpoint, result -> result));
            results = results.stream().map(result -> news.getOrDefault(result.endpoint, result)).toList();
            if (allPassing(results) && left(start).compareTo(SHORTEST_QUESTION) > 0) {
                results = ask(endpoints, shorter(timeout, left(start)));
            }
        }
        if (showsProgress) {
            Terminal.progress(err, "");
        }
        if (!quiet && !allPassing(results)) {
            note("gave up after " + Terminal.seconds(wait));
        }
        return results;
    }

    private Duration left(long start) {
        return wait.minusNanos(System.nanoTime() - start);
    }

    private static boolean allPassing(List<Result> results) {
        return results.stream().allMatch(Result::isPassing);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private static String progress(List<Result> results, Duration left) {
        List<Result> awaited = results.stream().filter(result -> !result.isPassing()).toList();
        return results.size() - awaited.size() + " of " + results.size() + " up, " + left.toSeconds() + " s left, awaiting: "
            + awaited.stream().map(result -> result.endpoint.title() + " (" + PortRow.lowerCase(result.health.verdict()) + ")")
                .collect(Collectors.joining(", "));
    }

    /** What the endpoints answered. */
    private record Answers(List<Result> results) implements Report {

        @Override
        public int exitCode() {
            return allPassing(results) ? YES : NO;
        }

        @Override
        public Map<String, Object> document() {
            return Map.of("endpoints", results.stream().map(Answers::fields).toList());
        }

        private static Map<String, Object> fields(Result result) {
            HealthProbe.Health health = result.health;
            Map<String, Object> fields = PortRow.fields(result.endpoint.service);
            fields.put("url", result.endpoint.uri.toString());
            fields.put("verdict", PortRow.lowerCase(health.verdict()));
            fields.put("http_status", health.httpStatus());
            fields.put("reported", health.word());
            fields.put("address", health.address());
            fields.put("latency_ms", health.millis());
            fields.put("reason", health.reason());
            return fields;
        }

        @Override
        public List<Line> lines() {
            int widestTitle = results.stream().mapToInt(result -> Line.width(result.endpoint.title())).max().orElse(0);
            List<Line> lines = new ArrayList<>();
            for (Result result : results) {
                HealthProbe.Health health = result.health;
                lines.add(verdict(result).pad(WIDEST_START).with(result.endpoint.title()).pad(WIDEST_START + widestTitle + 2)
                    .with(answer(health))
                    .changesWith(Arrays.asList(result.endpoint, health.verdict(), health.httpStatus(), health.word())));
            }
            return lines;
        }

        private static Line verdict(Result result) {
            String verdict = PortRow.lowerCase(result.health.verdict());
            Line line = Line.of("Port " + result.endpoint.service.port() + (result.isPassing() ? ": ✅ " : ": ❌ "));
            return result.isPassing() ? line.good(verdict) : line.bad(verdict);
        }

        private static String answer(HealthProbe.Health health) {
            if (health.reason() != null) {
                return health.reason();
            }
            String said = said(health);
            return said + " ".repeat(Math.max(0, 11 - Line.width(said))) + String.format(" %4d ms  %s", health.millis(), health.address());
        }

        /** The HTTP status and the body's own word. */
        private static String said(HealthProbe.Health health) {
            return health.httpStatus() == null ? "accepts"
                : health.httpStatus() + (health.word() == null ? "" : " " + Line.fit(Line.printable(health.word()), 12));
        }
    }
}
