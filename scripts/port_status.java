///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES include/command/Line.java include/command/PortCommand.java include/config/Config.java
//SOURCES include/config/PortMap.java include/config/Targets.java include/ports/LocalPorts.java
//SOURCES include/ports/OwnerWords.java include/ports/Problems.java include/ports/Project.java
//SOURCES include/ports/ServicePort.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "port_status", customSynopsis = "port_status [OPTIONS] [TARGET...]",
    description = "Shows which of DevFlow's ports have a listener (ACTIVE), the listening process, and any problems."
        + " Without a target, shows the expected services.",
    exitCodeList = {
        "0:the status was printed",
        "1:the answer to --check, --running or --list-not-running is no",
        "2:no answer: wrong usage or invalid configuration"},
    footer = {
        "  port_status",
        "  port_status --all --watch",
        "  port_status --check --json mcp"})
class port_status extends PortCommand.Watchable {

    private static final int NAME_COLUMN = 25;
    private static final int OWNER_COLUMN = 54;

    @Option(names = "--all", description = "Show reserved, failed and undocumented services as well.")
    private boolean all;
    @Option(names = {"-v", "--verbose"}, description = "Show all that is known of each port and its owners.")
    private boolean verbose;
    @Option(names = "--plain", description = "Print ports and states only, as devflow_port_status does.")
    private boolean plain;
    @Option(names = "--check", description = "Exit with 1 if there is a problem or an expected service is not running.")
    private boolean check;
    @Option(names = "--running", description = "Exit with 1 unless every service is running.")
    boolean running;
    @Option(names = "--list-not-running", description = "Print the services that are not running, each on a line;"
        + " exit with 1 if another program is using one of their ports.")
    boolean listNotRunning;

    /** Whether the output is plain unless another form is asked for. */
    boolean isPlainByDefault;

    public static void main(String... args) {
        main(new port_status(), args);
    }

    @Override
    Report report() throws IOException {
        plain |= isPlainByDefault && !json && !quiet && !verbose && !listNotRunning;
        require(atMostOne(check, running, listNotRunning, watch != null),
            "--check, --running, --list-not-running and --watch cannot be combined");
        require(atMostOne(listNotRunning, json, plain, quiet, verbose),
            "--list-not-running, --json, --plain, --quiet and --verbose cannot be combined");
        Config config = Config.of(this);
        Targets resolver = new Targets(config, wholeNames);
        if (listNotRunning) {
            return notRunning(config, resolver);
        }
        boolean isStateEnough = plain && !check && !running;
        List<PortMap.Service> services = targets.isEmpty() ? config.services() : resolver.resolve(targets);
        List<ServicePort> ports = isStateEnough ? ServicePort.states(services, LocalPorts.read())
            : ServicePort.look(services, LocalPorts.read(), Project.of(this));
        // An undocumented service is expected only if it is named: its port may be that of a database elsewhere.
        Set<PortMap.Status> expected = targets.isEmpty() ? Set.of(PortMap.Status.ACTIVE) : PortMap.STARTED;
        List<Problems.Problem> problems =
            isStateEnough || running && !json ? List.of() : new Problems(config, projectFolder).of(ports, expected);
        List<ServicePort> shown = new ArrayList<>();
        for (ServicePort port : ports) {
            if (all || !targets.isEmpty() || port.service().status() == PortMap.Status.ACTIVE) {
                shown.add(port);
                sayOwner(port);
            }
        }
        boolean isNo = check && !problems.isEmpty() || running && !shown.stream().allMatch(ServicePort::isRunning);
        return new Report(isNo ? Report.NO : Report.YES,
            json || quiet ? List.of() : lines(shown, problems), json ? document(shown, problems) : null);
    }

    /** Reports the process that keeps a service from its port, or that counts as the service but may not be it. */
    private void sayOwner(ServicePort port) {
        if (running && port.conflict() != null || listNotRunning && port.isTaken()) {
            error(port.conflict());
        } else if (listNotRunning && port.conflict() != null) {
            note(port.conflict());
        } else if ((running || listNotRunning || check) && port.doubt() != null) {
            note(port.doubt());
        }
    }

    /** Lists the services that are not running, unless another program is using a port. */
    private Report notRunning(Config config, Targets resolver) throws IOException {
        Map<PortMap.Service, String> names = new LinkedHashMap<>();
        List<String> named = !targets.isEmpty() ? targets : config.services().stream()
            .filter(service -> service.status() == PortMap.Status.ACTIVE).map(PortMap.Service::shortName).toList();
        for (String target : named) {
            boolean isGroup = PortMap.Group.named(target) != null;
            boolean isOne = Targets.isName(target) ? !isGroup : PortMap.isPort(target);
            for (PortMap.Service service : resolver.resolve(target)) {
                if (isOne || (isGroup ? PortMap.STARTED.contains(service.status()) : service.name() != null)) {
                    names.putIfAbsent(service, isOne ? target : service.shortName());
                }
            }
        }
        List<ServicePort> ports = ServicePort.look(List.copyOf(names.keySet()), LocalPorts.read(), Project.of(this));
        List<Line> lines = new ArrayList<>();
        Set<String> printed = new HashSet<>(); // Two services can have the port that is the name.
        boolean isTaken = false;
        for (ServicePort port : ports) {
            sayOwner(port);
            isTaken |= port.isTaken();
            if (!port.isRunning() && printed.add(names.get(port.service()))) {
                lines.add(Line.of(names.get(port.service())));
            }
        }
        return isTaken ? new Report(Report.NO, List.of(), null) : new Report(Report.YES, lines, null);
    }

    private static Map<String, Object> document(List<ServicePort> ports, List<Problems.Problem> problems) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("ports", ports.stream().map(ServicePort::fields).toList());
        document.put("problems", problems.stream().map(Problems.Problem::fields).toList());
        return document;
    }

    private List<Line> lines(List<ServicePort> ports, List<Problems.Problem> problems) {
        List<Line> lines = new ArrayList<>();
        lines.add(Line.of("=== DevFlow Port Status ==="));
        if (plain) {
            for (ServicePort port : ports) {
                String state = port.isListening() ? ": ✅ ACTIVE" : ": ❌ INACTIVE";
                lines.add(Line.of("Port " + port.service().port() + state));
            }
            return lines;
        }
        List<PortMap.Group> groups = new ArrayList<>(List.of(PortMap.Group.values()));
        groups.add(null);
        for (PortMap.Group group : groups) {
            String heading = group == null ? "Other ports" : group.title + " (" + group.range + ")";
            int start = lines.size();
            for (ServicePort port : ports) {
                if (port.service().group() == group) {
                    addRow(lines, port);
                }
            }
            if (lines.size() > start) {
                lines.add(start, Line.of("").with(heading, Line.Style.STRONG));
            }
        }
        // In a watch, the last lines may not fit.
        lines.addAll(watch != null ? 1 : lines.size(), summary(ports, problems));
        return lines;
    }

    private void addRow(List<Line> lines, ServicePort port) {
        PortMap.Service service = port.service();
        boolean isGood = port.isRunning() || port.isListening() && service.name() == null;
        String state = isGood ? "ACTIVE" : port.isListening() ? "TAKEN"
            : port.verdict() == LocalPorts.Verdict.BOUND ? "IN USE" : "INACTIVE";
        String start = "Port " + service.port() + (isGood ? ": ✅ " : ": ❌ ");
        String owners = port.isAvailable() ? ""
            : OwnerWords.row(port.isTaken() ? port.othersThanOurs() : port.owners());
        String status = service.status() == PortMap.Status.UNKNOWN ? "undocumented"
            : service.name() == null || PortMap.STARTED.contains(service.status()) ? ""
            : ServicePort.lowerCase(service.status());
        String separator = status.isEmpty() || owners.isEmpty() ? "" : ", ";
        lines.add((verbose ? Line.of(start) : Line.row(start)).with(state, isGood ? Line.Style.GOOD : Line.Style.BAD)
            .cell(NAME_COLUMN, service.name()).cell(OWNER_COLUMN, status + separator + owners));
        if (verbose && service.name() != null) {
            lines.add(Line.of("    " + service.variable() + " (" + service.place() + ")"));
        }
        for (String detail : verbose ? OwnerWords.lines(port.owners(), true) : List.<String>of()) {
            lines.add(Line.of("    " + detail));
        }
    }

    private static List<Line> summary(List<ServicePort> ports, List<Problems.Problem> problems) {
        List<Line> summary = new ArrayList<>();
        int all = 0;
        int running = 0;
        for (ServicePort port : ports) {
            if (PortMap.STARTED.contains(port.service().status())) {
                all++;
                running += port.isRunning() ? 1 : 0;
            }
        }
        if (all > 1) {
            summary.add(Line.of(running + " of " + all + " services" + (running == 1 ? " is" : " are") + " running"));
        }
        for (Problems.Problem problem : problems) {
            // The rows and the count show which services are not running.
            if (problem.kind() != Problems.Kind.DOWN) {
                summary.add(Line.of("").with("! ", Line.Style.DOUBTFUL).with(problem.message()));
            }
            for (String remedy : problem.remedies()) {
                summary.add(Line.of("  " + remedy));
            }
        }
        return summary;
    }
}
