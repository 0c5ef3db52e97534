//SOURCES ../command/Invocation.java ../command/Line.java ../config/PortMap.java LocalPorts.java Owner.java
//SOURCES OwnerWords.java Owners.java Ownership.java Project.java Remedy.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A service, or a port without one, with the state of its port and its owners: the one record from the facts to the words.
 *
 * @param owners empty if the port is available or denied, or if they were not looked up
 */
record ServicePort(PortMap.Service service, LocalPorts.Verdict verdict, List<Owner> owners) {

    /** Returns the services with the states of their ports; their owners are not looked up. */
    static List<ServicePort> states(List<PortMap.Service> services, LocalPorts localPorts) throws IOException {
        List<ServicePort> ports = new ArrayList<>();
        for (PortMap.Service service : services) {
            ports.add(new ServicePort(service, localPorts.verdict(service.port()), List.of()));
        }
        return ports;
    }

    /** Returns the services with the states of their ports and the owners of those that are not available. */
    static List<ServicePort> look(List<PortMap.Service> services, LocalPorts localPorts, Supplier<Project> project)
            throws IOException {
        List<ServicePort> ports = states(services, localPorts);
        Map<Integer, LocalPorts.Verdict> inUse = new LinkedHashMap<>();
        for (ServicePort port : ports) {
            if (!port.isAvailable()) {
                inUse.put(port.service.port(), port.verdict);
            }
        }
        if (inUse.isEmpty()) {
            return ports;
        }
        Map<Integer, List<Owner>> owners = Owners.of(inUse, localPorts, project.get());
        return ports.stream().map(port -> new ServicePort(port.service, port.verdict,
            owners.getOrDefault(port.service.port(), List.of()))).toList();
    }

    boolean isAvailable() {
        return verdict == LocalPorts.Verdict.AVAILABLE;
    }

    boolean isListening() {
        return verdict == LocalPorts.Verdict.LISTENING;
    }

    /** Returns whether the port is the project's: OTHER if any owner is, OURS if all are listeners of ours, else UNKNOWN. */
    Ownership ownership() {
        if (owners.stream().anyMatch(owner -> owner.ownership() == Ownership.OTHER)) {
            return Ownership.OTHER;
        }
        boolean areAllOurs = owners.stream().allMatch(owner -> owner.isListener() && owner.ownership() == Ownership.OURS);
        return areAllOurs && !owners.isEmpty() ? Ownership.OURS : Ownership.UNKNOWN;
    }

    /** Returns the owners that do not belong to the project. */
    List<Owner> othersThanOurs() {
        return owners.stream().filter(owner -> owner.ownership() != Ownership.OURS).toList();
    }

    // JSON.

    Map<String, Object> fields() {
        Map<String, Object> fields = fields(service);
        fields.put("verdict", lowerCase(verdict));
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
        return OwnerWords.lines(verdict, owners, service.name() != null);
    }

    /** Who or what keeps a server from having the port, in short. */
    String brief() {
        return OwnerWords.brief(verdict, owners);
    }

    /** What the user can do about a port that is not available, a line for each way. */
    List<Line> remedies(Invocation invocation) {
        List<Line> remedies = Remedy.lines(verdict, owners);
        if (service.name() == null) {
            return remedies;
        }
        // What is ours counts as the service, which then stays; and only from a stranger moves one that the map does not know.
        boolean isToStay = service.isDocumented() ? ownership() == Ownership.OURS : ownership() != Ownership.OTHER;
        Line toMove = Line.of("  to move the service: ");
        remedies.add(isToStay ? toSet(toMove, service, invocation) : toMove(toMove, service, invocation));
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
        return line.with(invocation.command("find_port", "--write " + (isGroup ? service.variable() : service.shortName())));
    }

    /** Adds to a line where the user sets the service's port. */
    static Line toSet(Line line, PortMap.Service service, Invocation invocation) {
        return line.with("set " + service.variable() + " in "
            + (service.origin() == PortMap.Origin.ENVIRONMENT ? "the environment" : invocation.fileName()));
    }
}
