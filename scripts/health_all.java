///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES include/command/Line.java include/command/OptionValues.java include/command/PortCommand.java
//SOURCES include/config/Config.java include/config/Endpoint.java include/config/PortMap.java
//SOURCES include/config/Targets.java include/health/Health.java include/health/HealthChecks.java
//SOURCES include/health/HealthProbe.java include/health/ProbeSocket.java include/ports/Project.java
//SOURCES include/ports/ServicePort.java

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "health_all", customSynopsis = "health_all [OPTIONS] [TARGET|URL...]",
    description = "Checks the health endpoints of services or URLs (http, https, grpc, grpcs, tcp) in parallel."
        + " Without a target, checks the documented endpoints, and those that NAME_HEALTH names.",
    exitCodeList = {
        "0:every endpoint passes: it is healthy, reachable or, with --allow-degraded, up",
        "1:an endpoint is not healthy",
        "2:no answer: wrong usage or invalid configuration"},
    footer = {
        "  health_all",
        "  health_all --wait=60 core",
        "  health_all --json orchestrator grpc://localhost:50051"})
class health_all extends PortCommand.Watchable {

    private static final int NAME_COLUMN = 25;
    private static final int RESPONSE_COLUMN = 55;
    private static final int RESPONSE_WIDTH = 20; // with the latency

    @Option(names = "--timeout", paramLabel = "TIME", converter = OptionValues.Seconds.class,
        description = "Give up on an endpoint after this time (default 2s).")
    private Duration timeout = Duration.ofSeconds(2);
    @Option(names = "--all",
        description = "Without a target, also check the expected services without a health endpoint.")
    private boolean all;
    @Option(names = "--allow-degraded", description = "Accept servers that are up but not healthy: HTTP status 2xx,"
        + " 3xx, 401, 403, 405, 426 or 429, and a body that does not say unhealthy.")
    private boolean allowDegraded;
    @Option(names = "--host", paramLabel = "HOST", description = "Check the services on this host (default localhost).")
    private String host = "localhost";
    @Option(names = "--cacert", paramLabel = "FILE",
        description = "Trust the certificate authorities in this PEM file, for https and grpcs.")
    private String caFile;
    @Option(names = "--insecure", description = "Trust every certificate, for https and grpcs.")
    private boolean isInsecure;
    @Option(names = "--wait", paramLabel = "TIME", arity = "0..1", fallbackValue = "30",
        converter = OptionValues.Seconds.class, preprocessor = OptionValues.AttachedValue.class,
        description = "Wait until all are healthy, for at most this time (default 30s).")
    private Duration wait;
    @Option(names = "--pid", paramLabel = "PID", description = "With --wait, require that this process, a descendant,"
        + " or a process that it left running listens; give up if it fails (repeatable).")
    private List<Long> pids = List.of();
    @Option(names = "--prometheus", description = "Print the results in Prometheus' text format.")
    private boolean prometheus;

    private ProbeSocket.Tls tls; // one for all rounds of a watch, because it takes time to make

    public static void main(String... args) {
        main(new health_all(), args);
    }

    @Override
    Report report() throws Exception {
        validate();
        Config config = Config.of(this);
        config.notes().forEach(this::note);
        List<Endpoint> endpoints = endpoints(config);
        boolean needsTls = endpoints.stream().anyMatch(endpoint -> endpoint.protocol().isTls());
        tls = needsTls && tls == null ? new ProbeSocket.Tls(caFile, isInsecure) : tls;
        HealthChecks health = new HealthChecks(new HealthProbe(tls), allowDegraded, Project.of(this), pids);
        List<HealthChecks.Result> results =
            wait == null ? health.check(endpoints, timeout) : health.await(endpoints, timeout, wait);
        if (health.failure != null) {
            error(health.failure);
        } else if (watch == null && !quiet && !prometheus) {
            health.notes(results).forEach(this::note);
        }
        boolean isYes = health.failure == null && HealthChecks.missing(results).isEmpty();
        List<Line> lines = prometheus ? Metrics.lines(results).stream().map(Line::of).toList()
            : json || quiet ? List.of() : lines(results);
        return new Report(isYes ? Report.YES : Report.NO, lines, json ? document(results) : null);
    }

    private void validate() {
        boolean areUrls = !targets.isEmpty() && targets.stream().allMatch(target -> target.contains("://"));
        require(watch == null || wait == null, "--watch and --wait cannot be combined");
        require(!prometheus || !json && !quiet && watch == null,
            "--prometheus cannot be combined with --json, --quiet or --watch");
        require(!isInsecure || caFile == null, "--insecure and --cacert cannot be combined");
        require(!all || targets.isEmpty(), "--all works only without targets");
        require(!areUrls || host.equals("localhost"), "--host works only with services; a URL names its own host");
        require(Endpoint.host(host) != null, "--host '" + host + "' is not the name or address of a host");
        require(pids.isEmpty() || wait != null, "--pid requires --wait");
        require(pids.isEmpty() || Collections.min(pids) > 0, "--pid requires the number of a process");
    }

    private List<Endpoint> endpoints(Config config) {
        List<Endpoint> endpoints = new ArrayList<>();
        String server = Endpoint.host(host);
        for (PortMap.Service service : targets.isEmpty() ? config.services() : List.<PortMap.Service>of()) {
            if (service.health() != null || all && service.status() == PortMap.Status.ACTIVE) {
                endpoints.add(Endpoint.of(service, server));
            }
        }
        Targets names = new Targets(config, wholeNames);
        for (String target : targets) {
            if (target.contains("://")) {
                endpoints.add(Endpoint.of(target));
                continue;
            }
            boolean isGroup = PortMap.Group.named(target) != null;
            names.resolve(target).stream().filter(service -> !isGroup || PortMap.STARTED.contains(service.status()))
                .forEach(service -> endpoints.add(Endpoint.of(service, server)));
        }
        Set<String> made = new HashSet<>(); // Each check is made once.
        endpoints.removeIf(each -> !made.add(each.service().variable() + " " + each));
        require(endpoints.size() <= 10_000, "at most 10000 endpoints can be checked at once");
        return endpoints;
    }

    private static Map<String, Object> document(List<HealthChecks.Result> results) {
        return Map.of("endpoints", results.stream().map(result -> {
            Map<String, Object> fields = ServicePort.fields(result.endpoint().service());
            fields.put("url", result.endpoint().url());
            fields.putAll(result.health().fields());
            return fields;
        }).toList());
    }

    private List<Line> lines(List<HealthChecks.Result> results) {
        List<Line> lines = new ArrayList<>();
        int failing = 0;
        for (HealthChecks.Result result : results) {
            List<Line> block = new ArrayList<>(List.of(row(result)));
            if (result.health().verdict() == Health.Verdict.TAKEN) {
                block.add(Line.of("").with("! ", Line.Style.DOUBTFUL)
                    .with("Port " + result.endpoint().port() + " is " + result.health().reason()));
            }
            boolean isFirst = watch != null && !result.isPassing(); // In a watch, the last lines may not fit.
            lines.addAll(isFirst ? failing : lines.size(), block);
            failing += isFirst ? block.size() : 0;
        }
        if (results.size() > 1) {
            lines.add(watch != null ? 0 : lines.size(), Line.of(
                results.size() - HealthChecks.missing(results).size() + " of " + results.size() + " healthy"));
        }
        return lines;
    }

    private static Line row(HealthChecks.Result result) {
        Health health = result.health();
        String mark = result.isPassing() ? ": ✅ " : ": ❌ ";
        Line line = Line.row("Port " + result.endpoint().service().port() + mark)
            .with(ServicePort.lowerCase(health.verdict()), result.isPassing() ? Line.Style.GOOD : Line.Style.BAD)
            .cell(NAME_COLUMN, result.endpoint().title()).cell(RESPONSE_COLUMN, health.response());
        if (!health.response().isEmpty()) {
            String millis = health.millis() + " ms";
            line.cell(RESPONSE_COLUMN + RESPONSE_WIDTH - millis.length(), millis);
        }
        int column = health.response().isEmpty() ? RESPONSE_COLUMN : RESPONSE_COLUMN + RESPONSE_WIDTH + 2;
        String reason = health.reason() == null || health.verdict() == Health.Verdict.TAKEN ? "" : health.reason();
        String more = health.location() == null ? reason : "to " + health.location() + "  " + reason;
        return line.cell(column, more.strip());
    }

    /** Formats results in Prometheus' text format, version 0.0.4, for node_exporter's textfile collector. */
    static final class Metrics {

        private Metrics() { }

        static List<String> lines(List<HealthChecks.Result> results) {
            List<String> lines = new ArrayList<>();
            gauge(lines, "devflow_up", "Whether the endpoint passes its health check.");
            samples(lines, "devflow_up", results, "", result -> result.isPassing() ? 1 : 0);
            gauge(lines, "devflow_health_latency_seconds", "Time from connecting to the end of the response.");
            samples(lines, "devflow_health_latency_seconds", results, "", result -> result.health().millis() / 1000.0);
            gauge(lines, "devflow_health_http_status", "HTTP status of the response, if there is one.");
            samples(lines, "devflow_health_http_status", results, "", result -> result.health().httpStatus());
            gauge(lines, "devflow_health_verdict", "1 for the verdict on the endpoint, 0 for the others.");
            for (Health.Verdict verdict : Health.Verdict.values()) {
                samples(lines, "devflow_health_verdict", results, label(",verdict", ServicePort.lowerCase(verdict)),
                    result -> result.health().verdict() == verdict ? 1 : 0);
            }
            return lines;
        }

        private static void gauge(List<String> lines, String name, String help) {
            lines.add("# HELP " + name + " " + help);
            lines.add("# TYPE " + name + " gauge");
        }

        private static void samples(List<String> lines, String name, List<HealthChecks.Result> results, String label,
                                    Function<HealthChecks.Result, Number> value) {
            for (HealthChecks.Result result : results) {
                if (value.apply(result) != null) {
                    lines.add(name + "{" + labels(result.endpoint()) + label + "} " + value.apply(result));
                }
            }
        }

        private static String labels(Endpoint endpoint) {
            PortMap.Service service = endpoint.service();
            return label("group", ServicePort.lowerCase(service.group())) + label(",port", "" + service.port())
                + label(",service", service.name()) + label(",url", endpoint.url())
                + label(",variable", service.variable());
        }

        /** An empty label counts as no label. */
        private static String label(String name, String value) {
            return name + "=\"" + (value == null ? "" : value.replace("\\", "\\\\").replace("\"", "\\\"")) + "\"";
        }
    }
}
