//SOURCES ../command/Line.java ../command/Report.java Owner.java OwnerWords.java Processes.java Project.java
//SOURCES ServicePort.java Stopping.java Supervisor.java

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reports what became of ports that were to be made available.
 *
 * @param singles the ports that were named one by one; other ports are shown only if they were in use
 */
record StoppingReport(List<Stopping> stoppings, Set<Integer> singles, Project project) implements Report {

    private static final Set<Stopping.Outcome> AVAILABLE = Set.of(Stopping.Outcome.AVAILABLE, Stopping.Outcome.FREED);

    @Override
    public int exitCode() {
        return stoppings.stream().allMatch(StoppingReport::isAvailable) ? YES
            : stoppings.stream().anyMatch(each -> each.outcome == Stopping.Outcome.DENIED) ? UNKNOWN : NO;
    }

    private static boolean isAvailable(Stopping stopping) {
        return AVAILABLE.contains(stopping.outcome);
    }

    @Override
    public List<Line> lines() {
        List<Line> lines = new ArrayList<>();
        for (Stopping each : stoppings) {
            if (each.outcome != Stopping.Outcome.AVAILABLE || singles.contains(each.before.service().port())) {
                boolean isDenied = each.outcome == Stopping.Outcome.DENIED;
                lines.add(ServicePort.row(each.before.service(), isAvailable(each) ? "available" : isDenied ? "denied" : "in use",
                    isAvailable(each), words(each)));
            }
        }
        return lines.isEmpty() ? List.of(Line.of(stoppings.size() + " ports: " + stoppings.size() + " available")) : lines;
    }

    /** Returns a line for each port that is not available. */
    List<String> failures() {
        return stoppings.stream().filter(each -> !isAvailable(each))
            .map(each -> "port " + each.before.service().port() + ": " + words(each)).toList();
    }

    private String words(Stopping stopping) {
        String signalled = stopping.signalled.values().stream().map(OwnerWords::process).collect(Collectors.joining(" and "));
        String now = OwnerWords.brief(stopping.now);
        return switch (stopping.outcome) {
            case AVAILABLE -> "";
            case FREED -> "stopped " + signalled + restart(stopping);
            case REFUSED -> "not stopped: " + stopping.refused.stream().map(this::words).distinct().collect(Collectors.joining("; "));
            case NOT_LISTENING -> "nothing listens, so nothing was stopped: " + now;
            case STILL_IN_USE -> "told " + signalled + " to stop; still in use" + (now.isEmpty() ? "" : " by " + now);
            case CAME_BACK -> "stopped " + signalled + ", but it came back as " + now
                + stopping.now.stream().map(StoppingReport::starter).distinct().collect(Collectors.joining());
            case DENIED -> stopping.before.brief() + ", so it cannot be told whether the port is available";
        };
    }

    private static String restart(Stopping stopping) {
        return stopping.before.owners().stream().map(Owner::supervisor)
            .filter(supervisor -> supervisor != null && supervisor.kind() == Supervisor.Kind.RESTARTS_SEVERAL)
            .map(supervisor -> "; " + OwnerWords.supervisor(supervisor) + " may start it again").distinct().collect(Collectors.joining());
    }

    /** A shell that restarts a server is a starter, too. */
    private static String starter(Owner owner) {
        return owner.supervisor() != null ? ", started by " + OwnerWords.supervisor(owner.supervisor())
            : owner.ancestors().isEmpty() ? "" : ", started by " + OwnerWords.process(owner.ancestors().get(0));
    }

    private String words(Stopping.Refused refused) {
        boolean isFirst = refused.process() == refused.owner().process();
        String who = isFirst ? OwnerWords.brief(List.of(refused.owner())) : OwnerWords.process(refused.process());
        String force = project == null ? "; name the project with --project DIR, or --force stops it too" : "; --force stops it too";
        return who + switch (refused.reason()) {
            case UNSEEN -> refused.process() == null ? "" : " cannot be signalled from here";
            case FIRST_PROCESS -> " is the first process of this machine or container";
            case OWN_ANCESTOR -> " started this command";
            case PUBLISHER -> " serves the port of a container or another machine; stop the container or the tunnel";
            case SUPERVISOR -> " runs other programs, too; stop its program instead";
            case LOGIN -> " belongs to a terminal, an editor or a login";
            case ANOTHER_USERS -> " is a process of another user";
            case OTHER -> " belongs to another program" + force;
            case UNKNOWN -> " may belong to another program" + force;
        };
    }

    @Override
    public Map<String, Object> document() {
        return Map.of("ports", stoppings.stream().map(this::fields).toList());
    }

    private Map<String, Object> fields(Stopping stopping) {
        Map<String, Object> fields = ServicePort.fields(stopping.before.service());
        fields.put("outcome", ServicePort.lowerCase(stopping.outcome));
        fields.put("stopped", List.copyOf(stopping.signalled.keySet()));
        fields.put("reason", words(stopping).isEmpty() ? null : words(stopping));
        fields.put("occupants", OwnerWords.json(stopping.now, false));
        return fields;
    }
}
