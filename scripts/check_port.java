///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES include/command/Line.java include/command/OptionValues.java include/command/PortCommand.java
//SOURCES include/command/Report.java include/command/UserException.java include/config/Config.java
//SOURCES include/config/PortMap.java include/config/PortRange.java include/config/Targets.java
//SOURCES include/ports/LocalPorts.java include/ports/Project.java include/ports/ServicePort.java
//SOURCES include/ports/Stopping.java include/ports/StoppingReport.java

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "check_port", customSynopsis = "check_port [OPTIONS] TARGET...",
    description = "Tells whether a port is available to a server, and if not, why: who has it, and what to do.",
    exitCodeList = {
        "0:every port is available",
        "1:a port is not available",
        "2:could not tell: wrong usage or unusable configuration"},
    footer = {
        "  check_port 3005",
        "  check_port --quiet orchestrator && npm start",
        "  check_port --free --grace=10 orchestrator",
        "  check_port --json 3100-3199"})
class check_port extends PortCommand {

    private static final Duration GRACE = Duration.ofSeconds(5);

    @Option(names = {"-v", "--verbose"}, description = "List the available ports of ranges and groups as well.")
    private boolean verbose;

    @Option(names = "--free", description = "Stop what listens on the ports, if it is the project's, and wait until they are available.")
    private boolean free;

    @Option(names = "--grace", paramLabel = "SECONDS", converter = OptionValues.Seconds.class,
        description = "With --free, how long a server may take to stop before it is killed (default 5).")
    private Duration grace;

    @Option(names = "--force", description = "With --free, stop strangers' servers as well.")
    private boolean force;

    public static void main(String... args) {
        main(new check_port(), args);
    }

    @Override
    Report report() throws IOException {
        if (targets.isEmpty()) {
            throw new UserException("which port? name a port, range, service or group; " + help());
        }
        if (!free && (force || grace != null)) {
            throw new UserException("--grace and --force go with --free; " + help());
        }
        if (verbose && (free || json || quiet)) {
            throw new UserException("--verbose lists available ports as text; it goes with neither --free, --json nor --quiet; " + help());
        }
        if (free) {
            return freeing();
        }
        return quiet ? new Report.Silent(areAllAvailable() ? Report.YES : Report.NO) : explanation();
    }

    /** Yes or no needs neither the names of services nor who has a port. */
    private boolean areAllAvailable() throws IOException {
        List<PortRange> ranges = new ArrayList<>();
        for (String target : targets) {
            if (Targets.isName(target)) {
                for (PortMap.Service service : new Targets(Config.of(this), wholeNames).resolve(target)) {
                    ranges.add(new PortRange(service.port(), service.port()));
                }
            } else {
                ranges.add(PortRange.parse(target));
            }
        }
        LocalPorts localPorts = LocalPorts.read();
        for (PortRange range : ranges) {
            for (int port = range.first(); port <= range.last(); port++) {
                if (!localPorts.isAvailable(port)) {
                    return false;
                }
            }
        }
        return true;
    }

    private Report explanation() throws IOException {
        Targets names = new Targets(Config.of(this), wholeNames);
        Set<PortMap.Service> services = new LinkedHashSet<>();
        Set<Integer> singles = new HashSet<>();
        for (String target : targets) {
            List<PortMap.Service> named = names.resolve(target);
            services.addAll(named);
            if (named.stream().mapToInt(PortMap.Service::port).distinct().count() == 1) {
                singles.add(named.get(0).port());
            }
        }
        return new Verdicts(ServicePort.look(List.copyOf(services), LocalPorts.read(), Project.of(this)), singles);
    }

    private Report freeing() throws IOException {
        for (String target : targets) {
            if (!Targets.isName(target) && !PortRange.isPort(target)) {
                PortRange.parse(target);
                throw new UserException("--free takes ports, services and groups, and not the range " + target
                    + "; name its ports one by one");
            }
        }
        List<PortMap.Service> services = new Targets(Config.of(this), true).resolve(targets);
        List<Integer> ports = services.stream().map(PortMap.Service::port).distinct().toList();
        return new StoppingReport(services, Stopping.free(ports, Project.of(this).get(), grace == null ? GRACE : grace, force));
    }

    /** The ports, and which of them were named one by one and not by a range or a group. */
    private final class Verdicts implements Report {

        private final List<ServicePort> rows;
        private final Set<Integer> singles;

        Verdicts(List<ServicePort> rows, Set<Integer> singles) {
            this.rows = rows;
            this.singles = singles;
        }

        @Override
        public int exitCode() {
            return rows.stream().allMatch(ServicePort::isAvailable) ? YES : NO;
        }

        @Override
        public Map<String, Object> document() {
            return Map.of("ports", rows.stream().map(ServicePort::fields).toList());
        }

        /** A line a port, and what to do about one in trouble; of ranges and groups only those in trouble, and a summary. */
        @Override
        public List<Line> lines() {
            List<Line> lines = new ArrayList<>();
            Set<String> told = new HashSet<>(); // Of two services with one port, the first tells who has it.
            for (ServicePort row : rows) {
                int port = row.service().port();
                boolean isSingle = singles.contains(port);
                if (verbose || isSingle || !row.isAvailable()) {
                    addRow(lines, row, told.add(port + ""));
                }
                if (isSingle && !row.isAvailable()) {
                    row.remedies(invocation()).stream().filter(remedy -> told.add(port + remedy.toString())).forEach(lines::add);
                }
            }
            Map<Integer, LocalPorts.Verdict> verdicts = new TreeMap<>();
            rows.forEach(row -> verdicts.put(row.service().port(), row.state().verdict()));
            if (!singles.containsAll(verdicts.keySet())) {
                lines.add(summary(verdicts));
            }
            return lines;
        }

        private static void addRow(List<Line> lines, ServicePort row, boolean isFirst) {
            Line line = Line.of("Port " + row.service().port() + ": ");
            line.with(ServicePort.lowerCase(row.state().verdict()), row.isAvailable() ? Line.Style.GOOD : Line.Style.BAD);
            line.with(row.service().name() == null ? "" : "  " + row.service().name());
            List<String> explanation = isFirst ? row.explanation() : List.of();
            lines.add(explanation.isEmpty() ? line : line.with("  " + explanation.get(0)));
            explanation.stream().skip(1).forEach(more -> lines.add(Line.of("  " + more)));
        }

        private static Line summary(Map<Integer, LocalPorts.Verdict> verdicts) {
            Map<LocalPorts.Verdict, Long> counts = verdicts.values().stream().collect(
                Collectors.groupingBy(verdict -> verdict, TreeMap::new, Collectors.counting()));
            return Line.of(verdicts.size() + " ports: " + counts.entrySet().stream()
                .map(count -> count.getValue() + " " + ServicePort.lowerCase(count.getKey())).collect(Collectors.joining(", ")));
        }
    }
}
