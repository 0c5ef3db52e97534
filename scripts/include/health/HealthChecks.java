//SOURCES ../config/PortMap.java ../ports/LocalPorts.java ../ports/OwnerWords.java ../ports/Owners.java
//SOURCES ../ports/Ownership.java ../ports/Project.java ../ports/ServicePort.java ../ports/TcpSocket.java
//SOURCES Endpoint.java Health.java HealthProbe.java

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Makes health checks in parallel, and looks up who listens on the services' ports. */
final class HealthChecks {

    /** A service, or a port without one if a URL or a port was named, and its endpoint. */
    record Check(PortMap.Service service, Endpoint endpoint) {

        static Check of(PortMap.Service service, String host) {
            return new Check(service, Endpoint.of(service, host));
        }

        static Check of(String url) {
            Endpoint endpoint = Endpoint.of(url);
            return new Check(PortMap.Service.none(endpoint.port()), endpoint);
        }

        String title() {
            return service.name() == null ? endpoint.toString() : service.name();
        }

        /** Returns the URL; without the query if it comes from a configuration, which may keep secrets there. */
        String url() {
            String url = endpoint.toString();
            return service.name() == null || url.indexOf('?') < 0 ? url : url.substring(0, url.indexOf('?'));
        }
    }

    /**
     * What a check found.
     *
     * @param listeners of the port, if it is a port of this machine and they were looked up
     */
    record Result(Check check, Health health, List<Owners.Owner> listeners, boolean isPassing) {

        /** Returns the service and the verdict: {@code Model Registry (down)}. */
        String inShort() {
            return check.title() + " (" + health.verdict().text() + ")";
        }

        Result failed() {
            return new Result(check, health, listeners, false);
        }
    }

    private final HealthProbe probe;
    private final boolean isUpEnough;
    private final Supplier<Project> project;
    private final Predicate<Owners.Owner> isStarted;

    /**
     * @param isUpEnough whether an endpoint passes that is up but not healthy
     * @param isStarted whether a listener is one that is waited for; null if nothing is
     */
    HealthChecks(HealthProbe probe, boolean isUpEnough, Supplier<Project> project, Predicate<Owners.Owner> isStarted) {
        this.probe = probe;
        this.isUpEnough = isUpEnough;
        this.project = project;
        this.isStarted = isStarted;
    }

    /** Makes the checks, each within that time. */
    List<Result> make(List<Check> checks, Duration timeout) throws IOException {
        List<CompletableFuture<Health>> pending = new ArrayList<>();
        for (Check check : checks) {
            pending.add(probe.check(check.endpoint, timeout));
        }
        CompletableFuture.allOf(pending.toArray(CompletableFuture[]::new)).join();
        Map<Integer, List<Owners.Owner>> listeners = listeners(checks);
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < checks.size(); i++) {
            Check check = checks.get(i);
            results.add(result(check, pending.get(i).join(),
                check.endpoint.isLocal() ? listeners.getOrDefault(check.endpoint.port(), List.of()) : List.of()));
        }
        return results;
    }

    private Result result(Check check, Health health, List<Owners.Owner> listeners) {
        List<Owners.Owner> others = listeners.stream()
            .filter(owner -> owner.ownership() == Ownership.OTHER && (isStarted == null || !isStarted.test(owner))).toList();
        Health judged = others.isEmpty() ? health
            : health.with(Health.Verdict.TAKEN, "in use by another program: " + OwnerWords.brief(others));
        return new Result(check, judged, listeners, isUpEnough ? judged.isUp() : judged.verdict().isPassing());
    }

    /** Returns the listeners of services' ports on this machine; while processes are waited for, those of other ports, too. */
    private Map<Integer, List<Owners.Owner>> listeners(List<Check> checks) throws IOException {
        Map<Integer, List<Owners.Owner>> listeners = new HashMap<>();
        if (isStarted == null && project.get() == null) {
            return listeners; // It could not be told which program is another one.
        }
        LocalPorts localPorts = LocalPorts.read();
        List<PortMap.Service> ports = new ArrayList<>();
        for (Check check : checks) {
            if (check.endpoint.isLocal() && (check.service.name() != null || isStarted != null)
                && localPorts.isListening(check.endpoint.port())) { // A port that is not in use is left alone: its server may be starting.
                ports.add(PortMap.Service.none(check.endpoint.port()));
            }
        }
        for (ServicePort port : ServicePort.look(ports, localPorts, project)) {
            listeners.put(port.service().port(),
                port.owners().stream().filter(owner -> owner.kind() == TcpSocket.Kind.LISTENER).toList());
        }
        return listeners;
    }

    static boolean areAllPassing(List<Result> results) {
        return results.stream().allMatch(Result::isPassing);
    }
}
