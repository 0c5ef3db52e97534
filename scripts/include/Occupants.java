//SOURCES Keeper.java LocalPorts.java Processes.java Project.java SocketTable.java TcpSocket.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Who has ports: one look at the sockets and one at the processes for all ports of a call. */
final class Occupants {

    /**
     * One socket, and who has it.
     *
     * @param process of those that share it, the one that none of the others started; null where it cannot be seen
     * @param others the rest of those that share it
     * @param user whose it is, also where the process cannot be seen; null where nobody tells
     * @param starter the nearest process above that is no shell, terminal or init; null if there is none
     * @param keeper who would start it again, or has to be told to stop it; null if nobody
     * @param isLeftover whether it is a child whose server is gone
     * @param ours whether it is of this project; null where that cannot be known
     * @param isAbove whether this program, or one that it was started by, is among those that have the socket
     * @param viewer the user who asks
     */
    record Occupant(TcpSocket socket, Processes.Facts process, List<Processes.Facts> others, String user, Processes.Facts starter,
                    Keeper keeper, boolean isLeftover, Boolean ours, boolean isAbove, long viewer) {

        TcpSocket.Kind kind() {
            return socket.kind();
        }

        /** All that have the socket, the first of them first. */
        List<Processes.Facts> sharers() {
            List<Processes.Facts> all = new ArrayList<>(process == null ? List.of() : List.of(process));
            all.addAll(others);
            return all;
        }

        /** Whether the user who asks may see and stop everything. */
        boolean isAskedByRoot() {
            return viewer == 0;
        }

        boolean isAskedByItsUser() {
            return viewer == (process == null || process.uid() < 0 ? socket.uid() : process.uid());
        }

        boolean isSameProcess(Occupant other) {
            return process == null ? other.process == null && socket.uid() == other.socket.uid()
                : other.process != null && process.pid() == other.process.pid();
        }
    }

    /** What runs on for a while and can be no server: it has inherited the socket. */
    private static final Set<String> NO_SERVERS = Set.of("sleep", "tail", "cat", "tee", "grep", "sed", "watch");

    private final Processes processes;
    private final Project project;
    private final Processes.Facts me;
    private final long viewer;

    private Occupants(Processes processes, Project project) {
        this.processes = processes;
        this.project = project;
        me = processes.self();
        viewer = me == null ? -1 : me.uid();
    }

    /**
     * Who has the ports of these states, by port; nobody where one is available or denied.
     *
     * @param project what is ours; null where there is none
     */
    static Map<Integer, List<Occupant>> of(Collection<LocalPorts.State> states, LocalPorts ports, Project project) throws IOException {
        List<TcpSocket> sockets = sockets(states, ports);
        Processes processes = new Processes(ports.hasTables());
        Set<Long> ids = new HashSet<>();
        Set<Long> pids = new HashSet<>();
        for (TcpSocket socket : sockets) {
            if (socket.holders() != null) {
                pids.addAll(socket.holders());
            } else if (socket.id() != 0) {
                ids.add(socket.id());
            }
        }
        processes.lookUpFolders(pids);
        Map<Long, List<Long>> holders = Processes.holders(ids);
        Occupants occupants = new Occupants(processes, project);
        Map<Integer, List<Occupant>> found = new TreeMap<>();
        for (TcpSocket socket : sockets) {
            List<Long> sharers = socket.holders() != null ? socket.holders() : holders.getOrDefault(socket.id(), List.of());
            Occupant occupant = occupants.of(socket, sharers);
            List<Occupant> known = found.computeIfAbsent(socket.port(), port -> new ArrayList<>());
            if (known.stream().noneMatch(other -> other.isSameProcess(occupant) && other.kind() == occupant.kind()
                    && other.socket.address().equals(socket.address()))) {
                known.add(occupant);
            }
        }
        return found;
    }

    private static List<TcpSocket> sockets(Collection<LocalPorts.State> states, LocalPorts ports) throws IOException {
        List<TcpSocket> sockets = new ArrayList<>();
        Set<Integer> bound = new HashSet<>();
        for (LocalPorts.State state : states) {
            sockets.addAll(state.listeners());
            if (state.verdict() == LocalPorts.Verdict.BOUND) {
                bound.add(state.port());
            }
        }
        if (!bound.isEmpty() && ports.hasTables()) {
            sockets.addAll(SocketTable.sockets(bound));
        }
        sockets.forEach(socket -> bound.remove(socket.port()));
        bound.forEach(port -> sockets.add(new TcpSocket(TcpSocket.Kind.UNKNOWN, "", port, -1, 0, List.of())));
        return sockets;
    }

    private Occupant of(TcpSocket socket, List<Long> pids) {
        List<Processes.Facts> sharers = new ArrayList<>();
        for (long pid : pids) {
            Processes.Facts sharer = processes.of(pid);
            if (sharer != null) {
                sharers.add(sharer);
            }
        }
        sharers.sort(Comparator.comparingInt((Processes.Facts sharer) -> (int) sharers.stream()
            .filter(other -> processes.isDescendant(sharer.pid(), other.pid())).count()).thenComparingLong(Processes.Facts::startTime));
        Processes.Facts first = sharers.isEmpty() ? null : sharers.get(0);
        if (first == null) {
            String user = Processes.userName(socket.uid());
            return new Occupant(socket, null, List.of(), user, null, null, false, null, false, viewer);
        }
        Keeper keeper = Keeper.of(first, processes);
        boolean isElsewhere = keeper != null && (keeper.kind() == Keeper.Kind.CONTAINER || keeper.kind() == Keeper.Kind.PUBLISHER);
        return new Occupant(socket, first, List.copyOf(sharers.subList(1, sharers.size())), user(first, socket),
            Keeper.starter(first, processes), keeper, isLeftover(first),
            project == null || isElsewhere ? null : project.contains(first),
            me != null && sharers.stream().anyMatch(sharer -> processes.isDescendant(me.pid(), sharer.pid())), viewer);
    }

    private static String user(Processes.Facts process, TcpSocket socket) {
        return process.uid() >= 0 ? Processes.userName(process.uid()) : ProcessHandle.of(process.pid())
            .flatMap(handle -> handle.info().user()).orElse(Processes.userName(socket.uid()));
    }

    /**
     * Whether its parent is gone and it is no server in its own right: it runs on in its parent's program without having
     * made itself a daemon, or is a program that never listens.
     */
    private boolean isLeftover(Processes.Facts process) {
        Processes.Facts parent = processes.of(process.parent());
        if (parent != null && !Keeper.isInit(parent)) {
            return false;
        }
        boolean isDaemon = process.session() != 0 && process.session() == process.group()
            && (process.session() == process.pid() || processes.of(process.session()) == null);
        return process.pid() != 1 && (NO_SERVERS.contains(process.name())
            || process.isForked() && (!isDaemon || process.command().contains("worker")));
    }

    /** Whose a port is: of the project alone: true, a stranger's, too: false, or not known: null. */
    static Boolean ours(List<Occupant> occupants) {
        boolean areAllOurs = !occupants.isEmpty();
        for (Occupant occupant : occupants) {
            if (Boolean.FALSE.equals(occupant.ours)) {
                return false;
            }
            areAllOurs &= occupant.kind() == TcpSocket.Kind.LISTENER && Boolean.TRUE.equals(occupant.ours);
        }
        return areAllOurs ? true : null;
    }

    /** Whether servers that have nothing to do with each other listen on one port; not where that cannot be known. */
    static boolean areUnrelated(List<Occupant> occupants) {
        for (Occupant one : occupants) {
            for (Occupant other : occupants) {
                if (one.kind() == TcpSocket.Kind.LISTENER && other.kind() == TcpSocket.Kind.LISTENER && isUnrelated(one, other)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean isUnrelated(Occupant one, Occupant other) {
        if (one.process == null || other.process == null) {
            return one.socket.uid() >= 0 && other.socket.uid() >= 0 && one.socket.uid() != other.socket.uid();
        }
        boolean isKeptTogether = one.keeper != null && other.keeper != null && one.keeper.kind() != Keeper.Kind.SUPERVISOR
            && one.keeper.name().equals(other.keeper.name());
        boolean areWorkers = one.process.parent() == other.process.parent()
            && (one.process.isForked() && other.process.isForked() || isOfOneProgram(one) && isOfOneProgram(other));
        return !isRelated(one, other) && !isRelated(other, one) && !isKeptTogether && !areWorkers;
    }

    /** Whether one process started the other, or has a socket of it. */
    private static boolean isRelated(Occupant one, Occupant other) {
        return one.sharers().stream().anyMatch(sharer -> sharer.pid() == other.process.pid() || sharer.pid() == other.process.parent());
    }

    /** Whether it runs the same script as the process that started it, as the workers of Node's cluster do. */
    private static boolean isOfOneProgram(Occupant occupant) {
        return occupant.starter != null && occupant.starter.pid() == occupant.process.parent()
            && occupant.starter.arguments().equals(occupant.process.arguments());
    }
}
