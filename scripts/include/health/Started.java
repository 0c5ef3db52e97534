//SOURCES ../ports/LocalPorts.java ../ports/Owner.java ../ports/Owners.java ../ports/Ownership.java
//SOURCES ../ports/Processes.java ../ports/Project.java

import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The processes that a start script has started, and whether the ports that are waited for are theirs. */
final class Started {

    /**
     * Why waiting is in vain: a process has ended, or a stranger has the port.
     *
     * @param pid 0 where it is a stranger
     * @param status of the process that has ended; null where it is not to be seen
     */
    record Failure(long pid, Integer status, int port, List<Owner> strangers) { }

    private static final long GRACE_NANOS = 1_000_000_000; // for the child that a process leaves behind to listen

    private final Map<Long, Processes.Facts> processes = new LinkedHashMap<>();
    private final Map<Long, Long> endedAt = new LinkedHashMap<>();
    private final Project project;
    private Collection<Integer> ports = List.of();
    private Map<Integer, List<Owner>> listeners = Map.of();
    private Processes now;

    /** @param project what is ours, or null */
    Started(Collection<Long> pids, Project project) {
        this.project = project;
        now = Processes.read();
        pids.forEach(pid -> processes.put(pid, now.of(pid)));
    }

    /** Looks who listens on these ports now, and which of the processes have ended. */
    void look(Collection<Integer> awaited) throws IOException {
        ports = awaited;
        LocalPorts localPorts = LocalPorts.read();
        Map<Integer, LocalPorts.Verdict> listening = new LinkedHashMap<>();
        for (int port : ports) {
            if (localPorts.verdict(port) == LocalPorts.Verdict.LISTENING) {
                listening.put(port, LocalPorts.Verdict.LISTENING);
            }
        }
        listeners = listening.isEmpty() ? Map.of() : Owners.of(listening, localPorts, project);
        now = Processes.read();
        processes.forEach((pid, process) -> {
            if (!isRunning(pid, process)) {
                endedAt.putIfAbsent(pid, System.nanoTime());
            }
        });
    }

    /** A number that belongs to another process by now has ended, too. */
    private boolean isRunning(long pid, Processes.Facts before) {
        Processes.Facts process = now.of(pid);
        return process != null && process.isRunning() && before != null && process.startTime() == before.startTime();
    }

    /** Whether who listens on this port is one of them or was started by one, or what those left behind that ended well. */
    boolean have(int port) {
        if (!listeners.containsKey(port)) {
            return false;
        }
        long foreign = listeners.keySet().stream().filter(other -> !isTheirs(other)).count();
        boolean mayBeLeftBehind = endedAt.size() == processes.size() || foreign <= endedAt.size();
        return isTheirs(port) || mayBeLeftBehind && strangers(port).isEmpty();
    }

    /** Whether nobody else listens there. */
    private boolean isTheirs(int port) {
        return listeners.get(port).stream().allMatch(listener -> processes.keySet().stream().anyMatch(pid -> isHad(listener, pid)));
    }

    /** Whether a listener belongs to this process, to a child of it, or shares its socket with one. */
    private boolean isHad(Owner listener, long pid) {
        return listener.processes().stream().anyMatch(sharer -> now.isDescendant(sharer.pid(), pid));
    }

    private List<Owner> strangers(int port) {
        return listeners.get(port).stream().filter(owner -> owner.ownership() == Ownership.OTHER)
            .filter(listener -> processes.keySet().stream().noneMatch(pid -> isHad(listener, pid))).toList();
    }

    /** Why it is in vain to wait any longer, or null. When time is up, nobody is given time to leave something behind. */
    Failure failure(boolean isTimeUp) {
        for (int port : listeners.keySet()) {
            List<Owner> strangers = strangers(port);
            if (!strangers.isEmpty()) {
                return new Failure(0, null, port, strangers);
            }
        }
        Failure failure = null;
        for (Map.Entry<Long, Long> ended : endedAt.entrySet()) {
            Integer status = Processes.exitStatus(ended.getKey());
            if (status != null && status != 0) {
                return new Failure(ended.getKey(), status, 0, List.of());
            }
            if ((isTimeUp || System.nanoTime() - ended.getValue() > GRACE_NANOS) && areMoreThanCanCome()) {
                failure = new Failure(ended.getKey(), status, 0, List.of());
            }
        }
        return failure;
    }

    /** Whether there are more ports without a listener than processes that may yet listen; one may do so on several. */
    private boolean areMoreThanCanCome() {
        long silent = ports.size() - listeners.size();
        if (endedAt.size() < processes.size() && ports.size() > processes.size()) {
            return false;
        }
        long pending = processes.keySet().stream().filter(pid -> !endedAt.containsKey(pid)
            && listeners.values().stream().noneMatch(all -> all.stream().anyMatch(listener -> isHad(listener, pid)))).count();
        return silent > pending;
    }
}
