//SOURCES ../command/Invocation.java ../config/Config.java ../config/PortMap.java ../config/PortRange.java
//SOURCES Allocator.java Ownership.java Remedy.java ServicePort.java

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What there is to say of an allocation, in words. */
record AllocationWords(Config config, Invocation invocation) {

    /**
     * A note for each service whose port is not simply its own.
     *
     * @param isOnlyWritten whether the environment, which takes precedence over .env, is left as it is
     */
    List<String> notes(List<Allocator.Assignment> assignments, boolean isOnlyWritten) {
        List<String> notes = new ArrayList<>();
        List<PortMap.Service> running = new ArrayList<>();
        for (Allocator.Assignment assignment : assignments) {
            PortMap.Service service = assignment.service();
            notes.addAll(config.differences(service));
            switch (assignment.decision()) {
                case RUNS -> running.add(service);
                case MOVES -> addMove(notes, assignment, isOnlyWritten);
                case KEEPS_TAKEN -> {
                    if (isNoteworthy(assignment)) {
                        notes.add(title(service) + " keeps " + service.port() + ", though " + why(assignment));
                    }
                }
                case KEEPS, FAILS -> { }
            }
        }
        if (!running.isEmpty()) {
            notes.add((running.size() == 1 ? "runs already, by its port: " : "run already, by their ports: ")
                + running.stream().map(service -> service.shortName() + " (" + service.port() + ")").collect(Collectors.joining(", ")));
        }
        return notes;
    }

    private void addMove(List<String> notes, Allocator.Assignment assignment, boolean isOnlyWritten) {
        PortMap.Service service = assignment.service();
        notes.add(title(service) + " moves from " + service.port() + " to " + assignment.port() + ": " + why(assignment));
        for (String variable : service.variables()) {
            if (isOnlyWritten && config.isSetInEnvironment(variable)) {
                notes.add(variable + " is set in the environment, which takes precedence over .env; set it there, too");
            }
        }
    }

    /** Outside the documented ranges, a service that only .env knows is nobody's business; nor is one that may be its own server. */
    private static boolean isNoteworthy(Allocator.Assignment assignment) {
        boolean isStranger = assignment.old() != null && row(assignment.service(), assignment.old()).ownership() == Ownership.OTHER;
        return assignment.assignedTo() != null || isStranger && assignment.service().group() != null;
    }

    /** Why a service gets no port, and what to do about it. */
    String failure(Allocator.Assignment assignment) {
        PortMap.Service service = assignment.service();
        List<Integer> candidates = Allocator.candidates(service);
        if (!candidates.isEmpty()) {
            int first = candidates.stream().mapToInt(port -> port).min().orElseThrow();
            int last = candidates.stream().mapToInt(port -> port).max().orElseThrow();
            return "No available ports in range " + new PortRange(first, last) + " for " + title(service) + ": "
                + whoHasThem(assignment) + "; stop some of them";
        }
        return title(service) + " cannot have its " + (service.isMovable() ? "port " : "fixed port ") + service.port() + ": "
            + why(assignment) + "; " + (assignment.assignedTo() != null || service.isMovable()
            ? "set " + service.variable() + " to another port" : new Remedy(config, invocation).setting(service));
    }

    private static ServicePort row(PortMap.Service service, Allocator.Taken taken) {
        return new ServicePort(service, taken.verdict(), taken.owners());
    }

    private String why(Allocator.Assignment assignment) {
        return assignment.assignedTo() == null ? row(assignment.service(), assignment.old()).brief()
            : "it is also the port of " + title(assignment.assignedTo()) + " (by " + config.place(assignment.assignedTo()) + " and "
                + config.place(assignment.service()) + ")";
    }

    /** Who has how many of the ports that the service could have had. */
    private static String whoHasThem(Allocator.Assignment assignment) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        for (Allocator.Taken taken : assignment.candidates()) {
            counts.merge(row(assignment.service(), taken).brief(), 1, Integer::sum);
        }
        if (assignment.claimed() > 0) {
            counts.put("assigned to other services", assignment.claimed());
        }
        return counts.entrySet().stream().map(entry -> entry.getValue() + " " + entry.getKey()).collect(Collectors.joining(", "));
    }

    private static String title(PortMap.Service service) {
        return service.name().equals(service.variable()) ? service.variable() : service.name() + " (" + service.variable() + ")";
    }
}
