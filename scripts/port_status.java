///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES include/command/Invocation.java include/command/Line.java include/command/OptionValues.java
//SOURCES include/command/PortCommand.java include/command/Report.java include/config/Config.java
//SOURCES include/config/PortMap.java include/config/PortRange.java include/config/Targets.java
//SOURCES include/ports/LocalPorts.java include/ports/OwnerWords.java include/ports/Ownership.java
//SOURCES include/ports/Problems.java include/ports/Project.java include/ports/ServicePort.java

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
        "1:with --check, there is a problem; with --running, a service is not running",
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

    @Option(names = "--plain", description = "Print ports and states only, as the shell function devflow_port_status did.")
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

    @Option(names = "--watch", paramLabel = "SECONDS", arity = "0..1", fallbackValue = "2",
        converter = OptionValues.Seconds.class, preprocessor = OptionValues.AttachedValue.class,
        description = "Refresh every SECONDS (default 2), with changes marked, until interrupted.")
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
            : new Problems(config, invocation()).of(ports);
        List<ServicePort> shown = new ArrayList<>();
        for (ServicePort port : ports) {
            if (all || !targets.isEmpty() || port.service().status() == PortMap.Status.ACTIVE) {
                shown.add(port);
                sayOwner(port);
            }
        }
        return listNotRunning ? new NotRunning(shown, names) : new Status(this, config, shown, problems);
    }

    /** Returns the services by their names: the target, or within a group or range the service's own. */
    private Map<PortMap.Service, String> names(Config config) {
        Map<PortMap.Service, String> names = new LinkedHashMap<>();
        if (targets.isEmpty()) {
            for (PortMap.Service service : config.services()) {
                names.put(service, service.shortName());
            }
        }
        Targets all = new Targets(config);
        for (String target : targets) {
            List<String> one = List.of(target);
            boolean isGroup = PortMap.Group.named(target) != null;
            boolean isRange = !Targets.isName(target) && !PortRange.isPort(target);
            for (PortMap.Service service : Invocation.isFunction() ? all.resolveWholeNames(one) : all.resolve(one)) {
                boolean isListed = isGroup ? isStarted(service) : !isRange || service.variable() != null;
                if (isListed || !listNotRunning) {
                    names.putIfAbsent(service, isGroup || isRange && isListed ? service.shortName() : target);
                }
            }
        }
        return names;
    }

    /** Returns whether the project starts the service, which it does not if the service is reserved or failed. */
    private static boolean isStarted(PortMap.Service service) {
        return service.status() == PortMap.Status.ACTIVE || service.status() == PortMap.Status.UNKNOWN;
    }

    private static boolean isTaken(ServicePort port) {
        return port.isListening() && port.ownership() == Ownership.OTHER;
    }

    private static boolean isRunning(ServicePort port) {
        return port.isListening() && !isTaken(port);
    }

    /** Says which process is in the way of a service, or counts as the service although it may not be. */
    private void sayOwner(ServicePort port) {
        String name = port.service().name();
        String prefix = "port " + port.service().port() + (name == null ? "" : " (" + name + ")");
        if ((running || listNotRunning) && isTaken(port)) {
            error(prefix + " is in use by another program: " + OwnerWords.brief(port.othersThanOurs()));
        } else if ((running || listNotRunning) && port.verdict() == LocalPorts.Verdict.BOUND) {
            warn(prefix + " is in use, but nothing listens: " + OwnerWords.brief(port.owners()));
        } else if ((running || listNotRunning || check) && isRunning(port) && port.ownership() == Ownership.UNKNOWN) {
            String doubt = port.owners().get(0).process() == null ? "" : ", which may belong to this project";
            note("port " + port.service().port() + " is in use by " + OwnerWords.brief(port.owners()) + doubt + "; "
                + (name == null ? "the port" : name) + " counts as running");
        }
    }

    /** The services that are not running; none if another program is in the way. */
    private record NotRunning(List<ServicePort> ports, Map<PortMap.Service, String> names) implements Report {

        @Override
        public int exitCode() {
            return ports.stream().anyMatch(port_status::isTaken) ? NO : YES;
        }

        @Override
        public List<Line> lines() {
            return exitCode() == NO ? List.of()
                : ports.stream().filter(port -> !isRunning(port)).map(port -> Line.of(names.get(port.service()))).toList();
        }
    }

    /** The states of the ports that are shown, in the order of the map, and the problems. */
    private record Status(port_status options, Config config, List<ServicePort> ports, List<Problems.Problem> problems)
            implements Report {

        private static final int NAME_COLUMN = 25;
        private static final int OWNER_COLUMN = 54;

        @Override
        public int exitCode() {
            return options.check && !problems.isEmpty()
                || options.running && !ports.stream().allMatch(port_status::isRunning) ? NO : YES;
        }

        @Override
        public boolean isPlain() {
            return options.plain;
        }

        @Override
        public Map<String, Object> document() {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("ports", ports.stream().map(ServicePort::fields).toList());
            document.put("problems", problems.stream().map(Problems.Problem::fields).toList());
            return document;
        }

        /** In a watch, problems come first, because what does not fit is left out from the end. */
        @Override
        public List<Line> lines() {
            List<Line> lines = new ArrayList<>(List.of(Line.of("=== DevFlow Port Status ===")));
            if (options.plain) {
                for (ServicePort port : ports) {
                    lines.add(state(port));
                }
                return lines;
            }
            if (options.watch != null) {
                addSummary(lines);
            }
            for (PortMap.Group group : PortMap.Group.values()) {
                addGroup(lines, group, group.title + " (" + group.range + ")");
            }
            addGroup(lines, null, "Other ports");
            if (options.watch == null) {
                addSummary(lines);
            }
            return lines;
        }

        private void addSummary(List<Line> lines) {
            int all = 0;
            int running = 0;
            for (ServicePort port : ports) {
                all += isStarted(port.service()) ? 1 : 0;
                running += isStarted(port.service()) && isRunning(port) ? 1 : 0;
            }
            if (all > 1) {
                lines.add(Line.of(running + " of " + all + " services " + (running == 1 ? "is" : "are") + " running"));
            }
            for (Problems.Problem problem : problems) {
                if (problem.kind() != Problems.Kind.DOWN) { // The rows and the count tell what is not running.
                    lines.add(Line.of("").with("! ", Line.Style.DOUBTFUL).with(problem.message()));
                }
                lines.addAll(problem.remedies());
            }
        }

        private void addGroup(List<Line> lines, PortMap.Group group, String heading) {
            boolean isFirst = true;
            for (ServicePort port : ports) {
                if (port.service().group() != group) {
                    continue;
                }
                if (isFirst) {
                    lines.add(Line.of("").with(heading, Line.Style.STRONG));
                    isFirst = false;
                }
                lines.add(row(port));
                if (options.verbose) {
                    addDetails(lines, port);
                }
            }
        }

        /** Returns the state, the service's name, and its documented status or the port's owners. */
        private Line row(ServicePort port) {
            PortMap.Service service = port.service();
            String owners = OwnerWords.row(isTaken(port) ? port.othersThanOurs() : port.owners());
            String status = service.status() == PortMap.Status.UNKNOWN ? "undocumented"
                : isStarted(service) || service.variable() == null ? "" : ServicePort.lowerCase(service.status());
            String rest = status + (status.isEmpty() || owners.isEmpty() ? "" : ", ") + owners;
            Line line = state(port);
            if (service.name() != null) {
                line.pad(NAME_COLUMN).with(service.name());
            }
            return rest.isEmpty() ? line : line.pad(OWNER_COLUMN).with(rest);
        }

        private Line state(ServicePort port) {
            boolean isGood = isRunning(port) || port.isListening() && (options.plain || port.service().name() == null);
            boolean isInUse = port.verdict() == LocalPorts.Verdict.BOUND && !options.plain;
            String state = isGood ? "ACTIVE" : port.isListening() ? "TAKEN" : isInUse ? "IN USE" : "INACTIVE";
            String start = "Port " + port.service().port() + (isGood ? ": ✅ " : ": ❌ ");
            return (options.verbose ? Line.of(start) : Line.row(start)).with(state, isGood ? Line.Style.GOOD : Line.Style.BAD);
        }

        private void addDetails(List<Line> lines, ServicePort port) {
            if (port.service().variable() != null) {
                lines.add(Line.of("    " + port.service().variable() + " (" + config.place(port.service()) + ")"));
            }
            for (String detail : port.explanation()) {
                lines.add(Line.of("    " + detail));
            }
        }
    }
}
