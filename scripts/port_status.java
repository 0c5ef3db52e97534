///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES include/Explanation.java include/LocalPorts.java include/PortCommand.java include/PortMap.java include/PortPicture.java include/Report.java
//SOURCES include/Terminal.java include/UserException.java

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "port_status", customSynopsis = "port_status [OPTIONS] [TARGET...]",
    description = "Shows which of DevFlow's ports are listened on, and what is wrong;"
        + " without a target, the ports of its active services.",
    exitCodeList = {
        "0:the status was printed; with --check, nothing is wrong",
        "1:with --check, something is wrong",
        "2:could not tell: wrong usage or unusable configuration"},
    footer = {
        "  port_status",
        "  port_status --all --watch",
        "  port_status --check --json mcp"})
class port_status extends PortCommand {

    private enum Kind { DOWN, UNAVAILABLE, SHARED_PORT, RESERVED_PORT_IN_USE, OUTSIDE_RANGE }

    /** Something that is wrong with these services, and what to do about it. */
    private record Problem(Kind kind, List<PortMap.Service> services, String message, String remedy) { }

    private record View(List<Terminal.Line> lines, List<Problem> problems) { }

    private static final String TITLE = "=== DevFlow Port Status ===";
    private static final int WIDEST_STATUS = 25; // Port 50051: ❌ INACTIVE, and two spaces
    private static final int WIDEST_NAME = 30;

    @Option(names = "--all", description = "Show reserved, failed and unknown services as well.")
    private boolean all;

    @Option(names = "--plain", description = "Print ports and states only, as the shell function devflow_port_status did.")
    private boolean plain;

    @Option(names = "--check", description = "Exit with 1 if anything is wrong or an active service is down.")
    private boolean check;

    @Option(names = "--map", description = "Draw the documented ranges, a cell per port.")
    private boolean picture;

    @Option(names = "--watch", paramLabel = "SECONDS", arity = "0..1", fallbackValue = "2",
        converter = Seconds.class, preprocessor = AttachedValue.class,
        description = "Refresh every SECONDS (default 2), with changes marked, until interrupted.")
    private Duration watch;

    public static void main(String... args) {
        main(new port_status(), args);
    }

    /** The shell function devflow_port_status: the plain table. */
    static void plain(String... args) {
        port_status command = new port_status();
        command.plain = true;
        main(command, args);
    }

    @Override
    protected int run() throws Exception {
        if (watch != null && check) {
            throw new UserException("--watch does not go with --check; see port_status --help");
        }
        if (picture && (plain || !targets.isEmpty())) {
            throw new UserException("--map shows all ranges, and goes with neither --plain nor a target; see port_status --help");
        }
        if (watch != null) {
            Terminal.watch(out, watch, json, () -> look().lines);
            return YES;
        }
        View view = look();
        Terminal.print(out, view.lines);
        return check && !view.problems.isEmpty() ? NO : YES;
    }

    private View look() throws IOException {
        PortMap map = portMap();
        LocalPorts localPorts = LocalPorts.read();
        List<Report.Row> rows = Report.rows(targets.isEmpty() ? map.services() : named(map), localPorts, json || !plain);
        List<Report.Row> shown = rows.stream().filter(row -> all || !targets.isEmpty() || isActive(row)).toList();
        List<Problem> problems = plain && !json && !check ? List.of() : problems(rows, map);
        if (json) {
            return new View(List.of(new Terminal.Line(document(shown, problems))), problems);
        }
        List<Terminal.Line> lines = picture ? PortPicture.draw(map, localPorts, this::painted) : plain ? plainTable(shown) : table(shown);
        if (!plain) {
            for (Problem problem : problems) {
                lines.add(new Terminal.Line(doubtful("! ") + problem.message));
                lines.add(new Terminal.Line("  " + problem.remedy));
            }
        }
        return new View(lines, problems);
    }

    private static boolean isActive(Report.Row row) {
        return row.service().status() == PortMap.Status.ACTIVE;
    }

    private String document(List<Report.Row> shown, List<Problem> problems) throws IOException {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("ports", shown.stream().map(Report.Row::fields).toList());
        document.put("problems", problems.stream().map(problem -> {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("kind", Report.lowerCase(problem.kind));
            fields.put("variables", problem.services.stream().map(PortMap.Service::variable).toList());
            fields.put("message", problem.message);
            fields.put("remedy", problem.remedy);
            return fields;
        }).toList());
        return Report.json(document);
    }

    // The table.

    private List<Terminal.Line> plainTable(List<Report.Row> rows) {
        List<Terminal.Line> lines = new ArrayList<>(List.of(new Terminal.Line(TITLE)));
        rows.forEach(row -> lines.add(new Terminal.Line(status(row))));
        return lines;
    }

    private List<Terminal.Line> table(List<Report.Row> rows) {
        List<Terminal.Line> lines = new ArrayList<>(List.of(new Terminal.Line(TITLE)));
        for (PortMap.Group group : PortMap.Group.values()) {
            addGroup(lines, rows, group, group.title + " (" + group.first + "-" + group.last + ")");
        }
        addGroup(lines, rows, null, "Other ports");
        return lines;
    }

    private void addGroup(List<Terminal.Line> lines, List<Report.Row> rows, PortMap.Group group, String heading) {
        List<Report.Row> members = rows.stream().filter(row -> row.service().group() == group).toList();
        if (!members.isEmpty()) {
            lines.add(new Terminal.Line(strong(heading)));
        }
        for (Report.Row row : members) {
            lines.add(new Terminal.Line(Terminal.pad(status(row), WIDEST_STATUS) + name(row.service())));
            Explanation.lines(row.state(), row.occupants()).forEach(listener -> lines.add(Terminal.Line.detail("    " + listener)));
        }
    }

    private String status(Report.Row row) {
        return "Port " + row.service().port() + ": " + (row.isListening() ? "✅ " + good("ACTIVE") : "❌ " + bad("INACTIVE"));
    }

    private static String name(PortMap.Service service) {
        if (service.name() == null) {
            return "";
        }
        String name = Terminal.pad(service.name(), WIDEST_NAME) + service.variable();
        return service.status() == PortMap.Status.ACTIVE ? name : name + "  " + Report.lowerCase(service.status());
    }

    private String painted(PortPicture.Cell cell, String text) {
        return switch (cell) {
            case LISTENING -> good(text);
            case ASSIGNED -> bad(text);
            case RESERVED -> doubtful(text);
            case FREE -> text;
        };
    }

    // What is wrong.

    private static List<Problem> problems(List<Report.Row> rows, PortMap map) {
        List<Problem> problems = new ArrayList<>();
        rows.forEach(row -> {
            outsideRange(row.service()).ifPresent(problems::add);
            misused(row).ifPresent(problems::add);
        });
        rows.stream().map(row -> row.service().port()).distinct().map(map::at).filter(services -> services.size() > 1)
            .forEach(services -> problems.add(sharedPort(services)));
        List<PortMap.Service> down = rows.stream().filter(row -> isActive(row) && row.isAvailable()).map(Report.Row::service).toList();
        if (!down.isEmpty()) {
            String who = down.size() == 1 ? down.get(0).name() + " is" : down.size() + " active services are";
            problems.add(new Problem(Kind.DOWN, down, who + " down", "to start: ./devflow-start.sh start"));
        }
        return problems;
    }

    private static Optional<Problem> outsideRange(PortMap.Service service) {
        PortMap.Group group = service.group();
        return group == null || group.contains(service.port()) ? Optional.empty()
            : Optional.of(new Problem(Kind.OUTSIDE_RANGE, List.of(service),
                service.name() + " has " + service.port() + ", outside " + group.first + "-" + group.last,
                "set " + service.variable() + " to a port of that range"));
    }

    /** A reserved port that something listens on, or one that an active service cannot have. */
    private static Optional<Problem> misused(Report.Row row) {
        PortMap.Service service = row.service();
        if (service.status() == PortMap.Status.RESERVED && row.isListening()) {
            return Optional.of(new Problem(Kind.RESERVED_PORT_IN_USE, List.of(service),
                service.port() + " is reserved for " + service.name() + ", yet " + Explanation.brief(row.state(), row.occupants()),
                Report.remedy(row)));
        }
        return !isActive(row) || row.isListening() || row.isAvailable() ? Optional.empty()
            : Optional.of(new Problem(Kind.UNAVAILABLE, List.of(service), service.name() + " cannot have " + service.port()
                + ": " + Explanation.brief(row.state(), row.occupants()), Report.remedy(row)));
    }

    private static Problem sharedPort(List<PortMap.Service> services) {
        return new Problem(Kind.SHARED_PORT, services,
            services.get(0).port() + " is the port of "
                + services.stream().map(PortMap.Service::name).collect(Collectors.joining(" and ")),
            "to separate them: " + services.stream().filter(PortMap.Service::isMovable).findFirst().map(Report::move)
                .orElseGet(() -> services.stream().map(Report::move).collect(Collectors.joining(" or "))));
    }
}
