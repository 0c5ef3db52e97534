//SOURCES ../command/Invocation.java ../command/Line.java ../config/Config.java ../config/PortMap.java Allocator.java
//SOURCES LocalPorts.java Owner.java Ownership.java Processes.java ServicePort.java Supervisor.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Says what a user can do about a port that is not available. A command that is printed runs when it is pasted. */
record Remedy(Config config, Invocation invocation) {

    /** Returns a line for each thing to do; none if the port is available. */
    List<Line> lines(ServicePort port) {
        List<Line> lines = new ArrayList<>();
        if (port.isAvailable()) {
            return lines;
        }
        PortMap.Service service = port.service();
        boolean isRunning = service.name() != null && port.ownership() == Ownership.OURS;
        String purpose = port.verdict() == LocalPorts.Verdict.DENIED ? "to bind the port: "
            : isRunning ? service.name() + " is running; to stop it: " : "to free the port: ";
        for (String step : steps(port, isRunning)) {
            lines.add(Line.of("  " + (lines.isEmpty() ? purpose : "and: ") + step));
        }
        if (service.name() != null && !isRunning) {
            // find_port moves an undocumented service only if another program has its port.
            boolean isMoved = service.isDocumented() || port.ownership() == Ownership.OTHER;
            lines.add(Line.of("  to move the service: " + (isMoved ? move(service) : setting(service))));
        }
        return lines;
    }

    /** Returns the lines in one. */
    static String joined(List<Line> lines) {
        return lines.stream().map(line -> line.toString().strip()).collect(Collectors.joining("; "));
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
        int port = freePort(service);
        return "set " + service.variable() + (port == 0 ? " to another port" : "=" + port) + " in "
            + (service.origin() == PortMap.Origin.ENVIRONMENT ? "the environment" : invocation.fileName());
    }

    private int freePort(PortMap.Service service) {
        try {
            return Allocator.freePortFor(service, config, LocalPorts.read());
        } catch (IOException e) {
            return 0;
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
        return owner.viewer() == 0 ? "stop the process where it runs, in another container or namespace"
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
