//SOURCES ../command/Line.java ../command/Report.java ../config/PortMap.java Owner.java OwnerWords.java Processes.java
//SOURCES ServicePort.java Stopping.java Supervisor.java

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What became of ports that were to be freed, in words and in JSON. */
final class StoppingReport implements Report {

    private static final Set<Stopping.Outcome> AVAILABLE = Set.of(Stopping.Outcome.AVAILABLE, Stopping.Outcome.FREED);
    private static final Set<Stopping.Outcome> STOPPED = Set.of(Stopping.Outcome.FREED, Stopping.Outcome.CAME_BACK,
        Stopping.Outcome.STILL_IN_USE);

    private final List<PortMap.Service> services;
    private final Map<Integer, Stopping.Result> results = new LinkedHashMap<>();

    StoppingReport(List<PortMap.Service> services, List<Stopping.Result> results) {
        this.services = services;
        results.forEach(result -> this.results.put(result.port(), result));
    }

    /** It cannot be told of a port that this user may not even bind. */
    @Override
    public int exitCode() {
        Set<Stopping.Outcome> outcomes = results.values().stream().map(Stopping.Result::outcome).collect(Collectors.toSet());
        return AVAILABLE.containsAll(outcomes) ? YES : outcomes.contains(Stopping.Outcome.DENIED) ? UNKNOWN : NO;
    }

    @Override
    public List<Line> lines() {
        List<Line> lines = new ArrayList<>();
        for (PortMap.Service service : services) {
            Stopping.Result result = results.get(service.port());
            boolean isAvailable = AVAILABLE.contains(result.outcome());
            String words = words(result);
            lines.add(Line.of("Port " + service.port() + ": ")
                .with(isAvailable ? "available" : result.outcome() == Stopping.Outcome.DENIED ? "denied" : "in use", isAvailable
                    ? Line.Style.GOOD : Line.Style.BAD)
                .with(service.name() == null ? "" : "  " + service.name()).with(words.isEmpty() ? "" : "  " + words));
        }
        return lines;
    }

    private static String words(Stopping.Result result) {
        return switch (result.outcome()) {
            case AVAILABLE -> "";
            case FREED -> "stopped " + OwnerWords.brief(result.owners());
            case REFUSED -> "not stopped: " + result.refusals().entrySet().stream()
                .map(refusal -> OwnerWords.brief(List.of(refusal.getKey())) + ", " + words(refusal.getValue()))
                .collect(Collectors.joining("; "));
            case NOT_LISTENING -> "nothing listens on it, so nothing was stopped: " + OwnerWords.brief(result.owners());
            case STILL_IN_USE -> "still in use by " + OwnerWords.brief(result.now());
            case CAME_BACK -> "stopped " + OwnerWords.brief(result.owners()) + ", but it came back as "
                + OwnerWords.brief(result.now())
                + result.now().stream().map(StoppingReport::starter).distinct().collect(Collectors.joining());
            case DENIED -> "this user may not bind it, so it cannot be told whether it is free";
        };
    }

    /** What has started it again: the keeper, where one is known, and be it a shell. */
    private static String starter(Owner owner) {
        Supervisor keeper = owner.supervisor();
        if (keeper != null) {
            return ", started by " + keeper.name() + (keeper.pid() == 0 ? "" : " (pid " + keeper.pid() + ")");
        }
        Processes.Facts parent = owner.ancestors().isEmpty() ? null : owner.ancestors().get(0);
        return parent == null ? "" : ", started by " + parent.name() + " (pid " + parent.pid() + ")";
    }

    private static String words(Stopping.Refusal refusal) {
        return switch (refusal) {
            case UNSEEN -> "which cannot be seen from here";
            case FIRST_PROCESS -> "the first process of this container or machine";
            case OWN_ANCESTOR -> "by which this command was started";
            case PUBLISHER -> "which publishes a container's port; stop the container";
            case LOGIN -> "which belongs to this login";
            case OTHER -> "a stranger's; --force stops it as well";
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
        Stopping.Result result = results.get(service.port());
        Map<String, Object> fields = ServicePort.fields(service);
        fields.put("outcome", ServicePort.lowerCase(result.outcome()));
        fields.put("stopped", !STOPPED.contains(result.outcome()) ? List.of() : result.owners().stream()
            .flatMap(owner -> owner.processes().stream()).map(Processes.Facts::pid).distinct().toList());
        fields.put("reason", words(result).isEmpty() ? null : words(result));
        fields.put("occupants", OwnerWords.json(result.outcome() == Stopping.Outcome.FREED ? List.of() : result.now(), false));
        return fields;
    }
}
