//SOURCES Health.java HealthVerdict.java
//DEPS io.prometheus:prometheus-metrics-exposition-textformats:1.3.6

import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Results in Metrics' text format, version 0.0.4, for node_exporter's textfile collector. */
final class Metrics {

    /** An endpoint, how it is, and whether that passes; service, variable and group are null where the port map has none. */
    record Sample(String service, String variable, String group, int port, String url, Health health, boolean isPassing) {

        /** An empty value is to Metrics as no label. */
        private Labels labels() {
            return Labels.of("service", service == null ? "" : service, "variable", variable == null ? "" : variable,
                "group", group == null ? "" : group, "port", "" + port, "url", url);
        }
    }

    private Metrics() { }

    /** The whole document. */
    static String text(List<Sample> samples) {
        GaugeSnapshot.Builder up = gauge("devflow_up", "Whether the endpoint passes its health check.");
        GaugeSnapshot.Builder latency = gauge("devflow_health_latency_seconds", "Time from the connection to the end of the answer.");
        GaugeSnapshot.Builder status = gauge("devflow_health_http_status", "The HTTP status of the answer, where there is one.");
        GaugeSnapshot.Builder verdicts = gauge("devflow_health_verdict", "1 for the verdict on the endpoint, 0 for the others.");
        for (Sample sample : samples) {
            Health health = sample.health;
            up.dataPoint(point(sample.labels(), sample.isPassing ? 1 : 0));
            latency.dataPoint(point(sample.labels(), health.millis() / 1000.0));
            if (health.httpStatus() != null) {
                status.dataPoint(point(sample.labels(), health.httpStatus()));
            }
            for (HealthVerdict verdict : HealthVerdict.values()) {
                Labels labels = sample.labels().merge(Labels.of("verdict", verdict.text()));
                verdicts.dataPoint(point(labels, verdict == health.verdict() ? 1 : 0));
            }
        }
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try {
            new PrometheusTextFormatWriter(false) // without times of creation
                .write(text, MetricSnapshots.of(up.build(), latency.build(), status.build(), verdicts.build()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString(StandardCharsets.UTF_8);
    }

    private static GaugeSnapshot.Builder gauge(String name, String help) {
        return GaugeSnapshot.builder().name(name).help(help);
    }

    private static GaugeDataPointSnapshot point(Labels labels, double value) {
        return GaugeDataPointSnapshot.builder().labels(labels).value(value).build();
    }
}
