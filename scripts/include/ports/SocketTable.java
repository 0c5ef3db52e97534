//SOURCES ../command/Addresses.java TcpSocket.java

import java.io.File;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.StringTokenizer;

/** Linux's tables of TCP sockets, {@code /proc/net/tcp} and {@code tcp6}. Sockets of MPTCP are in them, too. */
final class SocketTable {

    private static final String[] FILES = {"/proc/net/tcp", "/proc/net/tcp6"};
    private static final int PAGE = 4096;
    private static final int LONGEST_ROW = 256;
    private static final String LISTEN = "0A";
    private static final String SYN_RECV = "03";

    private SocketTable() { }

    /** Returns whether this system has the tables. */
    static boolean exists() {
        return new File(FILES[0]).canRead();
    }

    /** Returns the sockets on these ports in any state; the listeners of all ports if the ports are null. */
    static List<TcpSocket> sockets(Set<Integer> ports) throws IOException {
        List<TcpSocket> sockets = new ArrayList<>();
        for (String file : FILES) {
            try (InputStream in = new FileInputStream(file)) {
                read(in, ports, sockets);
            } catch (FileNotFoundException e) {
                if (new File(file).exists()) {
                    throw e;
                }
                // A kernel without IPv6 has no tcp6.
            }
        }
        return sockets;
    }

    private static void read(InputStream in, Set<Integer> ports, List<TcpSocket> sockets) throws IOException {
        byte[] page = new byte[PAGE];
        String text = "";
        int row = 0;
        // The kernel walks its whole table once more to say that there are no more rows; a read that had room for
        // another row has said so already.
        for (int count = PAGE; count > PAGE - LONGEST_ROW; ) {
            count = in.read(page);
            text += new String(page, 0, Math.max(count, 0), StandardCharsets.ISO_8859_1);
            int from = 0;
            for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
                TcpSocket socket = row++ == 0 ? null : parse(text.substring(from, end)); // The first row is a heading.
                from = end + 1;
                if (ports == null && socket != null && socket.kind() != TcpSocket.Kind.LISTENER) {
                    // The kernel lists the listeners first (net/ipv4/tcp_ipv4.c, tcp_seq_start); thousands of
                    // connections may follow.
                    return;
                }
                if (socket != null && (ports == null || ports.contains(socket.port()))) {
                    sockets.add(socket);
                }
            }
            text = text.substring(from);
        }
    }

    /**
     * Returns the socket that a row describes (Linux, Documentation/networking/proc_net_tcp.rst).
     *
     * @throws IOException if the row is malformed, so that nothing is concluded from it
     */
    static TcpSocket parse(String row) throws IOException {
        try {
            StringTokenizer fields = new StringTokenizer(row);
            fields.nextToken();
            String local = fields.nextToken();
            fields.nextToken();
            String state = fields.nextToken();
            for (int i = 0; i < 3; i++) {
                fields.nextToken();
            }
            long uid = Long.parseLong(fields.nextToken());
            fields.nextToken();
            long inode = Long.parseUnsignedLong(fields.nextToken());
            int colon = local.indexOf(':');
            int port = Integer.parseInt(local.substring(colon + 1), 16);
            if (colon != 8 && colon != 32 || port < 0 || port > 65535) {
                throw new NumberFormatException(local);
            }
            byte[] address = address(local.substring(0, colon));
            // A request to connect belongs to its listener, which has a row of its own.
            TcpSocket.Kind kind = state.equals(LISTEN) ? TcpSocket.Kind.LISTENER
                : inode != 0 || state.equals(SYN_RECV) ? TcpSocket.Kind.CONNECTION : TcpSocket.Kind.TIME_WAIT;
            return new TcpSocket(kind, Addresses.text(address) + scope(address), port, uid, inode, null);
        } catch (NumberFormatException | NoSuchElementException | StringIndexOutOfBoundsException e) {
            throw new IOException("not a row of the kernel's socket table: " + row);
        }
    }

    /** The kernel prints an address as words in the byte order of the machine. */
    private static byte[] address(String hex) {
        byte[] address = new byte[hex.length() / 2];
        boolean isReversed = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
        for (int i = 0; i < address.length; i++) {
            int at = 2 * (isReversed ? i ^ 3 : i);
            address[i] = (byte) Integer.parseInt(hex.substring(at, at + 2), 16);
        }
        return address;
    }

    /** The tables leave out the interface of a link-local address: return it if only one interface has the address. */
    private static String scope(byte[] address) throws IOException {
        if (address.length != 16 || address[0] != (byte) 0xFE || (address[1] & 0xC0) != 0x80) {
            return "";
        }
        InetAddress wanted = InetAddress.getByAddress(address); // Equality leaves the interface out of account.
        List<NetworkInterface> networks = NetworkInterface.networkInterfaces()
            .filter(network -> network.inetAddresses().anyMatch(wanted::equals)).toList();
        return networks.size() == 1 ? "%" + networks.get(0).getName() : "";
    }
}
