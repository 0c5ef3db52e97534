///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES include/Explanation.java include/LocalPorts.java include/PortCommand.java include/PortMap.java include/Report.java include/Terminal.java
//SOURCES include/UserException.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
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
        "  check_port --json 3100-3199"})
class check_port extends PortCommand {

    @Option(names = {"-q", "--quiet"}, description = "Print nothing; the exit code is the answer.")
    private boolean quiet;

    @Option(names = {"-v", "--verbose"}, description = "List the available ports of ranges and groups as well.")
    private boolean verbose;

    public static void main(String... args) {
        main(new check_port(), args);
    }

    /** The shell function check_port_available: quiet, one port. */
    static void available(String... args) {
        check_port command = new check_port();
        command.quiet = true;
        main(command, args);
    }

    @Override
    protected int run() throws IOException {
        if (targets.isEmpty()) {
            throw new UserException("which port? name a port, range, service or group; see check_port --help");
        }
        PortMap map = portMap();
        List<Report.Row> rows = Report.rows(named(map), LocalPorts.read(), !quiet);
        if (json && !quiet) {
            out.println(Report.json(Map.of("ports", rows.stream().map(Report.Row::fields).toList())));
        } else if (!quiet) {
            Terminal.print(out, report(rows, map));
        }
        return rows.stream().allMatch(Report.Row::isAvailable) ? YES : NO;
    }

    /**
     * A line a port, and what to do about one in trouble; of ranges and groups only those in trouble, and a summary.
     */
    private List<Terminal.Line> report(List<Report.Row> rows, PortMap map) {
        Set<Integer> single = new HashSet<>();
        for (String target : targets) {
            List<Integer> ports = map.resolve(target).stream().map(PortMap.Service::port).distinct().toList();
            single.addAll(ports.size() == 1 ? ports : List.of());
        }
        List<Terminal.Line> lines = new ArrayList<>();
        Map<Integer, LocalPorts.Verdict> verdicts = new TreeMap<>();
        for (Report.Row row : rows) {
            boolean isSingle = single.contains(row.service().port());
            verdicts.put(row.service().port(), row.state().verdict());
            if (verbose || isSingle || !row.isAvailable()) {
                lines.add(new Terminal.Line(line(row)));
            }
            if (isSingle && !row.isAvailable()) {
                lines.add(new Terminal.Line("  " + Report.remedy(row)));
            }
        }
        if (!single.containsAll(verdicts.keySet())) {
            lines.add(new Terminal.Line(summary(verdicts.values())));
        }
        return lines;
    }

    private static String summary(Collection<LocalPorts.Verdict> verdicts) {
        Map<LocalPorts.Verdict, Long> counts = verdicts.stream().collect(
            Collectors.groupingBy(verdict -> verdict, TreeMap::new, Collectors.counting()));
        return verdicts.size() + " ports: " + counts.entrySet().stream()
            .map(count -> count.getValue() + " " + Report.lowerCase(count.getKey())).collect(Collectors.joining(", "));
    }

    private String line(Report.Row row) {
        LocalPorts.Verdict verdict = row.state().verdict();
        String text = Report.lowerCase(verdict);
        return "Port " + row.service().port() + ": " + (row.isAvailable() ? good(text) : bad(text))
            + (row.service().name() == null ? "" : "  " + row.service().name())
            + (row.isAvailable() ? "" : "  " + String.join("; ", Explanation.lines(row.state(), row.occupants())));
    }
}
