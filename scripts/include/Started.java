//SOURCES LocalPorts.java Occupants.java Processes.java Project.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The processes that a start script has started, and whether the ports that are waited for are theirs. */
final class Started {

    /**
     * Why waiting is in vain: a process has ended, or a stranger has the port.
     *
     * @param pid 0 where it is a stranger
     * @param status of the process that has ended; null where it is not to be seen
     */
    record Failure(long pid, Integer status, int port, List<Occupants.Occupant> strangers) { }

    private static final long GRACE_NANOS = 1_000_000_000; // for the child that a process leaves behind to listen

    private final Set<Long> pids;
    private final Project project;
    private final Map<Long, Long> endedAt = new HashMap<>();
    private Map<Integer, List<Occupants.Occupant>> occupants = Map.of();

    /** @param project what is ours, or null */
    Started(Collection<Long> pids, Project project) {
        this.pids = new HashSet<>(pids);
        this.project = project;
    }

    /** Looks who listens on these ports now. */
    void look(Collection<Integer> ports) throws IOException {
        LocalPorts localPorts = LocalPorts.read();
        List<LocalPorts.State> states = new ArrayList<>();
        for (int port : ports) {
            LocalPorts.State state = localPorts.state(port);
            if (state.verdict() == LocalPorts.Verdict.LISTENING) {
                states.add(state);
            }
        }
        occupants = states.isEmpty() ? Map.of() : Occupants.of(states, localPorts, project);
    }

    /** Whether who listens on this port is one of them or was started by one, or what those left behind that ended well. */
    boolean have(int port) {
        List<Occupants.Occupant> listeners = occupants.getOrDefault(port, List.of());
        boolean areAllEnded = endedAt.keySet().containsAll(pids);
        return isTheirs(listeners) || !listeners.isEmpty() && areAllEnded && !Boolean.FALSE.equals(Occupants.ours(listeners));
    }

    private boolean isTheirs(List<Occupants.Occupant> listeners) {
        return listeners.stream().anyMatch(listener -> Occupants.isHadBy(listener, pids));
    }

    /** Why it is in vain to wait for these ports any longer, or null. */
    Failure failure(Collection<Integer> ports) {
        for (int port : ports) {
            List<Occupants.Occupant> listeners = occupants.getOrDefault(port, List.of());
            if (!isTheirs(listeners) && Boolean.FALSE.equals(Occupants.ours(listeners))) {
                return new Failure(0, null, port, listeners);
            }
        }
        for (long pid : pids) {
            Integer status = Processes.exitStatus(pid);
            if (!Processes.isRunning(pid)) {
                endedAt.putIfAbsent(pid, System.nanoTime());
                boolean hasFailed = status != null && status != 0;
                if (hasFailed || System.nanoTime() - endedAt.get(pid) > GRACE_NANOS && areMoreThanCanCome(ports)) {
                    return new Failure(pid, status, 0, List.of());
                }
            }
        }
        return null;
    }

    /** Whether there are more ports without a listener than processes that may yet listen. */
    private boolean areMoreThanCanCome(Collection<Integer> ports) {
        long silent = ports.stream().filter(port -> !occupants.containsKey(port)).count();
        long pending = pids.stream().filter(pid -> !endedAt.containsKey(pid) && occupants.values().stream()
            .noneMatch(listeners -> listeners.stream().anyMatch(listener -> Occupants.isHadBy(listener, List.of(pid))))).count();
        return silent > pending;
    }
}
