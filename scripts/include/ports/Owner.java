//SOURCES LocalPorts.java Ownership.java Processes.java Project.java Supervisor.java TcpSocket.java

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

/**
 * A socket on a port, and the processes that have it open.
 *
 * @param processes first the one whose parent does not have the socket; empty if they cannot be seen
 * @param ancestors of the first process, parent first
 * @param user who runs the first process or, if it cannot be seen, created the socket; null if unknown
 * @param supervisor of the first process; null if there is none
 * @param ownership whether the socket belongs to the project: that of its first process
 * @param startedUs whether one of the processes is this program, or started it
 * @param viewer the user who runs this program
 */
record Owner(TcpSocket socket, List<Processes.Facts> processes, List<Processes.Facts> ancestors, String user,
             Supervisor supervisor, Ownership ownership, boolean startedUs, long viewer) {

    TcpSocket.Kind kind() {
        return socket.kind();
    }

    boolean isListener() {
        return socket.kind() == TcpSocket.Kind.LISTENER;
    }

    /** Returns the first process; null if none can be seen. */
    Processes.Facts process() {
        return processes.isEmpty() ? null : processes.get(0);
    }

    /** Returns whether the process, or the socket of one that cannot be seen, is another user's; root may stop all. */
    boolean isAnotherUsers() {
        long user = process() == null || process().uid() < 0 ? socket.uid() : process().uid();
        return viewer != 0 && viewer != user;
    }

    /**
     * Returns the owners of these ports, by port, with one look at the sockets and one at the processes; a port that is
     * available or denied has none.
     *
     * @param verdicts the ports, and the verdict on each
     * @param project the project that processes may belong to; null if there is none
     */
    static Map<Integer, List<Owner>> of(Map<Integer, LocalPorts.Verdict> verdicts, LocalPorts ports, Project project)
            throws IOException {
        List<TcpSocket> sockets = sockets(verdicts, ports);
        Map<Long, Set<Long>> holders = Processes.withSockets(
            sockets.stream().map(TcpSocket::id).filter(id -> id != 0).collect(Collectors.toSet()));
        Processes processes = ports.hasTables() ? Processes.read() : Processes.withoutProc();
        Map<Integer, List<Owner>> owners = new TreeMap<>();
        Set<List<?>> known = new HashSet<>(); // A server can have several sockets on one address.
        for (TcpSocket socket : sockets) {
            Collection<Long> pids = socket.holders() != null ? socket.holders()
                : holders.getOrDefault(socket.id(), Set.of());
            if (known.add(List.of(socket.kind(), socket.address(), socket.port(), socket.uid(), pids))) {
                owners.computeIfAbsent(socket.port(), port -> new ArrayList<>())
                    .add(of(socket, pids, processes, project));
            }
        }
        return owners;
    }

    /** A port that is bound has the sockets of its connections; if there are none, a socket that no table shows. */
    private static List<TcpSocket> sockets(Map<Integer, LocalPorts.Verdict> verdicts, LocalPorts ports)
            throws IOException {
        List<TcpSocket> sockets = new ArrayList<>();
        Set<Integer> bound = new HashSet<>();
        for (Map.Entry<Integer, LocalPorts.Verdict> port : verdicts.entrySet()) {
            if (port.getValue() == LocalPorts.Verdict.LISTENING) {
                sockets.addAll(ports.listeners(port.getKey()));
            } else if (port.getValue() == LocalPorts.Verdict.BOUND) {
                bound.add(port.getKey());
            }
        }
        if (!bound.isEmpty() && ports.hasTables()) {
            sockets.addAll(TcpSocket.inTables(bound));
        }
        sockets.forEach(socket -> bound.remove(socket.port()));
        bound.forEach(port -> sockets.add(new TcpSocket(TcpSocket.Kind.UNKNOWN, "", port, -1, 0, List.of())));
        return sockets;
    }

    private static Owner of(TcpSocket socket, Collection<Long> pids, Processes processes, Project project) {
        Processes.Facts self = processes.self();
        long viewer = self == null ? -1 : self.uid();
        List<Processes.Facts> all = pids.stream().map(processes::of).filter(Objects::nonNull)
            .sorted(Comparator.comparingLong((Processes.Facts process) -> processes.ancestors(process.pid()).stream()
                .filter(ancestor -> pids.contains(ancestor.pid())).count())
                .thenComparingLong(Processes.Facts::startTime)).toList(); // parents first
        String creator = Processes.userName(socket.uid());
        if (all.isEmpty()) {
            return new Owner(socket, all, List.of(), creator, null, Ownership.UNKNOWN, false, viewer);
        }
        Processes.Facts first = all.get(0);
        boolean startedUs = self != null
            && all.stream().anyMatch(process -> processes.isDescendant(self.pid(), process.pid()));
        return new Owner(socket, all, processes.ancestors(first.pid()), first.user() != null ? first.user() : creator,
            Supervisor.of(first, processes), Ownership.of(first, project, processes), startedUs, viewer);
    }
}
