//SOURCES ../command/Addresses.java TcpSocket.java

import java.io.File;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.StringTokenizer;

/** Linux's tables of TCP sockets, {@code /proc/net/tcp} and {@code tcp6}; sockets of MPTCP are in them, too. */
final class SocketTable {

    private static final String[] FILES = {"/proc/net/tcp", "/proc/net/tcp6"};
    private static final int PAGE = 4096;
    private static final int LONGEST_ROW = 256;
    private static final String LISTEN = "0A";
    private static final String SYN_RECV = "03";

    private SocketTable() { }

    /** Whether this system has the tables. */
    static boolean exists() {
        return new File(FILES[0]).canRead();
    }

    /** The sockets that listen. */
    static List<TcpSocket> listeners() throws IOException {
        List<TcpSocket> listeners = new ArrayList<>();
        for (String file : FILES) {
            read(file, null, listeners);
        }
        return listeners;
    }

    /** All sockets on these ports, in any state. */
    static List<TcpSocket> sockets(Set<Integer> ports) throws IOException {
        List<TcpSocket> sockets = new ArrayList<>();
        for (String file : FILES) {
            read(file, ports, sockets);
        }
        return sockets;
    }

    /** Adds the sockets on these ports; where they are null, the listeners. */
    private static void read(String file, Set<Integer> ports, List<TcpSocket> sockets) throws IOException {
        try (InputStream in = new FileInputStream(file)) {
            Rows rows = new Rows(in);
            rows.next();
            for (String row = rows.next(); row != null; row = rows.next()) {
                TcpSocket socket = parse(row);
                if (ports == null && socket.kind() != TcpSocket.Kind.LISTENER) {
                    // The kernel lists the listeners first (net/ipv4/tcp_ipv4.c, tcp_seq_start); thousands of
                    // connections may follow.
                    return;
                }
                if (ports == null || ports.contains(socket.port())) {
                    sockets.add(socket);
                }
            }
        } catch (FileNotFoundException e) {
            if (new File(file).exists()) {
                throw e;
            }
            // A kernel without IPv6 has no tcp6.
        }
    }

    /** The lines of a table, read a page at a time. */
    private static final class Rows {

        private final InputStream in;
        private final byte[] bytes = new byte[PAGE + LONGEST_ROW];
        private int from;
        private int length;
        private boolean isLast;

        Rows(InputStream in) {
            this.in = in;
        }

        String next() throws IOException {
            for (int end = from;; end++) {
                if (end == length) {
                    end -= from;
                    if (isLast || !fill()) {
                        return null;
                    }
                }
                if (bytes[end] == '\n') {
                    String row = new String(bytes, from, end - from, StandardCharsets.ISO_8859_1);
                    from = end + 1;
                    return row;
                }
            }
        }

        private boolean fill() throws IOException {
            length -= from;
            System.arraycopy(bytes, from, bytes, 0, length);
            from = 0;
            int count = in.read(bytes, length, Math.min(PAGE, bytes.length - length));
            length += Math.max(count, 0);
            // The kernel walks its whole table once more to say that there are no more rows; a read that had room for
            // another row has said so already.
            isLast = count <= PAGE - LONGEST_ROW;
            return count > 0;
        }
    }

    /**
     * The socket that a row describes (Linux, Documentation/networking/proc_net_tcp.rst).
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
        for (int i = 0; i < address.length; i += 4) {
            int word = Integer.parseUnsignedInt(hex.substring(2 * i, 2 * i + 8), 16);
            word = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? Integer.reverseBytes(word) : word;
            for (int k = 0; k < 4; k++) {
                address[i + k] = (byte) (word >> 24 - 8 * k);
            }
        }
        return address;
    }

    /**
     * The interface of a link-local address: the tables leave it out, so it is the one that has this address, if it is
     * only one ({@code /proc/net/if_inet6}).
     */
    private static String scope(byte[] address) throws IOException {
        if (address.length != 16 || address[0] != (byte) 0xFE || (address[1] & 0xC0) != 0x80) {
            return "";
        }
        StringBuilder hex = new StringBuilder();
        for (byte octet : address) {
            hex.append(Character.forDigit(octet >> 4 & 15, 16)).append(Character.forDigit(octet & 15, 16));
        }
        String scope = "";
        for (String line : Files.readAllLines(Path.of("/proc/net/if_inet6"), StandardCharsets.UTF_8)) {
            if (line.startsWith(hex.toString())) {
                if (!scope.isEmpty()) {
                    return "";
                }
                scope = "%" + line.substring(line.lastIndexOf(' ') + 1);
            }
        }
        return scope;
    }
}
