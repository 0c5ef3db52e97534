//SOURCES ../ports/ServicePort.java Health.java HealthChecks.java

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Formats results in Prometheus' text format, version 0.0.4, for node_exporter's textfile collector. */
final class Metrics {

    private final List<String> lines = new ArrayList<>();

    private Metrics() { }

    static List<String> lines(List<HealthChecks.Result> results) {
        Metrics metrics = new Metrics();
        metrics.gauge("devflow_up", "Whether the endpoint passes its health check.");
        for (HealthChecks.Result result : results) {
            metrics.sample("devflow_up", labels(result), result.isPassing() ? "1" : "0");
        }
        metrics.gauge("devflow_health_latency_seconds", "Time from connecting to the end of the response.");
        for (HealthChecks.Result result : results) {
            metrics.sample("devflow_health_latency_seconds", labels(result), "" + result.health().millis() / 1000.0);
        }
        metrics.gauge("devflow_health_http_status", "HTTP status of the response, if there is one.");
        for (HealthChecks.Result result : results) {
            if (result.health().httpStatus() != null) {
                metrics.sample("devflow_health_http_status", labels(result), "" + result.health().httpStatus());
            }
        }
        metrics.gauge("devflow_health_verdict", "1 for the verdict on the endpoint, 0 for the others.");
        for (HealthChecks.Result result : results) {
            for (Health.Verdict verdict : Health.Verdict.values()) {
                metrics.sample("devflow_health_verdict", labels(result) + label(",verdict", verdict.text()),
                    verdict == result.health().verdict() ? "1" : "0");
            }
        }
        return metrics.lines;
    }

    private static String labels(HealthChecks.Result result) {
        HealthChecks.Check check = result.check();
        return label("group", ServicePort.lowerCase(check.service().group())) + label(",port", "" + check.service().port())
            + label(",service", check.service().name()) + label(",url", check.url()) + label(",variable", check.service().variable());
    }

    /** An empty label is the same as none. */
    private static String label(String name, String value) {
        return name + "=\"" + (value == null ? "" : value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n")) + '"';
    }

    private void gauge(String name, String help) {
        lines.add("# HELP " + name + " " + help);
        lines.add("# TYPE " + name + " gauge");
    }

    private void sample(String name, String labels, String value) {
        lines.add(name + "{" + labels + "} " + value);
    }
}
