//SOURCES ../command/Invocation.java ../config/Config.java ../config/EnvFile.java ../config/PortMap.java
//SOURCES LocalPorts.java OwnerWords.java Ownership.java Project.java ServicePort.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Assigns ports to services by the strategies of their groups; services of higher priority choose first.
 *
 * <p>A service that is running keeps its port. No service is given a port that another service is configured to use. If
 * two services are configured for one port, the first of these keeps it: a documented core service, an undocumented
 * service, an mcp or orchestration service, a grpc service; of two of one kind, the service that is documented for it.
 */
final class Allocator {

    /** RUNS: the service itself uses its port. KEEPS_IN_USE: the service is undocumented, and others use its port. */
    enum Decision { KEEPS, RUNS, KEEPS_IN_USE, MOVES, FAILS }

    /**
     * A service, and the port that it is assigned; 0 if it fails.
     *
     * @param old the port that the service is configured to use
     * @param keeper the other service that keeps that port, or null
     */
    record Assignment(PortMap.Service service, Decision decision, int port, ServicePort old, PortMap.Service keeper) { }

    final Config config;
    /** In the order of the map. */
    List<Assignment> assignments = List.of();

    private final LocalPorts localPorts;
    private final Supplier<Project> project;
    private final BitSet assigned = new BitSet();
    private final Map<String, Integer> told = new HashMap<>();

    Allocator(Config config, LocalPorts localPorts, Supplier<Project> project) {
        this.config = config;
        this.localPorts = localPorts;
        this.project = project;
    }

    /** Returns which of the services that are configured for a port keeps it. */
    PortMap.Service keeper(int port) {
        PortMap.Service keeper = null;
        for (PortMap.Service service : config.at(port)) {
            keeper = keeper == null || precedes(service, keeper) ? service : keeper;
        }
        return keeper;
    }

    /** A service whose value is an expression with another one's variable follows that service. */
    private boolean precedes(PortMap.Service one, PortMap.Service other) {
        return config.refersTo(other.variable(), one.variable())
            || !config.refersTo(one.variable(), other.variable()) && precedence(one) < precedence(other);
    }

    private static int precedence(PortMap.Service service) {
        int kind = !service.isDocumented() ? 1 : service.group() == PortMap.Group.CORE ? 0
            : 1 + service.group().priority.ordinal();
        return 2 * kind + (PortMap.SERVICES.contains(service) ? 0 : 1);
    }

    /**
     * Assigns ports to these services.
     *
     * @param areNamed whether the user named them: only then an undocumented service makes way for another program
     */
    Allocator assign(List<PortMap.Service> services, boolean areNamed) throws IOException {
        List<PortMap.Service> inOrder = new ArrayList<>(config.services());
        inOrder.retainAll(services);
        List<ServicePort> ports = ServicePort.look(inOrder, localPorts, project);
        ports.sort((a, b) -> precedence(a.service()) - precedence(b.service()));
        Map<PortMap.Service, Assignment> made = new HashMap<>();
        for (ServicePort port : ports) {
            made.put(port.service(), assign(port, areNamed));
        }
        assignments = inOrder.stream().map(made::get).toList();
        return this;
    }

    private Assignment assign(ServicePort old, boolean isNamed) {
        PortMap.Service service = old.service();
        PortMap.Service first = keeper(service.port());
        PortMap.Service keeper = first.equals(service) ? null : first;
        if (keeper == null && (old.isAvailable() || old.ownership() == Ownership.OURS)) {
            Decision decision = old.isAvailable() ? Decision.KEEPS : Decision.RUNS;
            return new Assignment(service, decision, service.port(), old, null);
        }
        boolean makesWay = service.isDocumented() || keeper != null || isNamed && old.ownership() == Ownership.OTHER;
        int port = makesWay ? firstFree(service, candidates(service)) : 0;
        boolean fails = port == 0 && (service.isDocumented() || makesWay && isNamed);
        return port > 0 || fails
            ? new Assignment(service, fails ? Decision.FAILS : Decision.MOVES, port, old, keeper)
            : new Assignment(service, Decision.KEEPS_IN_USE, service.port(), old, keeper);
    }

    /** Returns the ranges in which a service is given another port, in the order in which to try them. */
    static List<PortMap.Range> candidates(PortMap.Service service) {
        boolean isDocumented = service.isDocumented();
        PortMap.Range range = isDocumented ? service.group().range : new PortMap.Range(1, PortMap.HIGHEST);
        boolean isDynamic = isDocumented && service.group().strategy == PortMap.Strategy.DYNAMIC;
        return !service.isMovable() ? List.of()
            : isDynamic ? List.of(above(service, range), range) : List.of(above(service, range));
    }

    /** Returns the part of a range above the service's port, or all of it if that port is elsewhere. */
    private static PortMap.Range above(PortMap.Service service, PortMap.Range range) {
        int first = range.contains(service.port()) ? service.port() + 1 : range.first();
        return new PortMap.Range(first, range.last());
    }

    /** Returns an available port that no other service is configured to use; 0 if there is none. */
    private int firstFree(PortMap.Service service, List<PortMap.Range> ranges) {
        try {
            for (PortMap.Range range : ranges) {
                for (int port = range.first(); port <= range.last(); port++) {
                    if (!assigned.get(port) && !isClaimed(port, service) && localPorts.isAvailable(port)) {
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

    /** Returns whether another service is configured to use the port: by the map, the environment, .env, an alias. */
    private boolean isClaimed(int port, PortMap.Service service) {
        return PortMap.SERVICES.stream().anyMatch(row -> row.port() == port
                && !row.variable().equals(service.variable()))
            || config.services().stream().anyMatch(other -> !other.equals(service) && (other.port() == port
                || other.aliases().stream().anyMatch(alias -> alias.port() == port)
                || config.fileValue(other.variable()).equals(String.valueOf(port))));
    }

    /** Returns {@code .env} with the ports, if no service fails; an expression stays unless its port changes. */
    EnvFile written() {
        Map<String, String> ports = new LinkedHashMap<>();
        for (Assignment assignment : failures().isEmpty() ? assignments : List.<Assignment>of()) {
            for (String variable : assignment.service.variables()) {
                config.requirePort(variable);
                if (assignment.decision == Decision.MOVES || !config.isExpression(variable)) {
                    ports.put(variable, String.valueOf(assignment.port));
                }
            }
        }
        return config.envFile().with(ports);
    }

    // Words.

    /** Returns a note on each service that is running, moves, or keeps a port that is in use. */
    List<String> notes(boolean isOnlyWritten) {
        List<String> notes = new ArrayList<>();
        List<String> running = new ArrayList<>();
        for (Assignment assignment : assignments) {
            PortMap.Service service = assignment.service;
            notes.addAll(config.differences(service));
            switch (assignment.decision) {
                case RUNS -> running.add(service.shortName() + " (" + service.port() + ")");
                case KEEPS_IN_USE -> notes.add(service.name() + " keeps port " + service.port() + ", which is "
                    + reason(assignment));
                case MOVES -> addMove(assignment, isOnlyWritten, notes);
                case KEEPS, FAILS -> { }
            }
        }
        if (!running.isEmpty()) {
            notes.add("already running: " + String.join(", ", running));
        }
        return notes;
    }

    private void addMove(Assignment move, boolean isOnlyWritten, List<String> notes) {
        PortMap.Service service = move.service;
        int left = service.port();
        notes.add(service.name() + (service.isDocumented() ? " (" + service.variable() + ")" : "") + " moves from "
            + left + " to " + move.port + ": " + left + " is " + reason(move));
        for (String variable : service.variables()) {
            if (isOnlyWritten && PortMap.isPort(config.environment(variable))) {
                notes.add(variable + " in the environment takes precedence over .env; set it there, too");
            }
        }
        for (EnvFile.Entry entry : config.envFile().entries()) { // URLs, for example
            if (move.keeper == null && !entry.name().endsWith("_PORT")
                    && entry.value().matches("(?s)(.*:)?" + left + "(\\D.*)?")) {
                notes.add(config.envFile().path() + ":" + entry.line() + ": " + entry.name() + " still names port "
                    + left);
            }
        }
    }

    /** Returns why services fail, and what to do. */
    List<String> failures() {
        List<String> failures = new ArrayList<>();
        for (Assignment assignment : assignments) {
            PortMap.Service service = assignment.service;
            if (assignment.decision == Decision.FAILS) {
                failures.add(service.name() + " cannot use its " + (service.isMovable() ? "" : "fixed ") + "port "
                    + service.port() + ": " + reason(assignment)
                    + (service.isMovable() ? ", and no other port of its range is available" : "")
                    + "; " + setting(service));
            }
        }
        return failures;
    }

    /** Returns what to set so that a service uses another port, in its range if possible: the same at each call. */
    String setting(PortMap.Service service) {
        PortMap.Group group = service.group();
        PortMap.Range range = group == null ? new PortMap.Range(1024, PortMap.HIGHEST) : group.range;
        int port = told.computeIfAbsent(service.variable(), key -> firstFree(service,
            List.of(above(service, range), new PortMap.Range(range.first(), PortMap.HIGHEST))));
        String place = service.origin() == PortMap.Origin.ENVIRONMENT ? "the environment"
            : new Invocation(config.envFile().path().toString()).fileName();
        return "set " + service.variable() + (port == 0 ? " to another port" : "=" + port) + " in " + place;
    }

    private String reason(Assignment assignment) {
        PortMap.Service keeper = assignment.keeper;
        return keeper != null ? "also configured for " + keeper.name() + " (" + config.place(keeper) + ")"
            : assignment.old.owners().isEmpty() ? "denied: you are not permitted to bind it"
            : "in use by " + OwnerWords.brief(assignment.old.owners());
    }
}
