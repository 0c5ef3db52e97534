//SOURCES EphemeralPorts.java Explanation.java Invocation.java Line.java LocalPorts.java Occupants.java Ownership.java
//SOURCES PortMap.java Project.java Remedy.java

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
record PortRow(PortMap.Service service, LocalPorts.State state, List<Occupants.Occupant> occupants, EphemeralPorts ephemeral) {

    /** The states of the services' ports. */
    static List<PortRow> of(List<PortMap.Service> services, LocalPorts localPorts) throws IOException {
        List<PortRow> rows = new ArrayList<>();
        for (PortMap.Service service : services) {
            rows.add(new PortRow(service, localPorts.state(service.port()), List.of(), null));
        }
        return rows;
    }

    /** The same, and who has those that are not available. */
    static List<PortRow> withOccupants(List<PortMap.Service> services, LocalPorts localPorts,
        Supplier<Project> project) throws IOException {
        List<PortRow> rows = of(services, localPorts);
        List<LocalPorts.State> states = rows.stream().filter(row -> !row.isAvailable()).map(PortRow::state).toList();
        if (states.isEmpty()) {
            return rows;
        }
        EphemeralPorts ephemeral = EphemeralPorts.read();
        Map<Integer, List<Occupants.Occupant>> occupants = Occupants.of(states, localPorts, project.get());
        return rows.stream().map(row ->
            new PortRow(row.service, row.state, occupants.getOrDefault(row.state.port(), List.of()), ephemeral)).toList();
    }

    /** The same without what is of this project. */
    PortRow withoutOurs() {
        return new PortRow(service, state, occupants.stream().filter(occupant -> !occupant.isOurs()).toList(),
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
        return Occupants.ownership(occupants);
    }

    // JSON.

    Map<String, Object> fields() {
        Map<String, Object> fields = fields(service);
        fields.put("verdict", lowerCase(state.verdict()));
        fields.put("occupants", Explanation.json(occupants, false));
        fields.put("listeners", Explanation.json(occupants, true));
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
        return Explanation.lines(state, occupants, service.name() != null);
    }

    /** Who or what keeps a server from having the port, in short. */
    String brief() {
        return Explanation.brief(state, occupants);
    }

    /** What the user can do about a port that is not available, a line for each way. */
    List<Line> remedies(Invocation invocation) {
        List<Line> remedies = Remedy.lines(state, occupants);
        if (service.name() == null) {
            return remedies;
        }
        // What is ours counts as the service, which then stays; and only from a stranger moves one that the map does not know.
        boolean isToStay = service.isDocumented() ? ownership() == Ownership.OURS : ownership() != Ownership.STRANGER;
        Line toMove = Line.of("  to move the service: ");
        remedies.add(isToStay ? toSet(toMove, service, invocation) : toMove(toMove, service, invocation));
        Line reservation = ephemeral == null ? null : Remedy.reservation(state.port(), occupants, ephemeral);
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
