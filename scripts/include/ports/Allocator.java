//SOURCES ../command/Invocation.java ../config/Config.java ../config/EnvFile.java ../config/PortMap.java
//SOURCES LocalPorts.java Project.java ServicePort.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Assigns ports to services by the strategies of their groups; services of higher priority choose first.
 *
 * <p>A service that is running keeps its port. No service is given a port that another service is configured to use. If
 * two services are configured for one port, the first of these keeps it: a documented core service, an undocumented
 * service, an mcp or orchestration service, a grpc service; of two of one kind, the service documented for the port.
 */
final class Allocator {

    /**
     * The port that a service is assigned; 0 if there is none.
     *
     * @param old the port that the service is configured to use
     * @param keeper the other service that keeps that port, or null
     */
    record Assignment(ServicePort old, PortMap.Service keeper, int port) {

        PortMap.Service service() {
            return old.service();
        }

        boolean isMoved() {
            return port != service().port();
        }

        /** Returns whether the service itself uses its port. */
        boolean isRunning() {
            return !isMoved() && old.ownership() == Project.Ownership.OURS;
        }
    }

    private static final int LAST_PRECEDENCE = 7;

    final Config config;
    /** In the order of the map. */
    List<Assignment> assignments = List.of();
    /** Notes on services that are running, that move, or that keep a port that is in use. */
    final List<String> notes = new ArrayList<>();
    /** Why services are assigned no port, and what to do. */
    final List<String> failures = new ArrayList<>();

    private final LocalPorts localPorts = LocalPorts.read();
    private final BitSet assigned = new BitSet();
    /** By port, the variable of the service that the map, the environment or .env configures for it; "" if several. */
    private final Map<Integer, String> claims = new HashMap<>();
    private final Map<String, Integer> suggested = new HashMap<>();

    Allocator(Config config) {
        this.config = config;
        for (PortMap.Service service : PortMap.SERVICES) {
            claim(service.port(), service);
        }
        for (PortMap.Service service : config.services()) {
            claim(service.port(), service);
            for (PortMap.Service alias : service.aliases()) {
                claim(alias.port(), service);
            }
            String value = config.fileValue(service.variable());
            if (PortMap.isPort(value)) {
                claim(Integer.parseInt(value), service);
            }
        }
    }

    private void claim(int port, PortMap.Service service) {
        String other = claims.getOrDefault(port, service.variable());
        claims.put(port, other.equals(service.variable()) ? other : "");
    }

    /** Returns which of the services that are configured for a port keeps it. */
    PortMap.Service keeper(int port) {
        PortMap.Service keeper = null;
        for (PortMap.Service service : config.at(port)) {
            keeper = keeper == null || precedes(service, keeper) ? service : keeper;
        }
        return keeper;
    }

    /** Returns whether the first service keeps the port of both; a service whose value refers to the other does not. */
    private boolean precedes(PortMap.Service one, PortMap.Service other) {
        return config.refersTo(other.variable(), one.variable())
            || !config.refersTo(one.variable(), other.variable()) && precedence(one) < precedence(other);
    }

    /** Returns when a service's turn comes, from 0 to LAST_PRECEDENCE. */
    private static int precedence(PortMap.Service service) {
        int kind = !service.isDocumented() ? 1 : service.group() == PortMap.Group.CORE ? 0
            : 1 + service.group().priority.ordinal();
        return 2 * kind + (PortMap.SERVICES.contains(service) ? 0 : 1);
    }

    /**
     * Assigns ports to these services.
     *
     * @param areNamed whether the user named them: only then does an undocumented service move for another program
     */
    Allocator assign(List<PortMap.Service> services, Project project, boolean areNamed) throws IOException {
        List<PortMap.Service> inOrder = new ArrayList<>(config.services());
        inOrder.retainAll(new HashSet<>(services));
        List<ServicePort> ports = ServicePort.look(inOrder, localPorts, project);
        Assignment[] made = new Assignment[ports.size()];
        for (int turn = 0; turn <= LAST_PRECEDENCE; turn++) {
            for (int i = 0; i < made.length; i++) {
                made[i] = precedence(inOrder.get(i)) == turn ? assign(ports.get(i), areNamed) : made[i];
            }
        }
        assignments = List.of(made);
        List<String> running = new ArrayList<>();
        for (Assignment assignment : assignments) {
            say(assignment);
            if (assignment.isRunning()) {
                running.add(assignment.service().shortName() + " (" + assignment.port + ")");
            }
        }
        if (!running.isEmpty()) {
            notes.add("already running: " + String.join(", ", running));
        }
        return this;
    }

    private Assignment assign(ServicePort old, boolean isNamed) {
        PortMap.Service service = old.service();
        PortMap.Service first = keeper(service.port());
        PortMap.Service keeper = first.equals(service) ? null : first;
        boolean isInUse = !old.isAvailable() && old.ownership() != Project.Ownership.OURS;
        boolean moves = keeper != null
            || isInUse && (service.isDocumented() || isNamed && old.ownership() == Project.Ownership.OTHER);
        return new Assignment(old, keeper, moves ? firstAvailable(service, candidates(service)) : service.port());
    }

    /** Returns the ranges in which a service is given another port, in the order in which to try them. */
    static List<PortMap.Range> candidates(PortMap.Service service) {
        if (!service.isDocumented()) {
            return List.of(above(service, new PortMap.Range(1, PortMap.HIGHEST)));
        }
        PortMap.Range range = service.group().range;
        return switch (service.group().strategy) {
            case STATIC -> List.of();
            case DYNAMIC -> List.of(above(service, range), range);
            case AUTO_INCREMENT -> List.of(above(service, range));
        };
    }

    /** Returns the part of a range above the service's port, or all of it if that port is elsewhere. */
    private static PortMap.Range above(PortMap.Service service, PortMap.Range range) {
        int first = range.contains(service.port()) ? service.port() + 1 : range.first();
        return new PortMap.Range(first, range.last());
    }

    /** Returns an available port that no other service is configured to use; 0 if there is none. */
    private int firstAvailable(PortMap.Service service, List<PortMap.Range> ranges) {
        try {
            for (PortMap.Range range : ranges) {
                for (int port = range.first(); port <= range.last(); port++) {
                    boolean isUnclaimed = claims.getOrDefault(port, service.variable()).equals(service.variable());
                    if (isUnclaimed && !assigned.get(port) && localPorts.isAvailable(port)) {
                        assigned.set(port);
                        return port;
                    }
                }
            }
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns {@code .env} with the ports, or as it is if a service fails. An expression stays if its port does. */
    EnvFile written() {
        Map<String, String> ports = new LinkedHashMap<>();
        for (Assignment assignment : failures.isEmpty() ? assignments : List.<Assignment>of()) {
            for (String variable : assignment.service().variables()) {
                config.requirePort(variable);
                if (assignment.isMoved() || !config.isExpression(variable)) {
                    ports.put(variable, String.valueOf(assignment.port));
                }
            }
        }
        return config.envFile().with(ports);
    }

    // Words.

    private void say(Assignment assignment) {
        PortMap.Service service = assignment.service();
        int old = service.port();
        notes.addAll(config.differences(service));
        if (assignment.port == 0) {
            String fixed = service.isMovable() ? "" : "fixed ";
            String others = service.isMovable() ? ", and no other port of its range is available" : "";
            failures.add(service.name() + " cannot use its " + fixed + "port " + old + ": " + reason(assignment)
                + others + "; " + setting(service));
        } else if (assignment.isMoved()) {
            notes.add(service.name() + (service.isDocumented() ? " (" + service.variable() + ")" : "") + " moves from "
                + old + " to " + assignment.port + ": " + old + " is " + reason(assignment));
            if (assignment.keeper == null) {
                addLinesWith(old);
            }
        } else if (!assignment.old.isAvailable() && !assignment.isRunning()) {
            notes.add(service.name() + " keeps port " + old + ", which is " + reason(assignment));
        }
    }

    private String reason(Assignment assignment) {
        PortMap.Service keeper = assignment.keeper;
        return keeper == null ? assignment.old.brief()
            : "also configured for " + keeper.name() + " (" + keeper.place() + ")";
    }

    /** Notes each line of {@code .env} that still names a port, as a URL does. */
    private void addLinesWith(int port) {
        EnvFile file = config.envFile();
        for (EnvFile.Entry entry : file.entries().values()) {
            if (!entry.name().endsWith("_PORT") && entry.value().matches("(?s)(.*:)?" + port + "(\\D.*)?")) {
                notes.add(file.path() + ":" + entry.line() + ": " + entry.name() + " still names port " + port);
            }
        }
    }

    /** Returns whether find_port would find another port for a service. */
    boolean canMove(PortMap.Service service) {
        return suggested.computeIfAbsent("find_port " + service.variable(),
            key -> firstAvailable(service, candidates(service))) > 0;
    }

    /** Returns what to set so that a service uses another port, in its range if possible: the same at each call. */
    String setting(PortMap.Service service) {
        PortMap.Group group = service.group();
        PortMap.Range range = group == null ? new PortMap.Range(1024, PortMap.HIGHEST) : group.range;
        int port = suggested.computeIfAbsent(service.variable(), key -> firstAvailable(service,
            List.of(above(service, range), new PortMap.Range(range.first(), PortMap.HIGHEST))));
        String place = service.place().equals(PortMap.ENVIRONMENT) ? PortMap.ENVIRONMENT
            : Invocation.printedPath(config.envFile().path().toString());
        return "set " + service.variable() + (port == 0 ? " to another port" : "=" + port) + " in " + place;
    }
}
