//SOURCES Processes.java

import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What restarts a process, or must be asked to stop it.
 *
 * @param name the unit, the engine of the container, or the program that restarts or publishes
 * @param task the ID of the container, or the number that pm2 gives its program; null otherwise
 * @param pid the process that restarts or publishes; 0 for units and containers
 * @param isOffLimits whether it is process 1, started this program, or is another user's: named, and never signalled
 */
record Supervisor(Kind kind, String name, String task, long pid, boolean isOffLimits) {

    /** How a process is kept running. */
    enum Kind { UNIT, USER_UNIT, CONTAINER, PUBLISHER, RESTARTS_ONE, RESTARTS_SEVERAL }

    /** Programs that publish the ports of containers, and tunnels: who is behind their ports cannot be told from here. */
    private static final Set<String> PUBLISHERS = Set.of("docker-proxy", "rootlesskit", "com.docker.backend", "vpnkit",
        "rootlessport", "slirp4netns", "pasta", "pasta.avx2", "gvproxy", "ssh", "kubectl", "limactl", "OrbStack");
    private static final Set<String> RESTART_ONE = Set.of("nodemon", "forever", "ts-node-dev", "watchexec", "entr");
    private static final Set<String> RESTART_ONE_IF_WATCHING = Set.of("node", "tsx", "bun");
    private static final Set<String> RESTART_SEVERAL = Set.of("pm2", "supervisord", "circusd", "runsv", "s6-supervise",
        "concurrently", "honcho", "foreman", "overmind", "process-compose", "turbo");
    private static final Set<String> SHELLS = Set.of("sh", "bash", "dash", "ash", "zsh", "ksh", "fish", "busybox");
    /** Programs that only wait for the command that they were given. */
    private static final Set<String> WRAPPERS = Set.of("npm", "npx", "pnpm", "yarn", "env", "sudo");

    /** Returns the supervisor of a process; null if there is none, or if it also keeps this program itself. */
    static Supervisor of(Processes.Facts process, Processes processes) {
        if (isPublisher(process)) {
            return new Supervisor(Kind.PUBLISHER, process.name(), null, process.pid(), true);
        }
        Processes.Facts self = processes.self();
        Supervisor group = inControlGroup(process.controlGroup());
        boolean isSelfInGroup = group != null && self != null && group.equals(inControlGroup(self.controlGroup()));
        boolean isManaged = group != null && !isSelfInGroup
            && (group.kind == Kind.CONTAINER || isInSessionOf(first(process, processes), process));
        return isManaged ? group : amongAncestors(process, processes, self);
    }

    /** Returns whether a process publishes the port of something that runs elsewhere: a container, another machine. */
    static boolean isPublisher(Processes.Facts process) {
        return PUBLISHERS.contains(process.name());
    }

    // Units and containers.

    /** Returns the unit or container that a control group belongs to; null if it is neither (systemd.unit(5)). */
    static Supervisor inControlGroup(String path) {
        String[] names = path.split("/");
        for (int i = names.length - 1; i > 0; i--) {
            String id = names[i].replaceFirst("\\.scope$", "").replaceFirst("^(docker|libpod|cri-containerd|crio)-", "");
            if (id.matches("[0-9a-f]{64}")) {
                String engine = names[i].startsWith("libpod-") ? "podman"
                    : names[i].startsWith("docker-") || names[i - 1].equals("docker") ? "docker"
                    : names[i].startsWith("cri") || path.contains("/kubepods") ? "crictl" : "container";
                return new Supervisor(Kind.CONTAINER, engine, id.substring(0, 12), 0, true);
            }
        }
        for (int i = names.length - 1; i > 0 && !names[i].matches(".*\\.(scope|slice)|user@\\d+\\.service"); i--) {
            if (names[i].endsWith(".service")) {
                return new Supervisor(path.contains("/user@") ? Kind.USER_UNIT : Kind.UNIT, names[i], null, 0, true);
            }
        }
        return null;
    }

    /** Returns the process that systemd started: a terminal or an editor's server starts others in sessions of their own. */
    private static Processes.Facts first(Processes.Facts process, Processes processes) {
        Processes.Facts parent = processes.of(process.parent());
        return parent == null || parent.pid() == 1 || parent.name().equals("systemd") ? process : first(parent, processes);
    }

    static boolean isInSessionOf(Processes.Facts first, Processes.Facts process) {
        return first.session() != 0 && first.session() == process.session();
    }

    // Programs that restart others.

    private static Supervisor amongAncestors(Processes.Facts process, Processes processes, Processes.Facts self) {
        for (Processes.Facts ancestor : withSelfIfPm2(process, processes.ancestors(process.pid()))) {
            String name = restarter(ancestor);
            if (name != null) {
                Kind kind = RESTART_SEVERAL.contains(name) ? Kind.RESTARTS_SEVERAL : Kind.RESTARTS_ONE;
                String task = name.equals("pm2") ? Processes.variable(process.pid(), "pm_id") : null;
                boolean isOffLimits = ancestor.pid() == 1 || self == null || processes.isDescendant(self.pid(), ancestor.pid())
                    || self.uid() != 0 && self.uid() != ancestor.uid();
                return new Supervisor(kind, name, task, ancestor.pid(), isOffLimits);
            }
            if (!SHELLS.contains(ancestor.name()) && !WRAPPERS.contains(ancestor.name()) && !WRAPPERS.contains(ancestor.name(1))) {
                return null;
            }
        }
        return null;
    }

    /** In pm2's cluster mode, its own process listens. */
    private static List<Processes.Facts> withSelfIfPm2(Processes.Facts process, List<Processes.Facts> ancestors) {
        return process.name().equals("PM2") ? List.of(process) : ancestors;
    }

    /** Returns the name under which a process restarts others; null if it does not. */
    static String restarter(Processes.Facts process) {
        for (String candidate : List.of(process.name(), process.name(0), process.name(1))) {
            String name = candidate.toLowerCase(Locale.ROOT).replaceFirst("\\.[cm]?js$", "");
            if (RESTART_ONE.contains(name) || RESTART_SEVERAL.contains(name)) {
                return name;
            }
            if (RESTART_ONE_IF_WATCHING.contains(name) && isWatching(process)) {
                return name + (name.equals("node") ? " --watch" : " watch");
            }
        }
        return null;
    }

    private static boolean isWatching(Processes.Facts process) {
        return process.arguments().stream().limit(4)
            .anyMatch(argument -> argument.equals("watch") || argument.equals("--watch") || argument.startsWith("--watch-path"));
    }

    /** Returns the nearest of these ancestors that is neither a shell nor process 1; null if there is none. */
    static Processes.Facts starter(List<Processes.Facts> ancestors) {
        return ancestors.stream().filter(ancestor -> !SHELLS.contains(ancestor.name()) && ancestor.pid() != 1)
            .findFirst().orElse(null);
    }
}
