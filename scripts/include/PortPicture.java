//SOURCES LocalPorts.java PortMap.java Terminal.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A picture of the documented ranges, a cell per port, or per hundred ports where the range is long. */
final class PortPicture {

    /** What a cell shows, the most telling first; shapes differ as well as colours. */
    enum Cell {
        LISTENING('■', "listening"),
        ASSIGNED('□', "assigned, nothing listens"),
        RESERVED('◇', "reserved"),
        FREE('·', "free");

        final char shape;
        final String meaning;

        Cell(char shape, String meaning) {
            this.shape = shape;
            this.meaning = meaning;
        }
    }

    /** Gives a cell's text its colour. */
    interface Painter {
        String paint(Cell cell, String text);
    }

    private static final int CELLS_A_ROW = 50;
    private static final int CELLS_A_BLOCK = 10;

    private PortPicture() { }

    static List<Terminal.Line> draw(PortMap map, LocalPorts localPorts, Painter painter) throws IOException {
        List<Terminal.Line> lines = new ArrayList<>();
        for (PortMap.Group group : PortMap.Group.values()) {
            int portsACell = (group.last - group.first + 1) / (2 * CELLS_A_ROW);
            lines.add(new Terminal.Line(group.title + (portsACell > 1 ? ", " + portsACell + " ports per cell" : "")));
            for (int first = group.first; first <= group.last; first += CELLS_A_ROW * portsACell) {
                lines.add(row(first, portsACell, map, localPorts, painter));
            }
        }
        StringBuilder legend = new StringBuilder();
        for (Cell cell : Cell.values()) {
            legend.append(painter.paint(cell, "" + cell.shape)).append(' ').append(cell.meaning).append("   ");
        }
        lines.add(new Terminal.Line(legend.toString().stripTrailing()));
        return lines;
    }

    private static Terminal.Line row(int first, int portsACell, PortMap map, LocalPorts localPorts, Painter painter) throws IOException {
        StringBuilder row = new StringBuilder(String.format("%5d", first));
        for (int i = 0; i < CELLS_A_ROW; i++) {
            Cell cell = cell(first + i * portsACell, portsACell, map, localPorts);
            row.append(i % CELLS_A_BLOCK == 0 ? " " : "").append(painter.paint(cell, "" + cell.shape));
        }
        return new Terminal.Line(row.toString());
    }

    private static Cell cell(int first, int ports, PortMap map, LocalPorts localPorts) throws IOException {
        Cell cell = Cell.FREE;
        for (int port = first; port < first + ports; port++) {
            Cell one = cell(port, map, localPorts);
            cell = one.compareTo(cell) < 0 ? one : cell;
        }
        return cell;
    }

    private static Cell cell(int port, PortMap map, LocalPorts localPorts) throws IOException {
        if (!localPorts.listeners(port).isEmpty()) {
            return Cell.LISTENING;
        }
        List<PortMap.Service> services = map.at(port);
        return services.isEmpty() ? Cell.FREE
            : services.stream().allMatch(service -> service.status() == PortMap.Status.RESERVED) ? Cell.RESERVED : Cell.ASSIGNED;
    }
}
