//SOURCES LocalPorts.java Processes.java Project.java Supervisor.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A socket on a port, and the processes that have it open; the other facts are those of the first process.
 *
 * @param processes the process whose parent does not have the socket comes first; empty if none can be seen
 * @param ancestors parent first
 * @param user who runs the process or, if no process can be seen, who created the socket; null if unknown
 * @param supervisors the farthest first
 * @param starters the pids of the processes that are this program, or started it
 * @param isAnotherUsers whether this user may not stop the process; root may stop all
 */
record Owner(LocalPorts.TcpSocket socket, List<Processes.Facts> processes, List<Processes.Facts> ancestors, String user,
             List<Supervisor> supervisors, Project.Ownership ownership, Set<Long> starters, boolean isAnotherUsers) {

    boolean isListener() {
        return socket.kind() == LocalPorts.Kind.LISTENER;
    }

    /** Returns the first process; null if none can be seen. */
    Processes.Facts process() {
        return processes.isEmpty() ? null : processes.get(0);
    }

    /** Returns the owners of these ports, which are in use, by port. */
    static Map<Integer, List<Owner>> of(Set<Integer> numbers, LocalPorts ports, Project project) throws IOException {
        List<LocalPorts.TcpSocket> sockets = new ArrayList<>();
        Set<Long> ids = new HashSet<>();
        for (int number : numbers) {
            for (LocalPorts.TcpSocket socket : ports.sockets(number)) {
                sockets.add(socket);
                ids.add(socket.id());
            }
        }
        ids.remove(0L);
        Map<Long, Set<Long>> pidsBySocket = ports.hasTables ? Processes.withSockets(ids)
            : ids.stream().collect(Collectors.toMap(pid -> pid, Set::of)); // lsof shows pids
        Processes processes = new Processes();
        Map<Integer, List<Owner>> owners = new HashMap<>();
        Set<List<?>> known = new HashSet<>(); // A server can have several sockets on one address.
        for (LocalPorts.TcpSocket socket : sockets) {
            Set<Long> pids = pidsBySocket.getOrDefault(socket.id(), Set.of());
            if (known.add(List.of(socket.kind(), socket.address(), socket.port(), pids))) {
                owners.computeIfAbsent(socket.port(), port -> new ArrayList<>())
                    .add(of(socket, pids, processes, project));
            }
        }
        return owners;
    }

    private static Owner of(LocalPorts.TcpSocket socket, Set<Long> pids, Processes processes, Project project) {
        List<Processes.Facts> all = new ArrayList<>();
        int parents = 0;
        for (long pid : pids) {
            Processes.Facts process = processes.of(pid);
            if (process != null) {
                all.add(pids.contains(process.parent()) ? all.size() : parents++, process);
            }
        }
        Processes.Facts first = all.isEmpty() ? null : all.get(0);
        String user = first == null || first.user() == null ? Processes.userName(socket.uid()) : first.user();
        return new Owner(socket, all, first == null ? List.of() : processes.ancestors(first.pid()), user,
            first == null ? List.of() : Supervisor.of(first, processes), Project.ownership(first, project, processes),
            all.stream().filter(processes::startedUs).map(Processes.Facts::pid).collect(Collectors.toSet()),
            !processes.mayStop(user));
    }
}
