//SOURCES ../config/PortMap.java ../ports/ServicePort.java Health.java HealthChecks.java

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Formats results in Prometheus' text format, version 0.0.4, for node_exporter's textfile collector. */
final class Metrics {

    private final List<HealthChecks.Result> results;
    private final List<String> lines = new ArrayList<>();

    private Metrics(List<HealthChecks.Result> results) {
        this.results = results;
    }

    static List<String> lines(List<HealthChecks.Result> results) {
        Metrics metrics = new Metrics(results);
        metrics.gauge("devflow_up", "Whether the endpoint passes its health check.");
        metrics.samples("devflow_up", "", result -> result.isPassing() ? 1 : 0);
        metrics.gauge("devflow_health_latency_seconds", "Time from connecting to the end of the response.");
        metrics.samples("devflow_health_latency_seconds", "", result -> result.health().millis() / 1000.0);
        metrics.gauge("devflow_health_http_status", "HTTP status of the response, if there is one.");
        metrics.samples("devflow_health_http_status", "", result -> result.health().httpStatus());
        metrics.gauge("devflow_health_verdict", "1 for the verdict on the endpoint, 0 for the others.");
        for (Health.Verdict verdict : Health.Verdict.values()) {
            metrics.samples("devflow_health_verdict", label(",verdict", verdict.text()),
                result -> result.health().verdict() == verdict ? 1 : 0);
        }
        return metrics.lines;
    }

    private void gauge(String name, String help) {
        lines.add("# HELP " + name + " " + help);
        lines.add("# TYPE " + name + " gauge");
    }

    private void samples(String name, String label, Function<HealthChecks.Result, Number> value) {
        for (HealthChecks.Result result : results) {
            if (value.apply(result) != null) {
                lines.add(name + "{" + labels(result.check()) + label + "} " + value.apply(result));
            }
        }
    }

    private static String labels(HealthChecks.Check check) {
        PortMap.Service service = check.service();
        return label("group", ServicePort.lowerCase(service.group())) + label(",port", "" + service.port())
            + label(",service", service.name()) + label(",url", check.url()) + label(",variable", service.variable());
    }

    /** An empty label counts as no label. */
    private static String label(String name, String value) {
        return name + "=\"" + (value == null ? "" : value.replace("\\", "\\\\").replace("\"", "\\\"")) + "\"";
    }
}
