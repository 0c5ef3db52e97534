///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES include/command/Line.java include/command/PortCommand.java include/command/Report.java
//SOURCES include/command/UserException.java include/config/Config.java include/config/EnvFile.java
//SOURCES include/config/EnvWriter.java include/config/PortMap.java include/config/PortRange.java
//SOURCES include/config/Targets.java include/ports/Allocator.java include/ports/LocalPorts.java
//SOURCES include/ports/Project.java include/ports/ServicePort.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
        if (targets.isEmpty() != all) {
            throw new UserException("find_port takes BASE [MAX], or services, or --all; " + help());
        }
        if (export && (json || quiet)) {
            throw new UserException("--export cannot be combined with --json or --quiet; " + help());
        }
        return !all && !Targets.isName(targets.get(0)) ? search() : assign();
    }

    private Report search() throws IOException {
        if (targets.size() > 2 || count < 1) {
            throw new UserException(count < 1 ? "--count must be at least 1" : "find_port takes BASE [MAX]; " + help());
        }
        if (write) {
            throw new UserException("--write works only with services; " + help());
        }
        PortRange range = range();
        LocalPorts localPorts = LocalPorts.read();
        List<Integer> found = new ArrayList<>();
        for (int port = range.first(); port <= range.last() && found.size() < count; port++) {
            if (localPorts.isAvailable(port)) {
                found.add(port);
            }
        }
        if (found.size() == count) {
            return found(found);
        }
        boolean isDenied = localPorts.verdict(range.first()) == LocalPorts.Verdict.DENIED;
        error((found.isEmpty() ? "No available ports" : "Only " + found.size() + " of " + count + " ports available")
            + " in range " + range + (isDenied ? ": you are not permitted to bind port " + range.first() : ""));
        return new Report.Silent(Report.NO);
    }

    /** Returns BASE to MAX; without MAX to the end of the documented range. */
    private PortRange range() {
        if (targets.size() == 2) {
            return PortRange.parse(PortRange.parsePort(targets.get(0)) + "-" + PortRange.parsePort(targets.get(1)));
        }
        PortRange range = PortRange.parse(targets.get(0));
        PortMap.Group group = PortMap.Group.of(range.first());
        int max = group == null ? PortRange.HIGHEST : group.range.last();
        return targets.get(0).contains("-") ? range : new PortRange(range.first(), max);
    }

    private Report found(List<Integer> ports) {
        Targets services = json ? new Targets(Config.of(this), false) : null;
        List<Line> lines = new ArrayList<>();
        List<Map<String, Object>> documents = new ArrayList<>();
        for (int port : ports) {
            String number = ports.size() == 1 ? "" : "_" + (lines.size() + 1);
            lines.add(Line.of((export ? "export PORT" + number + "=" : "") + port));
            if (json) {
                documents.add(ServicePort.fields(services.resolve("" + port).get(0)));
            }
        }
        return new Ports(lines, documents);
    }

    private Report assign() throws Exception {
        if (count != 1) {
            throw new UserException("--count works only with BASE [MAX]; a service has one port");
        }
        // The lock is held while ports are chosen, or two writers could choose the same port.
        Plan plan = write ? EnvWriter.update(this, this::plan, Plan::changed) : plan(EnvFile.of(this));
        if (plan.failed().isEmpty()) {
            plan.allocator().notes(plan.assignments, write && !export).forEach(this::note);
            return assigned(plan.config, plan.assignments);
        }
        plan.failed().forEach(assignment -> error(plan.allocator().failure(assignment, invocation().fileName())));
        return new Report.Silent(Report.NO);
    }

    /** The ports that the services are assigned, and the file with these ports. */
    private record Plan(Config config, List<Allocator.Assignment> assignments, Allocator allocator, EnvFile changed) {

        List<Allocator.Assignment> failed() {
            return assignments.stream().filter(each -> each.decision() == Allocator.Decision.FAILS).toList();
        }
    }

    private Plan plan(EnvFile file) throws IOException {
        Config config = new Config(file, System.getenv());
        Allocator allocator = new Allocator(config, LocalPorts.read(), Project.of(this));
        List<Allocator.Assignment> assignments = allocator.assign(wanted(config), !all);
        Plan plan = new Plan(config, assignments, allocator, file);
        return write && plan.failed().isEmpty()
            ? new Plan(config, assignments, allocator, file.with(ports(config, assignments))) : plan;
    }

    private List<PortMap.Service> wanted(Config config) {
        if (all) {
            return config.services();
        }
        if (targets.stream().anyMatch(Targets::isPort)) {
            throw new UserException("PORT is not a service; name a service, or use BASE [MAX]");
        }
        List<PortMap.Service> services = new Targets(config, wholeNames).resolve(targets);
        for (PortMap.Service service : services) {
            if (service.status() == PortMap.Status.NONE) {
                throw new UserException("no service is configured to use port " + service.port()
                    + "; name a service, or use BASE [MAX]");
            }
        }
        return services;
    }

    /** Returns what is written; an expression stays unless its port changes. */
    private static Map<String, String> ports(Config config, List<Allocator.Assignment> assignments) {
        Map<String, String> ports = new LinkedHashMap<>();
        for (Allocator.Assignment assignment : assignments) {
            for (String variable : assignment.service().variables()) {
                config.requirePort(variable);
                if (assignment.decision() == Allocator.Decision.MOVES || !config.isExpression(variable)) {
                    ports.put(variable, String.valueOf(assignment.port()));
                }
            }
        }
        return ports;
    }

    private Report assigned(Config config, List<Allocator.Assignment> assignments) {
        List<Line> lines = new ArrayList<>();
        for (Allocator.Assignment assignment : assignments) {
            for (String variable : assignment.service().variables()) {
                // Docker and Kubernetes set NAME_PORT to URLs, for purposes of their own.
                String current = config.environment(variable);
                if (!export || current.isEmpty() || PortRange.isPort(current)) {
                    lines.add(Line.of((export ? "export " : "") + variable + "=" + assignment.port()));
                }
            }
        }
        boolean isNumber = !all && !export && assignments.size() == 1;
        return new Ports(isNumber ? List.of(Line.of("" + assignments.get(0).port())) : lines,
            json ? assignments.stream().map(find_port::fields).toList() : List.of());
    }

    private static Map<String, Object> fields(Allocator.Assignment assignment) {
        boolean isMoved = assignment.decision() == Allocator.Decision.MOVES;
        PortMap.Service keeper = assignment.keeper();
        Map<String, Object> old = assignment.old().fields();
        Map<String, Object> fields = ServicePort.fields(assignment.service());
        fields.put("port", assignment.port());
        fields.put("running", assignment.decision() == Allocator.Decision.RUNS);
        fields.put("previous_port", assignment.service().port());
        fields.put("reason", !isMoved ? null : keeper != null ? "assigned" : old.get("verdict"));
        fields.put("assigned_to", keeper == null ? null : keeper.variable());
        fields.put("previous_occupants", old.get("occupants"));
        fields.put("previous_listeners", old.get("listeners"));
        return fields;
    }

    /** The ports, as lines for the shell or as JSON documents. */
    private record Ports(List<Line> lines, List<Map<String, Object>> documents) implements Report {

        @Override
        public int exitCode() {
            return YES;
        }

        @Override
        public boolean isPlain() {
            return true;
        }

        @Override
        public Map<String, Object> document() {
            return Map.of("ports", documents);
        }
    }
}
