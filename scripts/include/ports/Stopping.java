//SOURCES ../config/PortMap.java LocalPorts.java Owner.java OwnerWords.java Problems.java Processes.java Project.java
//SOURCES ServicePort.java Supervisor.java

import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Stops the listeners of a port: all, or none. Each port is judged by itself. */
final class Stopping {

    /** What became of a port; the names are those of the JSON field. */
    enum Outcome { AVAILABLE, FREED, REFUSED, NOT_LISTENING, STILL_IN_USE, CAME_BACK }

    private static final Duration UNTIL_BINDABLE = Duration.ofSeconds(5);

    /** The port as it was, and as it is now. */
    final ServicePort before;
    ServicePort now;
    private final Project project;
    private final boolean isForced;
    private final List<String> refusals;
    /** The processes that were signalled, by pid. */
    final Map<Long, Processes.Facts> signalled = new LinkedHashMap<>();

    private Stopping(ServicePort port, Project project, boolean isForced) {
        before = port;
        now = port;
        this.project = project;
        this.isForced = isForced;
        refusals = port.owners().stream().map(this::refusal).filter(Objects::nonNull).distinct().toList();
    }

    /**
     * Stops the listeners of the ports of these services, and waits until the ports are available.
     *
     * @param project whose listeners are stopped; null if there is none
     * @param grace how long a server may take to stop before it is killed
     * @param isForced whether other programs are stopped, too
     */
    static List<Stopping> stop(List<PortMap.Service> services, Project project, Duration grace, boolean isForced)
            throws IOException, InterruptedException {
        List<Stopping> all = ServicePort.look(services, LocalPorts.read(), project).stream()
            .map(port -> new Stopping(port, project, isForced)).toList();
        List<Stopping> begun = all.stream().filter(each -> each.outcome() == Outcome.STILL_IN_USE).toList();
        Set<Long> terminated = new HashSet<>();
        begun.forEach(each -> each.terminate(terminated));
        if (!await(services(begun), grace)) {
            lookAgain(begun, project);
            await(services(begun.stream().filter(Stopping::kill).toList()), UNTIL_BINDABLE);
        }
        if (!begun.isEmpty()) {
            Thread.sleep(begun.stream().allMatch(each -> each.restarters().isEmpty()) ? 300 : 1000);
            lookAgain(begun, project);
        }
        return all;
    }

    /** Waits until the ports of these services are available or the time is up; returns whether they are. */
    static boolean await(List<PortMap.Service> services, Duration patience) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        for (PortMap.Service service : services) {
            for (long pause = 5; !LocalPorts.read().isAvailable(service.port()); pause = Math.min(2 * pause, 100)) {
                if (System.nanoTime() >= deadline) {
                    return false;
                }
                Thread.sleep(pause);
            }
        }
        return true;
    }

    private static List<PortMap.Service> services(List<Stopping> stoppings) {
        return stoppings.stream().map(each -> each.before.service()).toList();
    }

    private static void lookAgain(List<Stopping> begun, Project project) throws IOException {
        List<ServicePort> ports = ServicePort.look(services(begun), LocalPorts.read(), project);
        for (int i = 0; i < ports.size(); i++) {
            begun.get(i).now = ports.get(i);
        }
    }

    Outcome outcome() {
        return switch (before.verdict()) {
            case AVAILABLE -> Outcome.AVAILABLE;
            case BOUND, DENIED -> Outcome.NOT_LISTENING;
            case LISTENING -> !refusals.isEmpty() ? Outcome.REFUSED
                : now.isAvailable() ? Outcome.FREED
                : now.isListening() && now.owners().stream().noneMatch(this::isOriginal) ? Outcome.CAME_BACK
                : Outcome.STILL_IN_USE;
        };
    }

    /** Returns whether the socket is one of those before; a server that started since has a new socket. */
    private boolean isOriginal(Owner owner) {
        return before.owners().stream().anyMatch(original -> original.socket().id() == owner.socket().id());
    }

    // Which processes are signalled.

    /** Returns which process of an owner must not be signalled, and why; null if all may be signalled. */
    private String refusal(Owner owner) {
        Processes processes = new Processes();
        for (Processes.Facts process : owner.processes()) {
            String why = refusal(owner, process, processes);
            if (why != null) {
                boolean isFirst = process == owner.process();
                return (isFirst ? OwnerWords.brief(List.of(owner)) : OwnerWords.process(process)) + why;
            }
        }
        return owner.process() == null ? OwnerWords.brief(List.of(owner)) + "; " + Problems.unseen(owner) : null;
    }

    /** Returns why a process of an owner must not be signalled; null if it may be signalled. */
    private String refusal(Owner owner, Processes.Facts process, Processes processes) {
        Processes.Facts self = processes.self();
        if (self == null || self.pid() != ProcessHandle.current().pid()) {
            return " cannot be signalled from here"; // Another namespace has other pids.
        }
        String protection = OwnerWords.protection(owner, process);
        String always = protection != null ? protection
            : Supervisor.publisher(process) != null
                ? " serves the port of a container or another machine; stop the container or the tunnel"
            : owner.supervisors().stream().anyMatch(each -> each.pid() == process.pid())
                ? " runs several programs; stop only the program that uses the port"
            : owner.isAnotherUsers() ? " is a process of another user" : null;
        return always != null || isForced ? always : refusalUnlessForced(process, processes);
    }

    private String refusalUnlessForced(Processes.Facts process, Processes processes) {
        String way = project != null ? "; --force stops it too"
            : "; use --project DIR to name the project, or --force to stop the process";
        return switch (Project.ownership(process, project, processes)) {
            case OURS -> null;
            case OTHER -> " belongs to another program" + way;
            case UNKNOWN -> " may belong to another program" + way;
        };
    }

    /**
     * Sends SIGTERM, first to a supervisor of the project that would restart the process. A process whose parent uses
     * the port, too, is left to its parent.
     */
    private void terminate(Set<Long> terminated) {
        Processes processes = new Processes();
        Stream<Processes.Facts> supervisors = before.owners().stream().flatMap(owner -> owner.supervisors().stream())
            .filter(Supervisor::isStoppedToo).map(each -> processes.of(each.pid()))
            .filter(each -> Project.ownership(each, project, processes) == Project.Ownership.OURS);
        List<Processes.Facts> all = before.owners().stream().flatMap(owner -> owner.processes().stream()).toList();
        Stream<Processes.Facts> roots = all.stream()
            .filter(process -> all.stream().noneMatch(other -> other.pid() == process.parent()));
        for (Processes.Facts process : Stream.concat(supervisors, roots).toList()) {
            signalled.put(process.pid(), process);
            if (terminated.add(process.pid())) { // A second SIGTERM makes some servers quit without saving.
                signal(process, ProcessHandle::destroy);
            }
        }
    }

    /** Kills the processes that still have the original sockets; returns false if one of them may not be signalled. */
    private boolean kill() {
        List<Owner> originals = now.owners().stream().filter(this::isOriginal).toList();
        if (originals.isEmpty() || originals.stream().anyMatch(owner -> refusal(owner) != null)) {
            return false;
        }
        for (Processes.Facts process : originals.stream().flatMap(owner -> owner.processes().stream()).toList()) {
            signalled.put(process.pid(), process);
            signal(process, ProcessHandle::destroyForcibly);
        }
        return true;
    }

    /** Signals the process unless its pid belongs to another process by now. */
    static void signal(Processes.Facts process, Consumer<ProcessHandle> signal) {
        Processes.Facts now = new Processes().of(process.pid());
        if (now != null && now.startTime() == process.startTime()) {
            ProcessHandle.of(process.pid()).ifPresent(signal);
        }
    }

    // Words.

    /** Returns what happened; empty if the port was available before. */
    String words() {
        String stopped = signalled.values().stream().map(OwnerWords::process).collect(Collectors.joining(" and "));
        String owners = OwnerWords.brief(now.owners());
        return switch (outcome()) {
            case AVAILABLE -> "";
            case NOT_LISTENING -> "nothing listens, so nothing was stopped: "
                + (owners.isEmpty() ? before.brief() : owners);
            case REFUSED -> "not stopped: " + String.join("; ", refusals);
            case FREED -> "stopped " + stopped + restarters().stream().map(each -> "; " + each + " may start it again")
                .collect(Collectors.joining());
            case STILL_IN_USE -> "told " + stopped + " to stop; still in use"
                + (owners.isEmpty() ? "" : " by " + owners);
            case CAME_BACK -> "stopped " + stopped + ", but it came back as " + owners + starter(now.owners().get(0));
        };
    }

    /** Returns the supervisors that are not stopped with their program. */
    private List<String> restarters() {
        return before.owners().stream().flatMap(owner -> owner.supervisors().stream())
            .filter(each -> !each.isStoppedToo()).map(OwnerWords::supervisor).distinct().toList();
    }

    /** A shell that restarts a server is a starter, too. */
    private static String starter(Owner owner) {
        return !owner.supervisors().isEmpty() ? ", started by " + OwnerWords.supervisors(owner)
            : owner.ancestors().isEmpty() ? "" : ", started by " + OwnerWords.process(owner.ancestors().get(0));
    }

    Map<String, Object> fields() {
        Map<String, Object> fields = ServicePort.fields(before.service());
        fields.put("outcome", ServicePort.lowerCase(outcome()));
        fields.put("stopped", List.copyOf(signalled.keySet()));
        fields.put("reason", words().isEmpty() ? null : words());
        fields.put("occupants", now.owners().stream().map(OwnerWords::fields).toList());
        return fields;
    }
}
