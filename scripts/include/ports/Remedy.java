//SOURCES ../command/Invocation.java ../command/Line.java LocalPorts.java Owner.java Processes.java Supervisor.java

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What a user can do about a port that is not available: commands that work where they are commands, and do no harm. */
final class Remedy {

    /** These end their workers themselves. */
    private static final Set<String> MASTERS = Set.of("gunicorn", "nginx", "apache2", "httpd", "uwsgi", "postgres", "haproxy", "puma");

    /** What to do: words, a command that runs when it is pasted, and what comes after it; each may be empty. */
    private record Step(String words, String command, String then) { }

    private final Set<Long> toStop = new LinkedHashSet<>();
    private final Set<Long> stopped = new LinkedHashSet<>();
    private final Set<Step> steps = new LinkedHashSet<>();
    private final Set<String> users = new LinkedHashSet<>();

    private Remedy() { }

    /** A line for each step, with nothing behind its command; none where the port is available. */
    static List<Line> lines(LocalPorts.Verdict verdict, List<Owner> owners) {
        List<Line> lines = new ArrayList<>();
        for (Step step : steps(verdict, owners)) {
            String purpose = !lines.isEmpty() ? "and: " : verdict == LocalPorts.Verdict.DENIED ? "to bind it: " : "to free it: ";
            lines.add(Line.of("  " + purpose + step.words).with(step.command));
            if (!step.then.isEmpty()) {
                lines.add(Line.of("  " + step.then));
            }
        }
        return lines;
    }

    private static List<Step> steps(LocalPorts.Verdict verdict, List<Owner> owners) {
        if (verdict == LocalPorts.Verdict.DENIED) {
            return List.of(words("run as root"));
        }
        Remedy remedy = new Remedy();
        owners.forEach(remedy::add);
        List<Step> steps = new ArrayList<>();
        if (!remedy.toStop.isEmpty()) {
            steps.add(remedy.kill());
        }
        steps.addAll(remedy.steps);
        return steps;
    }

    private static Step words(String words) {
        return new Step(words, "", "");
    }

    private static Step command(String command) {
        return new Step("", command, "");
    }

    private Step kill() {
        String kill = users.isEmpty() ? "kill" : "sudo kill";
        return new Step("", kill + pids(toStop) + (stopped.isEmpty() ? "" : "; " + kill + " -CONT" + pids(stopped)),
            users.isEmpty() ? "" : "or ask " + String.join(" and ", users));
    }

    private static String pids(Set<Long> pids) {
        return pids.stream().map(pid -> " " + pid).collect(Collectors.joining());
    }

    private void add(Owner owner) {
        switch (owner.kind()) {
            case TIME_WAIT -> steps.add(words("wait: it is free by itself within a minute"));
            case UNKNOWN -> steps.add(words("end the program that bound it, or wait until it does"));
            case CONNECTION -> steps.add(words("wait until the connection ends, or take another port"));
            case LISTENER -> addListener(owner);
        }
    }

    private void addListener(Owner owner) {
        Processes.Facts process = owner.process();
        if (process == null) {
            steps.add(unseen(owner));
        } else if (owner.supervisor() != null && owner.supervisor().kind().compareTo(Supervisor.Kind.RESTARTS_ONE) < 0) {
            steps.add(stop(owner));
        } else if (owner.processes().stream().anyMatch(sharer -> sharer.pid() == 1)) {
            steps.add(init(owner));
        } else if (owner.startedUs()) {
            steps.add(words("do not kill " + process.pid() + ": " + process.name()
                + " runs this very call; end it from where it was started"));
        } else if (process.pid() == 1 && process.name().equals("systemd")) {
            steps.add(new Step("its socket unit: ", "systemctl --user list-sockets", "then systemctl --user stop UNIT"));
        } else if (owner.supervisor() != null) {
            supervised(owner);
        } else {
            kill(owner);
        }
    }

    /** All that have the socket, the first of them first: killing a server alone frees no port that its children share. */
    private void kill(Owner owner) {
        boolean endsWorkers = MASTERS.contains(owner.process().name()) || MASTERS.contains(owner.process().name(1));
        for (Processes.Facts sharer : endsWorkers ? List.of(owner.process()) : owner.processes()) {
            toStop.add(sharer.pid());
            if (sharer.isStopped()) {
                stopped.add(sharer.pid());
            }
        }
        if (owner.isAnotherUsers()) {
            users.add(owner.user());
        }
    }

    private static Step unseen(Owner owner) {
        if (owner.isViewedByRoot()) {
            return words("stop it where it runs, in another container or namespace");
        }
        String look = "sudo ss -ltnp 'sport = :" + owner.socket().port() + "'";
        return !owner.isAnotherUsers() || owner.user() == null ? new Step("stop what this finds: ", look, "")
            : new Step("ask " + owner.user() + " to stop it, or find it with ", look, "");
    }

    private static Step stop(Owner owner) {
        Supervisor keeper = owner.supervisor();
        return switch (keeper.kind()) {
            case UNIT -> command("systemctl stop " + Invocation.quoted(keeper.name()));
            case USER_UNIT -> command((!owner.isAnotherUsers() ? "systemctl --user stop "
                : "sudo systemctl --user -M " + owner.user() + "@ stop ") + Invocation.quoted(keeper.name()));
            case CONTAINER -> keeper.name().equals("container") ? words("stop the container " + keeper.task())
                : command(keeper.name() + " stop " + keeper.task());
            default -> keeper.name().startsWith("docker")
                ? new Step("", "docker ps --filter publish=" + owner.socket().port(), "then docker stop ID")
                : new Step("", "podman port --all", "then podman stop ID");
        };
    }

    private static Step init(Owner owner) {
        if (owner.process().name().equals("systemd") || owner.process().name().equals("init")) {
            return new Step("its socket unit: ", "systemctl list-sockets", "then systemctl stop UNIT");
        }
        return words("do not kill 1: it is the first process of this container or namespace, which ends with it; stop that from outside"
            + " (docker stop ID)");
    }

    private void supervised(Owner owner) {
        Supervisor keeper = owner.supervisor();
        Step step = stopOf(keeper);
        if (step != null) {
            steps.add(step);
        } else {
            toStop.add(keeper.pid());
            kill(owner);
        }
    }

    /** How a supervisor is told to stop one of its programs; null for one that is ended together with it. */
    private static Step stopOf(Supervisor keeper) {
        return keeper.kind() == Supervisor.Kind.RESTARTS_ONE ? null : words("stop the program in " + keeper.name());
    }
}
