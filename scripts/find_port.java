///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES include/command/Line.java include/command/PortCommand.java include/command/Report.java
//SOURCES include/command/UserException.java include/config/Config.java include/config/EnvFile.java
//SOURCES include/config/EnvWriter.java include/config/PortMap.java include/config/PortRange.java
//SOURCES include/config/Targets.java include/ports/AllocationWords.java include/ports/Allocator.java
//SOURCES include/ports/LocalPorts.java include/ports/Owner.java include/ports/OwnerWords.java
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
        "       find_port [OPTIONS] [--write] [--dry-run] SERVICE...|--all"},
    description = {
        "Prints the first available port from BASE to MAX, or assigns ports to services.",
        "MAX defaults to the end of the documented range that BASE lies in, else to 65535."},
    exitCodeList = {
        "0:the ports are on standard output",
        "1:a port cannot be had; nothing is printed or written",
        "2:could not tell: wrong usage or unusable configuration"},
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

    @Option(names = "--write", description = "Save the ports to the .env file.")
    boolean write;

    @Option(names = "--dry-run", description = "Show on standard error what --write would change, and change nothing.")
    private boolean dryRun;

    public static void main(String... args) {
        main(new find_port(), args);
    }

    /** Whether no target means all services. */
    boolean isAllByDefault;

    @Override
    Report report() throws Exception {
        all |= isAllByDefault && targets.isEmpty();
        if (targets.isEmpty() != all) {
            throw new UserException("find_port takes BASE [MAX], or services, or --all; " + help());
        }
        if (export && (json || quiet)) {
            throw new UserException("--export prints lines for the shell, and goes with neither --json nor --quiet; " + help());
        }
        return !all && !Targets.isName(targets.get(0)) ? search() : assign();
    }

    // BASE [MAX].

    private Report search() throws IOException {
        if (targets.size() > 2) {
            throw new UserException("find_port takes BASE [MAX], not a third port; " + help());
        }
        if (write || dryRun) {
            throw new UserException("--write and --dry-run go with services, which have a name in .env");
        }
        if (count < 1) {
            throw new UserException("--count must be at least 1");
        }
        PortRange range = range();
        LocalPorts localPorts = LocalPorts.read();
        List<Integer> found = new ArrayList<>();
        for (int port = range.first(); port <= range.last() && found.size() < count; port++) {
            if (localPorts.isAvailable(port)) {
                found.add(port);
            }
        }
        if (found.size() < count) {
            error((found.isEmpty() ? "No available ports" : "Only " + found.size() + " of " + count + " ports available")
                + " in range " + range + denied(range, localPorts));
            return new Report.Silent(Report.NO);
        }
        return found(found);
    }

    /** BASE-MAX, or BASE and MAX, or BASE up to the end of its group. */
    private PortRange range() {
        if (targets.size() == 1 && targets.get(0).indexOf('-') > 0) {
            return PortRange.parse(targets.get(0));
        }
        int base = PortRange.parsePort(targets.get(0));
        if (targets.size() == 2) {
            return PortRange.parse(base + "-" + PortRange.parsePort(targets.get(1)));
        }
        PortMap.Group group = PortMap.Group.of(base);
        return new PortRange(base, group == null ? PortRange.HIGHEST : group.range.last());
    }

    /** Ports that this user may not bind are not in use; a search in vain says so. */
    private static String denied(PortRange range, LocalPorts localPorts) throws IOException {
        int denied = 0;
        for (int port = range.first(); port <= range.last(); port++) {
            denied += localPorts.verdict(port) == LocalPorts.Verdict.DENIED ? 1 : 0;
        }
        return denied == 0 ? "" : ": this user may not bind " + (denied < range.size() ? denied + " of them"
            : "them; run as root, or choose ports from 1024 on");
    }

    /** What a search has found, and for JSON, whose it is. */
    private Report found(List<Integer> ports) {
        if (json) {
            Config config = Config.of(this);
            return new Ports(List.of(), ports.stream().map(port -> ServicePort.fields(config.atOrNone(port).get(0))).toList());
        }
        List<Line> lines = new ArrayList<>();
        for (int port : ports) {
            lines.add(Line.of(!export ? "" + port : "export PORT" + (ports.size() == 1 ? "" : "_" + (lines.size() + 1)) + "=" + port));
        }
        return new Ports(lines, List.of());
    }

    // Services.

    private Report assign() throws Exception {
        if (count != 1) {
            throw new UserException("--count goes with BASE [MAX]; a service has one port");
        }
        // Hold the lock while allocating, or two writers could pick the same port.
        Plan plan = write && !dryRun ? EnvWriter.update(this, this::plan, Plan::changed) : plan(EnvFile.of(this));
        if (plan.isFailed()) {
            plan.assignments().stream().filter(Plan::fails).forEach(assignment -> error(plan.words().failure(assignment)));
            return new Report.Silent(Report.NO);
        }
        if (dryRun) {
            sayChanges(plan.config().envFile(), plan.changed(), plan.assignments());
        }
        plan.words().notes(plan.assignments(), write && !export).forEach(this::note);
        return assigned(plan.config(), plan.assignments());
    }

    /** The ports that services get, and the file with these ports. */
    private record Plan(Config config, List<Allocator.Assignment> assignments, AllocationWords words, EnvFile changed) {

        boolean isFailed() {
            return assignments.stream().anyMatch(Plan::fails);
        }

        private static boolean fails(Allocator.Assignment assignment) {
            return assignment.decision() == Allocator.Decision.FAILS;
        }
    }

    private Plan plan(EnvFile file) throws IOException {
        Config config = new Config(file, System.getenv());
        List<Allocator.Assignment> assignments = new Allocator(config, LocalPorts.read(), Project.of(this)).assign(wanted(config));
        AllocationWords words = new AllocationWords(config, invocation());
        Plan plan = new Plan(config, assignments, words, file);
        return plan.isFailed() || !write && !dryRun ? plan : new Plan(config, assignments, words, changed(file, assignments));
    }

    private List<PortMap.Service> wanted(Config config) {
        if (all) {
            return config.services();
        }
        Targets names = new Targets(config);
        List<PortMap.Service> services = write || dryRun ? names.resolveWholeNames(targets) : names.resolve(targets);
        for (PortMap.Service service : services) {
            if (service.status() == PortMap.Status.NONE) {
                throw new UserException("no service has the port " + service.port() + "; name services, or BASE [MAX] alone");
            }
        }
        return services;
    }

    private static EnvFile changed(EnvFile file, List<Allocator.Assignment> assignments) {
        Map<String, String> ports = new LinkedHashMap<>();
        for (Allocator.Assignment assignment : assignments) {
            requirePort(file.get(assignment.service().variable()), file);
            for (String variable : assignment.service().variables()) {
                ports.put(variable, String.valueOf(assignment.port()));
            }
        }
        return file.with(ports);
    }

    private static void requirePort(EnvFile.Entry old, EnvFile file) {
        if (old != null && !old.value().isEmpty() && !PortRange.isPort(old.value())) {
            // Not validated before, because the environment takes precedence over it.
            throw new UserException(file.path() + ":" + old.line() + ": the value of " + old.name() + " is not a port; correct it first");
        }
    }

    private void sayChanges(EnvFile file, EnvFile changed, List<Allocator.Assignment> assignments) {
        Set<String> variables = new HashSet<>();
        assignments.forEach(assignment -> variables.addAll(assignment.service().variables()));
        for (EnvFile.Entry entry : changed.entries()) {
            EnvFile.Entry old = file.get(entry.name());
            if (variables.contains(entry.name()) && (old == null || !old.value().equals(entry.value()))) {
                note(file.path() + ":" + entry.line() + ": " + entry.name() + "=" + entry.value()
                    + (old == null ? " (new)" : old.value().isEmpty() ? "" : " (was " + old.value() + ")"));
            }
        }
    }

    /** The ports that services have got. */
    private Report assigned(Config config, List<Allocator.Assignment> assignments) {
        if (json) {
            return new Ports(List.of(), assignments.stream().map(find_port::fields).toList());
        }
        if (!all && !export && assignments.size() == 1) {
            return new Ports(List.of(Line.of("" + assignments.get(0).port())), List.of());
        }
        List<Line> lines = new ArrayList<>();
        for (Allocator.Assignment assignment : assignments) {
            for (String variable : assignment.service().variables()) {
                if (!export || config.mayBeExported(variable)) {
                    lines.add(Line.of((export ? "export " : "") + variable + "=" + assignment.port()));
                }
            }
        }
        return new Ports(lines, List.of());
    }

    private static Map<String, Object> fields(Allocator.Assignment assignment) {
        boolean isMoved = assignment.decision() == Allocator.Decision.MOVES;
        Allocator.Taken old = assignment.old();
        List<Owner> owners = old == null ? List.of() : old.owners();
        Map<String, Object> fields = ServicePort.fields(assignment.service());
        fields.put("port", assignment.port());
        fields.put("running", assignment.decision() == Allocator.Decision.RUNS);
        fields.put("previous_port", assignment.service().port());
        fields.put("reason", !isMoved ? null : assignment.assignedTo() != null ? "assigned" : ServicePort.lowerCase(old.verdict()));
        fields.put("assigned_to", assignment.assignedTo() == null ? null : assignment.assignedTo().variable());
        fields.put("previous_occupants", OwnerWords.json(owners, false));
        fields.put("previous_listeners", OwnerWords.json(owners, true));
        return fields;
    }

    /** Ports that can be had, as lines for the shell, or as JSON documents. */
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
