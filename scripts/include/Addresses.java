import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Addresses of hosts, and how they are written. */
final class Addresses {

    private Addresses() { }

    /** The addresses of a host. What servers print for "every address of mine", 0.0.0.0 and ::, means this machine, as localhost does. */
    static List<InetAddress> of(String host) throws UnknownHostException {
        return switch (host.toLowerCase(java.util.Locale.ROOT)) {
            case "localhost", "0.0.0.0", "::" -> List.of(InetAddress.getByName("127.0.0.1"), InetAddress.getByName("::1"));
            default -> List.of(InetAddress.getAllByName(host));
        };
    }

    /** An address as RFC 5952 writes it, {@code ::1} and not {@code 0:0:0:0:0:0:0:1}, with the scope that it has. */
    static String text(InetAddress address) {
        String text = address.getHostAddress();
        if (!(address instanceof Inet6Address)) {
            return text;
        }
        int end = text.indexOf('%') < 0 ? text.length() : text.indexOf('%');
        String[] groups = text.substring(0, end).split(":");
        int first = 0;
        int count = 1; // A single zero is not shortened.
        for (int i = 0, zeros = 0; i < groups.length; i++) {
            zeros = groups[i].equals("0") ? zeros + 1 : 0;
            if (zeros > count) {
                count = zeros;
                first = i + 1 - zeros;
            }
        }
        StringBuilder shorter = new StringBuilder();
        for (int i = 0; i < groups.length; i++) {
            if (count > 1 && i == first) {
                shorter.append("::");
                i += count - 1;
            } else {
                shorter.append(i == 0 || i == first + count && count > 1 ? "" : ":").append(groups[i]);
            }
        }
        return shorter + text.substring(end);
    }
}
