///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES include/command/Line.java include/command/OptionValues.java include/command/PortCommand.java
//SOURCES include/command/Report.java include/command/Terminal.java include/command/UserException.java
//SOURCES include/config/Config.java include/config/PortMap.java include/config/Targets.java
//SOURCES include/health/Endpoint.java include/health/Health.java include/health/HealthChecks.java
//SOURCES include/health/HealthProbe.java include/health/Metrics.java include/health/Started.java
//SOURCES include/health/Waiting.java include/ports/LocalPorts.java include/ports/Project.java
//SOURCES include/ports/ServicePort.java

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "health_all", customSynopsis = "health_all [OPTIONS] [TARGET|URL...]",
    description = "Checks the health endpoints of services or URLs (http, https, grpc, grpcs, tcp) in parallel."
        + " Without a target, checks the documented endpoints.",
    exitCodeList = {
        "0:every endpoint is healthy, or reachable if there is no health check to run",
        "1:an endpoint is not healthy",
        "2:no answer: wrong usage or invalid configuration"},
    footer = {
        "  health_all",
        "  health_all --wait=60 core",
        "  health_all --json orchestrator grpc://localhost:50051"})
class health_all extends PortCommand {

    private static final int NAME_COLUMN = 25;
    private static final int SHORTEST_NAME_WIDTH = 28; // of the longest documented name
    private static final int ANSWER_WIDTH = 20; // with the latency

    @Option(names = "--timeout", paramLabel = "SECONDS", converter = OptionValues.Seconds.class,
        description = "Give up on an endpoint after this time (default 2s).")
    private Duration timeout = Duration.ofSeconds(2);

    @Option(names = "--all", description = "Without a target, also check the expected services without a health endpoint.")
    private boolean all;

    @Option(names = "--allow-degraded", description = "Accept servers that are up but not healthy: HTTP status 2xx, 3xx, 401,"
        + " 403, 405, 426 or 429, and a body that does not say unhealthy.")
    private boolean allowDegraded;

    @Option(names = "--host", paramLabel = "HOST", description = "Check the services on this host (default localhost).")
    private String host = "localhost";

    @Option(names = "--cacert", paramLabel = "FILE",
        description = "Trust the certificate authorities in this PEM file, for https and grpcs.")
    private String caFile;

    @Option(names = "--insecure", description = "Trust every certificate, for https and grpcs.")
    private boolean isInsecure;

    @Option(names = "--wait", paramLabel = "SECONDS", arity = "0..1", fallbackValue = "30",
        converter = OptionValues.Seconds.class, preprocessor = OptionValues.AttachedValue.class,
        description = "Wait until all are healthy, for at most this time (default 30s).")
    private Duration wait;

    @Option(names = "--pid", paramLabel = "PID", description = "With --wait, require that this process or a descendant is"
        + " listening; stop waiting if it exits (repeatable).")
    private List<Long> pids = List.of();

    @Option(names = "--prometheus", description = "Print the results in Prometheus' text format.")
    private boolean prometheus;

    @Option(names = "--watch", paramLabel = "SECONDS", arity = "0..1", fallbackValue = "2",
        converter = OptionValues.Seconds.class, preprocessor = OptionValues.AttachedValue.class,
        description = "Check again at this interval (default 2s) until interrupted, and mark the changes.")
    private Duration watch;

    private HealthProbe probe;

    public static void main(String... args) {
        main(new health_all(), args);
    }

    @Override
    Duration interval() {
        return watch;
    }

    @Override
    Report report() throws Exception {
        validate();
        Config config = Config.of(this);
        List<HealthChecks.Check> checks = checks(config);
        if (probe == null) {
            HealthProbe.warmUp();
            Set<Integer> ports = new HashSet<>();
            config.services().forEach(service -> ports.add(service.port()));
            probe = new HealthProbe(ports, caFile, isInsecure);
        }
        Supplier<Project> project = Project.of(this);
        if (wait != null) {
            return await(checks, project);
        }
        List<HealthChecks.Result> results = new HealthChecks(probe, allowDegraded, project, null).make(checks, timeout);
        if (watch == null && !quiet) {
            noteRedirected(results);
        }
        return new Answers(results, null);
    }

    private void validate() {
        require(watch == null || wait == null, "--watch and --wait cannot be combined");
        require(!prometheus || !json && !quiet && watch == null, "--prometheus cannot be combined with --json, --quiet or --watch");
        require(!isInsecure || caFile == null, "--insecure and --cacert cannot be combined");
        require(!all || targets.isEmpty(), "--all works only without targets");
        require(host.equals("localhost") || targets.isEmpty() || !targets.stream().allMatch(target -> target.contains("://")),
            "--host works only with services; a URL names its own host");
        require(pids.isEmpty() || wait != null, "--pid requires --wait");
        for (long pid : pids) {
            require(pid > 0, "--pid " + pid + " is not the number of a process");
        }
    }

    private void require(boolean condition, String message) {
        if (!condition) {
            throw new UserException(message + "; " + help());
        }
    }

    /** Names the ports that respond in place of a listener here, and that port_status does not show. */
    private void noteRedirected(List<HealthChecks.Result> results) throws IOException {
        LocalPorts localPorts = LocalPorts.read();
        for (HealthChecks.Result result : results) {
            Endpoint endpoint = result.check().endpoint();
            if (result.isPassing() && endpoint.isLocal() && localPorts.hasTables() && !localPorts.isListening(endpoint.port())) {
                note("port " + endpoint.port() + " responds, but no listener is visible on this machine:"
                    + " the port is redirected, for example to a container");
            }
        }
    }

    // Targets.

    private List<HealthChecks.Check> checks(Config config) {
        Targets names = new Targets(config);
        Map<String, HealthChecks.Check> checks = new LinkedHashMap<>();
        for (PortMap.Service service : targets.isEmpty() ? config.services() : List.<PortMap.Service>of()) {
            if (service.healthPath() != null || all && service.status() == PortMap.Status.ACTIVE) {
                add(checks, HealthChecks.Check.of(service, host));
            }
        }
        for (String target : targets) {
            if (target.contains("://")) {
                add(checks, HealthChecks.Check.of(target));
                continue;
            }
            if (target.matches("[^:/]+:[0-9]+")) {
                throw new UserException("'" + target + "' is not a target; use the port alone, or the URL http://" + target + "/");
            }
            boolean isGroup = PortMap.Group.named(target) != null;
            for (PortMap.Service service : names.resolve(target)) {
                boolean isExpected = service.status() != PortMap.Status.RESERVED && service.status() != PortMap.Status.FAILED;
                if (!isGroup || isExpected) {
                    add(checks, HealthChecks.Check.of(service, host));
                }
            }
        }
        return List.copyOf(checks.values());
    }

    private static void add(Map<String, HealthChecks.Check> checks, HealthChecks.Check check) {
        checks.putIfAbsent(check.service().variable() + " " + check.endpoint(), check);
    }

    // Waiting.

    private Report await(List<HealthChecks.Check> checks, Supplier<Project> project) throws Exception {
        boolean showsProgress = !quiet && Terminal.isStderrTerminal();
        if (showsProgress) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> Terminal.progress(err(), "")));
        }
        Started started = pids.isEmpty() ? null : new Started(pids, project);
        HealthChecks health = new HealthChecks(probe, allowDegraded, project, started == null ? null : started::has);
        Waiting.Outcome outcome = new Waiting(health, started, timeout, wait).await(checks, (results, left) -> {
            if (showsProgress) {
                Terminal.progress(err(), summary(results) + ", " + left.toSeconds() + " s left; waiting for " + results.stream()
                    .filter(result -> !result.isPassing()).map(HealthChecks.Result::inShort).collect(Collectors.joining(", ")));
            }
        });
        if (showsProgress) {
            Terminal.progress(err(), "");
        }
        return new Answers(outcome.results(), outcome.failure());
    }

    private static String summary(List<HealthChecks.Result> results) {
        return results.stream().filter(HealthChecks.Result::isPassing).count() + " of " + results.size() + " healthy";
    }

    /** The results, and why a wait for them was given up, or null. */
    private final class Answers implements Report {

        private final List<HealthChecks.Result> results;
        private final String failure;

        Answers(List<HealthChecks.Result> results, String failure) {
            this.results = results;
            this.failure = failure;
        }

        @Override
        public int exitCode() {
            return failure == null && HealthChecks.areAllPassing(results) ? YES : NO;
        }

        @Override
        public String conclusion() {
            return failure;
        }

        @Override
        public boolean isPlain() {
            return prometheus;
        }

        @Override
        public Map<String, Object> document() {
            return Map.of("endpoints", results.stream().map(Answers::fields).toList());
        }

        private static Map<String, Object> fields(HealthChecks.Result result) {
            Map<String, Object> fields = ServicePort.fields(result.check().service());
            fields.put("url", result.check().url());
            fields.putAll(result.health().fields());
            return fields;
        }

        @Override
        public List<Line> lines() {
            List<Line> lines = new ArrayList<>();
            if (prometheus) {
                Metrics.lines(results).forEach(line -> lines.add(Line.of(line)));
                return lines;
            }
            int width = SHORTEST_NAME_WIDTH;
            for (HealthChecks.Result result : results) {
                width = Math.max(width, Line.width(result.check().title()));
            }
            for (HealthChecks.Result result : results) {
                lines.add(row(result, width));
            }
            if (results.size() > 1) {
                lines.add(Line.of(summary(results)));
            }
            return lines;
        }

        private static Line row(HealthChecks.Result result, int nameWidth) {
            Health health = result.health();
            String verdict = health.verdict().text();
            Line line = Line.of("Port " + result.check().service().port() + (result.isPassing() ? ": ✅ " : ": ❌ "));
            line = result.isPassing() ? line.good(verdict) : line.bad(verdict);
            line.pad(NAME_COLUMN).with(result.check().title()).pad(NAME_COLUMN + nameWidth + 2);
            String answer = health.answer();
            if (!answer.isEmpty()) {
                String millis = health.millis() + " ms";
                line.with(answer + " ".repeat(Math.max(1, ANSWER_WIDTH - Line.width(answer) - millis.length())) + millis);
            }
            line.with(health.location() == null ? "" : "  to " + health.location());
            line.with(health.reason() == null ? "" : (answer.isEmpty() ? "" : "  ") + health.reason());
            return line.changesWith(Arrays.asList(result.check(), health.verdict(), health.httpStatus(), health.word()));
        }
    }
}
