//SOURCES Keeper.java LocalPorts.java Occupants.java Processes.java

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What a user can do about a port that is not available: commands that work where they are commands, and do no harm. */
final class Remedy {

    /** These end their workers themselves. */
    private static final Set<String> MASTERS = Set.of("gunicorn", "nginx", "apache2", "httpd", "uwsgi", "postgres", "haproxy", "puma");

    private final Set<Long> toStop = new LinkedHashSet<>();
    private final Set<Long> stopped = new LinkedHashSet<>();
    private final Set<String> others = new LinkedHashSet<>();
    private final Set<String> users = new LinkedHashSet<>();

    private Remedy() { }

    /** One clause; where several have the port, what to do about each. Empty where it is available. */
    static String of(LocalPorts.State state, List<Occupants.Occupant> occupants) {
        if (state.verdict() == LocalPorts.Verdict.DENIED) {
            return "to bind it: run as root";
        }
        Remedy remedy = new Remedy();
        occupants.forEach(remedy::add);
        List<String> steps = new ArrayList<>();
        if (!remedy.toStop.isEmpty()) {
            steps.add(remedy.kill());
        }
        steps.addAll(remedy.others);
        return steps.isEmpty() ? "" : "to free it: " + String.join("; ", steps);
    }

    /** Whether a step begins with a command, and so is not to be broken into lines. */
    static boolean isCommand(String step) {
        return step.matches("(sudo|kill|systemctl|docker|podman|crictl|supervisorctl|pm2|circusctl|sv|s6-svc|svc) .*");
    }

    private String kill() {
        String kill = users.isEmpty() ? "kill" : "sudo kill";
        return kill + pids(toStop) + (stopped.isEmpty() ? "" : "; " + kill + " -CONT" + pids(stopped))
            + (users.isEmpty() ? "" : ", or ask " + String.join(" and ", users));
    }

    private static String pids(Set<Long> pids) {
        return pids.stream().map(pid -> " " + pid).collect(Collectors.joining());
    }

    private void add(Occupants.Occupant occupant) {
        switch (occupant.kind()) {
            case TIME_WAIT -> others.add("wait: it is free by itself within a minute");
            case UNKNOWN -> others.add("end the program that bound it, or wait until it does");
            case CONNECTION -> others.add("wait until the connection ends, or take another port");
            case LISTENER -> addListener(occupant);
        }
    }

    private void addListener(Occupants.Occupant occupant) {
        Processes.Facts process = occupant.process();
        if (process == null) {
            others.add(unseen(occupant));
        } else if (occupant.keeper() != null && occupant.keeper().kind() != Keeper.Kind.SUPERVISOR) {
            others.add(stop(occupant));
        } else if (occupant.sharers().stream().anyMatch(sharer -> sharer.pid() == 1)) {
            others.add(init(occupant));
        } else if (occupant.isAbove()) {
            others.add("do not kill " + process.pid() + ": " + process.name() + " runs this very call; end it from where it was started");
        } else if (Keeper.isInit(process) && process.name().equals("systemd")) {
            others.add("its socket unit: systemctl --user list-sockets, then systemctl --user stop UNIT");
        } else if (occupant.keeper() != null) {
            supervised(occupant);
        } else {
            kill(occupant);
        }
    }

    /** All that have the socket, the first of them first: killing a server alone frees no port that its children share. */
    private void kill(Occupants.Occupant occupant) {
        boolean endsWorkers = MASTERS.contains(occupant.process().name()) || MASTERS.contains(occupant.process().name(1));
        for (Processes.Facts sharer : endsWorkers ? List.of(occupant.process()) : occupant.sharers()) {
            toStop.add(sharer.pid());
            if (sharer.isStopped()) {
                stopped.add(sharer.pid());
            }
        }
        if (!occupant.isAskedByRoot() && !occupant.isAskedByItsUser()) {
            users.add(occupant.user());
        }
    }

    private static String unseen(Occupants.Occupant occupant) {
        if (occupant.isAskedByRoot()) {
            return "stop it where it runs, in another container or namespace";
        }
        String look = "sudo ss -ltnp 'sport = :" + occupant.socket().port() + "'";
        return occupant.isAskedByItsUser() || occupant.user() == null ? "find it with " + look + " and stop it"
            : "ask " + occupant.user() + " to stop it, or find it with " + look;
    }

    private static String stop(Occupants.Occupant occupant) {
        Keeper keeper = occupant.keeper();
        return switch (keeper.kind()) {
            case UNIT -> "systemctl stop " + quoted(keeper.name());
            case USER_UNIT -> (occupant.isAskedByItsUser() ? "systemctl --user stop "
                : "sudo systemctl --user -M " + occupant.user() + "@ stop ") + quoted(keeper.name());
            case CONTAINER -> keeper.name().equals("container") ? "stop the container " + keeper.task()
                : keeper.name() + " stop " + keeper.task();
            default -> keeper.task().equals("docker") ? "docker ps --filter publish=" + occupant.socket().port() + ", then docker stop ID"
                : "podman port --all, then podman stop ID";
        };
    }

    private static String init(Occupants.Occupant occupant) {
        if (occupant.process().name().equals("systemd") || occupant.process().name().equals("init")) {
            return "its socket unit: systemctl list-sockets, then systemctl stop UNIT";
        }
        return "do not kill 1: it is the first process of this container or namespace, which ends with it; stop that from outside"
            + " (docker stop ID)";
    }

    private void supervised(Occupants.Occupant occupant) {
        Keeper keeper = occupant.keeper();
        String task = keeper.task() == null ? "" : quoted(keeper.task());
        switch (keeper.name()) {
            case "supervisord" -> others.add(task.isEmpty()
                ? "supervisorctl status, then supervisorctl stop NAME"
                : "supervisorctl stop " + task);
            case "pm2" -> others.add(task.isEmpty() ? "pm2 list, then pm2 stop ID" : "pm2 stop " + task);
            case "circusd" -> others.add("circusctl stop NAME");
            case "runsv" -> others.add("sv down " + task);
            case "s6-supervise" -> others.add("s6-svc -d " + task);
            case "supervise" -> others.add("svc -d " + task);
            default -> {
                toStop.add(keeper.pid());
                kill(occupant);
            }
        }
    }

    private static String quoted(String word) {
        return word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
