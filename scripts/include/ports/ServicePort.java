//SOURCES ../command/Line.java ../config/PortMap.java LocalPorts.java Owner.java OwnerWords.java Project.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A service, or a port without one, with the state and the owners of the port: one record from the facts to the words.
 *
 * @param owners empty if the port is available or denied, or if they were not looked up
 */
record ServicePort(PortMap.Service service, LocalPorts.Verdict verdict, List<Owner> owners) {

    static List<ServicePort> states(List<PortMap.Service> services, LocalPorts localPorts) throws IOException {
        List<ServicePort> ports = new ArrayList<>();
        for (PortMap.Service service : services) {
            ports.add(new ServicePort(service, localPorts.verdict(service.port()), List.of()));
        }
        return ports;
    }

    /** Returns the services with the states of their ports, and the owners of the ports that are in use. */
    static List<ServicePort> look(List<PortMap.Service> services, LocalPorts localPorts, Project project)
            throws IOException {
        List<ServicePort> states = states(services, localPorts);
        Set<Integer> inUse = new LinkedHashSet<>();
        for (ServicePort port : states) {
            if (port.isListening() || port.verdict == LocalPorts.Verdict.BOUND) {
                inUse.add(port.service.port());
            }
        }
        Map<Integer, List<Owner>> owners = inUse.isEmpty() ? Map.of() : Owner.of(inUse, localPorts, project);
        List<ServicePort> ports = new ArrayList<>();
        for (ServicePort port : states) {
            List<Owner> own = owners.getOrDefault(port.service.port(), List.of());
            ports.add(new ServicePort(port.service, port.verdict, own));
        }
        return ports;
    }

    boolean isAvailable() {
        return verdict == LocalPorts.Verdict.AVAILABLE;
    }

    boolean isListening() {
        return verdict == LocalPorts.Verdict.LISTENING;
    }

    /** Returns OTHER if any owner is, OURS if all are listeners of ours, otherwise UNKNOWN. */
    Project.Ownership ownership() {
        boolean areOurs = !owners.isEmpty();
        for (Owner owner : owners) {
            if (owner.ownership() == Project.Ownership.OTHER) {
                return Project.Ownership.OTHER;
            }
            areOurs &= owner.isListener() && owner.ownership() == Project.Ownership.OURS;
        }
        return areOurs ? Project.Ownership.OURS : Project.Ownership.UNKNOWN;
    }

    /** Returns whether another program listens on the port. */
    boolean isTaken() {
        return isListening() && ownership() == Project.Ownership.OTHER;
    }

    /** Returns whether a process listens that belongs to the project, or may belong to it. */
    boolean isRunning() {
        return isListening() && !isTaken();
    }

    List<Owner> othersThanOurs() {
        return owners.stream().filter(owner -> owner.ownership() != Project.Ownership.OURS).toList();
    }

    Map<String, Object> fields() {
        Map<String, Object> fields = fields(service);
        fields.put("verdict", lowerCase(verdict));
        fields.put("occupants", owners.stream().map(OwnerWords::fields).toList());
        fields.put("listeners", owners.stream().filter(Owner::isListener).map(OwnerWords::fields).toList());
        return fields;
    }

    static Map<String, Object> fields(PortMap.Service service) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("port", service.port());
        fields.put("service", service.name());
        fields.put("variable", service.variable());
        fields.put("aliases", service.aliases().stream().map(PortMap.Service::variable).toList());
        fields.put("group", lowerCase(service.group()));
        fields.put("status", lowerCase(service.status()));
        fields.put("description", service.description());
        return fields;
    }

    /** Returns how a constant is written in JSON. */
    static String lowerCase(Enum<?> constant) {
        return constant == null ? null : constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Returns the state of a port that is not available, for a sentence. */
    String brief() {
        return verdict == LocalPorts.Verdict.DENIED ? "denied: you are not permitted to bind it"
            : "in use by " + OwnerWords.brief(owners);
    }

    /** Returns what keeps the service from its port, as a sentence; null if nothing does, or it may be running. */
    String conflict() {
        String port = "port " + service.port() + (service.name() == null ? "" : " (" + service.name() + ")");
        return switch (verdict) {
            case AVAILABLE -> null;
            case LISTENING -> !isTaken() ? null
                : port + " is in use by another program: " + OwnerWords.brief(othersThanOurs());
            case BOUND -> port + " is in use, but nothing listens: " + OwnerWords.brief(owners);
            case DENIED -> port + " is " + brief();
        };
    }

    /** Returns the note that a service counts as running though its listener may be another program's, or null. */
    String doubt() {
        return !isRunning() || ownership() != Project.Ownership.UNKNOWN ? null
            : "port " + service.port() + " is " + brief()
                + (owners.get(0).process() == null ? "; " : ", which may belong to this project; ")
                + (service.name() == null ? "the port" : service.name()) + " counts as running";
    }

    /** Returns a row for a port: its state, its service, and more. */
    static Line row(PortMap.Service service, String state, boolean isAvailable, String more) {
        return Line.of("Port " + service.port() + ": ").with(state, isAvailable ? Line.Style.GOOD : Line.Style.BAD)
            .with((service.name() == null ? "" : "  " + service.name()) + (more.isEmpty() ? "" : "  " + more));
    }
}
