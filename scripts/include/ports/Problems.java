//SOURCES ../command/Invocation.java ../command/Line.java ../config/Config.java ../config/PortMap.java Allocator.java
//SOURCES Ownership.java ServicePort.java

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What is wrong with the ports of services, and what to do about it. */
record Problems(Config config, Invocation invocation) {

    /** What can be wrong. */
    enum Kind { DOWN, UNAVAILABLE, TAKEN, SHARED_PORT, DIFFERING_NAMES, RESERVED_PORT_IN_USE, OUTSIDE_RANGE }

    /** Something that is wrong with these services, and what to do about it, if that is known. */
    record Problem(Kind kind, List<PortMap.Service> services, String message, List<Line> remedies) {

        Map<String, Object> fields() {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("kind", ServicePort.lowerCase(kind));
            fields.put("variables", services.stream().map(PortMap.Service::variable).toList());
            fields.put("message", message);
            fields.put("remedy", remedies.isEmpty() ? null : ServicePort.joined(remedies));
            return fields;
        }
    }

    /** What is wrong with these ports, the services that are down last. */
    List<Problem> of(List<ServicePort> rows) {
        List<Problem> problems = new ArrayList<>();
        Map<Integer, List<ServicePort>> byPort = new LinkedHashMap<>();
        for (ServicePort row : rows) {
            byPort.computeIfAbsent(row.service().port(), port -> new ArrayList<>()).add(row);
        }
        for (List<ServicePort> ofOnePort : byPort.values()) {
            for (ServicePort row : ofOnePort) {
                addOutsideRange(problems, row.service());
                addDifferingNames(problems, row.service());
            }
            addMisused(problems, ofOnePort);
        }
        byPort.keySet().stream().map(config::at).filter(services -> services.size() > 1)
            .forEach(services -> problems.add(sharedPort(services)));
        addDown(problems, rows);
        return problems;
    }

    private void addOutsideRange(List<Problem> problems, PortMap.Service service) {
        PortMap.Group group = service.group();
        if (group != null && !group.range.contains(service.port())) {
            problems.add(new Problem(Kind.OUTSIDE_RANGE, List.of(service), service.name() + " has " + service.port() + ", outside "
                + group.range, List.of(ServicePort.toSet(Line.of("  "), service, invocation).with(" to a port of that range"))));
        }
    }

    /** A port that an active service cannot have, a stranger on it, or a listener on a reserved one; each port is told of once. */
    private void addMisused(List<Problem> problems, List<ServicePort> ofOnePort) {
        List<ServicePort> active = with(PortMap.Status.ACTIVE, ofOnePort);
        List<ServicePort> reserved = with(PortMap.Status.RESERVED, ofOnePort);
        ServicePort any = ofOnePort.get(0);
        String port = String.valueOf(any.service().port());
        if (!active.isEmpty() && !any.isListening() && !any.isAvailable()) {
            add(problems, Kind.UNAVAILABLE, active, names(active) + " cannot have " + port + ": ");
        } else if (!active.isEmpty() && any.ownership() == Ownership.OTHER) {
            List<ServicePort> strangers = active;
            add(problems, Kind.TAKEN, strangers, "a stranger has " + port + " of " + names(active) + ": ");
        } else if (active.isEmpty() && !reserved.isEmpty() && any.isListening()) {
            add(problems, Kind.RESERVED_PORT_IN_USE, reserved, port + " is reserved for " + names(reserved) + ", yet ");
        }
    }

    private static List<ServicePort> with(PortMap.Status status, List<ServicePort> rows) {
        return rows.stream().filter(row -> row.service().status() == status).toList();
    }

    private static String names(List<ServicePort> rows) {
        return rows.stream().map(row -> row.service().name()).collect(Collectors.joining(" and "));
    }

    private static List<PortMap.Service> services(List<ServicePort> rows) {
        return rows.stream().map(ServicePort::service).filter(service -> service.variable() != null).toList();
    }

    private void add(List<Problem> problems, Kind kind, List<ServicePort> rows, String message) {
        problems.add(new Problem(kind, services(rows), message + rows.get(0).brief(), rows.get(0).remedies(invocation)));
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
        // All but the first by precedence have to go.
        List<PortMap.Service> movable = services.stream().sorted(Allocator.PRECEDENCE).skip(1).filter(PortMap.Service::isMovable).toList();
        List<PortMap.Service> candidates = movable.isEmpty() ? services : movable.subList(0, 1);
        for (PortMap.Service service : candidates) {
            ServicePort.toMove(service == candidates.get(0) ? remedy : remedy.with(" or "), service, invocation);
        }
        return new Problem(Kind.SHARED_PORT, services, services.get(0).port() + " is the port of " + names, List.of(remedy));
    }

    private static void addDown(List<Problem> problems, List<ServicePort> rows) {
        List<PortMap.Service> down = rows.stream().filter(row -> row.service().status() == PortMap.Status.ACTIVE && row.isAvailable())
            .map(ServicePort::service).toList();
        if (!down.isEmpty()) {
            String who = down.size() == 1 ? down.get(0).name() + " is" : down.size() + " active services are";
            String start = Invocation.start();
            problems.add(new Problem(Kind.DOWN, down, who + " down", start == null ? List.of()
                : List.of(Line.of("  to start: ").with(start))));
        }
    }
}
