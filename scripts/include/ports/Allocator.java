//SOURCES ../config/Config.java ../config/PortMap.java LocalPorts.java Owner.java Owners.java Ownership.java
//SOURCES Project.java ServicePort.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Gives services their ports by the strategies of their groups; those of higher priority choose first.
 *
 * <p>A service whose port has a listener of the project runs already, and keeps it. No service is given a port that another
 * has, by the map, the environment or {@code .env}, listening or not. If two are configured to the same port, it belongs to
 * the documented one in core; else to the one that only {@code .env} knows; else to the one of higher priority; else to the
 * one for which it is documented; else to the first in the map.
 */
final class Allocator {

    /** What was decided for a service. */
    enum Decision {
        /** Its port is available. */
        KEEPS,
        /** It has its port already. */
        RUNS,
        /** It gets another port. */
        MOVES,
        /** It is known by {@code .env} alone and keeps a port that somebody else has. */
        KEEPS_TAKEN,
        /** There is no port for it. */
        FAILS
    }

    /** A port that is not available, and who has it. */
    record Taken(int port, LocalPorts.Verdict verdict, List<Owner> owners) { }

    /**
     * A service as it was, and the port that it gets.
     *
     * @param old who has the port that it had; null if it was available
     * @param assignedTo the other service to which that port belongs, or null
     * @param candidates if it fails, the ports that it could have but for who has them
     * @param claimed if it fails, how many other ports belong to other services
     */
    record Assignment(PortMap.Service service, Decision decision, int port, Taken old, PortMap.Service assignedTo, List<Taken> candidates,
                      int claimed) { }

    /** Of services with one port, the first keeps it. In one piece, for class archives leave out what Comparator is made of. */
    static final Comparator<PortMap.Service> PRECEDENCE = (a, b) -> {
        int order = precedence(a) - precedence(b);
        order = order != 0 ? order : priority(a).compareTo(priority(b));
        return order != 0 ? order : Boolean.compare(b.isAtDocumentedPort(), a.isAtDocumentedPort());
    };

    private final Config config;
    private final LocalPorts localPorts;
    private final Supplier<Project> project;
    private final List<PortMap.Service> byPrecedence;
    private final Map<Integer, PortMap.Service> firsts = new HashMap<>();
    private final Set<Integer> assigned = new HashSet<>();

    /** @param project what is ours, or null */
    Allocator(Config config, LocalPorts localPorts, Supplier<Project> project) {
        this.config = config;
        this.localPorts = localPorts;
        this.project = project;
        byPrecedence = new ArrayList<>(config.services());
        byPrecedence.sort(PRECEDENCE);
        for (PortMap.Service service : byPrecedence) {
            firsts.putIfAbsent(service.port(), service);
        }
    }

    private static int precedence(PortMap.Service service) {
        return service.isDocumented() && service.group() == PortMap.Group.CORE ? 0 : service.isDocumented() ? 2 : 1;
    }

    private static PortMap.Priority priority(PortMap.Service service) {
        return service.group() == null ? PortMap.Priority.LOW : service.group().priority;
    }

    /** The assignments of these services, in the order of the map. */
    List<Assignment> assign(Collection<PortMap.Service> services) throws IOException {
        Set<PortMap.Service> wanted = new HashSet<>(services);
        Map<Integer, Taken> taken = new HashMap<>();
        Set<Integer> ports = new HashSet<>();
        for (PortMap.Service service : wanted) {
            ports.add(service.port());
        }
        for (Taken port : taken(ports)) {
            taken.put(port.port, port);
        }
        Map<PortMap.Service, Assignment> assignments = new HashMap<>();
        for (PortMap.Service service : byPrecedence) {
            if (wanted.contains(service)) {
                assignments.put(service, assign(service, taken.get(service.port())));
            }
        }
        List<Assignment> inOrder = new ArrayList<>();
        for (PortMap.Service service : config.services()) {
            if (wanted.contains(service)) {
                inOrder.add(assignments.get(service));
            }
        }
        return inOrder;
    }

    /** Those of the ports that are not available, in one look at who has them. */
    private List<Taken> taken(Collection<Integer> ports) throws IOException {
        Map<Integer, LocalPorts.Verdict> verdicts = new LinkedHashMap<>();
        for (int port : ports) {
            LocalPorts.Verdict verdict = localPorts.verdict(port);
            if (verdict != LocalPorts.Verdict.AVAILABLE) {
                verdicts.put(port, verdict);
            }
        }
        if (verdicts.isEmpty()) {
            return List.of();
        }
        Map<Integer, List<Owner>> owners = Owners.of(verdicts, localPorts, project.get());
        return verdicts.entrySet().stream().map(port -> new Taken(port.getKey(), port.getValue(),
            owners.getOrDefault(port.getKey(), List.of()))).toList();
    }

    private Assignment assign(PortMap.Service service, Taken old) throws IOException {
        PortMap.Service other = firsts.get(service.port()).equals(service) ? null : firsts.get(service.port());
        Ownership ownership = old == null ? null : new ServicePort(service, old.verdict, old.owners).ownership();
        if (other == null && (old == null || ownership == Ownership.OURS)) {
            return kept(service, old == null ? Decision.KEEPS : Decision.RUNS, old, null);
        }
        boolean staysPut = !service.isMovable() || other == null && ownership != Ownership.OTHER;
        if (staysPut && !service.isDocumented()) {
            return kept(service, Decision.KEEPS_TAKEN, old, other);
        }
        List<Integer> candidates = candidates(service);
        candidates.removeIf(port -> assigned.contains(port) || config.isClaimedByAnother(port, service));
        for (int port : candidates) {
            if (localPorts.isAvailable(port)) {
                assigned.add(port);
                return new Assignment(service, Decision.MOVES, port, old, other, List.of(), 0);
            }
        }
        return service.isDocumented() ? new Assignment(service, Decision.FAILS, 0, old, other, taken(candidates),
            candidates(service).size() - candidates.size()) : kept(service, Decision.KEEPS_TAKEN, old, other);
    }

    private static Assignment kept(PortMap.Service service, Decision decision, Taken old, PortMap.Service assignedTo) {
        return new Assignment(service, decision, service.port(), old, assignedTo, List.of(), 0);
    }

    /** The other ports that the service could have by its group's strategy, in the order in which to try them. */
    static List<Integer> candidates(PortMap.Service service) {
        List<Integer> candidates = new ArrayList<>();
        if (!service.isMovable()) {
            return candidates;
        }
        PortMap.Group group = service.group();
        boolean isInside = group.range.contains(service.port());
        for (int port = isInside ? service.port() + 1 : group.range.first(); port <= group.range.last(); port++) {
            candidates.add(port);
        }
        for (int port = group.range.first(); isInside && group.strategy == PortMap.Strategy.DYNAMIC && port < service.port(); port++) {
            candidates.add(port);
        }
        return candidates;
    }
}
