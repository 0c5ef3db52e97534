import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.List;

/** Addresses of hosts, and how they are written. */
final class Addresses {

    private Addresses() { }

    /**
     * The addresses of a host, which may be one with a scope, {@code fe80::1%eth0}. What servers print for "every address of mine",
     * 0.0.0.0 and ::, means this machine, as localhost does.
     */
    static List<InetAddress> of(String host) throws UnknownHostException {
        if (host.equalsIgnoreCase("localhost") || host.equals("0.0.0.0") || host.equals("::")) {
            return List.of(InetAddress.getByName("127.0.0.1"), InetAddress.getByName("::1"));
        }
        int scope = host.indexOf('%');
        return scope < 0 ? List.of(InetAddress.getAllByName(host)) : List.of(scoped(host.substring(0, scope), host.substring(scope + 1)));
    }

    /** Java itself refuses an interface that has no such address of its own, as the loopback's. */
    private static InetAddress scoped(String address, String scope) throws UnknownHostException {
        try {
            NetworkInterface network = NetworkInterface.getByName(scope);
            int index = network != null ? network.getIndex() : Integer.parseInt(scope);
            return Inet6Address.getByAddress(null, InetAddress.getByName(address).getAddress(), index);
        } catch (SocketException | NumberFormatException e) {
            throw new UnknownHostException("no interface " + scope);
        }
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
        return shorter.append(scope((Inet6Address) address)).toString();
    }

    private static String scope(Inet6Address address) {
        try {
            NetworkInterface network = address.getScopeId() == 0 ? null : NetworkInterface.getByIndex(address.getScopeId());
            return network != null ? "%" + network.getName() : address.getScopeId() == 0 ? "" : "%" + address.getScopeId();
        } catch (SocketException e) {
            return "%" + address.getScopeId();
        }
    }
}
