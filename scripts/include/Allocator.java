//SOURCES Config.java LocalPorts.java PortMap.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Gives services their ports by the strategies of their groups; those of higher priority choose first.
 *
 * <p>No service is given a port that another has, by the map, the environment or {@code .env}, listening or not. If
 * two are configured to the same port, it belongs to the documented one in core; else to the one that only {@code .env}
 * knows; else to the one of higher priority; else to the one for which it is documented; else to the first in the map.
 */
final class Allocator {

    /**
     * A service as it was; the port that it gets, or null if there is none for it; the state of the port that it had, which
     * is null if that was available, and the other service to which that belongs, or null; if there is no port for it, the
     * states of those that it could have had but for who has them, and how many others belong to other services.
     */
    record Assignment(PortMap.Service service, Integer port, LocalPorts.State oldState, PortMap.Service owner,
                      List<LocalPorts.State> taken, int claimed) {

        boolean isMoved() {
            return port != null && port != service.port();
        }
    }

    private final Config config;
    private final LocalPorts localPorts;
    private final List<PortMap.Service> byPrecedence;
    private final Map<Integer, PortMap.Service> owners = new HashMap<>();
    private final Set<Integer> assigned = new HashSet<>();

    Allocator(Config config, LocalPorts localPorts) {
        this.config = config;
        this.localPorts = localPorts;
        byPrecedence = new ArrayList<>(config.services());
        byPrecedence.sort(Comparator.comparingInt(Allocator::precedence)
            .thenComparing(service -> service.group() == null ? PortMap.Priority.LOW : service.group().priority)
            .thenComparing(service -> PortMap.documented(service.variable()) == null
                || PortMap.documented(service.variable()).port() != service.port()));
        for (PortMap.Service service : byPrecedence) {
            owners.putIfAbsent(service.port(), service);
        }
    }

    private static int precedence(PortMap.Service service) {
        return service.isDocumented() && service.group() == PortMap.Group.CORE ? 0 : service.isDocumented() ? 2 : 1;
    }

    /** The assignments of these services, in the order of the map. */
    List<Assignment> assign(Collection<PortMap.Service> services) throws IOException {
        Set<PortMap.Service> wanted = new HashSet<>(services);
        Map<PortMap.Service, Assignment> assignments = new HashMap<>();
        for (PortMap.Service service : byPrecedence) {
            if (wanted.contains(service)) {
                assignments.put(service, assign(service));
            }
        }
        List<Assignment> inOrder = new ArrayList<>();
        for (PortMap.Service service : config.services()) {
            if (assignments.containsKey(service)) {
                inOrder.add(assignments.get(service));
            }
        }
        return inOrder;
    }

    private Assignment assign(PortMap.Service service) throws IOException {
        PortMap.Service owner = owners.get(service.port());
        if (owner.equals(service) && localPorts.isAvailable(service.port())) {
            return new Assignment(service, service.port(), null, null, List.of(), 0);
        }
        PortMap.Service other = owner.equals(service) ? null : owner;
        LocalPorts.State state = LocalPorts.withOwners(List.of(localPorts.state(service.port()))).get(0);
        List<Integer> candidates = candidates(service);
        candidates.removeIf(port -> assigned.contains(port) || config.isClaimedByAnother(port, service));
        for (int port : candidates) {
            if (localPorts.isAvailable(port)) {
                assigned.add(port);
                return new Assignment(service, port, state, other, List.of(), 0);
            }
        }
        List<LocalPorts.State> taken = new ArrayList<>();
        for (int port : candidates) {
            taken.add(localPorts.state(port));
        }
        return new Assignment(service, null, state, other, LocalPorts.withOwners(taken), candidates(service).size() - candidates.size());
    }

    /** The other ports that the service could have by its group's strategy, in the order in which to try them. */
    static List<Integer> candidates(PortMap.Service service) {
        List<Integer> candidates = new ArrayList<>();
        PortMap.Group group = service.group();
        if (group == null || group.strategy == PortMap.Strategy.STATIC) {
            return candidates;
        }
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
