//SOURCES HealthVerdict.java

import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A service's own word on its health, and what it means.
 *
 * @param text the word, or null
 * @param reason what is wrong with the answer that it stands in, or null
 */
record HealthWord(String text, HealthVerdict verdict, String reason) {

    /** It says nothing of its health. */
    static final HealthWord NONE = new HealthWord(null, HealthVerdict.HEALTHY, null);

    // Words as known() has them, and who uses them. Spring Boot Actuator, MicroProfile Health: UP, DOWN, OUT_OF_SERVICE, UNKNOWN.
    // ASP.NET Core: Healthy, Degraded, Unhealthy. terminus: ok, error, shutting_down. dropwizard, etcd: true, false.
    // Consul: passing, warning, critical. Docker: starting, running, healthy, unhealthy, paused, exited, dead. Kubernetes: ok.
    // application/health+json (draft-inadarei-api-health-check): pass, warn, fail, with their aliases ok, up, error, down.
    // grpc.health.v1: UNKNOWN, SERVING, NOT_SERVING, SERVICE_UNKNOWN. Elasticsearch: green, yellow, red. Nagios: OK, WARNING, CRITICAL.
    private static final Set<String> HEALTHY = Set.of(
        "up", "healthy", "ok", "true", "passing", "running", "pass", "serving", "green",
        "okay", "passed", "alive", "live", "ready", "started", "active", "online", "available", "operational", "listening",
        "good", "fine", "normal", "success", "successful", "connected");
    private static final Set<String> DEGRADED = Set.of(
        "degraded", "warn", "warning", "starting", "unknown", "paused", "service_unknown", "yellow", "maintenance", "partial",
        "initializing", "loading", "pending", "restarting", "draining", "busy");
    private static final Set<String> UNHEALTHY = Set.of(
        "down", "out_of_service", "unhealthy", "error", "shutting_down", "false", "critical", "exited", "dead", "fail", "not_serving",
        "red", "failed", "failing", "failure", "fatal", "crashed", "stopped", "stopping", "shutdown", "terminated", "terminating", "killed",
        "offline", "unavailable", "unreachable", "disconnected", "inactive", "broken", "bad", "ko", "nok", "outage", "major_outage");

    /** The keys of an overall word, and those that, in the outermost object, tell of trouble where they are false. */
    static final Set<String> KEYS = Set.of("status", "state", "health", "healthy", "ok", "isok", "outcome", "statuscode",
        "ishealthy", "healthstatus", "overall", "overallstatus", "overallhealth");
    static final Set<String> OUTERMOST_KEYS = Set.of("ready", "alive", "live", "up", "available", "serving", "success");

    static HealthWord worst(HealthWord one, HealthWord other) {
        return one == null || other != null && other.verdict.compareTo(one.verdict) > 0 ? other : one;
    }

    /** What an overall word means: "error: no connection" is an error; "ok, but slow" is not ok. */
    static HealthWord judge(String word) {
        HealthWord known = known(word);
        if (known != null) {
            return known;
        }
        HealthWord first = known(firstWord(word));
        boolean isUnhealthy = first != null && first.verdict == HealthVerdict.UNHEALTHY;
        return new HealthWord(word, isUnhealthy ? HealthVerdict.UNHEALTHY : HealthVerdict.DEGRADED, null);
    }

    /** A plain text is judged by its first word, after a {@code status:}, or by the marks of Kubernetes' checks. */
    static HealthWord ofText(String text) {
        int failed = ("\n" + text).indexOf("\n[-]");
        if (failed >= 0) {
            return new HealthWord(text.substring(failed).split("\\s", 2)[0], HealthVerdict.UNHEALTHY, null);
        }
        HealthWord first = known(firstWord(text));
        return first == null || first.verdict == HealthVerdict.HEALTHY ? NONE : first;
    }

    /** The first word, one with "not" before it included; empty where markup begins. */
    private static String firstWord(String text) {
        Matcher beginning = Pattern.compile("[^<\\w]*+(?:(?:" + String.join("|", KEYS) + ")[^\\w:=]*+[:=]\\W*+)?((?:not\\W+)?\\w[\\w-]*)",
            Pattern.CASE_INSENSITIVE).matcher(text);
        return beginning.lookingAt() ? beginning.group(1) : "";
    }

    private static HealthWord known(String word) {
        String normalized = word.strip().toLowerCase(Locale.ROOT).replace(' ', '_').replace('-', '_');
        HealthVerdict verdict = UNHEALTHY.contains(normalized) || normalized.startsWith("not_") ? HealthVerdict.UNHEALTHY
            : DEGRADED.contains(normalized) ? HealthVerdict.DEGRADED
            : HEALTHY.contains(normalized) ? HealthVerdict.HEALTHY
            : code(normalized);
        return verdict == null ? null : new HealthWord(word.strip(), verdict, null);
    }

    /** What a number means if it is an HTTP status, else null. */
    static HealthVerdict code(String text) {
        return text.matches("[2-5][0-9][0-9]") ? HealthVerdict.of(Integer.parseInt(text), HealthVerdict.HEALTHY) : null;
    }
}
