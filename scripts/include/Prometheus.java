//SOURCES Health.java HealthVerdict.java

import java.util.List;

/** Results in Prometheus' text format, version 0.0.4, for node_exporter's textfile collector. */
final class Prometheus {

    /** An endpoint and how it is; service, variable and group are null where the port map has none. */
    record Sample(String service, String variable, String group, int port, String url, Health health) {

        private String labels() {
            return label("service", service) + "," + label("variable", variable) + "," + label("group", group) + ","
                + label("port", "" + port) + "," + label("url", url);
        }
    }

    private Prometheus() { }

    /** The whole document. */
    static String text(List<Sample> samples) {
        StringBuilder up = head("devflow_up", "Whether the endpoint passes its health check.");
        StringBuilder latency = head("devflow_health_latency_seconds", "Time from the connection to the end of the answer.");
        StringBuilder status = head("devflow_health_http_status", "The HTTP status of the answer, where there is one.");
        StringBuilder verdicts = head("devflow_health_verdict", "1 for the verdict on the endpoint, 0 for the others.");
        for (Sample sample : samples) {
            Health health = sample.health;
            line(up, "devflow_up", sample.labels(), health.verdict().isPassing() ? 1 : 0);
            line(latency, "devflow_health_latency_seconds", sample.labels(), health.millis() / 1000.0);
            if (health.httpStatus() != null) {
                line(status, "devflow_health_http_status", sample.labels(), health.httpStatus());
            }
            for (HealthVerdict verdict : HealthVerdict.values()) {
                String labels = sample.labels() + "," + label("verdict", verdict.text());
                line(verdicts, "devflow_health_verdict", labels, verdict == health.verdict() ? 1 : 0);
            }
        }
        return up.append(latency).append(status).append(verdicts).toString();
    }

    private static StringBuilder head(String metric, String help) {
        return new StringBuilder("# HELP ").append(metric).append(' ').append(help).append("\n# TYPE ").append(metric).append(" gauge\n");
    }

    private static void line(StringBuilder text, String metric, String labels, Number value) {
        text.append(metric).append('{').append(labels).append("} ").append(value).append('\n');
    }

    /** An empty value is to Prometheus as no label. */
    private static String label(String name, String value) {
        return name + "=\"" + (value == null ? "" : value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n")) + "\"";
    }
}
