//SOURCES ../command/Invocation.java ../command/Line.java ../config/Config.java ../config/PortMap.java Allocator.java
//SOURCES OwnerWords.java Remedy.java ServicePort.java

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Finds what is wrong with the ports of services, and what to do about it. */
record Problems(Config config, Invocation invocation) {

    /** The kinds of problems; their names in JSON. */
    enum Kind { DOWN, UNAVAILABLE, TAKEN, SHARED_PORT, DIFFERING_NAMES, RESERVED_PORT_IN_USE, OUTSIDE_RANGE }

    /** A problem of some services; the remedies are empty if none is known. */
    record Problem(Kind kind, List<PortMap.Service> services, String message, List<Line> remedies) {

        Map<String, Object> fields() {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("kind", ServicePort.lowerCase(kind));
            fields.put("variables", services.stream().map(PortMap.Service::variable).toList());
            fields.put("message", message);
            fields.put("remedy", remedies.isEmpty() ? null : Remedy.joined(remedies));
            return fields;
        }
    }

    /** Returns the problems of these ports; services that are not running come last. */
    List<Problem> of(List<ServicePort> ports) {
        List<Problem> problems = new ArrayList<>();
        Map<Integer, List<ServicePort>> byPort = new LinkedHashMap<>();
        ports.forEach(port -> byPort.computeIfAbsent(port.service().port(), key -> new ArrayList<>()).add(port));
        for (List<ServicePort> ofOnePort : byPort.values()) {
            ofOnePort.forEach(port -> addMisconfigured(problems, port.service()));
            addMisused(problems, ofOnePort);
        }
        byPort.keySet().stream().map(config::at).filter(services -> services.size() > 1)
            .forEach(services -> problems.add(sharedPort(services)));
        addDown(problems, ports);
        return problems;
    }

    private void addMisconfigured(List<Problem> problems, PortMap.Service service) {
        PortMap.Group group = service.group();
        if (group != null && !group.range.contains(service.port())) {
            String message = service.name() + " is configured for port " + service.port() + ", outside " + group.range;
            problems.add(new Problem(Kind.OUTSIDE_RANGE, List.of(service), message,
                remedy("to move the service: " + new Remedy(config, invocation).setting(service))));
        }
        for (String difference : config.differences(service)) {
            problems.add(new Problem(Kind.DIFFERING_NAMES, List.of(service), difference,
                remedy("to correct this: set both to the same port")));
        }
    }

    private static List<Line> remedy(String remedy) {
        return List.of(Line.of("  " + remedy));
    }

    /** Adds at most one problem for a port. A process that may belong to the project is no problem. */
    private void addMisused(List<Problem> problems, List<ServicePort> ofOnePort) {
        List<ServicePort> expected = with(PortMap.Status.ACTIVE, ofOnePort);
        List<ServicePort> reserved = with(PortMap.Status.RESERVED, ofOnePort);
        ServicePort any = ofOnePort.get(0);
        String others = "in use by another program: " + OwnerWords.brief(any.othersThanOurs());
        if (!expected.isEmpty() && !any.isListening() && !any.isAvailable()) {
            add(problems, Kind.UNAVAILABLE, expected, any.owners().isEmpty() ? " cannot be used: " + any.brief()
                : " is in use, but nothing listens: " + OwnerWords.brief(any.owners()));
        } else if (!expected.isEmpty() && any.isTaken()) {
            add(problems, Kind.TAKEN, expected, " is " + others);
        } else if (!reserved.isEmpty() && any.isTaken()) {
            add(problems, Kind.RESERVED_PORT_IN_USE, reserved, " is reserved, but " + others);
        }
    }

    private static List<ServicePort> with(PortMap.Status status, List<ServicePort> ports) {
        return ports.stream().filter(port -> port.service().status() == status).toList();
    }

    private void add(List<Problem> problems, Kind kind, List<ServicePort> ports, String what) {
        List<PortMap.Service> services = ports.stream().map(ServicePort::service).toList();
        String names = services.stream().map(PortMap.Service::name).collect(Collectors.joining(" and "));
        problems.add(new Problem(kind, services, "Port " + services.get(0).port() + " (" + names + ")" + what,
            new Remedy(config, invocation).lines(ports.get(0))));
    }

    private Problem sharedPort(List<PortMap.Service> services) {
        String names = services.stream().map(service -> service.name() + " (" + config.place(service) + ")")
            .collect(Collectors.joining(" and "));
        // The first keeps the port.
        List<PortMap.Service> others = services.stream().sorted(Allocator.PRECEDENCE).skip(1).toList();
        PortMap.Service toMove = others.stream().filter(PortMap.Service::isMovable).findFirst().orElse(others.get(0));
        return new Problem(Kind.SHARED_PORT, services, "Port " + toMove.port() + " is configured for " + services.size()
            + " services: " + names,
            remedy("to separate the services: " + new Remedy(config, invocation).move(toMove)));
    }

    private static void addDown(List<Problem> problems, List<ServicePort> ports) {
        List<PortMap.Service> down = with(PortMap.Status.ACTIVE, ports).stream().filter(ServicePort::isAvailable)
            .map(ServicePort::service).toList();
        if (!down.isEmpty()) {
            String who = down.size() == 1 ? down.get(0).name() + " is" : down.size() + " expected services are";
            String start = Invocation.start();
            problems.add(new Problem(Kind.DOWN, down, who + " not running",
                start == null ? List.of() : remedy("to start: " + start)));
        }
    }
}
