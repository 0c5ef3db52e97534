//SOURCES ../config/PortMap.java ../ports/ServicePort.java Endpoint.java Health.java HealthChecks.java

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Formats results in Prometheus' text format, version 0.0.4, for node_exporter's textfile collector. */
final class Metrics {

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
            samples(lines, "devflow_health_verdict", results, label(",verdict", verdict.text()),
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
            + label(",service", service.name()) + label(",url", endpoint.url()) + label(",variable", service.variable());
    }

    /** An empty label counts as no label. */
    private static String label(String name, String value) {
        return name + "=\"" + (value == null ? "" : value.replace("\\", "\\\\").replace("\"", "\\\"")) + "\"";
    }
}
