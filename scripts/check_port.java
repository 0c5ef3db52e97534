///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES include/command/Invocation.java include/command/Line.java include/command/OptionValues.java
//SOURCES include/command/PortCommand.java include/config/Config.java include/config/PortMap.java
//SOURCES include/config/Targets.java include/ports/LocalPorts.java include/ports/OwnerWords.java
//SOURCES include/ports/Project.java include/ports/Remedy.java include/ports/ServicePort.java
//SOURCES include/ports/Stopping.java include/ports/StoppingReport.java

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "check_port", customSynopsis = "check_port [OPTIONS] TARGET...",
    description = "Checks whether a server can use a port. If not, shows which process uses the port and what you can"
        + " do.",
    exitCodeList = {
        "0:every port is available",
        "1:a port is not available",
        "2:no answer: wrong usage or invalid configuration"},
    footer = {
        "  check_port 3005",
        "  check_port --quiet orchestrator && npm start",
        "  check_port --stop --grace=10s orchestrator",
        "  check_port --wait=1m 3100-3199"})
class check_port extends PortCommand {

    private static final Duration GRACE = Duration.ofSeconds(5);

    @Option(names = {"-v", "--verbose"},
        description = "Show more about each process, and the available ports of ranges and groups.")
    private boolean verbose;

    @Option(names = "--wait", paramLabel = "TIME", arity = "0..1", fallbackValue = "30",
        converter = OptionValues.Seconds.class, preprocessor = OptionValues.AttachedValue.class,
        description = "Wait until the ports are available, at most this time (default 30s).")
    private Duration wait;

    @Option(names = "--stop",
        description = "Stop the project's listeners on the ports, and wait until the ports are available.")
    private boolean stop;

    @Option(names = "--grace", paramLabel = "TIME", converter = OptionValues.Seconds.class,
        description = "With --stop, kill a process that has not stopped after this time (default 5s).")
    private Duration grace;

    @Option(names = "--force",
        description = "With --stop, also stop other programs, and processes that may belong to other programs.")
    private boolean force;

    @Option(names = "--free", hidden = true)
    private boolean free;

    public static void main(String... args) {
        main(new check_port(), args);
    }

    @Override
    Report report() throws Exception {
        require(!free, "--free is called --stop now");
        require(!targets.isEmpty(), "no target given; name a port, range, service or group");
        require(stop || !force && grace == null, "--grace and --force require --stop");
        require(wait == null || !stop, "--wait and --stop cannot be combined; --stop waits as well");
        require(!verbose || !json && !quiet && !stop, "--verbose cannot be combined with --json, --quiet or --stop");
        if (stop) {
            return stopping();
        }
        if (quiet && wait == null) {
            return new Report.Silent(areAllAvailable() ? Report.YES : Report.NO);
        }
        Config config = Config.of(this);
        List<PortMap.Service> services = new Targets(config, wholeNames).resolve(targets);
        if (wait != null && !Stopping.await(services, wait)) {
            warn("gave up: " + ServicePort.look(services, LocalPorts.read(), Project.of(this)).stream()
                .filter(port -> !port.isAvailable())
                .map(port -> "port " + port.service().port() + " is " + port.brief())
                .distinct().collect(Collectors.joining("; ")));
        }
        return new Verdicts(ServicePort.look(services, LocalPorts.read(), Project.of(this)), singles(config),
            new Remedy(config, new Invocation(envFile)), verbose);
    }

    /** Yes or no needs neither the names of services nor the owners. */
    private boolean areAllAvailable() throws IOException {
        List<PortMap.Range> ranges = new ArrayList<>();
        for (String target : targets) {
            if (Targets.isName(target)) {
                for (PortMap.Service service : new Targets(Config.of(this), wholeNames).resolve(target)) {
                    ranges.add(new PortMap.Range(service.port(), service.port()));
                }
            } else {
                ranges.add(PortMap.Range.parse(target));
            }
        }
        LocalPorts localPorts = LocalPorts.read();
        for (PortMap.Range range : ranges) {
            for (int port = range.first(); port <= range.last(); port++) {
                if (!localPorts.isAvailable(port)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Returns the ports that are named one by one, and not by a range or a group. */
    private Set<Integer> singles(Config config) {
        Set<Integer> singles = new HashSet<>();
        for (String target : targets) {
            List<PortMap.Service> named = new Targets(config, wholeNames).resolve(target);
            if (named.stream().mapToInt(PortMap.Service::port).distinct().count() == 1) {
                singles.add(named.get(0).port());
            }
        }
        return singles;
    }

    private Report stopping() throws Exception {
        Config config = Config.of(this);
        for (String target : targets) {
            boolean isOne = Targets.isName(target) ? PortMap.Group.named(target) == null : PortMap.isPort(target);
            require(isOne || !force, "--force works only with ports and services, not with " + target);
        }
        List<PortMap.Service> services = new Targets(config, true).resolve(targets);
        Project project = Project.of(this).get();
        List<Stopping> stoppings = Stopping.stop(services, project, grace == null ? GRACE : grace, force);
        StoppingReport report = new StoppingReport(stoppings, singles(config), project != null);
        if (quiet) {
            report.failures().forEach(this::warn);
        }
        return report;
    }

    /** @param singles the ports that were named one by one, which are shown with what to do about them */
    private record Verdicts(List<ServicePort> ports, Set<Integer> singles, Remedy remedy, boolean isVerbose)
            implements Report {

        @Override
        public int exitCode() {
            return ports.stream().allMatch(ServicePort::isAvailable) ? YES : NO;
        }

        @Override
        public Map<String, Object> document() {
            return Map.of("ports", ports.stream().map(ServicePort::fields).toList());
        }

        @Override
        public List<Line> lines() {
            List<Line> lines = new ArrayList<>();
            Set<String> told = new HashSet<>(); // Two services can have one port, and so the same owners.
            Map<Integer, LocalPorts.Verdict> verdicts = new TreeMap<>();
            for (ServicePort port : ports) {
                int number = port.service().port();
                boolean isFirst = verdicts.put(number, port.verdict()) == null;
                boolean isSingle = singles.contains(number);
                if (isVerbose || isSingle || !port.isAvailable()) {
                    addRow(lines, port, isFirst);
                }
                for (Line line : isSingle && !port.isAvailable() ? remedy.lines(port) : List.<Line>of()) {
                    if (told.add(number + line.toString())) {
                        lines.add(line);
                    }
                }
            }
            if (!singles.containsAll(verdicts.keySet())) {
                lines.add(summary(verdicts));
            }
            return lines;
        }

        private void addRow(List<Line> lines, ServicePort port, boolean isFirst) {
            List<String> owners = port.owners().isEmpty() ? List.of(port.brief())
                : OwnerWords.lines(port.owners(), isVerbose);
            lines.add(ServicePort.row(port.service(), ServicePort.lowerCase(port.verdict()), port.isAvailable(),
                isFirst ? owners.get(0) : ""));
            for (int i = 1; isFirst && i < owners.size(); i++) {
                lines.add(Line.of("  " + owners.get(i)));
            }
        }

        private static Line summary(Map<Integer, LocalPorts.Verdict> verdicts) {
            Map<LocalPorts.Verdict, Long> counts = verdicts.values().stream().collect(
                Collectors.groupingBy(verdict -> verdict, TreeMap::new, Collectors.counting()));
            return Line.of(verdicts.size() + " ports: " + counts.entrySet().stream()
                .map(count -> count.getValue() + " " + ServicePort.lowerCase(count.getKey()))
                .collect(Collectors.joining(", ")));
        }
    }
}
