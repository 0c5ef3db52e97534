///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES include/Allocator.java include/AtomicFile.java include/EnvFile.java include/LocalPorts.java include/PortCommand.java
//SOURCES include/PortMap.java include/Report.java include/UserException.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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

    @Option(names = "--all", description = "Assign a port to every documented service.")
    private boolean all;

    @Option(names = "--export", description = "Print export NAME=port lines, for the shell's eval.")
    private boolean export;

    @Option(names = "--write", description = "Save the ports to the .env file.")
    private boolean write;

    @Option(names = "--dry-run", description = "Show on standard error what --write would change, and change nothing.")
    private boolean dryRun;

    public static void main(String... args) {
        main(new find_port(), args);
    }

    /** The shell function devflow_assign_ports: all services, saved and as lines for eval. */
    static void assignAll(String... args) {
        find_port command = new find_port();
        command.all = true;
        command.write = true;
        command.export = true;
        main(command, args);
    }

    @Override
    protected int run() throws Exception {
        if (targets.isEmpty() != all) {
            throw new UserException("find_port takes BASE [MAX], or services, or --all; see find_port --help");
        }
        if (json && export) {
            throw new UserException("--json does not go with --export; choose one");
        }
        return !all && !PortMap.isName(targets.get(0)) ? search() : assign();
    }

    // BASE [MAX].

    private int search() throws IOException {
        if (targets.size() > 2) {
            throw new UserException("find_port takes BASE [MAX], not a third port; see find_port --help");
        }
        if (write || dryRun) {
            throw new UserException("--write and --dry-run go with services, which have a name in .env");
        }
        if (count < 1) {
            throw new UserException("--count must be at least 1");
        }
        int[] ports = range().toArray();
        LocalPorts localPorts = LocalPorts.read();
        Map<String, Integer> found = new LinkedHashMap<>();
        for (int i = 0; i < ports.length && found.size() < count; i++) {
            if (localPorts.isAvailable(ports[i])) {
                found.put(count == 1 ? "PORT" : "PORT_" + (found.size() + 1), ports[i]);
            }
        }
        if (found.size() < count) {
            error((found.isEmpty() ? "No available ports" : "Only " + found.size() + " of " + count + " ports available")
                + " in range " + ports[0] + "-" + ports[ports.length - 1]);
            return NO;
        }
        if (json) {
            PortMap map = portMap();
            out.println(Report.json(Map.of("ports",
                found.values().stream().map(port -> Report.fields(map.resolve("" + port).get(0))).toList())));
        } else if (export) {
            found.forEach((name, port) -> out.println("export " + name + "=" + port));
        } else {
            found.values().forEach(out::println);
        }
        return YES;
    }

    /** BASE-MAX, or BASE and MAX, or BASE up to the end of its group. */
    private IntStream range() {
        if (targets.size() == 1 && targets.get(0).contains("-")) {
            return PortMap.range(targets.get(0));
        }
        int base = PortMap.parsePort(targets.get(0));
        PortMap.Group group = PortMap.Group.of(base);
        int max = targets.size() == 2 ? PortMap.parsePort(targets.get(1)) : group == null ? 65535 : group.last;
        return PortMap.range(base + "-" + max);
    }

    // Services.

    private int assign() throws Exception {
        if (count != 1) {
            throw new UserException("--count goes with BASE [MAX]; a service has one port");
        }
        // Whoever writes, allocates alone: what one gives away, the next must see.
        return write ? AtomicFile.locked(this::note, () -> assign(readEnvFile())) : assign(readEnvFile());
    }

    private int assign(EnvFile file) throws IOException {
        PortMap map = PortMap.configured(file, System.getenv());
        List<Allocator.Assignment> assignments = new Allocator(map, LocalPorts.read()).assign(wanted(map));
        boolean isComplete = true;
        for (Allocator.Assignment assignment : assignments) {
            if (assignment.port() == null) {
                isComplete = false;
                error(impossible(assignment, map));
            }
        }
        if (!isComplete) {
            return NO;
        }
        if (write || dryRun) {
            save(file, assignments);
        }
        assignments.stream().filter(Allocator.Assignment::isMoved).forEach(this::sayMoved);
        print(assignments);
        return YES;
    }

    private List<PortMap.Service> wanted(PortMap map) {
        if (all) {
            return map.services().stream().filter(service -> service.status() != PortMap.Status.UNKNOWN).toList();
        }
        List<PortMap.Service> services = named(map);
        for (PortMap.Service service : services) {
            if (service.status() == PortMap.Status.NONE) {
                throw new UserException("no service has the port " + service.port() + "; name services, or BASE [MAX] alone");
            }
        }
        return services;
    }

    private void save(EnvFile file, List<Allocator.Assignment> assignments) throws IOException {
        Map<String, String> ports = new LinkedHashMap<>();
        for (Allocator.Assignment assignment : assignments) {
            EnvFile.Entry old = file.get(assignment.service().variable());
            if (old != null && !old.value().isEmpty() && !PortMap.isPort(old.value())) {
                // Not validated before, because the environment takes precedence over it.
                throw new UserException(file.path() + ":" + old.line() + ": the value of " + old.name()
                    + " is not a port; correct it first");
            }
            ports.put(assignment.service().variable(), String.valueOf(assignment.port()));
        }
        EnvFile changed = file.with(ports);
        if (dryRun) {
            sayChanges(file, changed, assignments);
        } else if (changed != file) {
            AtomicFile.replace(file.path(), file.isAbsent() ? null : file.bytes(), changed.bytes());
        }
    }

    private void sayChanges(EnvFile file, EnvFile changed, List<Allocator.Assignment> assignments) {
        Set<String> variables = assignments.stream().map(assignment -> assignment.service().variable()).collect(Collectors.toSet());
        for (EnvFile.Entry entry : changed.entries()) {
            EnvFile.Entry old = file.get(entry.name());
            if (variables.contains(entry.name()) && (old == null || !old.value().equals(entry.value()))) {
                note(file.path() + ":" + entry.line() + ": " + entry.name() + "=" + entry.value()
                    + (old == null ? " (new)" : old.value().isEmpty() ? "" : " (was " + old.value() + ")"));
            }
        }
    }

    private void print(List<Allocator.Assignment> assignments) throws IOException {
        if (json) {
            out.println(Report.json(Map.of("ports", assignments.stream().map(find_port::document).toList())));
            return;
        }
        for (Allocator.Assignment assignment : assignments) {
            String line = assignment.service().variable() + "=" + assignment.port();
            out.println(export ? "export " + line : all || assignments.size() > 1 ? line : assignment.port());
        }
    }

    private void sayMoved(Allocator.Assignment assignment) {
        note(title(assignment.service()) + " moves from " + assignment.service().port() + " to " + assignment.port()
            + ": " + why(assignment));
        if (write && !export && assignment.service().origin() == PortMap.Origin.ENVIRONMENT) {
            note(assignment.service().variable() + " is set in the environment, which takes precedence over .env; set it there, too");
        }
    }

    private String impossible(Allocator.Assignment assignment, PortMap map) throws IOException {
        PortMap.Service service = assignment.service();
        List<Integer> ports = Allocator.others(service).boxed().toList();
        if (ports.isEmpty()) {
            return title(service) + " cannot have its " + (service.isMovable() ? "port " : "fixed port ") + service.port() + ": "
                + why(assignment) + "; " + (assignment.rival() != null || service.isMovable()
                ? "set " + service.variable() + " to another port"
                : Report.remedy(new Report.Row(service, assignment.old())));
        }
        return "No available ports in range " + Collections.min(ports) + "-" + Collections.max(ports) + " for "
            + title(service) + ": " + occupants(service, ports, map) + "; stop some of them";
    }

    /** Who has how many of these ports. */
    private static String occupants(PortMap.Service service, List<Integer> ports, PortMap map) throws IOException {
        LocalPorts localPorts = LocalPorts.read();
        Set<Integer> assigned = map.portsOfOthers(service);
        List<LocalPorts.State> states = new ArrayList<>();
        for (int port : ports) {
            if (!assigned.contains(port)) {
                states.add(localPorts.state(port));
            }
        }
        Map<String, Integer> counts = new LinkedHashMap<>();
        LocalPorts.withOwners(states).forEach(state -> counts.merge(Report.occupant(state), 1, Integer::sum));
        if (states.size() < ports.size()) {
            counts.put("assigned to other services", ports.size() - states.size());
        }
        return counts.entrySet().stream().map(entry -> entry.getValue() + " " + entry.getKey()).collect(Collectors.joining(", "));
    }

    private static String why(Allocator.Assignment assignment) {
        return assignment.rival() != null ? "it is also the port of " + title(assignment.rival()) : Report.occupant(assignment.old());
    }

    private static String title(PortMap.Service service) {
        return service.name().equals(service.variable()) ? service.variable() : service.name() + " (" + service.variable() + ")";
    }

    private static Map<String, Object> document(Allocator.Assignment assignment) {
        Map<String, Object> fields = Report.fields(assignment.service());
        fields.put("port", assignment.port());
        fields.put("previous_port", assignment.service().port());
        fields.put("reason", !assignment.isMoved() ? null
            : assignment.rival() != null ? "assigned" : Report.lowerCase(assignment.old().verdict()));
        fields.put("assigned_to", assignment.rival() == null ? null : assignment.rival().variable());
        fields.put("previous_listeners", Report.listeners(assignment.old()));
        return fields;
    }
}
