//SOURCES Invocation.java Line.java LocalPorts.java PortMap.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** A service, or a port without one, and the state of its port; in the same words and JSON fields for all scripts. */
record PortRow(PortMap.Service service, LocalPorts.State state) {

    private static final String UNSEEN = "a process that this user may not see";

    /** The states of the services' ports, with or without the owners of the listeners. */
    static List<PortRow> of(List<PortMap.Service> services, LocalPorts localPorts, boolean withOwners) throws IOException {
        List<LocalPorts.State> states = new ArrayList<>();
        for (PortMap.Service service : services) {
            states.add(localPorts.state(service.port()));
        }
        if (withOwners) {
            states = LocalPorts.withOwners(states);
        }
        List<PortRow> rows = new ArrayList<>();
        for (int i = 0; i < services.size(); i++) {
            rows.add(new PortRow(services.get(i), states.get(i)));
        }
        return rows;
    }

    boolean isAvailable() {
        return state.verdict() == LocalPorts.Verdict.AVAILABLE;
    }

    boolean isListening() {
        return state.verdict() == LocalPorts.Verdict.LISTENING;
    }

    // JSON.

    Map<String, Object> fields() {
        Map<String, Object> fields = fields(service);
        fields.put("verdict", lowerCase(state.verdict()));
        fields.put("listeners", listeners(state));
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

    /** The JSON fields of the sockets that listen on a port. */
    static List<Map<String, Object>> listeners(LocalPorts.State state) {
        List<Map<String, Object>> listeners = new ArrayList<>();
        for (LocalPorts.Listener listener : state.listeners()) {
            Optional<LocalPorts.Owner> owner = Optional.ofNullable(listener.owner());
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("address", LocalPorts.text(listener.address()));
            fields.put("pid", owner.map(LocalPorts.Owner::pid).orElse(null));
            fields.put("command", owner.map(LocalPorts.Owner::command).orElse(null));
            fields.put("cwd", owner.map(LocalPorts.Owner::workingDirectory).orElse(null));
            listeners.add(fields);
        }
        return listeners;
    }

    /** How an enum's constant is written for people and in JSON. */
    static String lowerCase(Enum<?> constant) {
        return constant == null ? null : constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    // Words.

    /** Who or what keeps a server from having the port, in short: pids and the beginnings of command lines. */
    static String occupant(LocalPorts.State state) {
        if (state.listeners().isEmpty()) {
            return explain(state.verdict());
        }
        return "in use by " + state.listeners().stream().map(LocalPorts.Listener::owner).distinct()
            .map(owner -> owner == null ? UNSEEN : "pid " + owner.pid() + " (" + Line.fit(Line.printable(owner.command()), 60) + ")")
            .collect(Collectors.joining(" and "));
    }

    /** For each process that listens on the port, its pid, the addresses, its folder and its command line; else why not. */
    List<String> occupants() {
        if (!isListening()) {
            return isAvailable() ? List.of() : List.of(explain(state.verdict()));
        }
        Map<Optional<LocalPorts.Owner>, String> addresses = new LinkedHashMap<>();
        for (LocalPorts.Listener listener : state.listeners()) {
            addresses.merge(Optional.ofNullable(listener.owner()), LocalPorts.text(listener.address()), (a, b) -> a + ", " + b);
        }
        List<String> lines = new ArrayList<>();
        addresses.forEach((process, where) -> lines.add(process.map(owner ->
            "pid " + owner.pid() + " on " + where + (owner.workingDirectory() == null ? "" : " in " + owner.workingDirectory())
                + ": " + owner.command())
            .orElse("on " + where + ": " + UNSEEN)));
        return lines;
    }

    /** What keeps a server from having a port on which nothing listens. */
    static String explain(LocalPorts.Verdict verdict) {
        return verdict == LocalPorts.Verdict.DENIED ? "this user may not bind it" : "bound by a socket that does not listen";
    }

    /** Adds to a line what the user can do about a port that is not available. */
    Line remedy(Line line, Invocation invocation) {
        line.with(state.verdict() == LocalPorts.Verdict.DENIED ? "to bind it: " : "to free it: ").command(toFree());
        return service.name() == null ? line : toMove(line.with("; to move the service: "), service, invocation);
    }

    private String toFree() {
        if (state.verdict() != LocalPorts.Verdict.LISTENING) {
            return state.verdict() == LocalPorts.Verdict.DENIED ? "run as root" : "end its process";
        }
        String pids = state.listeners().stream().filter(listener -> listener.owner() != null)
            .map(listener -> " " + listener.owner().pid()).distinct().collect(Collectors.joining());
        return pids.isEmpty() ? "have its user or root stop it" : "kill" + pids;
    }

    /** Adds to a line how the service gets another port. */
    static Line toMove(Line line, PortMap.Service service, Invocation invocation) {
        if (service.origin() == PortMap.Origin.ENVIRONMENT) {
            return line.with("set " + service.variable() + " in the environment");
        }
        return service.isMovable() ? line.command(invocation.command("find_port", "--write " + service.shortName()))
            : line.with("set " + service.variable() + " in " + (invocation.envFile() == null ? ".env" : invocation.envFile()));
    }
}
