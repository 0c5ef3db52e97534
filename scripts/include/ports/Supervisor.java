//SOURCES Processes.java

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What restarts a process, or must be asked to stop it.
 *
 * @param name the unit, the engine of the container, or the program that restarts or publishes
 * @param task the ID of the container, or the number that pm2 gives its program; null otherwise
 * @param pid the process that restarts or publishes; 0 for units and containers
 * @param isStoppedToo whether it is stopped together with its only program, which it would otherwise restart; never
 *     process 1, an ancestor of this program, or another user's process
 */
record Supervisor(Kind kind, String name, String task, long pid, boolean isStoppedToo) {

    /** How a process is kept running. DOCKER, PODMAN and TUNNEL open a port for a server that is not their child. */
    enum Kind { UNIT, USER_UNIT, CONTAINER, DOCKER, PODMAN, TUNNEL, RESTARTER }

    private static final Set<String> DOCKER = Set.of("docker-proxy", "rootlesskit", "com.docker.backend", "vpnkit");
    private static final Set<String> PODMAN =
        Set.of("rootlessport", "containers-rootlessport", "slirp4netns", "pasta", "pasta.avx2", "gvproxy");
    private static final Set<String> TUNNELS = Set.of("ssh", "kubectl", "limactl", "OrbStack");
    private static final Set<String> RESTART_ONE = Set.of("nodemon", "forever", "ts-node-dev", "watchexec", "entr");
    private static final Set<String> RESTART_SEVERAL = Set.of("pm2", "pm2-runtime", "supervisord", "circusd", "runsv",
        "s6-supervise", "concurrently", "honcho", "foreman", "overmind", "process-compose", "turbo");
    /** Programs with which a user's terminal, editor or login ends. */
    private static final Set<String> LOGINS = Set.of("sshd", "sshd-session", "dropbear", "code-server",
        "openvscode-server", "tmux", "screen", "SCREEN", "zellij");
    private static final Pattern EDITOR = Pattern.compile("/\\.(?:vscode|vscodium|cursor|windsurf)-(?:server|remote)"
        + "|/\\.vscode/cli/servers/|/\\.zed_server/|/remote-dev-server|/\\.cache/JetBrains/RemoteDev");
    static final Set<String> SHELLS = Set.of("sh", "bash", "dash", "ash", "zsh", "ksh", "fish", "busybox");
    /** Programs that only wait for the command that they were given. */
    private static final Set<String> WRAPPERS = Set.of("npm", "npx", "pnpm", "pnpx", "yarn", "bunx", "env", "sudo",
        "su", "runuser", "timeout", "tini", "dumb-init", "cross-env", "cross-env-shell", "dotenv", "dotenv-cli",
        "dotenvx");

    /** Options before the one that says to watch, some with a value: an option after the script is its own. */
    private static final String OPTIONS =
        "(?:(?:-r|-C|--require|--import|--loader|--experimental-loader|--conditions|--preload|--tsconfig|--env-file)"
        + " (?!-)\\S++ |(?!--watch|--hot)-\\S++ )*+";
    /** The last container of a control group; and its last unit, if only folders of that unit follow. */
    private static final Pattern CONTAINER = Pattern.compile(
        ".*/(?:(?:docker|libpod|cri-containerd|crio)-)?([0-9a-f]{12})[0-9a-f]{52}(?:\\.scope)?(?:/.*)?");
    private static final Pattern UNIT = Pattern.compile(".*/((?!user@\\d+\\.)[^/]+\\.service)(?:/[^/.]+)*");

    /** Returns the supervisors of a process, the farthest first: it would start the nearer ones again. */
    static List<Supervisor> of(Processes.Facts process, Processes processes) {
        Kind publisher = publisher(process);
        if (publisher != null) {
            return List.of(new Supervisor(publisher, process.name(), null, process.pid(), false));
        }
        Supervisor group = inOtherControlGroup(process, processes);
        boolean isManaged = group != null && (group.kind == Kind.CONTAINER
            || isInSessionOfUnit(process, processes.ancestors(process.pid())));
        return isManaged ? List.of(group) : amongAncestors(process, processes);
    }

    /** Returns the kind of a process that opens a port for a server elsewhere; null for other processes. */
    static Kind publisher(Processes.Facts process) {
        String name = process.name();
        return DOCKER.contains(name) ? Kind.DOCKER : PODMAN.contains(name) ? Kind.PODMAN
            : TUNNELS.contains(name) ? Kind.TUNNEL : null;
    }

    static boolean isLogin(Processes.Facts process) {
        return LOGINS.contains(process.name())
            || EDITOR.matcher(process.executable() + " " + process.arguments()).find();
    }

    /** Returns whether a process restarts several others; if it listens, as pm2 can, it listens for one of these. */
    static boolean restartsSeveral(Processes.Facts process) {
        String name = restarter(process);
        return name != null && RESTART_SEVERAL.contains(name);
    }

    // Units and containers.

    /** Returns the unit or container that a control group belongs to; null if it is neither (systemd.unit(5)). */
    static Supervisor inControlGroup(String path) {
        Matcher container = CONTAINER.matcher(path);
        Matcher unit = UNIT.matcher(path);
        if (container.matches()) {
            String engine = path.contains("libpod") ? "podman" : path.contains("docker") ? "docker" : "container";
            return new Supervisor(Kind.CONTAINER, engine, container.group(1), 0, false);
        } else if (unit.matches()) {
            Kind kind = path.contains("/user@") ? Kind.USER_UNIT : Kind.UNIT;
            return new Supervisor(kind, unit.group(1), null, 0, false);
        }
        return null;
    }

    /** Returns the unit or container of a process; null if there is none, or if this program is in it, too. */
    static Supervisor inOtherControlGroup(Processes.Facts process, Processes processes) {
        Supervisor group = inControlGroup(process.controlGroup());
        Processes.Facts self = processes.self();
        return self != null && group != null && group.equals(inControlGroup(self.controlGroup())) ? null : group;
    }

    /** Returns false for programs that a terminal, an editor or cron starts: these units start new sessions. */
    static boolean isInSessionOfUnit(Processes.Facts process, List<Processes.Facts> ancestors) {
        Processes.Facts first = ancestors.stream()
            .takeWhile(ancestor -> ancestor.pid() != 1 && !ancestor.name().equals("systemd"))
            .reduce(process, (nearer, farther) -> farther);
        return first.session() != 0 && first.session() == process.session();
    }

    // Programs that restart others.

    /** Ends at an ancestor that restarts several programs, or that is neither a supervisor nor passed. */
    private static List<Supervisor> amongAncestors(Processes.Facts process, Processes processes) {
        // In pm2's cluster mode, the process of pm2 itself listens.
        List<Processes.Facts> candidates = process.name().equals("PM2") ? List.of(process)
            : processes.ancestors(process.pid());
        List<Supervisor> found = new ArrayList<>();
        for (Processes.Facts candidate : candidates) {
            String name = restarter(candidate);
            if (name != null) {
                found.add(0, keeping(process, candidate, name, processes));
            }
            if (name == null ? !isPassed(candidate) : RESTART_SEVERAL.contains(name)) {
                break;
            }
        }
        return found;
    }

    /** Returns the ancestor of this name that keeps a process running. */
    private static Supervisor keeping(Processes.Facts below, Processes.Facts above, String name, Processes processes) {
        String task = name.equals("pm2") && isInPm2OfThisUser(below) ? Processes.variable(below.pid(), "pm_id") : null;
        boolean isStoppedToo = !RESTART_SEVERAL.contains(name) && above.pid() != 1
            && !processes.startedUs(above) && processes.mayStop(above.user());
        return new Supervisor(Kind.RESTARTER, name, task, above.pid(), isStoppedToo);
    }

    /** Returns whether a process runs a command and no more, so that the supervisor is looked for above it. */
    private static boolean isPassed(Processes.Facts process) {
        return SHELLS.contains(process.name()) || WRAPPERS.contains(name(process, 0))
            || WRAPPERS.contains(name(process, 1));
    }

    /** Returns whether the command pm2 would reach the pm2 of a process: each user, and each PM2_HOME, has its own. */
    private static boolean isInPm2OfThisUser(Processes.Facts process) {
        String home = System.getenv().getOrDefault("PM2_HOME", System.getenv("HOME") + "/.pm2");
        return home.equals(Processes.variable(process.pid(), "PM2_HOME"));
    }

    /** Returns the name under which a process restarts others; null if it does not. */
    static String restarter(Processes.Facts process) {
        for (int i = 0; i < Math.min(2, process.arguments().size()); i++) {
            String name = name(process, i);
            if (RESTART_ONE.contains(name) || RESTART_SEVERAL.contains(name)) {
                return name;
            }
            if (isWatching(name, process.arguments(), i + 1)) {
                return name + (name.equals("node") ? " --watch" : " watch");
            }
        }
        return null;
    }

    private static boolean isWatching(String name, List<String> arguments, int first) {
        String own = String.join(" ", arguments.subList(first, arguments.size())) + " ";
        return switch (name) {
            case "node" -> own.matches("(?s)" + OPTIONS + "--watch.*");
            case "nest" -> own.matches("(?s)start (.* )?(--watch|-w) .*");
            case "tsx", "bun" -> own.matches("(?s)(run )?" + OPTIONS + "(--watch|--hot|watch ).*");
            default -> false;
        };
    }

    /** Returns the name of a program: yarn for yarn-4.1.0.cjs; tsx for a script in node_modules/tsx/. */
    private static String name(Processes.Facts process, int argument) {
        boolean isScript = argument > 0 && argument < process.arguments().size();
        String word = isScript ? process.arguments().get(argument) : process.name();
        String script = word.contains("/node_modules/")
            ? word.replaceFirst("(?s).*/node_modules/([^.@/][^/]*)/.*", "$1") : word;
        return script.substring(script.lastIndexOf('/') + 1)
            .toLowerCase(Locale.ROOT).replaceFirst("(-[\\d.]+)?\\.[cm]?js$", "");
    }

    /** Returns the nearest of these ancestors that is neither a shell nor process 1; null if there is none. */
    static Processes.Facts starter(List<Processes.Facts> ancestors) {
        return ancestors.stream().filter(ancestor -> !SHELLS.contains(ancestor.name()) && ancestor.pid() != 1)
            .findFirst().orElse(null);
    }
}
