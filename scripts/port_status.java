///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES include/command/Line.java include/command/OptionValues.java include/command/PortCommand.java
//SOURCES include/command/Report.java include/command/UserException.java include/config/Config.java
//SOURCES include/config/PortMap.java include/config/Targets.java include/ports/LocalPorts.java
//SOURCES include/ports/Ownership.java include/ports/Problems.java include/ports/Project.java
//SOURCES include/ports/ServicePort.java

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "port_status", customSynopsis = "port_status [OPTIONS] [TARGET...]",
    description = "Shows which of DevFlow's ports are listened on, and what is wrong;"
        + " without a target, the ports of its active services.",
    exitCodeList = {
        "0:the status was printed; with --check, nothing is wrong",
        "1:with --check or --running, something is wrong",
        "2:could not tell: wrong usage or unusable configuration"},
    footer = {
        "  port_status",
        "  port_status --all --watch",
        "  port_status --check --json mcp"})
class port_status extends PortCommand {

    private static final String TITLE = "=== DevFlow Port Status ===";
    private static final int WIDEST_STATUS = 25; // Port 50051: ❌ INACTIVE, and two spaces
    private static final int WIDEST_NAME = 30;

    @Option(names = "--all", description = "Show reserved, failed and unknown services as well.")
    private boolean all;

    @Option(names = "--plain", description = "Print ports and states only, as the shell function devflow_port_status did.")
    private boolean plain;

    /** Whether it is plain unless another form is asked for. */
    boolean isPlainByDefault;

    @Option(names = "--check", description = "Exit with 1 if anything is wrong or an active service is down.")
    private boolean check;

    @Option(names = "--running", description = "Exit with 1 unless something listens on each port that is not a stranger's.")
    boolean running;

    @Option(names = "--map", description = "Draw the documented ranges, a cell per port.")
    private boolean picture;

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
        plain |= isPlainByDefault && !json && !quiet && !picture;
        if ((check ? 1 : 0) + (running ? 1 : 0) + (watch != null ? 1 : 0) > 1) {
            throw new UserException("--check, --running and --watch go one at a time; " + help());
        }
        if (picture && (plain || json || running || !targets.isEmpty())) {
            throw new UserException("--map shows all ranges, and goes with neither --plain, --json, --running nor a target; " + help());
        }
        if (plain && (json || quiet) || picture && quiet) {
            throw new UserException("--plain and --map print text; leave them out, or --json or --quiet; " + help());
        }
        Config config = Config.of(this);
        LocalPorts localPorts = LocalPorts.read();
        if (picture) {
            return new Status(rows(config.services(), localPorts), config, listening(localPorts));
        }
        List<PortMap.Service> services = targets.isEmpty() ? config.services() : new Targets(config, wholeNames).resolve(targets);
        if (plain && !check && !running) {
            return new Status(ServicePort.of(shown(services), localPorts), config, null);
        }
        List<ServicePort> rows = rows(services, localPorts);
        if (running) {
            noteOthers(rows);
        }
        return new Status(rows, config, null);
    }

    private List<ServicePort> rows(List<PortMap.Service> services, LocalPorts localPorts) throws IOException {
        return ServicePort.look(services, localPorts, Project.of(this));
    }

    private static BitSet listening(LocalPorts localPorts) throws IOException {
        BitSet listening = new BitSet();
        for (PortMap.Group group : PortMap.Group.values()) {
            for (int port = group.range.first(); port <= group.range.last(); port++) {
                listening.set(port, localPorts.isListening(port));
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

        private final List<ServicePort> rows;
        private final List<Problems.Problem> problems;
        private final Config config;
        private final BitSet listening;
        /** Of two services with one port, the first tells who has it. */
        private final Set<Integer> explained = new HashSet<>();

        Status(List<ServicePort> rows, Config config, BitSet listening) {
            this.rows = rows;
            this.config = config;
            this.listening = listening;
            this.problems = plain && !check || running ? List.of() : new Problems(config, invocation()).of(rows);
        }

        @Override
        public int exitCode() {
            return check && !problems.isEmpty() || running && !areAllRunning() ? NO : YES;
        }

        private boolean areAllRunning() {
            return rows.stream().filter(row -> isShown(row.service()))
                .allMatch(row -> row.isListening() && row.ownership() != Ownership.OTHER);
        }

        @Override
        public boolean isPlain() {
            return plain;
        }

        @Override
        public Map<String, Object> document() {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("ports", rows.stream().filter(row -> isShown(row.service())).map(ServicePort::fields).toList());
            document.put("problems", problems.stream().map(Problems.Problem::fields).toList());
            return document;
        }

        @Override
        public List<Line> lines() {
            explained.clear();
            List<Line> lines = listening == null ? new ArrayList<>(List.of(Line.of(TITLE))) : new Picture(config, listening).lines();
            if (plain) {
                for (ServicePort row : rows) {
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
            for (Problems.Problem problem : problems) {
                lines.add(Line.of("").doubtful("! ").with(problem.message()));
                lines.addAll(problem.remedies());
            }
            return lines;
        }

        private void addGroup(List<Line> lines, PortMap.Group group, String heading) {
            List<ServicePort> members = rows.stream().filter(row -> row.service().group() == group && isShown(row.service())).toList();
            if (!members.isEmpty()) {
                lines.add(Line.of("").strong(heading));
            }
            for (ServicePort row : members) {
                lines.add(withName(status(row), row.service()));
                if (row.isListening() && explained.add(row.service().port())) {
                    row.explanation().forEach(owner -> lines.add(Line.detail("    " + owner)));
                }
            }
        }

        private Line status(ServicePort row) {
            Line line = Line.of("Port " + row.service().port() + (row.isListening() ? ": ✅ " : ": ❌ "));
            return line.with(row.isListening() ? "ACTIVE" : "INACTIVE",
                plain ? Line.Style.PLAIN : row.isListening() ? Line.Style.GOOD : Line.Style.BAD);
        }

        private static Line withName(Line line, PortMap.Service service) {
            if (service.name() == null) {
                return line;
            }
            line.pad(WIDEST_STATUS).with(service.name()).pad(WIDEST_STATUS + WIDEST_NAME).with(service.variable());
            return service.status() == PortMap.Status.ACTIVE ? line : line.with("  " + ServicePort.lowerCase(service.status()));
        }
    }

    /** Says who may be in the place of a service that is asked for. */
    private void noteOthers(List<ServicePort> rows) {
        for (ServicePort row : rows) {
            if (isShown(row.service()) && !row.isAvailable() && row.ownership() != Ownership.OURS) {
                warn(row.service().port() + (!row.isListening() ? " is in use, and nothing listens: " + row.brief()
                    : row.ownership() == Ownership.UNKNOWN ? " is in use, and it cannot be told whose it is: " + row.brief()
                    : " is a stranger's: " + row.withoutOurs().brief()));
            }
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
