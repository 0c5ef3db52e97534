import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;

/** Addresses of hosts, and how they are written. */
final class Addresses {

    private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1}; // RFC 4291, 2.5.5.2

    private Addresses() { }

    /** The addresses of a host. 0.0.0.0 and ::, which servers print, mean this machine, as localhost does. */
    static List<InetAddress> of(String host) throws UnknownHostException {
        boolean isLocal = host.equalsIgnoreCase("localhost") || host.equals("0.0.0.0") || host.equals("::");
        return isLocal ? List.of(InetAddress.getByName("127.0.0.1"), InetAddress.getByName("::1"))
            : List.of(InetAddress.getAllByName(host));
    }

    static String text(InetAddress address) {
        return text(address.getAddress());
    }

    /** Returns an address of 4 or 16 bytes as RFC 5952 writes it, {@code ::1}; a mapped address as IPv4. */
    static String text(byte[] bytes) {
        boolean isMapped = bytes.length == 16 && Arrays.equals(bytes, 0, 12, MAPPED, 0, 12);
        if (bytes.length == 4 || isMapped) {
            int at = bytes.length - 4;
            return (bytes[at] & 0xFF) + "." + (bytes[at + 1] & 0xFF) + "." + (bytes[at + 2] & 0xFF) + "."
                + (bytes[at + 3] & 0xFF);
        }
        StringBuilder groups = new StringBuilder(":");
        for (int i = 0; i < bytes.length; i += 2) {
            groups.append(Integer.toHexString((bytes[i] & 0xFF) << 8 | bytes[i + 1] & 0xFF)).append(':');
        }
        String text = groups.toString();
        int at = -1;
        String zeros = ":0:0:0:0:0:0:0:0:";
        while (zeros.length() > ":0:".length() && (at = text.indexOf(zeros)) < 0) { // A single zero is not shortened.
            zeros = zeros.substring(2);
        }
        String shorter = at < 0 ? text : text.substring(0, at) + "::" + text.substring(at + zeros.length());
        return shorter.substring(shorter.startsWith("::") ? 0 : 1, shorter.length() - (shorter.endsWith("::") ? 0 : 1));
    }
}
