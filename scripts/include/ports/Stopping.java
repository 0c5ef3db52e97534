//SOURCES LocalPorts.java Owner.java Owners.java Ownership.java Processes.java Project.java Supervisor.java

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Frees ports by ending the servers that listen on them: for each port all of them, or none. */
final class Stopping {

    /**
     * What became of a port: it was available before, or what had it has ended; not everyone who has it may be ended, so
     * nobody was; it is in use and nothing listens; its servers were told to end, and it is still in use, or was taken again
     * within a second; or this user may not bind it, so that whether it is free cannot be told.
     */
    enum Outcome { AVAILABLE, FREED, REFUSED, NOT_LISTENING, STILL_IN_USE, CAME_BACK, DENIED }

    /** Why a process is not ended. */
    enum Refusal { UNSEEN, FIRST_PROCESS, OWN_ANCESTOR, PUBLISHER, LOGIN, OTHER, NOT_KNOWN, SHARED, NOT_PERMITTED, PARENT_UNSEEN,
        HAS_ANOTHER }

    /** Who had the port, why some were not ended, and who has it now. */
    record Result(int port, Outcome outcome, List<Owner> owners, Map<Owner, Refusal> refusals,
                  List<Owner> now) { }

    private static final Duration UNTIL_BINDABLE = Duration.ofSeconds(5);
    private static final Duration UNTIL_BACK = Duration.ofSeconds(1);
    private static final Set<String> LOGINS = Set.of("sshd", "sshd-session", "dropbear", "code-server", "openvscode-server", "tmux",
        "screen", "SCREEN");
    private static final Set<String> EDITORS = Set.of("/.vscode-server", "/.vscode-remote/", "/.cursor-server", "/.windsurf-server",
        "/remote-dev-server", "/.cache/JetBrains/RemoteDev");

    private Stopping() { }

    /**
     * Ends what listens on these ports, and waits until they are free.
     *
     * @param project whose servers are ended; null where there is none
     * @param grace how long a server may take to end before it is killed
     * @param isForced whether strangers' servers are ended, too
     */
    static List<Result> free(Collection<Integer> ports, Project project, Duration grace, boolean isForced) throws IOException {
        Map<Integer, Result> results = judge(ports, project, isForced);
        Map<Integer, List<Owner>> toEnd = new LinkedHashMap<>();
        results.values().stream().filter(result -> result.outcome == Outcome.FREED)
            .forEach(result -> toEnd.put(result.port, result.owners));
        toEnd.values().forEach(owners -> owners.forEach(Stopping::terminate));
        List<Integer> inUse = await(true, toEnd.keySet(), grace);
        kill(inUse, toEnd);
        inUse = await(true, inUse, UNTIL_BINDABLE);
        List<Integer> freed = new ArrayList<>(toEnd.keySet());
        freed.removeAll(inUse);
        List<Integer> stillFree = await(false, freed, UNTIL_BACK);
        Map<Integer, List<Owner>> now = owners(toEnd.keySet(), project);
        for (int port : toEnd.keySet()) {
            Outcome outcome = inUse.contains(port) ? Outcome.STILL_IN_USE : stillFree.contains(port) ? Outcome.FREED : Outcome.CAME_BACK;
            results.put(port, new Result(port, outcome, toEnd.get(port), Map.of(), now.getOrDefault(port, List.of())));
        }
        return List.copyOf(results.values());
    }

    /** What is to be done about each port; FREED stands for what is yet to be ended. */
    private static Map<Integer, Result> judge(Collection<Integer> ports, Project project, boolean isForced) throws IOException {
        LocalPorts localPorts = LocalPorts.read();
        Map<Integer, LocalPorts.Verdict> verdicts = verdicts(ports, localPorts);
        Map<Integer, List<Owner>> owners = Owners.of(verdicts, localPorts, project);
        Map<Integer, Result> results = new LinkedHashMap<>();
        for (int port : verdicts.keySet()) {
            List<Owner> users = owners.getOrDefault(port, List.of());
            Map<Owner, Refusal> refusals = new LinkedHashMap<>();
            for (Owner user : users) {
                Refusal refusal = refusal(user, project, isForced);
                if (refusal != null) {
                    refusals.put(user, refusal);
                }
            }
            Outcome outcome = switch (verdicts.get(port)) {
                case AVAILABLE -> Outcome.AVAILABLE;
                case DENIED -> Outcome.DENIED;
                case BOUND -> Outcome.NOT_LISTENING;
                case LISTENING -> refusals.isEmpty() ? Outcome.FREED : Outcome.REFUSED;
            };
            results.put(port, new Result(port, outcome, users, refusals, users));
        }
        spareHoldersOfRefusedPorts(results);
        return results;
    }

    /** Who has a port that is left alone is not ended for another one: half of the first port's holders would be gone. */
    private static void spareHoldersOfRefusedPorts(Map<Integer, Result> results) {
        Set<Long> spared = new HashSet<>();
        for (boolean isNew = true; isNew; ) {
            isNew = false;
            for (Result result : results.values()) {
                isNew |= result.outcome == Outcome.REFUSED && spared.addAll(pids(result.owners));
            }
            for (Result result : List.copyOf(results.values())) {
                if (result.outcome == Outcome.FREED && !Collections.disjoint(pids(result.owners), spared)) {
                    Map<Owner, Refusal> refusals = Map.of(result.owners.get(0), Refusal.HAS_ANOTHER);
                    results.put(result.port, new Result(result.port, Outcome.REFUSED, result.owners, refusals, result.now));
                }
            }
        }
    }

    private static Set<Long> pids(List<Owner> owners) {
        Set<Long> pids = new HashSet<>();
        owners.forEach(owner -> owner.processes().forEach(sharer -> pids.add(sharer.pid())));
        return pids;
    }

    private static Map<Integer, List<Owner>> owners(Collection<Integer> ports, Project project) throws IOException {
        LocalPorts localPorts = LocalPorts.read();
        return Owners.of(verdicts(ports, localPorts), localPorts, project);
    }

    private static Map<Integer, LocalPorts.Verdict> verdicts(Collection<Integer> ports, LocalPorts localPorts) throws IOException {
        Map<Integer, LocalPorts.Verdict> verdicts = new LinkedHashMap<>();
        for (int port : ports) {
            verdicts.put(port, localPorts.verdict(port));
        }
        return verdicts;
    }

    /** Why a listener is not to be ended; null if it may be. */
    private static Refusal refusal(Owner owner, Project project, boolean isForced) {
        Processes.Facts self = Processes.read().self();
        if (owner.process() == null || self == null || self.pid() != ProcessHandle.current().pid()) {
            return Refusal.UNSEEN; // Where /proc is that of another namespace, its numbers are not ours to signal.
        }
        return owner.processes().stream().anyMatch(sharer -> sharer.pid() == 1) ? Refusal.FIRST_PROCESS
            : owner.startedUs() ? Refusal.OWN_ANCESTOR
            : owner.supervisor() != null && owner.supervisor().kind() == Supervisor.Kind.PUBLISHER ? Refusal.PUBLISHER
            : owner.processes().stream().anyMatch(Stopping::isOfLogin) ? Refusal.LOGIN
            : !isForced && owner.ownership() == Ownership.UNKNOWN ? Refusal.NOT_KNOWN
            : !isForced && owner.ownership() == Ownership.OTHER ? Refusal.OTHER
            : !isForced && isSharedByAStranger(owner, project) ? Refusal.SHARED
            : owner.isViewedByRoot() ? null
            : owner.isAnotherUsers() ? Refusal.NOT_PERMITTED : null;
    }

    /** Whether the socket was handed to a process that none of the project's started, and that is not of it. */
    private static boolean isSharedByAStranger(Owner owner, Project project) {
        Processes processes = Processes.read();
        return owner.processes().stream().anyMatch(other -> !processes.isDescendant(other.pid(), owner.process().pid())
            && Ownership.of(other, project, processes) != Ownership.OURS);
    }

    /** A login's server, or an editor's: with it the user's terminal would end. */
    private static boolean isOfLogin(Processes.Facts process) {
        String program = process.executable() + " " + process.command();
        return LOGINS.contains(process.name()) || EDITORS.stream().anyMatch(program::contains);
    }

    /** Tells the first of those that share the socket to end; what is stopped hears it once it goes on. */
    private static void terminate(Owner owner) {
        signal(owner.process(), ProcessHandle::destroy);
        owner.processes().stream().filter(Processes.Facts::isStopped).forEach(stopped -> signal(stopped, Stopping::resume));
    }

    /** Java has no signal for that; a shell has it built in. */
    private static void resume(ProcessHandle process) {
        try {
            new ProcessBuilder("/bin/sh", "-c", "kill -CONT " + process.pid()).inheritIO().start().waitFor();
        } catch (IOException e) {
            // Killed after the grace.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Kills all that still share the sockets that were to be closed, and no server that has come since. */
    private static void kill(Collection<Integer> ports, Map<Integer, List<Owner>> toEnd) throws IOException {
        for (Map.Entry<Integer, List<Owner>> port : owners(ports, null).entrySet()) {
            for (Owner now : port.getValue()) {
                boolean isOld = toEnd.get(port.getKey()).stream().anyMatch(old -> old.socket().id() == now.socket().id());
                if (isOld && !now.startedUs()) {
                    now.processes().stream().filter(sharer -> sharer.pid() != 1)
                        .forEach(sharer -> signal(sharer, ProcessHandle::destroyForcibly));
                }
            }
        }
    }

    /** Signals a process, if it is still that one: its number may have been given to another since. */
    static void signal(Processes.Facts process, Consumer<ProcessHandle> signal) {
        Processes.Facts now = Processes.read().of(process.pid());
        if (now != null && now.startTime() == process.startTime()) {
            ProcessHandle.of(process.pid()).ifPresent(signal);
        }
    }

    /** Looks at the ports until all are available, or are taken again, or the time is up; returns those that are not. */
    private static List<Integer> await(boolean isToBeAvailable, Collection<Integer> ports, Duration patience) throws IOException {
        List<Integer> awaited = new ArrayList<>(ports);
        long deadline = System.nanoTime() + patience.toNanos();
        for (long pause = 5;; pause = Math.min(2 * pause, 100)) {
            for (Integer port : List.copyOf(awaited)) {
                if (LocalPorts.read().isAvailable(port) == isToBeAvailable) {
                    awaited.remove(port);
                }
            }
            if (awaited.isEmpty() || System.nanoTime() >= deadline) {
                return awaited;
            }
            try {
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
