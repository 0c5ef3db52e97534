import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Addresses of hosts, and how they are written. */
final class Addresses {

    private Addresses() { }

    /** Returns the addresses of a host. Servers print 0.0.0.0 and ::, which mean this machine, as localhost does. */
    static List<InetAddress> of(String host) throws UnknownHostException {
        boolean isLocal = host.equalsIgnoreCase("localhost") || host.equals("0.0.0.0") || host.equals("::");
        return isLocal ? List.of(InetAddress.getByName("127.0.0.1"), InetAddress.getByName("::1"))
            : List.of(InetAddress.getAllByName(host));
    }

    /** Returns an address with its first zeros left out, {@code ::1}; Java prints all groups. */
    static String text(InetAddress address) {
        String text = address.getHostAddress();
        return address instanceof Inet6Address ? text.replaceFirst("(^|:)0(:0)+(:|$)", "::") : text;
    }
}
