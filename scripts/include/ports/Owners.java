//SOURCES Keeper.java LocalPorts.java Ownership.java Processes.java Project.java SocketTable.java TcpSocket.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Who has ports: one look at the sockets and one at the processes for all ports of a call. */
final class Owners {

    /**
     * One socket, and who has it.
     *
     * @param processes the processes that have it, first the one that none of the others started; none where they cannot be seen
     * @param ancestors what started the first of them, nearest first
     * @param user whose it is, also where the process cannot be seen; null where nobody tells
     * @param keeper who would start it again, or has to be told to stop it; null if nobody
     * @param isLeftover whether it is a child whose server is gone
     * @param ownership whose the first of them is
     * @param isAbove whether this program, or one that it was started by, is among those that have the socket
     * @param viewer the user who asks
     */
    record Owner(TcpSocket socket, List<Processes.Facts> processes, List<Processes.Facts> ancestors, String user, Keeper keeper,
                    boolean isLeftover, Ownership ownership, boolean isAbove, long viewer) {

        TcpSocket.Kind kind() {
            return socket.kind();
        }

        /** The first of those that share it; null where none can be seen. */
        Processes.Facts process() {
            return processes.isEmpty() ? null : processes.get(0);
        }

        /** The rest of those that share it. */
        List<Processes.Facts> workers() {
            return processes.isEmpty() ? processes : processes.subList(1, processes.size());
        }

        /** The nearest process above it that is no shell, terminal or init; null if there is none. */
        Processes.Facts starter() {
            return Keeper.starter(ancestors);
        }

        /** Whether the user who asks may see and stop everything. */
        boolean isAskedByRoot() {
            return viewer == 0;
        }

        /** The parent, if it runs as another user who also made the socket: it may have it, too, and cannot be seen to. */
        Processes.Facts unseenMaster() {
            Processes.Facts parent = isAskedByRoot() || ancestors.isEmpty() ? null : ancestors.get(0);
            return parent != null && !Keeper.isInit(parent) && socket.uid() == parent.uid() && parent.uid() != process().uid()
                ? parent : null;
        }

        boolean isAskedByItsUser() {
            return viewer == (process() == null || process().uid() < 0 ? socket.uid() : process().uid());
        }

        boolean isSameProcess(Owner other) {
            return process() == null ? other.process() == null && socket.uid() == other.socket.uid()
                : other.process() != null && process().pid() == other.process().pid();
        }

        boolean isOurs() {
            return ownership == Ownership.OURS;
        }

        boolean isOthers() {
            return ownership == Ownership.OTHER;
        }

        /** Whether the kernel may have chosen the port: for a connection, or for a stranger whose command line does not name it. */
        boolean mayBeChosenByKernel() {
            return switch (kind()) {
                case CONNECTION, TIME_WAIT -> true;
                case LISTENER -> isOthers() && process().arguments().stream()
                    .noneMatch(argument -> argument.matches("(?s)(.*\\D)?" + socket.port() + "(\\D.*)?"));
                case UNKNOWN -> false;
            };
        }

        private boolean isListener() {
            return socket.kind() == TcpSocket.Kind.LISTENER;
        }
    }

    /** What runs on for a while and can be no server: it has inherited the socket. */
    private static final Set<String> NO_SERVERS = Set.of("sleep", "tail", "cat", "tee");

    private final Processes processes;
    private final Project project;
    private final Processes.Facts me;

    private Owners(Processes processes, Project project) {
        this.processes = processes;
        this.project = project;
        me = processes.self();
    }

    /**
     * Who has the ports of these states, by port; nobody where one is available or denied.
     *
     * @param project what is ours; null where there is none
     */
    static Map<Integer, List<Owner>> of(Collection<LocalPorts.State> states, LocalPorts ports, Project project) throws IOException {
        List<TcpSocket> sockets = sockets(states, ports);
        Processes processes = new Processes(ports.hasTables());
        processes.lookUpFolders(sockets.stream().filter(socket -> socket.holders() != null)
            .flatMap(socket -> socket.holders().stream()).collect(Collectors.toSet()));
        Map<Long, Set<Long>> holders = Processes.holders(sockets.stream().filter(socket -> socket.holders() == null)
            .map(TcpSocket::id).filter(id -> id != 0).collect(Collectors.toSet()));
        Owners owners = new Owners(processes, project);
        Map<Integer, List<Owner>> found = new TreeMap<>();
        for (TcpSocket socket : sockets) {
            Owner owner = owners.of(socket, socket.holders() != null ? socket.holders()
                : holders.getOrDefault(socket.id(), Set.of()));
            List<Owner> known = found.computeIfAbsent(socket.port(), port -> new ArrayList<>());
            if (known.stream().noneMatch(other -> other.isSameProcess(owner) && other.kind() == owner.kind()
                    && other.socket.address().equals(socket.address()))) {
                known.add(owner);
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

    private Owner of(TcpSocket socket, Collection<Long> pids) {
        List<Processes.Facts> sharers = new ArrayList<>(pids.stream().map(processes::of).filter(Objects::nonNull).toList());
        long viewer = me == null ? -1 : me.uid();
        if (sharers.isEmpty()) {
            return new Owner(socket, sharers, List.of(), Processes.userName(socket.uid()), null, false, Ownership.UNKNOWN, false,
                viewer);
        }
        sharers.sort(Comparator.comparingInt((Processes.Facts sharer) -> (int) sharers.stream()
            .filter(other -> processes.isDescendant(sharer.pid(), other.pid())).count()).thenComparingLong(Processes.Facts::startTime));
        Processes.Facts first = sharers.get(0);
        Keeper keeper = Keeper.of(first, processes);
        boolean isElsewhere = keeper != null && (keeper.kind() == Keeper.Kind.CONTAINER || keeper.kind() == Keeper.Kind.PUBLISHER);
        boolean isAbove = me != null && sharers.stream().anyMatch(sharer -> processes.isDescendant(me.pid(), sharer.pid()));
        return new Owner(socket, sharers, processes.ancestors(first.pid()), processes.user(first, socket.uid()), keeper,
            isLeftover(first), project == null || isElsewhere ? Ownership.UNKNOWN : Ownership.of(first, project), isAbove, viewer);
    }

    /**
     * Whether its parent is gone and it is no server in its own right: it runs on in its parent's program without having
     * made itself a daemon, or is a program that never listens.
     */
    private boolean isLeftover(Processes.Facts process) {
        Processes.Facts parent = processes.of(process.parent());
        if (process.pid() == 1 || parent != null && !Keeper.isInit(parent)) {
            return false;
        }
        boolean isDaemon = process.session() != 0 && process.session() == process.group()
            && (process.session() == process.pid() || processes.of(process.session()) == null);
        return NO_SERVERS.contains(process.name()) || process.isForked() && (!isDaemon || process.command().contains("worker"));
    }

    /** Whose a port is: ours, where nobody else has it, or a stranger's, where one has it at all. */
    static Ownership ownership(List<Owner> owners) {
        if (owners.stream().anyMatch(Owner::isOthers)) {
            return Ownership.OTHER;
        }
        boolean areAllOurs = owners.stream().allMatch(owner -> owner.isListener() && owner.isOurs());
        return areAllOurs && !owners.isEmpty() ? Ownership.OURS : Ownership.UNKNOWN;
    }

    /** Whether servers that have nothing to do with each other listen on one port; not where that cannot be known. */
    static boolean areUnrelated(List<Owner> owners) {
        List<Owner> listeners = owners.stream().filter(Owner::isListener).toList();
        return listeners.stream().anyMatch(one -> listeners.stream().anyMatch(other -> isUnrelated(one, other)));
    }

    private static boolean isUnrelated(Owner one, Owner other) {
        Processes.Facts first = one.process();
        Processes.Facts second = other.process();
        if (first == null || second == null) {
            return one.socket.uid() >= 0 && other.socket.uid() >= 0 && one.socket.uid() != other.socket.uid();
        }
        boolean isKeptTogether = one.keeper != null && other.keeper != null && one.keeper.kind() != Keeper.Kind.SUPERVISOR
            && one.keeper.name().equals(other.keeper.name());
        boolean areWorkers = first.parent() == second.parent()
            && (first.isForked() && second.isForked() || isOfOneProgram(one) && isOfOneProgram(other));
        return !isRelated(one, second) && !isRelated(other, first) && !isKeptTogether && !areWorkers;
    }

    /** Whether one of these started the other, or has a socket of it. */
    private static boolean isRelated(Owner one, Processes.Facts other) {
        return one.processes.stream().anyMatch(sharer -> sharer.pid() == other.pid() || sharer.pid() == other.parent());
    }

    /** Whether it runs the same script as the process that started it, as the workers of Node's cluster do. */
    private static boolean isOfOneProgram(Owner owner) {
        return !owner.ancestors.isEmpty() && owner.ancestors.get(0).arguments().equals(owner.process().arguments());
    }
}
