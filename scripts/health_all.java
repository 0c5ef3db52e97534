///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES include/Endpoint.java include/Health.java include/HealthProbe.java include/PortCommand.java include/PortMap.java include/Report.java include/Terminal.java
//SOURCES include/UserException.java

import java.io.IOException;
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
    private record Question(PortMap.Service service, Endpoint uri) {

        // Written out, because the generated ones cost 15 ms of start-up.

        @Override
        public boolean equals(Object other) {
            return other instanceof Question endpoint && service.equals(endpoint.service) && uri.equals(endpoint.uri);
        }

        @Override
        public int hashCode() {
            return uri.hashCode();
        }

        String title() {
            return service.name() == null ? uri.toString() : service.name();
        }
    }

    private record Result(Question endpoint, Health health) {

        boolean isPassing() {
            return health.verdict().isPassing();
        }
    }

    private static final int WIDEST_START = 25; // Port 50051: ❌ unhealthy, and a space
    private static final int USUAL_ANSWER = 30; // 200 healthy 1234 ms  127.0.0.1
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

    @Option(names = {"-q", "--quiet"}, description = "Print nothing; the exit code is the answer.")
    private boolean quiet;

    public static void main(String... args) {
        main(new health_all(), args);
    }

    @Override
    protected int run() throws Exception {
        if (watch != null && (wait != null || quiet)) {
            throw new UserException("--watch goes with neither --wait nor --quiet; see health_all --help");
        }
        List<Question> endpoints = endpoints(portMap());
        HealthProbe.warmUp();
        if (watch != null) {
            Terminal.watch(out, watch, json, () -> report(ask(endpoints, timeout)));
            return YES;
        }
        List<Result> results = wait == null ? ask(endpoints, timeout) : await(endpoints);
        if (!quiet) {
            Terminal.print(out, report(results));
        }
        return allPassing(results) ? YES : NO;
    }

    // Whom to ask.

    private List<Question> endpoints(PortMap map) {
        if (targets.isEmpty()) {
            return map.services().stream()
                .filter(service -> service.healthPath() != null || all && service.status() == PortMap.Status.ACTIVE)
                .map(this::endpoint).toList();
        }
        return targets.stream().flatMap(target -> target.contains("://") ? Stream.of(endpoint(target))
            : map.resolve(target).stream().filter(service -> PortMap.Group.named(target) == null || isExpected(service)).map(this::endpoint))
            .distinct().toList();
    }

    /** Whether a service that was named only by its group is expected to run. */
    private static boolean isExpected(PortMap.Service service) {
        return service.status() != PortMap.Status.RESERVED && service.status() != PortMap.Status.FAILED;
    }

    private Question endpoint(PortMap.Service service) {
        boolean isOnlyInEnv = service.status() == PortMap.Status.UNKNOWN || service.status() == PortMap.Status.NONE;
        Endpoint.Protocol protocol = service.healthPath() != null ? Endpoint.Protocol.HTTP
            : service.group() == PortMap.Group.GRPC ? Endpoint.Protocol.GRPC
            : !isOnlyInEnv || service.group() == PortMap.Group.MCP ? Endpoint.Protocol.ANY
            : Endpoint.Protocol.HTTP;
        String path = protocol == Endpoint.Protocol.GRPC ? "" : protocol == Endpoint.Protocol.ANY ? "/"
            : service.healthPath() == null ? "/health" : service.healthPath();
        String name = Endpoint.host(host);
        if (name == null) {
            throw new UserException("'" + host + "' is not the name or address of a host");
        }
        return new Question(service, new Endpoint(protocol, name, service.port(), path));
    }

    private static Question endpoint(String url) {
        Endpoint endpoint = Endpoint.of(url);
        return new Question(PortMap.Service.none(endpoint.port()), endpoint);
    }

    private List<Result> ask(List<Question> endpoints, Duration timeout) {
        HealthProbe probe = new HealthProbe(java.util.Set.of(), System.getProperty("cacert"));
        List<CompletableFuture<Result>> questions = endpoints.stream().map(endpoint ->
            probe.ask(endpoint.uri, timeout).thenApply(health -> new Result(endpoint, health))).toList();
        return questions.stream().map(CompletableFuture::join).toList();
    }

    // Waiting.

    /** Asks those that are not well again, quickly at first, then less often; in the end all: one may be gone again. */
    private List<Result> await(List<Question> endpoints) throws InterruptedException {
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
            List<Question> awaited = results.stream().filter(result -> !result.isPassing()).map(Result::endpoint).toList();
            Map<Question, Result> news = ask(awaited, shorter(timeout, left(start)))
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
            note("gave up after " + HealthProbe.seconds(wait));
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
            + awaited.stream().map(result -> result.endpoint.title() + " (" + Report.lowerCase(result.health.verdict()) + ")")
                .collect(Collectors.joining(", "));
    }

    // What they said.

    private List<Terminal.Line> report(List<Result> results) throws IOException {
        if (json) {
            return List.of(new Terminal.Line(Report.json(Map.of("endpoints", results.stream().map(health_all::document).toList()))));
        }
        int widestAnswer = results.stream().mapToInt(result -> Terminal.width(answer(result.health))).max().orElse(0);
        List<Terminal.Line> lines = new ArrayList<>();
        for (Result result : results) {
            Health health = result.health;
            lines.add(new Terminal.Line(Terminal.pad(verdict(result), WIDEST_START)
                + Terminal.pad(answer(health), Math.max(USUAL_ANSWER, widestAnswer)) + "  " + result.endpoint.title(),
                Arrays.asList(result.endpoint, health.verdict(), health.httpStatus(), health.word())));
        }
        return lines;
    }

    private String verdict(Result result) {
        String verdict = Report.lowerCase(result.health.verdict());
        return "Port " + result.endpoint.service.port() + ": " + (result.isPassing() ? "✅ " + good(verdict) : "❌ " + bad(verdict));
    }

    private static String answer(Health health) {
        return health.reason() != null ? health.reason()
            : Terminal.pad(said(health), 11) + String.format(" %4d ms  %s", health.millis(), health.address());
    }

    /** The HTTP status and the body's own word. */
    private static String said(Health health) {
        return health.httpStatus() == null ? (health.word() == null ? "accepts" : Terminal.printable(health.word()))
            : health.httpStatus() + (health.word() == null ? "" : " " + Terminal.fit(Terminal.printable(health.word()), 12));
    }

    private static Map<String, Object> document(Result result) {
        Health health = result.health;
        Map<String, Object> fields = Report.fields(result.endpoint.service);
        fields.put("url", result.endpoint.uri.toString());
        fields.put("verdict", Report.lowerCase(health.verdict()));
        fields.put("http_status", health.httpStatus());
        fields.put("reported", health.word());
        fields.put("address", health.address());
        fields.put("latency_ms", health.millis());
        fields.put("reason", health.reason());
        return fields;
    }
}
