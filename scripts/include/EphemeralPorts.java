import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The ports that the kernel gives to outgoing connections (Linux, {@code net.ipv4.ip_local_port_range}), but for those
 * that are reserved, as the kernel writes them: {@code 8080,9000-9010}.
 */
record EphemeralPorts(int first, int last, String reserved) {

    /** As they are on this machine; none where it does not tell. */
    static EphemeralPorts read() {
        try {
            Path settings = Path.of("/proc/sys/net/ipv4");
            String[] range = Files.readString(settings.resolve("ip_local_port_range")).strip().split("\\s+");
            String reserved = Files.readString(settings.resolve("ip_local_reserved_ports")).strip();
            return new EphemeralPorts(Integer.parseInt(range[0]), Integer.parseInt(range[1]), reserved);
        } catch (IOException e) {
            return new EphemeralPorts(0, -1, "");
        }
    }

    boolean contains(int port) {
        return first <= port && port <= last && !isReserved(port);
    }

    private boolean isReserved(int port) {
        for (String range : reserved.isEmpty() ? new String[0] : reserved.split(",")) {
            String[] ends = range.split("-");
            if (Integer.parseInt(ends[0]) <= port && port <= Integer.parseInt(ends[ends.length - 1])) {
                return true;
            }
        }
        return false;
    }

    /** The command that reserves a port, and loses no earlier reservation. */
    String reserving(int port) {
        return "sudo sysctl -w net.ipv4.ip_local_reserved_ports=" + (reserved.isEmpty() ? "" : reserved + ",") + port;
    }
}
