//SOURCES Explanation.java Freeing.java Keeper.java Line.java Occupants.java PortMap.java PortRow.java Processes.java Report.java

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What became of ports that were to be freed, in words and in JSON. */
final class FreeingReport implements Report {

    private static final Set<Freeing.Outcome> AVAILABLE = Set.of(Freeing.Outcome.AVAILABLE, Freeing.Outcome.FREED);
    private static final Set<Freeing.Outcome> STOPPED = Set.of(Freeing.Outcome.FREED, Freeing.Outcome.CAME_BACK,
        Freeing.Outcome.STILL_IN_USE);

    private final List<PortMap.Service> services;
    private final Map<Integer, Freeing.Result> results = new LinkedHashMap<>();

    FreeingReport(List<PortMap.Service> services, List<Freeing.Result> results) {
        this.services = services;
        results.forEach(result -> this.results.put(result.port(), result));
    }

    /** It cannot be told of a port that this user may not even bind. */
    @Override
    public int exitCode() {
        Set<Freeing.Outcome> outcomes = results.values().stream().map(Freeing.Result::outcome).collect(Collectors.toSet());
        return AVAILABLE.containsAll(outcomes) ? YES : outcomes.contains(Freeing.Outcome.DENIED) ? UNKNOWN : NO;
    }

    @Override
    public List<Line> lines() {
        List<Line> lines = new ArrayList<>();
        for (PortMap.Service service : services) {
            Freeing.Result result = results.get(service.port());
            boolean isAvailable = AVAILABLE.contains(result.outcome());
            String words = words(result);
            lines.add(Line.of("Port " + service.port() + ": ")
                .with(isAvailable ? "available" : result.outcome() == Freeing.Outcome.DENIED ? "denied" : "in use", isAvailable
                    ? Line.Style.GOOD : Line.Style.BAD)
                .with(service.name() == null ? "" : "  " + service.name()).with(words.isEmpty() ? "" : "  " + words));
        }
        return lines;
    }

    private static String words(Freeing.Result result) {
        return switch (result.outcome()) {
            case AVAILABLE -> "";
            case FREED -> "stopped " + Explanation.brief(result.occupants());
            case REFUSED -> "not stopped: " + result.refusals().entrySet().stream()
                .map(refusal -> Explanation.brief(List.of(refusal.getKey())) + ", " + words(refusal.getValue()))
                .collect(Collectors.joining("; "));
            case NOT_LISTENING -> "nothing listens on it, so nothing was stopped: " + Explanation.brief(result.occupants());
            case STILL_IN_USE -> "still in use by " + Explanation.brief(result.now());
            case CAME_BACK -> "stopped " + Explanation.brief(result.occupants()) + ", but it came back as "
                + Explanation.brief(result.now())
                + result.now().stream().map(FreeingReport::starter).distinct().collect(Collectors.joining());
            case DENIED -> "this user may not bind it, so it cannot be told whether it is free";
        };
    }

    /** What has started it again: the keeper, where one is known, and be it a shell. */
    private static String starter(Occupants.Occupant occupant) {
        Keeper keeper = occupant.keeper();
        if (keeper != null) {
            return ", started by " + keeper.name() + (keeper.pid() == 0 ? "" : " (pid " + keeper.pid() + ")");
        }
        Processes.Facts parent = occupant.ancestors().isEmpty() ? null : occupant.ancestors().get(0);
        return parent == null ? "" : ", started by " + parent.name() + " (pid " + parent.pid() + ")";
    }

    private static String words(Freeing.Refusal refusal) {
        return switch (refusal) {
            case UNSEEN -> "which cannot be seen from here";
            case FIRST_PROCESS -> "the first process of this container or machine";
            case OWN_ANCESTOR -> "by which this command was started";
            case PUBLISHER -> "which publishes a container's port; stop the container";
            case LOGIN -> "which belongs to this login";
            case STRANGER -> "a stranger's; --force stops it as well";
            case NOT_KNOWN -> "of which it cannot be told whose it is; --force stops it as well";
            case SHARED -> "whose socket a stranger's process has as well; --force stops both";
            case PARENT_UNSEEN -> "whose parent, another user's process, may have the socket as well";
            case HAS_ANOTHER -> "which has a port as well that is left alone";
            case NOT_PERMITTED -> "which this user may not stop";
        };
    }

    @Override
    public Map<String, Object> document() {
        return Map.of("ports", services.stream().map(this::fields).toList());
    }

    private Map<String, Object> fields(PortMap.Service service) {
        Freeing.Result result = results.get(service.port());
        Map<String, Object> fields = PortRow.fields(service);
        fields.put("outcome", PortRow.lowerCase(result.outcome()));
        fields.put("stopped", !STOPPED.contains(result.outcome()) ? List.of() : result.occupants().stream()
            .flatMap(occupant -> occupant.sharers().stream()).map(Processes.Facts::pid).distinct().toList());
        fields.put("reason", words(result).isEmpty() ? null : words(result));
        fields.put("occupants", Explanation.json(result.outcome() == Freeing.Outcome.FREED ? List.of() : result.now(), false));
        return fields;
    }
}
