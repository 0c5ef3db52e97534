//SOURCES Health.java HealthVerdict.java

import java.util.List;
import java.util.Locale;

/** Results in Prometheus' text format, version 0.0.4, for node_exporter's textfile collector. */
final class Prometheus {

    /** An endpoint and how it is; service, variable and group are null where the port map has none. */
    record Sample(String service, String variable, String group, int port, String url, Health health) {

        private String labels() {
            return label("service", service) + "," + label("variable", variable) + "," + label("group", group) + "," + label("port", "" + port)
                + "," + label("url", url);
        }
    }

    private Prometheus() { }

    /** The whole document. */
    static String text(List<Sample> samples) {
        StringBuilder text = new StringBuilder();
        head(text, "devflow_up", "Whether the endpoint passes its health check.");
        for (Sample sample : samples) {
            line(text, "devflow_up", sample.labels(), sample.health.verdict().isPassing() ? "1" : "0");
        }
        head(text, "devflow_health_latency_seconds", "How long the endpoint took from the connection to the end of its answer.");
        for (Sample sample : samples) {
            line(text, "devflow_health_latency_seconds", sample.labels(), String.valueOf(sample.health.millis() / 1000.0));
        }
        head(text, "devflow_health_http_status", "The HTTP status of the answer, where there is one.");
        for (Sample sample : samples) {
            if (sample.health.httpStatus() != null) {
                line(text, "devflow_health_http_status", sample.labels(), sample.health.httpStatus().toString());
            }
        }
        head(text, "devflow_health_verdict", "1 for the verdict on the endpoint, 0 for the others.");
        for (Sample sample : samples) {
            for (HealthVerdict verdict : HealthVerdict.values()) {
                String name = verdict.name().toLowerCase(Locale.ROOT).replace('_', '-');
                line(text, "devflow_health_verdict", sample.labels() + "," + label("verdict", name), sample.health.verdict() == verdict ? "1" : "0");
            }
        }
        return text.toString();
    }

    private static void head(StringBuilder text, String metric, String help) {
        text.append("# HELP ").append(metric).append(' ').append(help).append("\n# TYPE ").append(metric).append(" gauge\n");
    }

    private static void line(StringBuilder text, String metric, String labels, String value) {
        text.append(metric).append('{').append(labels).append("} ").append(value).append('\n');
    }

    /** An empty value is the same to Prometheus as no label. */
    private static String label(String name, String value) {
        return name + "=\"" + (value == null ? "" : value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n")) + "\"";
    }
}
