//SOURCES ../command/Line.java ../command/PortCommand.java Owner.java OwnerWords.java ServicePort.java Stopping.java
//SOURCES Supervisor.java

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reports what became of ports whose listeners were to be stopped.
 *
 * @param singles the ports that were named one by one; other ports are shown only if they were in use
 */
record StoppingReport(List<Stopping> stoppings, Set<Integer> singles) implements PortCommand.Report {

    @Override
    public int exitCode() {
        return stoppings.stream().allMatch(Stopping::isAvailable) ? YES
            : stoppings.stream().anyMatch(each -> each.outcome == Stopping.Outcome.DENIED) ? UNKNOWN : NO;
    }

    @Override
    public List<Line> lines() {
        List<Line> lines = new ArrayList<>();
        for (Stopping each : stoppings) {
            if (each.outcome != Stopping.Outcome.AVAILABLE || singles.contains(each.before.service().port())) {
                String state = each.isAvailable() ? "available"
                    : each.outcome == Stopping.Outcome.DENIED ? "denied" : "in use";
                lines.add(ServicePort.row(each.before.service(), state, each.isAvailable(), words(each)));
            }
        }
        int count = stoppings.size();
        return lines.isEmpty() ? List.of(Line.of(count + " ports: " + count + " available")) : lines;
    }

    /** Returns a sentence for each port that is not available. */
    List<String> failures() {
        return stoppings.stream().filter(each -> !each.isAvailable())
            .map(each -> "port " + each.before.service().port() + ": " + words(each)).toList();
    }

    @Override
    public Map<String, Object> document() {
        return Map.of("ports", stoppings.stream().map(StoppingReport::fields).toList());
    }

    private static Map<String, Object> fields(Stopping stopping) {
        String words = words(stopping);
        Map<String, Object> fields = ServicePort.fields(stopping.before.service());
        fields.put("outcome", ServicePort.lowerCase(stopping.outcome));
        fields.put("stopped", List.copyOf(stopping.signalled.keySet()));
        fields.put("reason", words.isEmpty() ? null : words);
        fields.put("occupants", OwnerWords.json(stopping.now, false));
        return fields;
    }

    private static String words(Stopping stopping) {
        String signalled = joined(stopping.signalled.values().stream().map(OwnerWords::process), " and ");
        String now = OwnerWords.brief(stopping.now);
        return switch (stopping.outcome) {
            case AVAILABLE -> "";
            case FREED -> "stopped " + signalled + joined(stopping.before.owners().stream().map(Owner::supervisor)
                .filter(each -> each != null && each.kind() == Supervisor.Kind.RESTARTS_SEVERAL)
                .map(each -> "; " + OwnerWords.supervisor(each) + " may start it again"), "");
            case REFUSED -> "not stopped: "
                + joined(stopping.refused.stream().map(each -> words(each, stopping.project != null)), "; ");
            case NOT_LISTENING -> "nothing listens, so nothing was stopped: " + now;
            case STILL_IN_USE -> "told " + signalled + " to stop; still in use" + (now.isEmpty() ? "" : " by " + now);
            case CAME_BACK -> "stopped " + signalled + ", but it came back as " + now
                + joined(stopping.now.stream().map(StoppingReport::starter), "");
            case DENIED -> stopping.before.brief() + ", so it cannot be told whether the port is available";
        };
    }

    private static String joined(Stream<String> words, String separator) {
        return words.distinct().collect(Collectors.joining(separator));
    }

    /** A shell that restarts a server is a starter, too. */
    private static String starter(Owner owner) {
        return owner.supervisor() != null ? ", started by " + OwnerWords.supervisor(owner.supervisor())
            : owner.ancestors().isEmpty() ? "" : ", started by " + OwnerWords.process(owner.ancestors().get(0));
    }

    private static String words(Stopping.Refused refused, boolean hasProject) {
        boolean isFirst = refused.process() == refused.owner().process();
        return (isFirst ? OwnerWords.brief(List.of(refused.owner())) : OwnerWords.process(refused.process()))
            + (refused.process() == null ? "" : refused.reason().words)
            + (!refused.reason().canBeForced() ? ""
                : (hasProject ? "; " : "; name the project with --project DIR, or ") + "--force stops it too");
    }
}
