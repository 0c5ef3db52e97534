//SOURCES ../command/UserException.java ../config/PortMap.java Endpoint.java Health.java HealthProbe.java

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The health checks of a call, which are made all at once. */
final class HealthChecks {

    /** Whom to ask; its port has no service if it was named by a URL. */
    record Check(PortMap.Service service, Endpoint endpoint) {

        /** The check of a service on that host. */
        static Check of(PortMap.Service service, String host) {
            String name = Endpoint.host(host);
            if (name == null) {
                throw new UserException("'" + host + "' is not the name or address of a host");
            }
            String health = service.health();
            if (health != null && health.contains("://")) {
                return new Check(service, Endpoint.of(health));
            }
            Endpoint.Protocol protocol = protocol(service);
            String path = switch (protocol) {
                case GRPC, TCP -> "";
                case ANY -> "/";
                case HTTP, HTTPS -> health == null ? "/health" : health;
            };
            return new Check(service, new Endpoint(protocol, name, service.port(), path));
        }

        /** Of a documented service without an endpoint nothing is known, nor of an MCP server: any answer will do. */
        private static Endpoint.Protocol protocol(PortMap.Service service) {
            return "tcp".equals(service.health()) ? Endpoint.Protocol.TCP
                : "grpc".equals(service.health()) ? Endpoint.Protocol.GRPC
                : service.health() != null ? Endpoint.Protocol.HTTP
                : service.group() == PortMap.Group.GRPC ? Endpoint.Protocol.GRPC
                : service.isDocumented() || service.group() == PortMap.Group.MCP ? Endpoint.Protocol.ANY : Endpoint.Protocol.HTTP;
        }

        static Check of(Endpoint endpoint) {
            return new Check(PortMap.Service.none(endpoint.port()), endpoint);
        }

        String title() {
            return service.name() == null ? endpoint.toString() : service.name();
        }

        // Written out, because the generated ones cost 15 ms of start-up.

        @Override
        public boolean equals(Object other) {
            return other instanceof Check check && service.equals(check.service) && endpoint.equals(check.endpoint);
        }

        @Override
        public int hashCode() {
            return endpoint.hashCode();
        }
    }

    /** What came of a check; it passes if its endpoint is healthy or reachable, or where that is enough, up. */
    record Result(Check check, Health health, boolean isPassing) { }

    private final HealthProbe probe;
    private final boolean isUpEnough;

    /** @param isUpEnough whether an endpoint passes that is up and not all well */
    HealthChecks(HealthProbe probe, boolean isUpEnough) {
        this.probe = probe;
        this.isUpEnough = isUpEnough;
    }

    /** Makes the checks, each within that time. */
    List<Result> make(List<Check> checks, Duration timeout) {
        List<CompletableFuture<Health>> answers = new ArrayList<>();
        for (Check check : checks) {
            answers.add(probe.ask(check.endpoint, timeout));
        }
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < checks.size(); i++) {
            Health health = answers.get(i).join();
            results.add(new Result(checks.get(i), health, isUpEnough ? health.isUp() : health.verdict().isPassing()));
        }
        return results;
    }

    static boolean areAllPassing(List<Result> results) {
        return results.stream().allMatch(Result::isPassing);
    }
}
