//SOURCES LocalPorts.java Processes.java Project.java Supervisor.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A socket on a port, and the processes that have it open; the other facts are those of the first process.
 *
 * @param processes first the one whose parent does not have the socket; empty if they cannot be seen
 * @param ancestors parent first
 * @param user who runs the process or, if it cannot be seen, created the socket; null if unknown
 * @param supervisor null if there is none
 * @param startedUs whether one of the processes is this program, or started it
 * @param isAnotherUsers whether this user may not stop the process; root may stop all
 */
record Owner(LocalPorts.TcpSocket socket, List<Processes.Facts> processes, List<Processes.Facts> ancestors, String user,
             Supervisor supervisor, Project.Ownership ownership, boolean startedUs, boolean isAnotherUsers) {

    LocalPorts.Kind kind() {
        return socket.kind();
    }

    boolean isListener() {
        return socket.kind() == LocalPorts.Kind.LISTENER;
    }

    /** Returns the first process; null if none can be seen. */
    Processes.Facts process() {
        return processes.isEmpty() ? null : processes.get(0);
    }

    /** Returns the owners of the ports that are not available, by port; a port that is denied has none. */
    static Map<Integer, List<Owner>> of(Map<Integer, LocalPorts.Verdict> verdicts, LocalPorts ports, Project project)
            throws IOException {
        List<LocalPorts.TcpSocket> sockets = new ArrayList<>();
        for (Map.Entry<Integer, LocalPorts.Verdict> port : verdicts.entrySet()) {
            if (port.getValue() != LocalPorts.Verdict.DENIED) {
                sockets.addAll(ports.sockets(port.getKey()));
            }
        }
        Processes processes = Processes.read();
        Set<Long> ids = sockets.stream().map(LocalPorts.TcpSocket::id).filter(id -> id != 0)
            .collect(Collectors.toSet());
        Map<Long, Set<Long>> holders = ports.hasTables ? Processes.withSockets(ids)
            : ids.stream().collect(Collectors.toMap(pid -> pid, Set::of)); // lsof shows pids
        Map<Integer, List<Owner>> owners = new HashMap<>();
        Set<List<?>> known = new HashSet<>(); // A server can have several sockets on one address.
        for (LocalPorts.TcpSocket socket : sockets) {
            Set<Long> pids = holders.getOrDefault(socket.id(), Set.of());
            if (known.add(List.of(socket.kind(), socket.address(), socket.port(), pids))) {
                owners.computeIfAbsent(socket.port(), port -> new ArrayList<>())
                    .add(of(socket, pids, processes, project));
            }
        }
        return owners;
    }

    private static Owner of(LocalPorts.TcpSocket socket, Set<Long> pids, Processes processes, Project project) {
        List<Processes.Facts> all = pids.stream().map(processes::of).filter(Objects::nonNull)
            .sorted((one, other) -> parentFirst(one, other, pids)).toList();
        Processes.Facts first = all.isEmpty() ? null : all.get(0);
        String user = first == null || first.user() == null ? Processes.userName(socket.uid()) : first.user();
        boolean isAnotherUsers = !processes.mayStop(user);
        if (first == null) {
            return new Owner(socket, all, List.of(), user, null, Project.Ownership.UNKNOWN, false, isAnotherUsers);
        }
        boolean startedUs = all.stream().anyMatch(processes::startedUs);
        return new Owner(socket, all, processes.ancestors(first.pid()), user, Supervisor.of(first, processes),
            Project.ownership(first, project, processes), startedUs, isAnotherUsers);
    }

    /** Compares without a Comparator of the JDK's, whose lambdas no class archive holds. */
    private static int parentFirst(Processes.Facts one, Processes.Facts other, Set<Long> pids) {
        int order = Boolean.compare(pids.contains(one.parent()), pids.contains(other.parent()));
        return order != 0 ? order : Long.compare(one.startTime(), other.startTime());
    }
}
