//SOURCES ../command/Invocation.java ../config/Config.java ../config/EnvFile.java ../config/PortMap.java
//SOURCES Allocator.java OwnerWords.java

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Formats what there is to say about an allocation. */
record AllocationWords(Config config, Invocation invocation) {

    /** Returns a note on each service that is running, moves, or keeps a port that is in use. */
    List<String> notes(List<Allocator.Assignment> assignments, boolean isOnlyWritten) {
        List<String> notes = new ArrayList<>();
        List<String> running = new ArrayList<>();
        Set<String> left = new HashSet<>();
        for (Allocator.Assignment assignment : assignments) {
            PortMap.Service service = assignment.service();
            String port = String.valueOf(service.port());
            notes.addAll(config.differences(service));
            switch (assignment.decision()) {
                case RUNS -> running.add(service.shortName() + " (" + port + ")");
                case KEEPS_IN_USE ->
                    notes.add(service.name() + " keeps port " + port + ", which is " + reason(assignment));
                case MOVES -> {
                    notes.add(service.name() + (service.isDocumented() ? " (" + service.variable() + ")" : "")
                        + " moves from " + port + " to " + assignment.port() + ": " + port + " is "
                        + reason(assignment));
                    if (assignment.keeper() == null) {
                        left.add(port);
                    }
                    for (String variable : service.variables()) {
                        if (isOnlyWritten && PortMap.isPort(config.environment(variable))) {
                            notes.add(variable + " in the environment takes precedence over .env; set it there, too");
                        }
                    }
                }
                case KEEPS, FAILS -> { }
            }
        }
        if (!left.isEmpty()) {
            addLinesWith(left, notes);
        }
        if (!running.isEmpty()) {
            notes.add("already running: " + String.join(", ", running));
        }
        return notes;
    }

    /** Adds a note on each line of {@code .env} that still names one of these ports, as a URL does. */
    private void addLinesWith(Set<String> ports, List<String> notes) {
        Pattern port = Pattern.compile("(?:^|:)(\\d++)");
        for (EnvFile.Entry entry : config.envFile().entries()) {
            port.matcher(entry.value()).results().map(match -> match.group(1)).filter(ports::contains).distinct()
                .filter(left -> !entry.name().endsWith("_PORT")).forEach(left -> notes.add(config.envFile().path() + ":"
                    + entry.line() + ": " + entry.name() + " still names port " + left));
        }
    }

    /** Returns why a documented service fails, and what to do. */
    String failure(Allocator.Assignment assignment) {
        PortMap.Service service = assignment.service();
        String place = service.origin() == PortMap.Origin.ENVIRONMENT ? "the environment" : invocation.fileName();
        return service.name() + (service.isMovable() ? " cannot use its port " : " cannot use its fixed port ")
            + service.port() + ": " + reason(assignment)
            + (service.isMovable() ? ", and no other port of its range is available" : "")
            + "; set " + service.variable() + "=" + assignment.port() + " in " + place;
    }

    private String reason(Allocator.Assignment assignment) {
        PortMap.Service keeper = assignment.keeper();
        return keeper != null ? "also configured for " + keeper.name() + " (" + config.place(keeper) + ")"
            : assignment.old().owners().isEmpty() ? "denied: you are not permitted to bind it" 
            : "in use by " + OwnerWords.brief(assignment.old().owners());
    }
}
