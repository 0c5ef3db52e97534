///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES include/command/Invocation.java include/command/Line.java include/command/OptionValues.java
//SOURCES include/command/PortCommand.java include/config/Config.java include/config/PortMap.java
//SOURCES include/config/Targets.java include/ports/LocalPorts.java include/ports/OwnerWords.java
//SOURCES include/ports/Ownership.java include/ports/Problems.java include/ports/Project.java
//SOURCES include/ports/ServicePort.java

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "port_status", customSynopsis = "port_status [OPTIONS] [TARGET...]",
    description = "Shows which of DevFlow's ports have a listener (ACTIVE), which process it is, and any problems."
        + " Without a target, shows the expected services.",
    exitCodeList = {
        "0:the status was printed",
        "1:the answer to --check, --running or --list-not-running is no",
        "2:no answer: wrong usage or invalid configuration"},
    footer = {
        "  port_status",
        "  port_status --all --watch",
        "  port_status --check --json mcp"})
class port_status extends PortCommand {

    @Option(names = "--all", description = "Show reserved, failed and undocumented services as well.")
    private boolean all;

    @Option(names = {"-v", "--verbose"}, description = "Show all that is known of each port and its owners.")
    private boolean verbose;

    @Option(names = "--plain", description = "Print ports and states only, as the documented devflow_port_status does.")
    private boolean plain;

    /** Whether the output is plain unless another form is asked for. */
    boolean isPlainByDefault;

    @Option(names = "--check", description = "Exit with 1 if there is a problem or an expected service is not running.")
    private boolean check;

    @Option(names = "--running", description = "Exit with 1 unless every service is running.")
    boolean running;

    @Option(names = "--list-not-running", description = "Print the services that are not running, each on a line;"
        + " exit with 1 if another program is using one of their ports.")
    boolean listNotRunning;

    @Option(names = "--watch", paramLabel = "TIME", arity = "0..1", fallbackValue = "2",
        converter = OptionValues.Seconds.class, preprocessor = OptionValues.AttachedValue.class,
        description = "Refresh at this interval (default 2s) until interrupted.")
    private Duration watch;

    public static void main(String... args) {
        main(new port_status(), args);
    }

    @Override
    Duration interval() {
        return watch;
    }

    @Override
    Report report() throws IOException {
        plain |= isPlainByDefault && !json && !quiet && !verbose && !listNotRunning;
        require(atMostOne(check, running, listNotRunning, watch != null),
            "--check, --running, --list-not-running and --watch cannot be combined");
        require(atMostOne(listNotRunning, json, plain, quiet, verbose),
            "--list-not-running, --json, --plain, --quiet and --verbose cannot be combined");
        Config config = Config.of(this);
        Map<PortMap.Service, String> names = names(config);
        List<PortMap.Service> services = List.copyOf(names.keySet());
        boolean isStateEnough = plain && !check && !running;
        List<ServicePort> ports = isStateEnough ? ServicePort.states(services, LocalPorts.read())
            : ServicePort.look(services, LocalPorts.read(), Project.of(this));
        List<Problems.Problem> problems = isStateEnough || running || listNotRunning ? List.of()
            : new Problems(config, new Invocation(config.envFile().path().toString())).of(ports);
        List<ServicePort> shown = new ArrayList<>();
        for (ServicePort port : ports) {
            if (all || !targets.isEmpty() || port.service().status() == PortMap.Status.ACTIVE) {
                shown.add(port);
                sayOwner(port);
            }
        }
        return listNotRunning ? notRunning(names, shown) : new Status(this, config, shown, problems);
    }

    /** Returns the services with their names: the target as it was given, of a group or range the service's own. */
    private Map<PortMap.Service, String> names(Config config) {
        Map<PortMap.Service, String> names = new LinkedHashMap<>();
        for (PortMap.Service service : targets.isEmpty() ? config.services() : List.<PortMap.Service>of()) {
            names.put(service, service.shortName());
        }
        for (String target : targets) {
            boolean isOne = Targets.isName(target) ? PortMap.Group.named(target) == null : PortMap.isPort(target);
            for (PortMap.Service service : new Targets(config, wholeNames).resolve(target)) {
                if (isOne || !listNotRunning || isStarted(service)) {
                    names.putIfAbsent(service, isOne || service.variable() == null ? target : service.shortName());
                }
            }
        }
        return names;
    }

    /** Returns whether the project starts the service, which it does not if the service is reserved or failed. */
    private static boolean isStarted(PortMap.Service service) {
        return service.status() == PortMap.Status.ACTIVE || service.status() == PortMap.Status.UNKNOWN;
    }

    /** Says which process is in the way of a service, or counts as the service although it may not be. */
    private void sayOwner(ServicePort port) {
        boolean isAsked = running || listNotRunning;
        String name = port.service().name();
        String start = "port " + port.service().port() + (name == null ? "" : " (" + name + ")") + " is in use";
        if (isAsked && port.isTaken()) {
            error(start + " by another program: " + OwnerWords.brief(port.othersThanOurs()));
        } else if (isAsked && port.verdict() == LocalPorts.Verdict.BOUND) {
            warn(start + ", but nothing listens: " + OwnerWords.brief(port.owners()));
        } else if ((isAsked || check) && port.isRunning() && port.ownership() == Ownership.UNKNOWN) {
            String doubt = port.owners().get(0).process() == null ? "; " : ", which may belong to this project; ";
            note("port " + port.service().port() + " is in use by " + OwnerWords.brief(port.owners()) + doubt
                + (name == null ? "the port" : name) + " counts as running");
        }
    }

    /** Lists the services that are not running, unless another program is using a port. */
    private static Report notRunning(Map<PortMap.Service, String> names, List<ServicePort> ports) {
        List<Line> lines = new ArrayList<>();
        for (ServicePort port : ports) {
            if (port.isTaken()) {
                return new Report.Silent(Report.NO);
            }
            if (!port.isRunning()) {
                lines.add(Line.of(names.get(port.service())));
            }
        }
        return new Report.Yes(lines, null);
    }

    /** The states of the ports that are shown, in the order of the map, and the problems. */
    private record Status(port_status options, Config config, List<ServicePort> ports,
                          List<Problems.Problem> problems) implements Report {

        private static final int NAME_COLUMN = 25;
        private static final int OWNER_COLUMN = 54;

        @Override
        public int exitCode() {
            return options.check && !problems.isEmpty()
                || options.running && !ports.stream().allMatch(ServicePort::isRunning) ? NO : YES;
        }

        @Override
        public Map<String, Object> document() {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("ports", ports.stream().map(ServicePort::fields).toList());
            document.put("problems", problems.stream().map(Problems.Problem::fields).toList());
            return document;
        }

        @Override
        public List<Line> lines() {
            List<Line> lines = new ArrayList<>();
            lines.add(Line.of("=== DevFlow Port Status ==="));
            if (options.plain) {
                for (ServicePort port : ports) {
                    lines.add(state(port));
                }
                return lines;
            }
            for (PortMap.Group group : PortMap.Group.values()) {
                addGroup(lines, group, group.title + " (" + group.range + ")");
            }
            addGroup(lines, null, "Other ports");
            // In a watch, what does not fit is left out from the end.
            lines.addAll(options.watch != null ? 1 : lines.size(), summary());
            return lines;
        }

        private void addGroup(List<Line> lines, PortMap.Group group, String heading) {
            List<ServicePort> members = ports.stream().filter(port -> port.service().group() == group).toList();
            if (!members.isEmpty()) {
                lines.add(Line.of("").with(heading, Line.Style.STRONG));
                members.forEach(port -> addRow(lines, port));
            }
        }

        private void addRow(List<Line> lines, ServicePort port) {
            PortMap.Service service = port.service();
            String owners = OwnerWords.row(port.isTaken() ? port.othersThanOurs() : port.owners());
            String status = service.status() == PortMap.Status.UNKNOWN ? "undocumented"
                : service.name() == null || isStarted(service) ? "" : ServicePort.lowerCase(service.status());
            String separator = status.isEmpty() || owners.isEmpty() ? "" : ", ";
            lines.add(state(port).cell(NAME_COLUMN, service.name()).cell(OWNER_COLUMN, status + separator + owners));
            if (options.verbose && service.name() != null) {
                lines.add(Line.of("    " + service.variable() + " (" + config.place(service) + ")"));
            }
            for (String detail : options.verbose ? OwnerWords.lines(port.owners(), true) : List.<String>of()) {
                lines.add(Line.of("    " + detail));
            }
        }

        private Line state(ServicePort port) {
            boolean isGood = port.isRunning() || port.isListening() && (options.plain || port.service().name() == null);
            boolean isInUse = port.verdict() == LocalPorts.Verdict.BOUND && !options.plain;
            String state = isGood ? "ACTIVE" : port.isListening() ? "TAKEN" : isInUse ? "IN USE" : "INACTIVE";
            String start = "Port " + port.service().port() + (isGood ? ": ✅ " : ": ❌ ");
            Line.Style style = isGood ? Line.Style.GOOD : Line.Style.BAD;
            return options.plain ? Line.of(start + state)
                : (options.verbose ? Line.of(start) : Line.row(start)).with(state, style);
        }

        private List<Line> summary() {
            List<Line> summary = new ArrayList<>();
            List<ServicePort> all = ports.stream().filter(port -> isStarted(port.service())).toList();
            long running = all.stream().filter(ServicePort::isRunning).count();
            if (all.size() > 1) {
                String are = running == 1 ? " is" : " are";
                summary.add(Line.of(running + " of " + all.size() + " services" + are + " running"));
            }
            for (Problems.Problem problem : problems) {
                if (problem.kind() != Problems.Kind.DOWN) { // The rows and the count tell what is not running.
                    summary.add(Line.of("").with("! ", Line.Style.DOUBTFUL).with(problem.message()));
                }
                summary.addAll(problem.remedies());
            }
            return summary;
        }
    }
}
