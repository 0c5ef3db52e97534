//SOURCES ../command/Invocation.java ../command/Line.java ../config/PortMap.java EphemeralPorts.java LocalPorts.java
//SOURCES OwnerWords.java Owners.java Ownership.java Project.java Remedy.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A service, or a port without one, the state of its port and who has it; in the same words and JSON fields for all scripts.
 *
 * @param ephemeral the ports that the kernel gives to connections; null where who has the port was not asked
 */
record ServicePort(PortMap.Service service, LocalPorts.State state, List<Owners.Owner> owners, EphemeralPorts ephemeral) {

    /** The states of the services' ports. */
    static List<ServicePort> of(List<PortMap.Service> services, LocalPorts localPorts) throws IOException {
        List<ServicePort> rows = new ArrayList<>();
        for (PortMap.Service service : services) {
            rows.add(new ServicePort(service, localPorts.state(service.port()), List.of(), null));
        }
        return rows;
    }

    /** The same, and who has those that are not available. */
    static List<ServicePort> look(List<PortMap.Service> services, LocalPorts localPorts,
        Supplier<Project> project) throws IOException {
        List<ServicePort> rows = of(services, localPorts);
        List<LocalPorts.State> states = rows.stream().filter(row -> !row.isAvailable()).map(ServicePort::state).toList();
        if (states.isEmpty()) {
            return rows;
        }
        EphemeralPorts ephemeral = EphemeralPorts.read();
        Map<Integer, List<Owners.Owner>> owners = Owners.of(states, localPorts, project.get());
        return rows.stream().map(row ->
            new ServicePort(row.service, row.state, owners.getOrDefault(row.state.port(), List.of()), ephemeral)).toList();
    }

    /** The same without what is of this project. */
    ServicePort withoutOurs() {
        return new ServicePort(service, state, owners.stream().filter(owner -> !owner.isOurs()).toList(),
            ephemeral);
    }

    boolean isAvailable() {
        return state.verdict() == LocalPorts.Verdict.AVAILABLE;
    }

    boolean isListening() {
        return state.verdict() == LocalPorts.Verdict.LISTENING;
    }

    /** Whose the port is. */
    Ownership ownership() {
        return Owners.ownership(owners);
    }

    // JSON.

    Map<String, Object> fields() {
        Map<String, Object> fields = fields(service);
        fields.put("verdict", lowerCase(state.verdict()));
        fields.put("occupants", OwnerWords.json(owners, false));
        fields.put("listeners", OwnerWords.json(owners, true));
        return fields;
    }

    /** The JSON fields of a service. */
    static Map<String, Object> fields(PortMap.Service service) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("port", service.port());
        fields.put("service", service.name());
        fields.put("variable", service.variable());
        fields.put("aliases", service.aliases().stream().map(PortMap.Alias::variable).toList());
        fields.put("group", lowerCase(service.group()));
        fields.put("status", lowerCase(service.status()));
        fields.put("description", service.description());
        return fields;
    }

    /** How an enum's constant is written for people and in JSON. */
    static String lowerCase(Enum<?> constant) {
        return constant == null ? null : constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    // Words.

    /** For each process that has the port its pid, user, addresses, folder and command line, and what else there is to say. */
    List<String> explanation() {
        return OwnerWords.lines(state, owners, service.name() != null);
    }

    /** Who or what keeps a server from having the port, in short. */
    String brief() {
        return OwnerWords.brief(state, owners);
    }

    /** What the user can do about a port that is not available, a line for each way. */
    List<Line> remedies(Invocation invocation) {
        List<Line> remedies = Remedy.lines(state, owners);
        if (service.name() == null) {
            return remedies;
        }
        // What is ours counts as the service, which then stays; and only from a stranger moves one that the map does not know.
        boolean isToStay = service.isDocumented() ? ownership() == Ownership.OURS : ownership() != Ownership.OTHER;
        Line toMove = Line.of("  to move the service: ");
        remedies.add(isToStay ? toSet(toMove, service, invocation) : toMove(toMove, service, invocation));
        Line reservation = ephemeral == null ? null : Remedy.reservation(state.port(), owners, ephemeral);
        if (reservation != null) {
            remedies.add(reservation);
        }
        return remedies;
    }

    /** The same in one line. */
    static String joined(List<Line> remedies) {
        return String.join("; ", remedies.stream().map(line -> line.toString().strip()).toList());
    }

    /** Adds to a line how the service gets another port. */
    static Line toMove(Line line, PortMap.Service service, Invocation invocation) {
        if (!service.isMovable() || service.origin() == PortMap.Origin.ENVIRONMENT) {
            return toSet(line, service, invocation);
        }
        boolean isGroup = PortMap.Group.named(service.shortName()) != null; // CORE_PORT is not the group
        return line.command(invocation.command("find_port", "--write " + (isGroup ? service.variable() : service.shortName())));
    }

    /** Adds to a line where the user sets the service's port. */
    static Line toSet(Line line, PortMap.Service service, Invocation invocation) {
        return line.with("set " + service.variable() + " in "
            + (service.origin() == PortMap.Origin.ENVIRONMENT ? "the environment" : invocation.fileName()));
    }
}
