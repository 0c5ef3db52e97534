///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES include/Config.java include/Line.java include/LocalPorts.java include/PortCommand.java include/PortMap.java
//SOURCES include/PortRow.java include/Report.java include/Targets.java include/UserException.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    private enum Kind { DOWN, UNAVAILABLE, SHARED_PORT, DIFFERING_NAMES, RESERVED_PORT_IN_USE, OUTSIDE_RANGE }

    /** Something that is wrong with these services, and what to do about it, or null. */
    private record Problem(Kind kind, List<PortMap.Service> services, String message, Line remedy) {

        Map<String, Object> fields() {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("kind", PortRow.lowerCase(kind));
            fields.put("variables", services.stream().map(PortMap.Service::variable).toList());
            fields.put("message", message);
            fields.put("remedy", remedy == null ? null : remedy.toString().strip());
            return fields;
        }
    }

    private static final String TITLE = "=== DevFlow Port Status ===";
    private static final String START_SCRIPT = "./devflow-start.sh";
    private static final int WIDEST_STATUS = 25; // Port 50051: ❌ INACTIVE, and two spaces
    private static final int WIDEST_NAME = 30;

    @Option(names = "--all", description = "Show reserved, failed and unknown services as well.")
    private boolean all;

    @Option(names = "--plain", description = "Print ports and states only, as the shell function devflow_port_status did.")
    boolean plain;

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

    @Override
    protected Duration interval() {
        return watch;
    }

    @Override
    protected Report report() throws IOException {
        if (watch != null && check) {
            throw new UserException("--watch does not go with --check; " + help());
        }
        if (picture && (plain || json || !targets.isEmpty())) {
            throw new UserException("--map shows all ranges, and goes with neither --plain, --json nor a target; " + help());
        }
        if (plain && json) {
            throw new UserException("--plain does not go with --json; choose one");
        }
        Config config = config();
        LocalPorts localPorts = LocalPorts.read();
        if (picture) {
            return new Status(rows(config.services(), localPorts), config, listening(localPorts));
        }
        List<PortMap.Service> services = targets.isEmpty() ? config.services() : new Targets(config).resolve(targets);
        if (plain && !check) {
            return new Status(PortRow.of(shown(services), localPorts, false), config, null);
        }
        return new Status(rows(services, localPorts), config, null);
    }

    private static List<PortRow> rows(List<PortMap.Service> services, LocalPorts localPorts) throws IOException {
        return PortRow.of(services, localPorts, true);
    }

    private static BitSet listening(LocalPorts localPorts) throws IOException {
        BitSet listening = new BitSet();
        for (PortMap.Group group : PortMap.Group.values()) {
            for (int port = group.range.first(); port <= group.range.last(); port++) {
                listening.set(port, !localPorts.listeners(port).isEmpty());
            }
        }
        return listening;
    }

    private boolean isShown(PortMap.Service service) {
        return all || !targets.isEmpty() || service.status() == PortMap.Status.ACTIVE;
    }

    private List<PortMap.Service> shown(List<PortMap.Service> services) {
        List<PortMap.Service> shown = new ArrayList<>();
        for (PortMap.Service service : services) {
            if (isShown(service)) {
                shown.add(service);
            }
        }
        return shown;
    }

    /** The ports in the order of the map, and for the picture all ports of its ranges that are listened on. */
    private final class Status implements Report {

        private final List<PortRow> rows;
        private final List<Problem> problems;
        private final Config config;
        private final BitSet listening;

        Status(List<PortRow> rows, Config config, BitSet listening) {
            this.rows = rows;
            this.config = config;
            this.listening = listening;
            this.problems = plain && !check ? List.of() : problems(rows, config);
        }

        @Override
        public int exitCode() {
            return check && !problems.isEmpty() ? NO : YES;
        }

        @Override
        public boolean isPlain() {
            return plain;
        }

        @Override
        public Map<String, Object> document() {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("ports", rows.stream().filter(row -> isShown(row.service())).map(PortRow::fields).toList());
            document.put("problems", problems.stream().map(Problem::fields).toList());
            return document;
        }

        @Override
        public List<Line> lines() {
            List<Line> lines = listening == null ? new ArrayList<>(List.of(Line.of(TITLE))) : new Picture(config, listening).lines();
            if (plain) {
                for (PortRow row : rows) {
                    if (isShown(row.service())) {
                        lines.add(status(row));
                    }
                }
                return lines;
            }
            if (listening == null) {
                for (PortMap.Group group : PortMap.Group.values()) {
                    addGroup(lines, group, group.title + " (" + group.range + ")");
                }
                addGroup(lines, null, "Other ports");
            }
            for (Problem problem : problems) {
                lines.add(Line.of("").doubtful("! ").with(problem.message));
                if (problem.remedy != null) {
                    lines.add(problem.remedy);
                }
            }
            return lines;
        }

        private void addGroup(List<Line> lines, PortMap.Group group, String heading) {
            List<PortRow> members = rows.stream().filter(row -> row.service().group() == group && isShown(row.service())).toList();
            if (!members.isEmpty()) {
                lines.add(Line.of("").strong(heading));
            }
            for (PortRow row : members) {
                lines.add(withName(status(row).pad(WIDEST_STATUS), row.service()));
                if (row.isListening()) {
                    row.occupants().forEach(occupant -> lines.add(Line.detail("    " + occupant)));
                }
            }
        }

        private static Line status(PortRow row) {
            Line line = Line.of("Port " + row.service().port() + (row.isListening() ? ": ✅ " : ": ❌ "));
            return row.isListening() ? line.good("ACTIVE") : line.bad("INACTIVE");
        }

        private static Line withName(Line line, PortMap.Service service) {
            if (service.name() == null) {
                return line;
            }
            line.with(service.name()).pad(WIDEST_STATUS + WIDEST_NAME).with(service.variable());
            return service.status() == PortMap.Status.ACTIVE ? line : line.with("  " + PortRow.lowerCase(service.status()));
        }
    }

    // What is wrong.

    private List<Problem> problems(List<PortRow> rows, Config config) {
        List<Problem> problems = new ArrayList<>();
        for (PortRow row : rows) {
            addOutsideRange(problems, row.service());
            addMisused(problems, row);
            addDifferingNames(problems, row.service(), config);
        }
        rows.stream().map(row -> row.service().port()).distinct().map(config::at).filter(services -> services.size() > 1)
            .forEach(services -> problems.add(sharedPort(services, config)));
        addDown(problems, rows);
        return problems;
    }

    private static void addOutsideRange(List<Problem> problems, PortMap.Service service) {
        PortMap.Group group = service.group();
        if (group != null && !group.range.contains(service.port())) {
            problems.add(new Problem(Kind.OUTSIDE_RANGE, List.of(service), service.name() + " has " + service.port() + ", outside "
                + group.range, Line.of("  set " + service.variable() + " to a port of that range")));
        }
    }

    /** A reserved port that something listens on, or one that an active service cannot have. */
    private void addMisused(List<Problem> problems, PortRow row) {
        PortMap.Service service = row.service();
        if (service.status() == PortMap.Status.RESERVED && row.isListening()) {
            problems.add(new Problem(Kind.RESERVED_PORT_IN_USE, List.of(service), service.port() + " is reserved for "
                + service.name() + ", yet " + PortRow.occupant(row.state()), row.remedy(Line.of("  "), invocation())));
        } else if (service.status() == PortMap.Status.ACTIVE && !row.isListening() && !row.isAvailable()) {
            problems.add(new Problem(Kind.UNAVAILABLE, List.of(service), service.name() + " cannot have " + service.port()
                + ": " + PortRow.occupant(row.state()), row.remedy(Line.of("  "), invocation())));
        }
    }

    private static void addDifferingNames(List<Problem> problems, PortMap.Service service, Config config) {
        for (PortMap.Alias alias : service.aliases()) {
            if (alias.port() != service.port()) {
                problems.add(new Problem(Kind.DIFFERING_NAMES, List.of(service), service.name() + " has " + service.port() + " by "
                    + service.variable() + " (" + config.place(service) + "), but " + alias.port() + " by " + alias.variable() + " ("
                    + config.envFile().path() + ":" + alias.line() + ")", Line.of("  set both to the same port")));
            }
        }
    }

    private Problem sharedPort(List<PortMap.Service> services, Config config) {
        String names = services.stream().map(service -> service.name() + " (" + config.place(service) + ")")
            .collect(Collectors.joining(" and "));
        Line remedy = Line.of("  to separate them: ");
        PortMap.Service movable = services.stream().filter(PortMap.Service::isMovable).findFirst().orElse(null);
        if (movable != null) {
            PortRow.toMove(remedy, movable, invocation());
        } else {
            PortRow.toMove(remedy, services.get(0), invocation());
            services.stream().skip(1).forEach(service -> PortRow.toMove(remedy.with(" or "), service, invocation()));
        }
        return new Problem(Kind.SHARED_PORT, services, services.get(0).port() + " is the port of " + names, remedy);
    }

    private static void addDown(List<Problem> problems, List<PortRow> rows) {
        List<PortMap.Service> down = rows.stream().filter(row -> row.service().status() == PortMap.Status.ACTIVE && row.isAvailable())
            .map(PortRow::service).toList();
        if (!down.isEmpty()) {
            String who = down.size() == 1 ? down.get(0).name() + " is" : down.size() + " active services are";
            problems.add(new Problem(Kind.DOWN, down, who + " down",
                Files.isExecutable(Path.of(START_SCRIPT)) ? Line.of("  to start: ").command(START_SCRIPT + " start") : null));
        }
    }

    /** A picture of the documented ranges, a cell per port, or per hundred ports where the range is long. */
    private record Picture(Config config, BitSet listening) {

        /** What a cell shows, the most telling first; shapes differ as well as colours. */
        private enum Cell {
            LISTENING('■', Line.Style.GOOD, "listening"),
            ASSIGNED('□', Line.Style.BAD, "assigned, nothing listens"),
            RESERVED('◇', Line.Style.DOUBTFUL, "reserved"),
            FREE('·', Line.Style.PLAIN, "free");

            final char shape;
            final Line.Style style;
            final String meaning;

            Cell(char shape, Line.Style style, String meaning) {
                this.shape = shape;
                this.style = style;
                this.meaning = meaning;
            }
        }

        private static final int CELLS_PER_ROW = 50;
        private static final int CELLS_PER_BLOCK = 10;

        List<Line> lines() {
            List<Line> lines = new ArrayList<>();
            for (PortMap.Group group : PortMap.Group.values()) {
                int portsPerCell = group.range.size() / (2 * CELLS_PER_ROW);
                lines.add(Line.of(group.title + (portsPerCell > 1 ? ", " + portsPerCell + " ports per cell" : "")));
                for (int first = group.range.first(); first <= group.range.last(); first += CELLS_PER_ROW * portsPerCell) {
                    lines.add(row(first, portsPerCell));
                }
            }
            Line legend = Line.of("");
            for (Cell cell : Cell.values()) {
                legend.with("" + cell.shape, cell.style).with(" " + cell.meaning + (cell == Cell.FREE ? "" : "   "));
            }
            lines.add(legend);
            return lines;
        }

        private Line row(int first, int portsPerCell) {
            Line row = Line.of(" ".repeat(5 - String.valueOf(first).length()) + first);
            for (int i = 0; i < CELLS_PER_ROW; i++) {
                Cell cell = cell(first + i * portsPerCell, portsPerCell);
                row.with(i % CELLS_PER_BLOCK == 0 ? " " : "").with("" + cell.shape, cell.style);
            }
            return row;
        }

        private Cell cell(int first, int ports) {
            Cell cell = Cell.FREE;
            for (int port = first; port < first + ports; port++) {
                Cell one = cell(port);
                cell = one.compareTo(cell) < 0 ? one : cell;
            }
            return cell;
        }

        private Cell cell(int port) {
            List<PortMap.Service> services = config.at(port);
            return listening.get(port) ? Cell.LISTENING : services.isEmpty() ? Cell.FREE
                : services.stream().allMatch(service -> service.status() == PortMap.Status.RESERVED) ? Cell.RESERVED : Cell.ASSIGNED;
        }
    }
}
