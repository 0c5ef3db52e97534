//SOURCES LocalPorts.java Lsof.java Owner.java Ownership.java Processes.java Project.java SocketTable.java
//SOURCES Supervisor.java TcpSocket.java

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

/** Finds the owners of ports: one look at the sockets and one at the processes for all ports of a call. */
final class Owners {

    private final Processes processes;
    private final Project project;
    private final Processes.Facts self;

    private Owners(Processes processes, Project project) {
        this.processes = processes;
        this.project = project;
        self = processes.self();
    }

    /**
     * Returns the owners of these ports, by port; a port that is available or denied has none.
     *
     * @param verdicts the ports, and the verdict on each
     * @param project the project that processes may belong to; null if there is none
     */
    static Map<Integer, List<Owner>> of(Map<Integer, LocalPorts.Verdict> verdicts, LocalPorts ports, Project project)
            throws IOException {
        List<TcpSocket> sockets = sockets(verdicts, ports);
        Set<Long> holders = sockets.stream().filter(socket -> socket.holders() != null)
            .flatMap(socket -> socket.holders().stream()).collect(Collectors.toSet());
        Map<Long, Set<Long>> pids = Processes.withSockets(sockets.stream().filter(socket -> socket.holders() == null)
            .map(TcpSocket::id).filter(id -> id != 0).collect(Collectors.toSet()));
        Owners owners = new Owners(new Processes(ports.hasTables() ? null : Lsof.folders(holders)), project);
        Map<Integer, List<Owner>> found = new TreeMap<>();
        for (TcpSocket socket : sockets) {
            Owner owner = owners.of(socket,
                socket.holders() != null ? socket.holders() : pids.getOrDefault(socket.id(), Set.of()));
            List<Owner> known = found.computeIfAbsent(socket.port(), port -> new ArrayList<>());
            if (known.stream().noneMatch(other -> other.isSameProcess(owner) && other.kind() == owner.kind()
                    && other.socket().address().equals(socket.address()))) {
                known.add(owner);
            }
        }
        return found;
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
            sockets.addAll(SocketTable.sockets(bound));
        }
        sockets.forEach(socket -> bound.remove(socket.port()));
        bound.forEach(port -> sockets.add(new TcpSocket(TcpSocket.Kind.UNKNOWN, "", port, -1, 0, List.of())));
        return sockets;
    }

    private Owner of(TcpSocket socket, Collection<Long> pids) {
        List<Processes.Facts> all = new ArrayList<>(pids.stream().map(processes::of).filter(Objects::nonNull).toList());
        long viewer = self == null ? -1 : self.uid();
        String creator = Processes.userName(socket.uid());
        if (all.isEmpty()) {
            return new Owner(socket, all, List.of(), creator, null, Ownership.UNKNOWN, false, viewer);
        }
        // Parents first.
        all.sort(Comparator.comparingLong((Processes.Facts process) -> processes.ancestors(process.pid()).stream()
            .filter(ancestor -> pids.contains(ancestor.pid())).count()).thenComparingLong(Processes.Facts::startTime));
        Processes.Facts first = all.get(0);
        boolean startedUs = self != null
            && all.stream().anyMatch(process -> processes.isDescendant(self.pid(), process.pid()));
        return new Owner(socket, all, processes.ancestors(first.pid()), first.user() != null ? first.user() : creator,
            Supervisor.of(first, processes), Ownership.of(first, project, processes), startedUs, viewer);
    }
}
