//SOURCES Config.java Invocation.java Line.java Occupants.java PortMap.java PortRow.java

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What is wrong with the ports of services, and what to do about it. */
record Problems(Config config, Invocation invocation) {

    /** What can be wrong. */
    enum Kind { DOWN, UNAVAILABLE, STRANGER, SEVERAL_SERVERS, SHARED_PORT, DIFFERING_NAMES, RESERVED_PORT_IN_USE, OUTSIDE_RANGE }

    /** Something that is wrong with these services, and what to do about it, if that is known. */
    record Problem(Kind kind, List<PortMap.Service> services, String message, List<Line> remedies) {

        Map<String, Object> fields() {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("kind", PortRow.lowerCase(kind));
            fields.put("variables", services.stream().map(PortMap.Service::variable).toList());
            fields.put("message", message);
            fields.put("remedy", remedies.isEmpty() ? null : PortRow.joined(remedies));
            return fields;
        }
    }

    private static final String START_SCRIPT = "./devflow-start.sh";

    /** What is wrong with these ports, the services that are down last. */
    List<Problem> of(List<PortRow> rows) {
        List<Problem> problems = new ArrayList<>();
        for (PortRow row : rows) {
            addOutsideRange(problems, row.service());
            addMisused(problems, row);
            addDifferingNames(problems, row.service());
        }
        rows.stream().map(row -> row.service().port()).distinct().map(config::at).filter(services -> services.size() > 1)
            .forEach(services -> problems.add(sharedPort(services)));
        addDown(problems, rows);
        return problems;
    }

    private static void addOutsideRange(List<Problem> problems, PortMap.Service service) {
        PortMap.Group group = service.group();
        if (group != null && !group.range.contains(service.port())) {
            problems.add(new Problem(Kind.OUTSIDE_RANGE, List.of(service), service.name() + " has " + service.port() + ", outside "
                + group.range, List.of(Line.of("  set " + service.variable() + " to a port of that range"))));
        }
    }

    /** A port that an active service cannot have, a stranger on it, or a listener on a reserved one. */
    private void addMisused(List<Problem> problems, PortRow row) {
        PortMap.Service service = row.service();
        boolean isActive = service.status() == PortMap.Status.ACTIVE;
        if (service.status() == PortMap.Status.RESERVED && row.isListening()) {
            add(problems, Kind.RESERVED_PORT_IN_USE, row, service.port() + " is reserved for " + service.name() + ", yet ");
        } else if (isActive && !row.isListening() && !row.isAvailable()) {
            add(problems, Kind.UNAVAILABLE, row, service.name() + " cannot have " + service.port() + ": ");
        } else if (isActive && Boolean.FALSE.equals(row.ours())) {
            add(problems, Kind.STRANGER, row, "a stranger has " + service.port() + " of " + service.name() + ": ");
        }
        if (Occupants.areUnrelated(row.occupants())) {
            add(problems, Kind.SEVERAL_SERVERS, row, "several servers that have nothing to do with each other share " + service.port()
                + ": ");
        }
    }

    private void add(List<Problem> problems, Kind kind, PortRow row, String message) {
        problems.add(new Problem(kind, row.service().variable() == null ? List.of() : List.of(row.service()), message + row.brief(),
            row.remedies(invocation)));
    }

    private void addDifferingNames(List<Problem> problems, PortMap.Service service) {
        for (String difference : config.differences(service)) {
            problems.add(new Problem(Kind.DIFFERING_NAMES, List.of(service), difference, List.of(Line.of("  set both to the same port"))));
        }
    }

    private Problem sharedPort(List<PortMap.Service> services) {
        String names = services.stream().map(service -> service.name() + " (" + config.place(service) + ")")
            .collect(Collectors.joining(" and "));
        Line remedy = Line.of("  to separate them: ");
        PortMap.Service movable = services.stream().filter(PortMap.Service::isMovable).findFirst().orElse(null);
        if (movable != null) {
            PortRow.toMove(remedy, movable, invocation);
        } else {
            PortRow.toMove(remedy, services.get(0), invocation);
            services.stream().skip(1).forEach(service -> PortRow.toMove(remedy.with(" or "), service, invocation));
        }
        return new Problem(Kind.SHARED_PORT, services, services.get(0).port() + " is the port of " + names, List.of(remedy));
    }

    private static void addDown(List<Problem> problems, List<PortRow> rows) {
        List<PortMap.Service> down = rows.stream().filter(row -> row.service().status() == PortMap.Status.ACTIVE && row.isAvailable())
            .map(PortRow::service).toList();
        if (!down.isEmpty()) {
            String who = down.size() == 1 ? down.get(0).name() + " is" : down.size() + " active services are";
            problems.add(new Problem(Kind.DOWN, down, who + " down",
                Files.isExecutable(Path.of(START_SCRIPT)) ? List.of(Line.of("  to start: ").command(START_SCRIPT + " start")) : List.of()));
        }
    }
}
