//SOURCES LocalPorts.java PortMap.java

import java.io.IOException;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Gives services their ports by the strategies of their groups; those of higher priority choose first.
 *
 * <p>No service is given a port that another has, by the map, the environment or {@code .env}, listening or not. If
 * two are configured to the same port, it belongs to the one that only {@code .env} knows; else to the one of higher
 * priority; else to the one for which it is documented; else to the first in the map.
 */
final class Allocator {

    /**
     * A service as it was, the port that it gets, or null if there is none for it, the state of the port that it had,
     * and the other service to which that belongs, or null.
     */
    record Assignment(PortMap.Service service, Integer port, LocalPorts.State old, PortMap.Service rival) {

        boolean isMoved() {
            return port != null && port != service.port();
        }
    }

    private final PortMap map;
    private final LocalPorts localPorts;
    private final List<PortMap.Service> precedence;
    private final Set<Integer> given = new HashSet<>();

    Allocator(PortMap map, LocalPorts localPorts) {
        this.map = map;
        this.localPorts = localPorts;
        precedence = map.services().stream().sorted(Comparator
            .comparing((PortMap.Service service) -> service.status() != PortMap.Status.UNKNOWN)
            .thenComparing(service -> service.group() == null ? PortMap.Priority.LOW : service.group().priority)
            .thenComparing(service -> service.port() != PortMap.documentedPort(service))).toList();
    }

    /** The assignments of these services, in the order of the map. */
    List<Assignment> assign(Collection<PortMap.Service> services) throws IOException {
        Map<PortMap.Service, Assignment> assignments = new HashMap<>();
        for (PortMap.Service service : precedence) {
            if (services.contains(service)) {
                assignments.put(service, assign(service));
            }
        }
        return map.services().stream().filter(assignments::containsKey).map(assignments::get).toList();
    }

    private Assignment assign(PortMap.Service service) throws IOException {
        LocalPorts.State state = localPorts.state(service.port());
        PortMap.Service owner = precedence.stream().filter(other -> other.port() == service.port()).findFirst().orElseThrow();
        if (owner.equals(service) && state.verdict() == LocalPorts.Verdict.AVAILABLE) {
            return new Assignment(service, service.port(), state, null);
        }
        PortMap.Service rival = owner.equals(service) ? null : owner;
        Set<Integer> unusable = map.portsOfOthers(service);
        unusable.addAll(given);
        for (int port : others(service).toArray()) {
            if (!unusable.contains(port) && localPorts.isAvailable(port)) {
                given.add(port);
                return new Assignment(service, port, state, rival);
            }
        }
        return new Assignment(service, null, state, rival);
    }

    /** The other ports that the service could have by its group's strategy, in the order in which to try them. */
    static IntStream others(PortMap.Service service) {
        PortMap.Group group = service.group();
        if (group == null || group.strategy == PortMap.Strategy.STATIC) {
            return IntStream.empty();
        }
        if (!group.contains(service.port())) {
            return IntStream.rangeClosed(group.first, group.last);
        }
        IntStream above = IntStream.rangeClosed(service.port() + 1, group.last);
        return group.strategy == PortMap.Strategy.AUTO_INCREMENT ? above
            : IntStream.concat(above, IntStream.range(group.first, service.port()));
    }
}
