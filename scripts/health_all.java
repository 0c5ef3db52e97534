///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES PortCommand.java PortReport.java Terminal.java PortMap.java EnvFile.java LocalPorts.java SocketOwners.java HealthProbe.java

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "health_all",
    description = "Asks the health endpoints of DevFlow's services, all at once; without a target, all that are documented.",
    exitCodeList = {
        "0:every endpoint is healthy",
        "1:an endpoint is not healthy",
        "2:could not tell: wrong usage or unusable configuration"},
    footer = {
        "  health_all",
        "  health_all --timeout 5 core",
        "  health_all --json orchestrator"})
class health_all extends PortCommand {

    private record Endpoint(PortMap.Service service, URI uri) { }

    private record Result(Endpoint endpoint, HealthProbe.Health health) { }

    @Option(names = "--timeout", paramLabel = "SECONDS", converter = Seconds.class,
        description = "How long each endpoint may take. Default: 2")
    private Duration timeout = Duration.ofSeconds(2);

    public static void main(String... args) {
        main(new health_all(), args);
    }

    @Override
    protected int run() throws IOException {
        List<Result> results = ask(endpoints(portMap()));
        if (json) {
            out.println(PortReport.json(Map.of("endpoints", results.stream().map(health_all::document).toList())));
        } else {
            results.forEach(result -> out.println(line(result)));
        }
        return results.stream().allMatch(result -> result.health.verdict() == HealthProbe.Verdict.HEALTHY) ? YES : NO;
    }

    private List<Endpoint> endpoints(PortMap map) {
        if (targets.isEmpty()) {
            return map.services().stream().filter(service -> service.healthPath() != null).map(health_all::endpoint).toList();
        }
        return named(map).stream().map(health_all::endpoint).toList();
    }

    private static Endpoint endpoint(PortMap.Service service) {
        String path = service.healthPath() == null ? "/health" : service.healthPath();
        return new Endpoint(service, URI.create("http://localhost:" + service.port() + path));
    }

    private List<Result> ask(List<Endpoint> endpoints) {
        List<CompletableFuture<Result>> questions = endpoints.stream()
            .map(endpoint -> HealthProbe.get(endpoint.uri, timeout).thenApply(health -> new Result(endpoint, health)))
            .toList();
        return questions.stream().map(CompletableFuture::join).toList();
    }

    private String line(Result result) {
        HealthProbe.Health health = result.health;
        String verdict = String.format("%-9s", PortReport.lowerCase(health.verdict()));
        return "Port " + result.endpoint.service.port() + ": "
            + (health.verdict() == HealthProbe.Verdict.HEALTHY ? "✅ " + good(verdict) : "❌ " + bad(verdict))
            + String.format("  %3s  %5d ms  %s", health.httpStatus() == null ? "-" : health.httpStatus(), health.millis(),
                result.endpoint.service.name() == null ? result.endpoint.uri : result.endpoint.service.name());
    }

    private static Map<String, Object> document(Result result) {
        HealthProbe.Health health = result.health;
        Map<String, Object> fields = new LinkedHashMap<>(PortReport.fields(result.endpoint.service));
        fields.put("url", result.endpoint.uri.toString());
        fields.put("verdict", PortReport.lowerCase(health.verdict()));
        fields.put("http_status", health.httpStatus());
        fields.put("reported", health.word());
        fields.put("address", health.address());
        fields.put("latency_ms", health.millis());
        fields.put("reason", health.reason());
        return fields;
    }
}
