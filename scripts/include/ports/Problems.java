//SOURCES ../command/Invocation.java ../command/Line.java ../config/Config.java ../config/PortMap.java Allocator.java
//SOURCES LocalPorts.java Owner.java OwnerWords.java Processes.java Project.java ServicePort.java Supervisor.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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
            fields.put("remedy", remedies.isEmpty() ? null
                : remedies.stream().map(line -> line.toString().strip()).collect(Collectors.joining("; ")));
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
            .forEach(services -> addShared(problems, services));
        addDown(problems, with(PortMap.Status.ACTIVE, ports).stream().filter(ServicePort::isAvailable).toList());
        return problems;
    }

    private void addMisconfigured(List<Problem> problems, PortMap.Service service) {
        PortMap.Group group = service.group();
        if (group != null && !group.range.contains(service.port())) {
            problems.add(new Problem(Kind.OUTSIDE_RANGE, List.of(service), service.name() + " is configured for port "
                + service.port() + ", outside " + group.range, remedy("to move the service: " + setting(service))));
        }
        config.differences(service).forEach(difference -> problems.add(new Problem(Kind.DIFFERING_NAMES,
            List.of(service), difference, remedy("to correct this: set both to the same port"))));
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
            remedies(ports.get(0))));
    }

    private void addShared(List<Problem> problems, List<PortMap.Service> services) {
        String names = services.stream().map(service -> service.name() + " (" + config.place(service) + ")")
            .collect(Collectors.joining(" and "));
        // The first keeps the port.
        PortMap.Service keeper = services.stream().reduce((one, other) -> Allocator.keeper(one, other, config)).get();
        List<PortMap.Service> others = services.stream().filter(service -> service != keeper).toList();
        PortMap.Service toMove = others.stream().filter(PortMap.Service::isMovable).findFirst().orElse(others.get(0));
        problems.add(new Problem(Kind.SHARED_PORT, services, "Port " + toMove.port() + " is configured for "
            + services.size() + " services: " + names, remedy("to separate the services: " + move(toMove))));
    }

    private static void addDown(List<Problem> problems, List<ServicePort> down) {
        if (!down.isEmpty()) {
            String who = down.size() == 1 ? down.get(0).service().name() + " is"
                : down.size() + " expected services are";
            String start = Invocation.start();
            problems.add(new Problem(Kind.DOWN, down.stream().map(ServicePort::service).toList(), who + " not running",
                start == null ? List.of() : remedy("to start: " + start)));
        }
    }

    // Remedies. A command that is printed runs when it is pasted.

    /** Returns a line for each thing to do; none if the port is available. */
    List<Line> remedies(ServicePort port) {
        List<Line> lines = new ArrayList<>();
        if (port.isAvailable()) {
            return lines;
        }
        PortMap.Service service = port.service();
        boolean isRunning = service.name() != null && port.ownership() == Project.Ownership.OURS;
        String purpose = port.verdict() == LocalPorts.Verdict.DENIED ? "to bind the port: "
            : isRunning ? service.name() + " is running; to stop it: " : "to free the port: ";
        for (String step : steps(port, isRunning)) {
            lines.add(Line.of("  " + (lines.isEmpty() ? purpose : "and: ") + step));
        }
        if (service.name() != null && !isRunning) {
            // find_port moves an undocumented service only if another program has its port.
            boolean isMoved = service.isDocumented() || port.ownership() == Project.Ownership.OTHER;
            lines.add(Line.of("  to move the service: " + (isMoved ? move(service) : setting(service))));
        }
        return lines;
    }

    /** Returns how the service is given another port. */
    String move(PortMap.Service service) {
        if (service.isDocumented() && !service.isMovable() || service.origin() == PortMap.Origin.ENVIRONMENT) {
            return setting(service);
        }
        boolean isGroup = PortMap.Group.named(service.shortName()) != null; // CORE_PORT is not the group
        return invocation.command("find_port", "--write " + (isGroup ? service.variable() : service.shortName()));
    }

    /** Returns what to set, with a port that is available and that no service is configured to use. */
    String setting(PortMap.Service service) {
        try {
            int port = new Allocator(config, LocalPorts.read(), null).freePortFor(service);
            return Allocator.setting(service, port, invocation.fileName());
        } catch (IOException e) {
            return Allocator.setting(service, 0, invocation.fileName());
        }
    }

    private Set<String> steps(ServicePort port, boolean isRunning) {
        Set<String> steps = new LinkedHashSet<>();
        List<Owner> toKill = new ArrayList<>();
        if (port.verdict() == LocalPorts.Verdict.DENIED) {
            steps.add("run as root");
        }
        for (Owner owner : port.owners()) {
            String step = switch (owner.kind()) {
                case TIME_WAIT -> "wait, at most a minute";
                case UNKNOWN -> "stop the program that bound the port";
                case CONNECTION -> "wait until the connection is closed";
                case LISTENER -> owner.process() == null ? unseen(owner) : step(owner);
            };
            if (step != null) {
                steps.add(step);
            } else if (isRunning) {
                steps.add(invocation.command("check_port", "--stop " + port.service().shortName()));
            } else {
                toKill.add(owner);
            }
        }
        if (!toKill.isEmpty()) {
            steps.add(kill(toKill));
        }
        return steps;
    }

    private static String unseen(Owner owner) {
        return !owner.isAnotherUsers() ? "stop the process where it runs, in another container or namespace"
            : "stop the process that this finds: sudo ss -ltnp 'sport = :" + owner.socket().port() + "'";
    }

    /** Returns how a listener is stopped; null if it can be killed, alone or with its supervisor. */
    private static String step(Owner owner) {
        Processes.Facts process = owner.process();
        String named = process.name() + " (pid " + process.pid() + ")";
        if (process.name().equals("systemd") || owner.processes().stream().anyMatch(each -> each.pid() == 1)) {
            return "do not kill " + process.pid() + ": " + process.name() + " is the first process of this machine,"
                + " container or session; stop its socket unit, or the container from outside";
        } else if (owner.startedUs()) {
            return "do not kill " + process.pid() + ": this command was started by " + named + "; stop "
                + process.name() + " where you started it";
        }
        return owner.supervisor() == null ? null : step(owner, owner.supervisor());
    }

    private static String step(Owner owner, Supervisor supervisor) {
        String name = supervisor.name();
        String process = name + " (pid " + supervisor.pid() + ")";
        return switch (supervisor.kind()) {
            case UNIT -> "systemctl stop " + Invocation.quoted(name);
            case USER_UNIT -> (owner.isAnotherUsers() ? "sudo systemctl --user -M " + owner.user() + "@ stop "
                : "systemctl --user stop ") + Invocation.quoted(name);
            case CONTAINER -> (name.equals("container") ? "stop the container " : name + " stop ") + supervisor.task();
            case PUBLISHER -> switch (name) {
                case "ssh", "kubectl", "limactl", "OrbStack" -> "end the tunnel of " + process;
                case "rootlessport", "slirp4netns", "gvproxy", "pasta", "pasta.avx2" ->
                    "stop the container that this shows: podman port --all";
                default -> "stop the container that this shows: docker ps --filter publish=" + owner.socket().port();
            };
            case RESTARTS_ONE, RESTARTS_SEVERAL -> owner.isAnotherUsers() || supervisor.isKilled() ? null
                : supervisor.task() != null ? "pm2 stop " + Invocation.quoted(supervisor.task())
                : "stop the program in " + process + ", which restarts it";
        };
    }

    /** All that have the socket are killed: a worker whose server has ended keeps the port. */
    private static String kill(List<Owner> owners) {
        List<Processes.Facts> processes = owners.stream().flatMap(owner -> owner.processes().stream()).toList();
        Stream<Long> supervisors = owners.stream().map(Owner::supervisor)
            .filter(supervisor -> supervisor != null && supervisor.isKilled()).map(Supervisor::pid);
        String pids = joined(Stream.concat(supervisors, processes.stream().map(Processes.Facts::pid)), " ");
        String paused = joined(processes.stream().filter(Processes.Facts::isStopped).map(Processes.Facts::pid), " ");
        String users = joined(owners.stream().filter(Owner::isAnotherUsers).map(Owner::user), " and ");
        String kill = users.isEmpty() ? "kill " : "sudo kill ";
        return (users.isEmpty() ? "" : "ask " + users + ", or: ") + kill + pids
            + (paused.isEmpty() ? "" : "; " + kill + "-CONT " + paused);
    }

    private static String joined(Stream<?> words, String separator) {
        return words.distinct().map(String::valueOf).collect(Collectors.joining(separator));
    }
}
