/** How an endpoint is, best first. */
enum HealthVerdict {
    /** It answers 2xx, or SERVING, and its body does not say otherwise. */
    HEALTHY,
    /** It accepts connections, or answers, and there is nothing more to ask it. */
    REACHABLE,
    /** It answers anything else: 3xx, 4xx, {@code "status":"degraded"}. */
    DEGRADED,
    /** It answers 5xx or NOT_SERVING, or its body says that it is not healthy. */
    UNHEALTHY,
    /** Its host's addresses disagree: one passes, another one does not. */
    MIXED,
    /** It speaks another protocol than HTTP over the transport that was asked for, or breaks off its answer. */
    NOT_HTTP,
    /** It speaks another protocol than gRPC, or breaks off its answer. */
    NOT_GRPC,
    /** It does not answer in time. */
    TIMEOUT,
    /** The connection is refused, or the host unreachable. */
    DOWN;

    /** Whether nothing is wrong, as far as can be asked. */
    boolean isPassing() {
        return this == HEALTHY || this == REACHABLE;
    }

    /** How it is written for people and in documents. */
    String text() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    /** The verdict on an HTTP status with a body that, by itself, means this. */
    static HealthVerdict of(int httpStatus, HealthVerdict body) {
        return httpStatus >= 500 || body == UNHEALTHY ? UNHEALTHY : httpStatus / 100 == 2 && body == HEALTHY ? HEALTHY : DEGRADED;
    }
}
