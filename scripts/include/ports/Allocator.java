//SOURCES ../config/Config.java ../config/EnvFile.java ../config/PortMap.java LocalPorts.java OwnerWords.java
//SOURCES Project.java ServicePort.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

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
     * A service, and the port that it is assigned; if it fails, an available port that the user can set.
     *
     * @param old the port that the service is configured to use
     * @param keeper the other service that keeps that port, or null
     */
    record Assignment(PortMap.Service service, Decision decision, int port, ServicePort old, PortMap.Service keeper) { }

    /** Of services that are configured for one port, the first keeps it. */
    static final Comparator<PortMap.Service> PRECEDENCE = (a, b) -> {
        int order = precedence(a) - precedence(b);
        return order != 0 ? order : Boolean.compare(PortMap.SERVICES.contains(b), PortMap.SERVICES.contains(a));
    };

    private final Config config;
    private final LocalPorts localPorts;
    private final Supplier<Project> project;
    private final Map<Integer, PortMap.Service> keepers = new HashMap<>();
    private final Map<Integer, String> claims = new HashMap<>(); // the variable, or "" if there are several
    private final BitSet assigned = new BitSet();

    Allocator(Config config, LocalPorts localPorts, Supplier<Project> project) {
        this.config = config;
        this.localPorts = localPorts;
        this.project = project;
        PortMap.SERVICES.forEach(row -> claim(row.port(), row));
        for (PortMap.Service service : config.services()) {
            claim(service.port(), service);
            service.aliases().forEach(alias -> claim(alias.port(), service));
            if (PortMap.isPort(config.fileValue(service.variable()))) {
                claim(Integer.parseInt(config.fileValue(service.variable())), service);
            }
            keepers.merge(service.port(), service, (one, other) -> keeper(one, other, config));
        }
    }

    /** Returns which of two services that are configured for one port keeps it: not the one that follows the other. */
    static PortMap.Service keeper(PortMap.Service one, PortMap.Service other, Config config) {
        return config.refersTo(one.variable(), other.variable()) ? other
            : config.refersTo(other.variable(), one.variable()) || PRECEDENCE.compare(other, one) >= 0 ? one : other;
    }

    private void claim(int port, PortMap.Service service) {
        claims.merge(port, service.variable(), (one, other) -> one.equals(other) ? one : "");
    }

    private static int precedence(PortMap.Service service) {
        return !service.isDocumented() ? 1 : service.group() == PortMap.Group.CORE ? 0
            : 1 + service.group().priority.ordinal();
    }

    /**
     * Returns the assignments of these services, in the order of the map.
     *
     * @param areNamed whether the user named them: only then an undocumented service makes way for another program
     */
    List<Assignment> assign(Collection<PortMap.Service> services, boolean areNamed) throws IOException {
        List<PortMap.Service> inOrder = new ArrayList<>(config.services());
        inOrder.retainAll(new HashSet<>(services));
        List<ServicePort> byPrecedence = new ArrayList<>(ServicePort.look(inOrder, localPorts, project));
        byPrecedence.sort((a, b) -> PRECEDENCE.compare(a.service(), b.service()));
        Map<PortMap.Service, Assignment> assignments = new HashMap<>();
        for (ServicePort port : byPrecedence) {
            assignments.put(port.service(), assign(port, areNamed));
        }
        return inOrder.stream().map(assignments::get).toList();
    }

    private Assignment assign(ServicePort old, boolean isNamed) throws IOException {
        PortMap.Service service = old.service();
        PortMap.Service first = keepers.get(service.port());
        PortMap.Service keeper = first.equals(service) ? null : first;
        if (keeper == null && (old.isAvailable() || old.ownership() == Project.Ownership.OURS)) {
            Decision decision = old.isAvailable() ? Decision.KEEPS : Decision.RUNS;
            return new Assignment(service, decision, service.port(), old, null);
        }
        boolean makesWay = service.isDocumented() || keeper != null
            || isNamed && old.ownership() == Project.Ownership.OTHER;
        int port = makesWay ? firstFree(candidates(service), service) : 0;
        if (port > 0) {
            return new Assignment(service, Decision.MOVES, port, old, keeper);
        }
        return service.isDocumented() || makesWay && isNamed
            ? new Assignment(service, Decision.FAILS, freePortFor(service), old, keeper)
            : new Assignment(service, Decision.KEEPS_IN_USE, service.port(), old, keeper);
    }

    /** Returns the other ports that a service can be given, in the order in which to try them. */
    static IntStream candidates(PortMap.Service service) {
        if (!service.isMovable()) {
            return IntStream.empty();
        }
        PortMap.Range range = service.isDocumented() ? service.group().range : new PortMap.Range(1, PortMap.HIGHEST);
        IntStream upwards = upwards(service, range);
        boolean isDynamic = service.isDocumented() && service.group().strategy == PortMap.Strategy.DYNAMIC;
        return isDynamic && range.contains(service.port())
            ? IntStream.concat(upwards, IntStream.range(range.first(), service.port())) : upwards;
    }

    private static IntStream upwards(PortMap.Service service, PortMap.Range range) {
        int first = range.contains(service.port()) ? service.port() + 1 : range.first();
        return IntStream.rangeClosed(first, range.last());
    }

    /** Returns an available port that no service is configured to use, in the service's range if possible; or 0. */
    int freePortFor(PortMap.Service service) throws IOException {
        PortMap.Range any = new PortMap.Range(1024, PortMap.HIGHEST);
        PortMap.Range range = service.group() == null ? any : service.group().range;
        return firstFree(IntStream.concat(upwards(service, range), IntStream.concat(
            IntStream.rangeClosed(range.first(), range.last()), upwards(service, any))), service);
    }

    private int firstFree(IntStream ports, PortMap.Service service) throws IOException {
        for (int port : (Iterable<Integer>) ports.filter(port -> isUnclaimed(port, service))::iterator) {
            if (localPorts.isAvailable(port)) {
                assigned.set(port);
                return port;
            }
        }
        return 0;
    }

    private boolean isUnclaimed(int port, PortMap.Service service) {
        return !assigned.get(port) && claims.getOrDefault(port, service.variable()).equals(service.variable());
    }

    // Words.

    /** Returns a note on each service that is running, moves, or keeps a port that is in use. */
    List<String> notes(List<Assignment> assignments, boolean isOnlyWritten) {
        List<String> notes = new ArrayList<>();
        List<String> running = new ArrayList<>();
        Set<String> left = new HashSet<>();
        for (Assignment assignment : assignments) {
            PortMap.Service service = assignment.service();
            String port = String.valueOf(service.port());
            notes.addAll(config.differences(service));
            switch (assignment.decision()) {
                case RUNS -> running.add(service.shortName() + " (" + port + ")");
                case KEEPS_IN_USE ->
                    notes.add(service.name() + " keeps port " + port + ", which is " + reason(assignment));
                case MOVES -> {
                    notes.add(service.name() + (service.isDocumented() ? " (" + service.variable() + ")" : "")
                        + " moves from " + port + " to " + assignment.port() + ": " + port + " is "
                        + reason(assignment));
                    if (assignment.keeper == null) {
                        left.add(port);
                    }
                    for (String variable : service.variables()) {
                        if (isOnlyWritten && PortMap.isPort(config.environment(variable))) {
                            notes.add(variable + " in the environment takes precedence over .env; set it there, too");
                        }
                    }
                }
                case KEEPS, FAILS -> { }
            }
        }
        if (!left.isEmpty()) {
            addLinesWith(left, notes);
        }
        if (!running.isEmpty()) {
            notes.add("already running: " + String.join(", ", running));
        }
        return notes;
    }

    /** Adds a note on each line of {@code .env} that still names one of these ports, as a URL does. */
    private void addLinesWith(Set<String> ports, List<String> notes) {
        Pattern port = Pattern.compile("(?:^|:)(\\d++)");
        for (EnvFile.Entry entry : config.envFile().entries()) {
            port.matcher(entry.value()).results().map(match -> match.group(1)).filter(ports::contains).distinct()
                .filter(left -> !entry.name().endsWith("_PORT")).forEach(left -> notes.add(config.envFile().path() + ":"
                    + entry.line() + ": " + entry.name() + " still names port " + left));
        }
    }

    /** Returns why a documented service fails, and what to do. */
    String failure(Assignment assignment, String fileName) {
        PortMap.Service service = assignment.service;
        return service.name() + (service.isMovable() ? " cannot use its port " : " cannot use its fixed port ")
            + service.port() + ": " + reason(assignment)
            + (service.isMovable() ? ", and no other port of its range is available" : "")
            + "; " + setting(service, assignment.port, fileName);
    }

    /** Returns what to set, so that a service uses another port. */
    static String setting(PortMap.Service service, int port, String fileName) {
        return "set " + service.variable() + (port == 0 ? " to another port" : "=" + port) + " in "
            + (service.origin() == PortMap.Origin.ENVIRONMENT ? "the environment" : fileName);
    }

    private String reason(Assignment assignment) {
        PortMap.Service keeper = assignment.keeper;
        return keeper != null ? "also configured for " + keeper.name() + " (" + config.place(keeper) + ")"
            : assignment.old.owners().isEmpty() ? "denied: you are not permitted to bind it"
            : "in use by " + OwnerWords.brief(assignment.old.owners());
    }
}
