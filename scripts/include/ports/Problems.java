//SOURCES ../command/Invocation.java ../config/Config.java ../config/PortMap.java Allocator.java LocalPorts.java
//SOURCES Owner.java OwnerWords.java Processes.java Project.java ServicePort.java Supervisor.java

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds what is wrong with the ports of services, and what to do about it. */
final class Problems {

    /** The kinds of problems; their names in JSON. */
    enum Kind { DOWN, UNAVAILABLE, TAKEN, SHARED_PORT, DIFFERING_NAMES, RESERVED_PORT_IN_USE, OUTSIDE_RANGE }

    /** A problem of some services; the remedies are empty if none is known. */
    record Problem(Kind kind, List<PortMap.Service> services, String message, List<String> remedies) {

        Map<String, Object> fields() {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("kind", ServicePort.lowerCase(kind));
            fields.put("variables", services.stream().map(PortMap.Service::variable).toList());
            fields.put("message", message);
            fields.put("remedy", remedies.isEmpty() ? null : String.join("; ", remedies));
            return fields;
        }
    }

    private final Config config;
    private final Invocation invocation;
    private final List<Problem> problems = new ArrayList<>();
    private final Set<Integer> conflicts = new HashSet<>(); // Two services can have one port.
    private Allocator allocator;

    /** @param project the {@code --project} that was given, or null */
    Problems(Config config, String project) {
        this.config = config;
        invocation = new Invocation(config.envFile().path().toString(), project);
    }

    /**
     * Returns the problems of these ports; services that are not running come last.
     *
     * @param expected the statuses of services that should be running
     */
    List<Problem> of(List<ServicePort> ports, Set<PortMap.Status> expected) {
        Set<Integer> numbers = new HashSet<>();
        List<PortMap.Service> down = new ArrayList<>();
        for (ServicePort port : ports) {
            int number = port.service().port();
            boolean isExpected = expected.contains(port.service().status());
            addMisconfigured(port.service());
            addConflict(port, isExpected);
            if (numbers.add(number) && config.at(number).size() > 1) {
                addShared(config.at(number));
            }
            if (isExpected && port.isAvailable()) {
                down.add(port.service());
            }
        }
        if (!down.isEmpty()) {
            problems.add(new Problem(Kind.DOWN, down, (down.size() == 1 ? down.get(0).name() + " is"
                : down.size() + " expected services are") + " not running", List.of()));
        }
        return problems;
    }

    private void addMisconfigured(PortMap.Service service) {
        PortMap.Group group = service.group();
        if (group != null && !group.range.contains(service.port())) {
            problems.add(new Problem(Kind.OUTSIDE_RANGE, List.of(service), service.name() + " is configured for port "
                + service.port() + ", outside " + group.range,
                List.of("to move the service: " + allocator().setting(service))));
        }
        for (String difference : config.differences(service)) {
            problems.add(new Problem(Kind.DIFFERING_NAMES, List.of(service), difference,
                List.of("to correct this: set both to the same port")));
        }
    }

    /** Adds what keeps an expected service from its port, or which program listens on the port of a reserved one. */
    private void addConflict(ServicePort port, boolean isExpected) {
        boolean isReserved = port.service().status() == PortMap.Status.RESERVED && port.isTaken();
        if ((isReserved || isExpected && port.conflict() != null) && conflicts.add(port.service().port())) {
            Kind kind = isReserved ? Kind.RESERVED_PORT_IN_USE : port.isTaken() ? Kind.TAKEN : Kind.UNAVAILABLE;
            problems.add(new Problem(kind, List.of(port.service()), "P" + port.conflict().substring(1),
                remedies(port)));
        }
    }

    private void addShared(List<PortMap.Service> services) {
        int port = services.get(0).port();
        String names = services.stream().map(service -> service.name() + " (" + service.place() + ")")
            .collect(Collectors.joining(" and "));
        PortMap.Service keeper = allocator().keeper(port);
        List<PortMap.Service> others = services.stream().filter(service -> service != keeper).toList();
        String moves = others.stream().map(this::move).collect(Collectors.joining("; "));
        problems.add(new Problem(Kind.SHARED_PORT, services, "Port " + port + " is configured for " + services.size()
            + " services: " + names, List.of("to separate the services: " + moves)));
    }

    // Remedies. A command that is printed runs when it is pasted.

    /** Returns the remedies, in their order; none if the port is available. */
    List<String> remedies(ServicePort port) {
        List<String> remedies = new ArrayList<>();
        PortMap.Service service = port.service();
        boolean isRunning = service.name() != null && port.ownership() == Project.Ownership.OURS;
        String purpose = port.verdict() == LocalPorts.Verdict.DENIED ? "to bind the port: "
            : isRunning ? service.name() + " is running; to stop it: " : "to free the port: ";
        for (String step : steps(port, isRunning)) {
            remedies.add((remedies.isEmpty() ? purpose : "and: ") + step);
        }
        if (!port.isAvailable() && service.name() != null && !isRunning) {
            // find_port moves an undocumented service only if another program has its port.
            boolean isMoved = service.isDocumented() || port.ownership() == Project.Ownership.OTHER;
            remedies.add("to move the service: " + (isMoved ? move(service) : allocator().setting(service)));
        }
        return remedies;
    }

    String move(PortMap.Service service) {
        boolean isSet = service.place().equals(PortMap.ENVIRONMENT) || !allocator().canMove(service);
        return isSet ? allocator().setting(service)
            : invocation.command("find_port", "--write " + service.shortName());
    }

    /** Returns the one allocator of this answer, so that no two services are told the same port. */
    private Allocator allocator() {
        if (allocator == null) {
            allocator = new Allocator(config);
        }
        return allocator;
    }

    private Set<String> steps(ServicePort port, boolean isRunning) {
        Set<String> steps = new LinkedHashSet<>();
        List<Owner> toStop = new ArrayList<>();
        if (port.verdict() == LocalPorts.Verdict.DENIED) {
            steps.add("run as root");
        }
        for (Owner owner : port.owners()) {
            boolean isOwn = port.service().name() != null && owner.ownership() == Project.Ownership.OURS;
            if (isOwn && owner.isListener() && !isRunning) {
                continue; // The service's own listener is not in its way.
            }
            String step = switch (owner.socket().kind()) {
                case TIME_WAIT -> "wait, at most a minute";
                case UNKNOWN -> "stop the program that bound the port";
                case CONNECTION -> "wait until the connection is closed";
                case LISTENER -> owner.process() == null ? unseen(owner) : step(owner);
            };
            if (step != null) {
                steps.add(step);
            } else {
                toStop.add(owner);
            }
        }
        if (!toStop.isEmpty()) {
            steps.add(!isRunning ? kill(toStop)
                : invocation.command("check_port", "--stop " + port.service().shortName()));
        }
        return steps;
    }

    static String unseen(Owner owner) {
        return !owner.isAnotherUsers() ? "stop the process where it runs, in another container or namespace"
            : "stop the process that this command finds: sudo ss -ltnp 'sport = :" + owner.socket().port() + "'";
    }

    /** Returns how a listener is stopped; null if it can be signalled, alone or with its supervisors. */
    private static String step(Owner owner) {
        for (Processes.Facts process : owner.processes()) {
            String protection = OwnerWords.protection(owner, process);
            if (protection != null) {
                return "do not kill " + process.pid() + ": " + process.name() + protection;
            }
        }
        return owner.supervisors().stream().filter(each -> !each.isStoppedToo()).findFirst()
            .map(each -> step(owner, each)).orElse(null);
    }

    private static String step(Owner owner, Supervisor supervisor) {
        String name = supervisor.name();
        String process = name + " (pid " + supervisor.pid() + ")";
        return switch (supervisor.kind()) {
            case UNIT -> "systemctl stop " + Invocation.quoted(name);
            case USER_UNIT -> (owner.isAnotherUsers() ? "sudo " : "") + "systemctl --user "
                + (owner.user().equals(System.getProperty("user.name")) ? "" : "-M " + owner.user() + "@ ") + "stop "
                + Invocation.quoted(name);
            case CONTAINER -> (name.equals("container") ? "stop the container " : name + " stop ") + supervisor.task();
            case DOCKER ->
                "stop the container that this command shows: docker ps --filter publish=" + owner.socket().port();
            case PODMAN -> "stop the container that this command shows: podman port --all";
            case TUNNEL -> "stop the tunnel of " + process;
            case RESTARTER -> owner.isAnotherUsers() ? null
                : supervisor.task() != null ? "pm2 stop " + Invocation.quoted(supervisor.task())
                : "stop the program in " + process + ", which restarts it";
        };
    }

    /** Returns how all owners are killed: a worker that is left when its server stops keeps the port. */
    private static String kill(List<Owner> owners) {
        List<Processes.Facts> processes = owners.stream().flatMap(owner -> owner.processes().stream()).toList();
        Stream<Long> supervisors = owners.stream().flatMap(owner -> owner.supervisors().stream())
            .filter(Supervisor::isStoppedToo).map(Supervisor::pid);
        String pids = joined(Stream.concat(supervisors, processes.stream().map(Processes.Facts::pid)), " ");
        String paused = joined(processes.stream().filter(Processes.Facts::isPaused).map(Processes.Facts::pid), " ");
        String users = joined(owners.stream().filter(Owner::isAnotherUsers).map(Owner::user), " and ");
        String kill = users.isEmpty() ? "kill " : "sudo kill ";
        return (users.isEmpty() ? "" : "ask " + users + ", or: ") + kill + pids
            + (paused.isEmpty() ? "" : "; " + kill + "-CONT " + paused);
    }

    private static String joined(Stream<?> words, String separator) {
        return words.distinct().map(String::valueOf).collect(Collectors.joining(separator));
    }
}
