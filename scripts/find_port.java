///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES include/command/Line.java include/command/PortCommand.java include/config/Config.java
//SOURCES include/config/EnvFile.java include/config/EnvWriter.java include/config/PortMap.java
//SOURCES include/config/Targets.java include/ports/Allocator.java include/ports/LocalPorts.java
//SOURCES include/ports/Project.java include/ports/ServicePort.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "find_port",
    customSynopsis = {
        "find_port [OPTIONS] [--count=N] BASE [MAX]",
        "       find_port [OPTIONS] [--write] SERVICE...|--all"},
    description = {
        "Prints the first available port from BASE to MAX, or assigns ports to services.",
        "MAX defaults to the end of the documented range that contains BASE, else to 65535."},
    exitCodeList = {
        "0:the ports are on standard output",
        "1:no port is available; nothing was printed or written",
        "2:no answer: wrong usage or invalid configuration"},
    footer = {
        "  find_port codex-mcp",
        "  port=$(find_port 3100 3199) || exit",
        "  ports=$(find_port --all --write --export) && eval \"$ports\""})
class find_port extends PortCommand {

    @Option(names = "--count", paramLabel = "N", description = "Find N different ports (default 1).")
    private int count = 1;
    @Option(names = "--all", description = "Assign a port to every service.")
    boolean all;
    @Option(names = "--export", description = "Print export NAME=port lines, for the shell's eval.")
    boolean export;
    @Option(names = "--write", description = "Save the ports to the .env file; only the values change.")
    boolean write;

    /** Whether no target means all services. */
    boolean isAllByDefault;

    public static void main(String... args) {
        main(new find_port(), args);
    }

    @Override
    Report report() throws Exception {
        all |= isAllByDefault && targets.isEmpty();
        wholeNames |= write;
        require(targets.isEmpty() == all, "find_port takes BASE [MAX], or services, or --all");
        require(!export || !json && !quiet, "--export cannot be combined with --json or --quiet");
        return !all && !Targets.isName(targets.get(0)) ? search() : assign();
    }

    private Report search() throws IOException {
        require(count >= 1, "--count must be at least 1");
        require(targets.size() <= 2, "find_port takes BASE [MAX]");
        require(!write, "--write works only with services");
        PortMap.Range range = range();
        LocalPorts localPorts = LocalPorts.read();
        List<Integer> found = new ArrayList<>();
        for (int port = range.first(); port <= range.last() && found.size() < count; port++) {
            if (localPorts.isAvailable(port)) {
                found.add(port);
            }
        }
        if (found.size() == count) {
            return answer(found);
        }
        boolean isDenied = localPorts.verdict(range.first()) == LocalPorts.Verdict.DENIED;
        error((found.isEmpty() ? "No available ports" : "Only " + found.size() + " of " + count + " ports available")
            + " in range " + range + (isDenied ? ": you are not permitted to bind port " + range.first() : ""));
        return new Report(Report.NO, List.of(), null);
    }

    /** Returns the range from BASE to MAX or, without MAX, to the end of the documented range. */
    private PortMap.Range range() {
        if (targets.size() == 2) {
            return PortMap.Range.parse(PortMap.parsePort(targets.get(0)) + "-" + PortMap.parsePort(targets.get(1)));
        }
        PortMap.Range range = PortMap.Range.parse(targets.get(0));
        PortMap.Group group = PortMap.Group.of(range.first());
        int max = group == null ? PortMap.HIGHEST : group.range.last();
        return targets.get(0).contains("-") ? range : new PortMap.Range(range.first(), max);
    }

    private Report answer(List<Integer> ports) {
        List<Line> lines = new ArrayList<>();
        for (int port : ports) {
            String number = ports.size() == 1 ? "" : "_" + (lines.size() + 1);
            lines.add(Line.of((export ? "export PORT" + number + "=" : "") + port));
        }
        Config config = json ? Config.of(this) : null;
        return new Report(Report.YES, lines, !json ? null : Map.of("ports", ports.stream()
            .map(port -> ServicePort.fields(config.at(port).get(0))).toList()));
    }

    private Report assign() throws Exception {
        require(count == 1, "--count works only with BASE [MAX]");
        // The lock is held while ports are chosen, or two writers could choose the same port.
        Allocator allocator = write ? EnvWriter.update(this, this::plan, Allocator::written)
            : plan(EnvFile.of(this));
        for (String failure : allocator.failures) {
            error(failure);
        }
        if (!allocator.failures.isEmpty()) {
            return new Report(Report.NO, List.of(), null);
        }
        for (String note : allocator.notes) {
            note(note);
        }
        return assigned(allocator);
    }

    private Allocator plan(EnvFile file) throws IOException {
        Config config = new Config(file, System.getenv());
        return new Allocator(config).assign(wanted(config), Project.of(this), !all);
    }

    private List<PortMap.Service> wanted(Config config) {
        if (all) {
            return config.services();
        }
        List<PortMap.Service> services = new Targets(config, wholeNames).resolve(targets);
        boolean areServices = targets.stream().noneMatch("PORT"::equalsIgnoreCase)
            && services.stream().noneMatch(service -> service.status() == PortMap.Status.NONE);
        require(areServices, "ports are assigned to services only; name services, or use BASE [MAX]");
        return services;
    }

    private Report assigned(Allocator allocator) {
        List<Allocator.Assignment> assignments = allocator.assignments;
        List<Line> lines = new ArrayList<>();
        for (Allocator.Assignment assignment : assignments) {
            for (String variable : assignment.service().variables()) {
                // Docker and Kubernetes set NAME_PORT to URLs, for purposes of their own.
                String current = allocator.config.environment(variable);
                if (!export || current.isEmpty() || PortMap.isPort(current)) {
                    lines.add(Line.of((export ? "export " : "") + variable + "=" + assignment.port()));
                }
                if (write && !export && assignment.isMoved() && PortMap.isPort(current)) {
                    note(variable + " in the environment takes precedence over .env; set it there, too");
                }
            }
        }
        boolean isNumber = !all && !export && assignments.size() == 1;
        return new Report(Report.YES, isNumber ? List.of(Line.of("" + assignments.get(0).port())) : lines,
            !json ? null : Map.of("ports", assignments.stream().map(find_port::fields).toList()));
    }

    private static Map<String, Object> fields(Allocator.Assignment assignment) {
        PortMap.Service keeper = assignment.keeper();
        Map<String, Object> old = assignment.old().fields();
        Map<String, Object> fields = ServicePort.fields(assignment.service());
        fields.put("port", assignment.port());
        fields.put("running", assignment.isRunning());
        fields.put("previous_port", assignment.service().port());
        fields.put("reason", !assignment.isMoved() ? null : keeper != null ? "assigned" : old.get("verdict"));
        fields.put("assigned_to", keeper == null ? null : keeper.variable());
        fields.put("previous_occupants", old.get("occupants"));
        fields.put("previous_listeners", old.get("listeners"));
        return fields;
    }
}
