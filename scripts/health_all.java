///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES include/command/Line.java include/command/OptionValues.java include/command/PortCommand.java
//SOURCES include/command/Report.java include/command/Terminal.java include/command/UserException.java
//SOURCES include/config/Config.java include/config/PortMap.java include/config/Targets.java
//SOURCES include/health/Endpoint.java include/health/Health.java include/health/HealthChecks.java
//SOURCES include/health/HealthProbe.java include/health/Metrics.java include/health/Started.java
//SOURCES include/health/Waiting.java include/ports/LocalPorts.java include/ports/OwnerWords.java
//SOURCES include/ports/Project.java include/ports/ServicePort.java

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "health_all", customSynopsis = "health_all [OPTIONS] [TARGET|URL...]",
    description = "Asks health endpoints, of services or by URL (http, https, grpc, tcp), all at once;"
        + " without a target, the documented ones of all services.",
    exitCodeList = {
        "0:every endpoint is healthy, or reachable where there is no more to ask",
        "1:an endpoint is not healthy",
        "2:could not tell: wrong usage or unusable configuration"},
    footer = {
        "  health_all",
        "  health_all --wait=60 core",
        "  health_all --json orchestrator grpc://localhost:50051"})
class health_all extends PortCommand {

    @Option(names = "--timeout", paramLabel = "SECONDS", converter = OptionValues.Seconds.class,
        description = "How long each endpoint may take (default 2).")
    private Duration timeout = Duration.ofSeconds(2);

    @Option(names = "--all",
        description = "Without a target, include the active services that have no HTTP endpoint.")
    private boolean all;

    @Option(names = "--allow-degraded", description = "Up is enough: an answer below 400, or 429, that does not say unhealthy.")
    private boolean allowDegraded;

    @Option(names = "--host", paramLabel = "HOST", description = "Where the services run (default localhost).")
    private String host = "localhost";

    @Option(names = "--cacert", paramLabel = "FILE", description = "The certificate authorities of https servers, in PEM.")
    private String caFile;

    @Option(names = "--wait", paramLabel = "SECONDS", arity = "0..1", fallbackValue = "30",
        converter = OptionValues.Seconds.class, preprocessor = OptionValues.AttachedValue.class,
        description = "Wait until all are healthy, at most SECONDS (default 30).")
    private Duration wait;

    @Option(names = "--pid", paramLabel = "PID",
        description = "With --wait, what is to answer: this process or one that it started; give up when it ends.")
    private List<Long> pids = List.of();

    @Option(names = "--prometheus", description = "Print the results in Prometheus' text format.")
    private boolean prometheus;

    @Option(names = "--watch", paramLabel = "SECONDS", arity = "0..1", fallbackValue = "2",
        converter = OptionValues.Seconds.class, preprocessor = OptionValues.AttachedValue.class,
        description = "Ask again every SECONDS (default 2), with changes marked, until interrupted.")
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
            probe = new HealthProbe(ports(config), caFile);
        }
        HealthChecks health = new HealthChecks(probe, allowDegraded);
        if (wait != null) {
            return await(checks, health);
        }
        List<HealthChecks.Result> results = health.make(checks, timeout);
        if (watch == null && !quiet) {
            noteRedirected(results);
        }
        return new Answers(results, null);
    }

    /** Who answers in place of a server here, as with ports of containers that the kernel redirects, port_status does not see. */
    private void noteRedirected(List<HealthChecks.Result> results) throws IOException {
        LocalPorts localPorts = LocalPorts.read();
        for (HealthChecks.Result result : results) {
            Endpoint endpoint = result.check().endpoint();
            if (endpoint.isHere() && result.isPassing() && localPorts.hasTables() && !localPorts.isListening(endpoint.port())) {
                note(endpoint.port() + " answers, though nothing listens here: it is redirected");
            }
        }
    }

    private void validate() {
        if (watch != null && wait != null) {
            throw new UserException("--watch goes without --wait, which ends; " + help());
        }
        if (prometheus && (json || quiet || watch != null)) {
            throw new UserException("--prometheus goes without --json, --quiet and --watch; " + help());
        }
        if (all && !targets.isEmpty()) {
            throw new UserException("--all adds to what is asked without a target, and goes with none; " + help());
        }
        if (!host.equals("localhost") && !targets.isEmpty() && targets.stream().allMatch(target -> target.contains("://"))) {
            throw new UserException("--host is for services; a URL names a host of its own; " + help());
        }
        if (!pids.isEmpty() && wait == null) {
            throw new UserException("--pid goes with --wait; " + help());
        }
        for (long pid : pids) {
            if (pid < 1) {
                throw new UserException("--pid " + pid + " is not the number of a process");
            }
        }
    }

    // Whom to ask.

    private List<HealthChecks.Check> checks(Config config) {
        if (targets.isEmpty()) {
            List<HealthChecks.Check> checks = new ArrayList<>();
            for (PortMap.Service service : config.services()) {
                if (service.healthPath() != null || all && service.status() == PortMap.Status.ACTIVE) {
                    checks.add(HealthChecks.Check.of(service, host));
                }
            }
            return checks;
        }
        Targets names = new Targets(config);
        return targets.stream().flatMap(target -> target.contains("://") ? Stream.of(HealthChecks.Check.of(Endpoint.of(target)))
            : names.resolve(target).stream().filter(service -> PortMap.Group.named(target) == null || isExpected(service))
                .map(service -> HealthChecks.Check.of(service, host)))
            .distinct().toList();
    }

    /** Whether a service that was named only by its group is expected to run. */
    private static boolean isExpected(PortMap.Service service) {
        return service.status() != PortMap.Status.RESERVED && service.status() != PortMap.Status.FAILED;
    }

    private static Set<Integer> ports(Config config) {
        Set<Integer> ports = new HashSet<>();
        for (PortMap.Service service : config.services()) {
            ports.add(service.port());
        }
        return ports;
    }

    // Waiting.

    private Report await(List<HealthChecks.Check> checks, HealthChecks health) throws Exception {
        boolean showsProgress = !quiet && Terminal.isStderrTerminal();
        if (showsProgress) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> Terminal.progress(err(), "")));
        }
        Started started = pids.isEmpty() ? null : new Started(pids, Project.of(this).get());
        Waiting.Outcome outcome;
        try {
            outcome = new Waiting(health, started, timeout, wait).await(checks, (results, left) -> {
                if (showsProgress) {
                    Terminal.progress(err(), progress(results, left));
                }
            });
        } finally {
            if (showsProgress) {
                Terminal.progress(err(), "");
            }
        }
        return new Answers(outcome.results(), outcome.isPassing() ? null : "gave up: " + why(outcome));
    }

    private static String progress(List<HealthChecks.Result> results, Duration left) {
        List<HealthChecks.Result> awaited = results.stream().filter(result -> !result.isPassing()).toList();
        return results.size() - awaited.size() + " of " + results.size() + " up, " + left.toSeconds() + " s left, awaiting: "
            + awaited.stream().map(result -> result.check().title() + " (" + result.health().verdict().text() + ")")
                .collect(Collectors.joining(", "));
    }

    private String why(Waiting.Outcome outcome) {
        Started.Failure failure = outcome.failure();
        if (failure == null) {
            String foreign = outcome.results().stream().filter(result -> !result.isPassing() && result.health().verdict().isPassing())
                .map(result -> "" + result.check().endpoint().port()).collect(Collectors.joining(", "));
            return "time is up, after " + Terminal.seconds(wait)
                + (foreign.isEmpty() ? "" : "; what answers on " + foreign + " is not what was started");
        }
        return failure.pid() == 0 ? "a stranger answers on " + failure.port() + ": " + OwnerWords.brief(failure.strangers())
            : "process " + failure.pid() + " has ended" + (failure.status() == null ? "" : ", with status " + failure.status());
    }

    /** What the endpoints answered, and why a wait for them ended, or null. */
    private final class Answers implements Report {

        private final List<HealthChecks.Result> results;
        private final String end;

        Answers(List<HealthChecks.Result> results, String end) {
            this.results = results;
            this.end = end;
        }

        @Override
        public int exitCode() {
            return end == null && HealthChecks.areAllPassing(results) ? YES : NO;
        }

        @Override
        public String conclusion() {
            return end;
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
            fields.put("url", result.check().endpoint().toString());
            fields.putAll(result.health().fields());
            return fields;
        }

        @Override
        public List<Line> lines() {
            if (prometheus) {
                return metrics();
            }
            int title = results.stream().mapToInt(result -> verdict(result).width()).max().orElse(0) + 2;
            int answer = title + results.stream().mapToInt(result -> Line.width(result.check().title())).max().orElse(0) + 2;
            int latency = answer + results.stream().mapToInt(result -> Line.width(result.health().answer())).max().orElse(0);
            List<Line> lines = new ArrayList<>();
            for (HealthChecks.Result result : results) {
                Health health = result.health();
                Line line = verdict(result).pad(title).with(result.check().title()).pad(answer);
                if (!health.answer().isEmpty()) {
                    String millis = String.valueOf(health.millis()); // A formatter would look up how numbers are written here.
                    line.with(health.answer()).pad(latency + 6 - millis.length()).with(millis + " ms  " + health.address());
                }
                line.with(health.location() == null ? "" : "  to " + health.location());
                line.with(health.reason() == null ? "" : (health.answer().isEmpty() ? "" : "  ") + health.reason());
                lines.add(line.changesWith(Arrays.asList(result.check(), health.verdict(), health.httpStatus(), health.word())));
            }
            return lines;
        }

        private static Line verdict(HealthChecks.Result result) {
            String verdict = result.health().verdict().text();
            Line line = Line.of("Port " + result.check().service().port() + (result.isPassing() ? ": ✅ " : ": ❌ "));
            return line.with(verdict, result.isPassing() ? Line.Style.GOOD : Line.Style.BAD);
        }

        private List<Line> metrics() {
            return Metrics.text(results.stream().map(result -> {
                PortMap.Service service = result.check().service();
                return new Metrics.Sample(service.name(), service.variable(), ServicePort.lowerCase(service.group()), service.port(),
                    result.check().endpoint().toString(), result.health(), result.isPassing());
            }).toList()).lines().map(Line::of).toList();
        }
    }
}
