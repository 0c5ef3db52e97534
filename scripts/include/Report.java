//SOURCES LocalPorts.java PortMap.java Terminal.java

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** What the scripts report of ports, in the same words, and under the same names in JSON. */
final class Report {

    /** A service, or a port without one, and the state of its port. */
    record Row(PortMap.Service service, LocalPorts.State state) {

        boolean isAvailable() {
            return state.verdict() == LocalPorts.Verdict.AVAILABLE;
        }

        boolean isListening() {
            return state.verdict() == LocalPorts.Verdict.LISTENING;
        }

        /** The JSON fields, the same in every document. */
        Map<String, Object> fields() {
            Map<String, Object> fields = Report.fields(service);
            fields.put("verdict", lowerCase(state.verdict()));
            fields.put("listeners", listeners(state));
            return fields;
        }
    }

    private static final String UNSEEN = "a process that this user may not see";

    private Report() { }

    /** The states of the services' ports, with or without the owners of the listeners. */
    static List<Row> rows(List<PortMap.Service> services, LocalPorts localPorts, boolean withOwners) throws IOException {
        List<LocalPorts.State> states = new ArrayList<>();
        for (PortMap.Service service : services) {
            states.add(localPorts.state(service.port()));
        }
        if (withOwners) {
            states = LocalPorts.withOwners(states);
        }
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < services.size(); i++) {
            rows.add(new Row(services.get(i), states.get(i)));
        }
        return rows;
    }

    /** A document of maps, lists, texts and numbers: one line of ASCII, which no locale garbles and no terminal obeys. */
    static String json(Object document) throws IOException {
        return JSON.builder(JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build())
            .enable(JSON.Feature.WRITE_NULL_PROPERTIES).build().asString(document);
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

    /** The JSON fields of a service, the same in every document; null where they do not apply. */
    static Map<String, Object> fields(PortMap.Service service) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("port", service.port());
        fields.put("service", service.name());
        fields.put("variable", service.variable());
        fields.put("group", lowerCase(service.group()));
        fields.put("status", lowerCase(service.status()));
        fields.put("description", service.description());
        return fields;
    }

    /** How an enum's constant is written for people and in JSON. */
    static String lowerCase(Enum<?> constant) {
        return constant == null ? null : constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    // What keeps a port from being available, in words.

    /** Who or what keeps a server from having a port, in short: pids and the beginnings of command lines. */
    static String occupant(LocalPorts.State state) {
        if (state.listeners().isEmpty()) {
            return explain(state.verdict());
        }
        return "in use by " + state.listeners().stream().map(LocalPorts.Listener::owner).distinct()
            .map(owner -> owner == null ? UNSEEN
                : "pid " + owner.pid() + " (" + Terminal.fit(Terminal.printable(owner.command()), 60) + ")")
            .collect(Collectors.joining(" and "));
    }

    /** For each process that listens on a port, its pid, the addresses, its working directory and its command line. */
    static List<String> listenersInFull(LocalPorts.State state) {
        Map<Optional<LocalPorts.Owner>, String> addresses = new LinkedHashMap<>();
        for (LocalPorts.Listener listener : state.listeners()) {
            addresses.merge(Optional.ofNullable(listener.owner()), LocalPorts.text(listener.address()), (a, b) -> a + ", " + b);
        }
        List<String> lines = new ArrayList<>();
        addresses.forEach((process, where) -> lines.add(Terminal.printable(process.map(owner ->
            "pid " + owner.pid() + " on " + where + (owner.workingDirectory() == null ? "" : " in " + owner.workingDirectory())
                + ": " + owner.command())
            .orElse("on " + where + ": " + UNSEEN))));
        return lines;
    }

    /** What keeps a server from having a port on which nothing listens. */
    static String explain(LocalPorts.Verdict verdict) {
        return verdict == LocalPorts.Verdict.DENIED ? "this user may not bind it" : "bound by a socket that does not listen";
    }

    /** What the user can do about a port that is not available. */
    static String remedy(Row row) {
        String remedy = row.state().verdict() == LocalPorts.Verdict.DENIED ? "to bind it: run as root" : "to free it: " + free(row.state());
        return row.service().name() == null ? remedy : remedy + "; to move the service: " + move(row.service());
    }

    private static String free(LocalPorts.State state) {
        if (state.verdict() == LocalPorts.Verdict.BOUND) {
            return "end its process";
        }
        String pids = state.listeners().stream().filter(listener -> listener.owner() != null)
            .map(listener -> " " + listener.owner().pid()).distinct().collect(Collectors.joining());
        return pids.isEmpty() ? "have its user or root stop it" : "kill" + pids;
    }

    /** How the service gets another port. */
    static String move(PortMap.Service service) {
        if (service.origin() == PortMap.Origin.ENVIRONMENT) {
            return "set " + service.variable() + " in the environment";
        }
        return service.isMovable() ? "find_port --write " + service.shortName() : "set " + service.variable() + " in .env";
    }
}
