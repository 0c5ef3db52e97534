//SOURCES ../config/PortMap.java LocalPorts.java Owner.java Processes.java Project.java
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
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Stops the listeners of a port: all, or none. Each port is judged by itself. */
final class Stopping {

    /** What became of a port; the names are those of the JSON field. */
    enum Outcome { AVAILABLE, FREED, REFUSED, NOT_LISTENING, STILL_IN_USE, CAME_BACK, DENIED }

    /** Why a process is not signalled. */
    enum Refusal {
        UNSEEN(" cannot be signalled from here"),
        FIRST_PROCESS(" is the first process of this machine or container"),
        OWN_ANCESTOR(" started this command"),
        PUBLISHER(" serves the port of a container or another machine; stop that"),
        SUPERVISOR(" runs other programs, too; stop its program instead"),
        LOGIN(" belongs to a terminal, an editor or a login"),
        ANOTHER_USERS(" is a process of another user"),
        OTHER(" belongs to another program"),
        UNKNOWN(" may belong to another program");

        final String words;

        Refusal(String words) {
            this.words = words;
        }

        boolean canBeForced() {
            return this == OTHER || this == UNKNOWN;
        }
    }

    /** The first process of an owner that is not signalled; null if it cannot be seen. */
    record Refused(Owner owner, Processes.Facts process, Refusal reason) { }

    private static final Duration UNTIL_BINDABLE = Duration.ofSeconds(5);
    private static final Set<String> LOGINS = Set.of("sshd", "sshd-session", "dropbear", "code-server",
        "openvscode-server", "tmux", "screen", "SCREEN");
    private static final Pattern EDITOR = Pattern.compile(
        "/\\.(?:vscode|cursor|windsurf)-(?:server|remote)|/remote-dev-server|/\\.cache/JetBrains/RemoteDev");

    /** The port as it was. */
    final ServicePort before;
    final List<Refused> refused;
    /** The processes that were signalled, by pid. */
    final Map<Long, Processes.Facts> signalled = new LinkedHashMap<>();
    Outcome outcome;
    /** The owners that the port has now. */
    List<Owner> now;

    final Project project;
    private final boolean isForced;

    private Stopping(ServicePort before, Project project, boolean isForced) {
        this.before = before;
        this.project = project;
        this.isForced = isForced;
        now = before.owners();
        refused = !before.isListening() ? List.of() : now.stream().map(this::refused).filter(Objects::nonNull).toList();
        outcome = switch (before.verdict()) {
            case AVAILABLE -> Outcome.AVAILABLE;
            case DENIED -> Outcome.DENIED;
            case BOUND -> Outcome.NOT_LISTENING;
            case LISTENING -> refused.isEmpty() ? Outcome.STILL_IN_USE : Outcome.REFUSED;
        };
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
        List<Stopping> all = ServicePort.look(services, LocalPorts.read(), () -> project).stream()
            .map(port -> new Stopping(port, project, isForced)).toList();
        List<Stopping> begun = all.stream().filter(each -> each.outcome == Outcome.STILL_IN_USE).toList();
        Set<Long> told = new HashSet<>();
        begun.forEach(each -> each.terminate(told));
        if (!await(services(begun), grace)) {
            lookAgain(begun, project);
            await(services(begun.stream().filter(Stopping::kill).toList()), UNTIL_BINDABLE);
        }
        if (!begun.isEmpty()) {
            Thread.sleep(begun.stream().anyMatch(Stopping::mayBeRestarted) ? 1000 : 300);
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

    /** Looks who has the ports now. A server that started since has a new socket. */
    private static void lookAgain(List<Stopping> begun, Project project) throws IOException {
        List<ServicePort> ports = ServicePort.look(services(begun), LocalPorts.read(), () -> project);
        for (int i = 0; i < ports.size(); i++) {
            Stopping each = begun.get(i);
            each.now = ports.get(i).owners();
            each.outcome = ports.get(i).isAvailable() ? Outcome.FREED
                : each.now.isEmpty() || each.now.stream().anyMatch(each::isOriginal) ? Outcome.STILL_IN_USE
                : Outcome.CAME_BACK;
        }
    }

    boolean isAvailable() {
        return outcome == Outcome.AVAILABLE || outcome == Outcome.FREED;
    }

    private boolean isOriginal(Owner owner) {
        return before.owners().stream().anyMatch(original -> original.socket().id() == owner.socket().id());
    }

    private boolean mayBeRestarted() {
        return before.owners().stream().map(Owner::supervisor)
            .anyMatch(supervisor -> supervisor != null && supervisor.kind() != Supervisor.Kind.RESTARTS_ONE);
    }

    /** Returns why no process of an owner is signalled; null if all of them may be. */
    private Refused refused(Owner owner) {
        Processes processes = Processes.read();
        Processes.Facts self = processes.self();
        if (owner.process() == null || self == null || self.pid() != ProcessHandle.current().pid()) {
            return new Refused(owner, owner.process(), Refusal.UNSEEN); // Another namespace has other pids.
        }
        return owner.processes().stream()
            .map(process -> new Refused(owner, process, refusal(owner, process, processes)))
            .filter(refused -> refused.reason != null).findFirst().orElse(null);
    }

    private Refusal refusal(Owner owner, Processes.Facts process, Processes processes) {
        Supervisor supervisor = owner.supervisor();
        Project.Ownership ownership = Project.ownership(process, project, processes);
        boolean isInContainer = supervisor != null && supervisor.kind() == Supervisor.Kind.CONTAINER;
        return process.pid() == 1 || process.name().equals("systemd") ? Refusal.FIRST_PROCESS
            : processes.isDescendant(processes.self().pid(), process.pid()) ? Refusal.OWN_ANCESTOR
            : Supervisor.isPublisher(process) || isInContainer ? Refusal.PUBLISHER
            : supervisor != null && supervisor.pid() == process.pid() ? Refusal.SUPERVISOR
            : isOfLogin(process) ? Refusal.LOGIN
            : owner.isAnotherUsers() ? Refusal.ANOTHER_USERS
            : isForced || ownership == Project.Ownership.OURS ? null
            : ownership == Project.Ownership.OTHER ? Refusal.OTHER : Refusal.UNKNOWN;
    }

    /** Returns whether the user's terminal or editor would end with the process. */
    private static boolean isOfLogin(Processes.Facts process) {
        return LOGINS.contains(process.name())
            || EDITOR.matcher(process.executable() + " " + process.arguments()).find();
    }

    /** Sends SIGTERM, first to the supervisor. A process that shares the socket of its parent is left to its parent. */
    private void terminate(Set<Long> told) {
        Stream<Processes.Facts> supervisors = before.owners().stream().flatMap(this::supervisor);
        Stream<Processes.Facts> roots = before.owners().stream().map(Owner::processes).flatMap(all -> all.stream()
            .filter(process -> all.stream().noneMatch(other -> other.pid() == process.parent())));
        for (Processes.Facts process : Stream.concat(supervisors, roots).toList()) {
            signalled.put(process.pid(), process);
            if (told.add(process.pid())) { // A second SIGTERM makes some servers quit without saving.
                signal(process, ProcessHandle::destroy);
            }
        }
    }

    /** Returns the supervisor if it would restart the process and belongs to the project. */
    private Stream<Processes.Facts> supervisor(Owner owner) {
        Supervisor supervisor = owner.supervisor();
        return supervisor == null || !supervisor.isKilled() ? Stream.empty() : owner.ancestors().stream()
            .filter(ancestor -> ancestor.pid() == supervisor.pid())
            .filter(ancestor -> Project.ownership(ancestor, project, Processes.read()) == Project.Ownership.OURS);
    }

    /** Kills the processes that still have the original sockets; returns false if one of them may not be signalled. */
    private boolean kill() {
        List<Owner> originals = now.stream().filter(this::isOriginal).toList();
        if (originals.isEmpty() || originals.stream().anyMatch(owner -> refused(owner) != null)) {
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
        Processes.Facts now = Processes.read().of(process.pid());
        if (now != null && now.startTime() == process.startTime()) {
            ProcessHandle.of(process.pid()).ifPresent(signal);
        }
    }
}
