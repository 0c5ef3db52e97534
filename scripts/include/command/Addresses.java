import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Addresses of hosts, and how they are written. */
final class Addresses {

    private Addresses() { }

    /** The addresses of a host. 0.0.0.0 and ::, which servers print, mean this machine, as localhost does. */
    static List<InetAddress> of(String host) throws UnknownHostException {
        boolean isLocal = host.equalsIgnoreCase("localhost") || host.equals("0.0.0.0") || host.equals("::");
        return isLocal ? List.of(InetAddress.getByName("127.0.0.1"), InetAddress.getByName("::1"))
            : List.of(InetAddress.getAllByName(host));
    }

    /** Returns an address as RFC 5952 writes it, {@code ::1}; Java prints all groups. */
    static String text(InetAddress address) {
        String text = ":" + address.getHostAddress() + ":";
        int at = -1;
        String zeros = address instanceof Inet6Address ? ":0:0:0:0:0:0:0:0:" : "";
        while (zeros.length() > ":0:".length() && (at = text.indexOf(zeros)) < 0) { // A single zero is not shortened.
            zeros = zeros.substring(2);
        }
        String shorter = at < 0 ? text : text.substring(0, at) + "::" + text.substring(at + zeros.length());
        return shorter.substring(shorter.startsWith("::") ? 0 : 1, shorter.length() - (shorter.endsWith("::") ? 0 : 1));
    }
}
