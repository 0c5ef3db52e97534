//SOURCES ../command/Addresses.java Processes.java

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.StringTokenizer;

/**
 * The TCP ports of this machine. Availability is probed by binding with SO_REUSEADDR and never by listening, so that
 * concurrent probes do not see each other and no server that starts meanwhile is disturbed.
 */
final class LocalPorts {

    /**
     * Whether a server can bind a port now, on all addresses. BOUND: nothing listens, but a connection or a bound
     * socket uses the port. DENIED: this user is not permitted to bind the port.
     */
    enum Verdict { AVAILABLE, LISTENING, BOUND, DENIED }

    /** UNKNOWN is a bound socket: no table shows it. A finished connection is in TIME_WAIT for a minute. */
    enum Kind { LISTENER, CONNECTION, TIME_WAIT, UNKNOWN }

    /**
     * A socket as Linux's tables or, on other systems, {@code lsof} show it.
     *
     * @param address the local address as text; lsof shows * for all addresses
     * @param uid the user who created the socket; -1 if unknown
     * @param id the kernel's number of the socket, or the pid that lsof shows; 0 if no process has it open
     */
    record TcpSocket(Kind kind, String address, int port, long uid, long id) {

        /**
         * Reads the local address and port, the state, the user and the number (Linux, proc_net_tcp.rst).
         *
         * @throws IOException if the row is malformed, so that nothing is concluded from it
         */
        static TcpSocket parse(String row) throws IOException {
            StringTokenizer words = new StringTokenizer(row, " :");
            String[] fields = new String[14];
            try {
                for (int i = 0; i < fields.length; i++) {
                    fields[i] = words.nextToken();
                }
                long id = Long.parseUnsignedLong(fields[13]);
                // A request to connect (03) belongs to its listener, which has a row of its own.
                Kind kind = fields[5].equals("0A") ? Kind.LISTENER
                    : id != 0 || fields[5].equals("03") ? Kind.CONNECTION : Kind.TIME_WAIT;
                return new TcpSocket(kind, address(fields[1]), Integer.parseInt(fields[2], 16),
                    Long.parseLong(fields[11]), id);
            } catch (RuntimeException | UnknownHostException e) {
                throw new IOException("not a row of the kernel's socket table: " + row);
            }
        }

        /** The kernel prints an address as words in the byte order of the machine. */
        private static String address(String words) throws IOException {
            byte[] address = new byte[words.length() / 2];
            boolean isReversed = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
            for (int i = 0; i < address.length; i++) {
                int at = 2 * (isReversed ? i ^ 3 : i);
                address[i] = (byte) Integer.parseInt(words.substring(at, at + 2), 16);
            }
            return Addresses.text(InetAddress.getByAddress(address));
        }
    }

    private static final String[] TABLES = {"/proc/net/tcp", "/proc/net/tcp6"}; // MPTCP is in them, too.
    private static final int PAGE_WITHOUT_ROOM = 4096 - 256; // Every row is shorter than 256 bytes.

    private static String inUse;
    final boolean hasTables;
    private List<TcpSocket> listeners;
    private List<TcpSocket> sockets;
    /** On Linux with IPv6: a bind of the wildcard is refused if any address is in use (bind(2), inet_csk_get_port). */
    private boolean isWildcardEnough;
    private String refusal; // of the last bind

    /** @param hasTables whether to read Linux's tables; otherwise lsof shows the listeners */
    LocalPorts(boolean hasTables) {
        this.hasTables = hasTables;
        if (hasTables) {
            // This is the default; unless it is named, Java searches the class path for another one.
            System.setProperty("java.nio.channels.spi.SelectorProvider", "sun.nio.ch.EPollSelectorProvider");
        }
    }

    static LocalPorts read() {
        return new LocalPorts(new File(TABLES[0]).canRead());
    }

    /** Returns whether a server can bind this port now and, if not, why. */
    Verdict verdict(int port) throws IOException {
        boolean canBind = canBind(port);
        if (!(canBind && isWildcardEnough) && isListening(port)) {
            return Verdict.LISTENING;
        } else if (canBind) {
            return Verdict.AVAILABLE;
        }
        return refusal.equals(inUse()) ? Verdict.BOUND : Verdict.DENIED;
    }

    /** Returns the system's message for a port in use, which depends on the locale, by causing the error. */
    private static String inUse() throws IOException {
        if (inUse == null) {
            try (Socket one = new Socket(); Socket other = new Socket()) {
                one.bind(new InetSocketAddress(0));
                other.bind(one.getLocalSocketAddress());
            } catch (BindException e) {
                inUse = e.getMessage();
            }
        }
        return inUse;
    }

    /** Returns whether a server can bind this port now; reads no table if the bind already says no. */
    boolean isAvailable(int port) throws IOException {
        return canBind(port) && (isWildcardEnough || !isListening(port));
    }

    boolean isListening(int port) throws IOException {
        return !on(port, listeners()).isEmpty();
    }

    /** Other systems than Linux let the wildcard be bound if the loopback address is in use. */
    private boolean canBind(int port) throws IOException {
        return canBind(new InetSocketAddress(port))
            && (hasTables || canBind(new InetSocketAddress("127.0.0.1", port)));
    }

    /** Binds as servers do, and closes. */
    private boolean canBind(InetSocketAddress address) throws IOException {
        try (SocketChannel socket = SocketChannel.open()) {
            socket.setOption(StandardSocketOptions.SO_REUSEADDR, true); // TIME_WAIT is no conflict.
            socket.bind(address);
            InetSocketAddress bound = (InetSocketAddress) socket.getLocalAddress();
            isWildcardEnough = hasTables && bound.getAddress() instanceof Inet6Address;
            return true;
        } catch (BindException e) {
            refusal = e.getMessage();
            return false;
        }
    }

    // The sockets on a port.

    List<TcpSocket> listeners() throws IOException {
        if (listeners == null) {
            listeners = hasTables ? inTables(true) : inLsof();
        }
        return listeners;
    }

    /** Returns the listeners on this port, else its connections, else one socket of the kind UNKNOWN. */
    List<TcpSocket> sockets(int port) throws IOException {
        List<TcpSocket> found = on(port, listeners());
        if (found.isEmpty() && hasTables) {
            sockets = sockets == null ? inTables(false) : sockets;
            found = on(port, sockets);
        }
        return found.isEmpty() ? List.of(new TcpSocket(Kind.UNKNOWN, "", port, -1, 0)) : found;
    }

    private static List<TcpSocket> on(int port, List<TcpSocket> all) {
        List<TcpSocket> found = new ArrayList<>();
        for (TcpSocket socket : all) {
            if (socket.port == port) {
                found.add(socket);
            }
        }
        return found;
    }

    private static List<TcpSocket> inTables(boolean onlyListeners) throws IOException {
        List<TcpSocket> sockets = new ArrayList<>();
        for (String table : TABLES) {
            if (new File(table).exists()) { // A kernel without IPv6 has no tcp6.
                try (InputStream in = new FileInputStream(table)) {
                    read(in, onlyListeners, sockets);
                }
            }
        }
        return sockets;
    }

    /** Stops at a page with room for another row: one more read would make the kernel walk its whole table again. */
    private static void read(InputStream in, boolean onlyListeners, List<TcpSocket> sockets) throws IOException {
        byte[] page = new byte[65536];
        int count;
        do {
            count = in.read(page);
            String text = new String(page, 0, Math.max(count, 0), StandardCharsets.ISO_8859_1);
            for (StringTokenizer rows = new StringTokenizer(text, "\n"); rows.hasMoreTokens(); ) {
                String row = rows.nextToken();
                TcpSocket socket = row.contains("local_address") ? null : TcpSocket.parse(row);
                if (socket != null && onlyListeners && socket.kind != Kind.LISTENER) {
                    return; // Listeners come first (net/ipv4/tcp_ipv4.c, tcp_seq_start).
                } else if (socket != null) {
                    sockets.add(socket);
                }
            }
        } while (count > PAGE_WITHOUT_ROOM);
    }

    /** Returns the listeners that lsof shows to this user, one for each process that has the socket open. */
    private static List<TcpSocket> inLsof() {
        List<TcpSocket> listeners = new ArrayList<>();
        long pid = 0;
        for (String line : Processes.lsof("-iTCP -sTCP:LISTEN -F pn")) {
            int colon = line.lastIndexOf(':');
            if (line.startsWith("p")) {
                pid = Long.parseLong(line.substring(1));
            } else if (line.startsWith("n")) {
                String address = line.substring(1, colon).replace("[", "").replace("]", "");
                int port = Integer.parseInt(line.substring(colon + 1));
                listeners.add(new TcpSocket(Kind.LISTENER, address, port, -1, pid));
            }
        }
        return listeners;
    }
}
