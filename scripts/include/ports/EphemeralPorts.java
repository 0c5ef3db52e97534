import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * The ports that the kernel gives to outgoing connections (Linux, {@code net.ipv4.ip_local_port_range}), but for those
 * that are reserved, as the kernel writes them: {@code 8080,9000-9010}.
 */
record EphemeralPorts(int first, int last, String reserved) {

    /** As they are on this machine; none where it does not tell. */
    static EphemeralPorts read() {
        try {
            String[] range = setting("ip_local_port_range").split("\\s+");
            return new EphemeralPorts(Integer.parseInt(range[0]), Integer.parseInt(range[1]), setting("ip_local_reserved_ports"));
        } catch (IOException e) {
            return new EphemeralPorts(0, -1, "");
        }
    }

    /** Read at once: the kernel does not continue the value of a setting. */
    private static String setting(String name) throws IOException {
        try (FileInputStream in = new FileInputStream("/proc/sys/net/ipv4/" + name)) {
            byte[] bytes = new byte[1 << 16];
            return new String(bytes, 0, Math.max(in.read(bytes), 0), StandardCharsets.US_ASCII).strip();
        }
    }

    boolean contains(int port) {
        for (String range : reserved.isEmpty() ? new String[0] : reserved.split(",")) {
            String[] ends = range.split("-");
            if (Integer.parseInt(ends[0]) <= port && port <= Integer.parseInt(ends[ends.length - 1])) {
                return false;
            }
        }
        return first <= port && port <= last;
    }

    /** The command that reserves a port, and loses no earlier reservation. */
    String reserving(int port) {
        return "sudo sysctl -w net.ipv4.ip_local_reserved_ports=" + (reserved.isEmpty() ? "" : reserved + ",") + port;
    }
}
