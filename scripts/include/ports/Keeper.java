//SOURCES Processes.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Who would start a process again, or otherwise has to be told to stop it.
 *
 * @param supervisor null for keepers of other kinds
 * @param name the unit, the container engine, or the supervisor's program
 * @param task what it calls what it keeps: a container's ID, a program of supervisord, a service's folder; null where there is no
 *     such name, or it is not known
 * @param pid the supervisor or the publisher; 0 for others
 */
record Keeper(Kind kind, Supervisor supervisor, String name, String task, long pid) {

    /** The kinds of keepers. */
    enum Kind { UNIT, USER_UNIT, CONTAINER, PUBLISHER, SUPERVISOR }

    /** What starts a process again that has ended; Remedy knows how each is told not to. */
    enum Supervisor {
        SUPERVISORD, PM2, CIRCUSD, RUNSV, S6_SUPERVISE, SUPERVISE, NODEMON, GUNICORN, FOREVER, UWSGI,
        /** An endless loop of a shell. */
        LOOP;

        private String program() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        /** The one whose program has this name, or null. */
        static Supervisor named(String program) {
            return Stream.of(values()).filter(one -> one != LOOP && one.program().equals(program)).findFirst().orElse(null);
        }
    }

    private static final Map<String, String> PUBLISHERS = Map.of("docker-proxy", "docker", "rootlesskit", "docker",
        "com.docker.backend", "docker", "vpnkit", "docker", "rootlessport", "podman", "slirp4netns", "podman",
        "pasta", "podman", "pasta.avx2", "podman", "gvproxy", "podman");
    private static final Set<String> SHELLS = Set.of("sh", "bash", "dash", "ash", "zsh", "ksh", "fish", "busybox");
    /** What only waits for the command that it was given. */
    private static final Set<String> WRAPPERS = Set.of("npm", "npx", "pnpm", "yarn", "bun", "env", "timeout", "time", "nice", "sudo",
        "tini", "dumb-init", "docker-init", "setpriv", "make");
    private static final Set<String> TERMINALS = Set.of("sshd", "sshd-session", "login", "su", "sudo", "tmux", "screen", "SCREEN", "script",
        "xterm", "konsole", "gnome-terminal-server", "kitty", "alacritty");
    private static final Set<String> INITS = Set.of("systemd", "init", "launchd", "tini", "dumb-init", "docker-init", "catatonit");
    private static final int LONGEST_SCRIPT = 1_000_000; // bytes

    /** Who keeps this process; null if nobody does, or if it is also our own keeper. */
    static Keeper of(Processes.Facts process, Processes processes) {
        String engine = PUBLISHERS.get(process.name());
        if (engine != null) {
            return new Keeper(Kind.PUBLISHER, null, process.name(), engine, process.pid());
        }
        Processes.Facts me = processes.self();
        Keeper group = inControlGroup(process.controlGroup());
        boolean isOurs = group != null && me != null && group.equals(inControlGroup(me.controlGroup()));
        return group != null && !isOurs && (group.kind == Kind.CONTAINER || isInSessionOf(main(process, processes), process)) ? group
            : supervisor(process, processes);
    }

    /** The unit or container that a control group belongs to, null if it is another. */
    static Keeper inControlGroup(String path) {
        String[] names = path.split("/");
        for (int i = names.length - 1; i > 0; i--) {
            String id = names[i].replaceFirst("\\.scope$", "").replaceFirst("^(docker|libpod|cri-containerd|crio)-", "");
            if (id.matches("[0-9a-f]{64}")) {
                String engine = names[i].startsWith("libpod-") ? "podman"
                    : names[i].startsWith("docker-") || names[i - 1].equals("docker") ? "docker"
                    : names[i].startsWith("cri") || path.contains("/kubepods") ? "crictl" : "container";
                return new Keeper(Kind.CONTAINER, null, engine, id.substring(0, 12), 0);
            }
        }
        for (int i = names.length - 1; i > 0 && !names[i].matches(".*\\.(scope|slice)|user@\\d+\\.service"); i--) {
            if (names[i].endsWith(".service")) {
                return new Keeper(path.contains("/user@") ? Kind.USER_UNIT : Kind.UNIT, null, names[i], null, 0);
            }
        }
        return null;
    }

    /** The process of a unit that systemd started: a terminal or an editor's server starts others in sessions of their own. */
    private static Processes.Facts main(Processes.Facts process, Processes processes) {
        Processes.Facts above = processes.of(process.parent());
        return above == null || above.pid() == 1 || above.name().equals("systemd") ? process : main(above, processes);
    }

    static boolean isInSessionOf(Processes.Facts main, Processes.Facts process) {
        return main.session() != 0 && main.session() == process.session();
    }

    private static Keeper supervisor(Processes.Facts process, Processes processes) {
        if (process.name().equals("PM2")) {
            return new Keeper(Kind.SUPERVISOR, Supervisor.PM2, "pm2", null, process.pid()); // In cluster mode it listens itself.
        }
        Processes.Facts child = process;
        for (Processes.Facts above : processes.ancestors(process.pid())) {
            Supervisor supervisor = Supervisor.named(above.name().toLowerCase(Locale.ROOT));
            if (supervisor == null) {
                supervisor = Supervisor.named(above.name(1).replaceFirst("\\.js$", ""));
            }
            if (supervisor != null) {
                return new Keeper(Kind.SUPERVISOR, supervisor, supervisor.program(), task(supervisor, process, above), above.pid());
            }
            boolean isShell = SHELLS.contains(above.name());
            if (isShell && repeats(script(above), child)) {
                return new Keeper(Kind.SUPERVISOR, Supervisor.LOOP, "a loop of " + above.name(), null, above.pid());
            }
            if (!(isShell && above.arguments().size() > 1) && !WRAPPERS.contains(above.name()) && !WRAPPERS.contains(above.name(1))) {
                break;
            }
            child = above;
        }
        return null;
    }

    private static String task(Supervisor supervisor, Processes.Facts process, Processes.Facts above) {
        return switch (supervisor) {
            case SUPERVISORD -> program(process);
            case PM2 -> Processes.variable(process.pid(), "pm_id");
            case RUNSV, S6_SUPERVISE, SUPERVISE -> above.workingDirectory();
            case CIRCUSD, NODEMON, GUNICORN, FOREVER, UWSGI, LOOP -> null;
        };
    }

    /** What supervisord calls it. */
    private static String program(Processes.Facts process) {
        String group = Processes.variable(process.pid(), "SUPERVISOR_GROUP_NAME");
        String name = Processes.variable(process.pid(), "SUPERVISOR_PROCESS_NAME");
        return name == null || name.equals(group) ? name : group + ":" + name;
    }

    /** The text that a shell runs; empty where it is not to be had. */
    private static String script(Processes.Facts shell) {
        List<String> arguments = shell.arguments().stream().skip(1)
            .dropWhile(argument -> argument.startsWith("-") && !argument.matches("-\\w*c")).toList();
        if (arguments.isEmpty() || arguments.get(0).startsWith("-")) {
            return String.join(" ", arguments);
        }
        try {
            Path file = Path.of(shell.workingDirectory() == null ? "/" : shell.workingDirectory()).resolve(arguments.get(0));
            return Files.size(file) > LONGEST_SCRIPT ? "" : Files.readString(file);
        } catch (IOException | IllegalArgumentException e) {
            return "";
        }
    }

    /**
     * Whether an endless loop of this shell script names the program or the script of that child, or runs its own
     * arguments; one that goes through a list, or starts things in the background, starts nothing again.
     */
    static boolean repeats(String script, Processes.Facts child) {
        List<String> names = new ArrayList<>(List.of("$@", "$*", child.name()));
        if (!child.name(1).isEmpty() && !child.name(1).startsWith("-")) {
            names.add(child.name(1));
        }
        Deque<String> loops = new ArrayDeque<>();
        String text = script.replaceAll("(?m)(^|\\s)#.*$", "").replaceAll("\\bfor *\\(\\( *; *; *\\)\\)", "while ");
        for (String command : text.replaceAll("\\d?[<>]&\\S*|&>", "").split("&&|[;\n]")) {
            for (String word : command.split("[\\s|(){}\"'`&]+")) {
                if (word.matches("while|until|for")) {
                    loops.push(word);
                } else if (word.equals("done")) {
                    loops.poll();
                } else if ((loops.contains("while") || loops.contains("until")) && !command.contains("&")
                        && names.contains(word.substring(word.lastIndexOf('/') + 1))) {
                    return true;
                }
            }
        }
        return false;
    }

    /** The nearest of these ancestors that is no shell, terminal or init; null if there is none. */
    static Processes.Facts starter(List<Processes.Facts> ancestors) {
        return ancestors.stream().filter(above -> !SHELLS.contains(above.name()) && !TERMINALS.contains(above.name()) && !isInit(above))
            .findFirst().orElse(null);
    }

    /** Whether it takes in the children of processes that have ended. */
    static boolean isInit(Processes.Facts process) {
        return process.pid() == 1 || INITS.contains(process.name());
    }
}
