import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;

/** Addresses of hosts, and how they are written. */
final class Addresses {

    private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1}; // RFC 4291, 2.5.5.2

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

    /** An address as RFC 5952 writes it, with the scope that it has. */
    static String text(InetAddress address) {
        return text(address.getAddress()) + (address instanceof Inet6Address six ? scope(six) : "");
    }

    /** An address of 4 or 16 bytes as RFC 5952 writes it: {@code ::1} and not {@code 0:0:0:0:0:0:0:1}; a mapped one as IPv4. */
    static String text(byte[] bytes) {
        boolean isMapped = bytes.length == 16 && Arrays.equals(bytes, 0, 12, MAPPED, 0, 12);
        if (bytes.length == 4 || isMapped) {
            int at = bytes.length - 4;
            return (bytes[at] & 0xFF) + "." + (bytes[at + 1] & 0xFF) + "." + (bytes[at + 2] & 0xFF) + "." + (bytes[at + 3] & 0xFF);
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

    private static String scope(Inet6Address address) {
        int index = address.getScopeId();
        try {
            NetworkInterface network = index == 0 ? null : NetworkInterface.getByIndex(index);
            return network != null ? "%" + network.getName() : index == 0 ? "" : "%" + index;
        } catch (SocketException e) {
            return "%" + index;
        }
    }
}
