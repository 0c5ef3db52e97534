//SOURCES Explanation.java LocalPorts.java Occupants.java PortMap.java Remedy.java Terminal.java

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What the scripts report of ports, in the same words, and under the same names in JSON. */
final class Report {

    /** A service, or a port without one, and the state of its port. */
    record Row(PortMap.Service service, LocalPorts.State state, List<Occupants.Occupant> occupants) {

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
            fields.put("occupants", Explanation.json(occupants, false));
            fields.put("listeners", Explanation.json(occupants, true));
            return fields;
        }
    }

    private Report() { }

    /** The states of the services' ports, with or without the owners of the listeners. */
    static List<Row> rows(List<PortMap.Service> services, LocalPorts localPorts, boolean withOwners) throws IOException {
        List<LocalPorts.State> states = new ArrayList<>();
        for (PortMap.Service service : services) {
            states.add(localPorts.state(service.port()));
        }
        Map<Integer, List<Occupants.Occupant>> occupants = withOwners ? Occupants.of(states, localPorts, null) : Map.of();
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < services.size(); i++) {
            rows.add(new Row(services.get(i), states.get(i), occupants.getOrDefault(states.get(i).port(), List.of())));
        }
        return rows;
    }

    /** A document of maps, lists, texts and numbers: one line of ASCII, which no locale garbles and no terminal obeys. */
    static String json(Object document) throws IOException {
        return JSON.builder(JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build())
            .enable(JSON.Feature.WRITE_NULL_PROPERTIES).build().asString(document);
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

    /** What the user can do about a port that is not available. */
    static String remedy(Row row) {
        String remedy = Remedy.of(row.state(), row.occupants());
        return row.service().name() == null ? remedy : remedy + "; to move the service: " + move(row.service());
    }

    /** How the service gets another port. */
    static String move(PortMap.Service service) {
        if (service.origin() == PortMap.Origin.ENVIRONMENT) {
            return "set " + service.variable() + " in the environment";
        }
        return service.isMovable() ? "find_port --write " + service.shortName() : "set " + service.variable() + " in .env";
    }
}
