//SOURCES ../command/Addresses.java Processes.java

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
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
     * Whether a server can bind a port now, on all addresses and on both loopback addresses. BOUND: nothing listens,
     * but a connection or a bound socket uses the port. DENIED: this user is not permitted to bind a privileged port.
     */
    enum Verdict { AVAILABLE, LISTENING, BOUND, DENIED }

    /** UNKNOWN is a bound socket: no table shows it. What a finished connection leaves for a minute is in TIME_WAIT. */
    enum Kind { LISTENER, CONNECTION, TIME_WAIT, UNKNOWN }

    /**
     * A socket of this machine, as Linux's tables or, on other systems, {@code lsof} show it.
     *
     * @param address the local address as text; lsof shows * for all addresses
     * @param uid the user who created the socket; -1 if unknown
     * @param id the kernel's number of the socket, the same in all processes that have it open, or the pid that lsof
     *     shows; 0 if no process is known
     */
    record TcpSocket(Kind kind, String address, int port, long uid, long id) { }

    private static final String[] TABLES = {"/proc/net/tcp", "/proc/net/tcp6"}; // MPTCP is in them, too.
    private static final String[] LOOPBACKS = {"127.0.0.1", "::1"};
    private static final String HEADING = "  sl";
    private static final int LARGEST_PAGE = 65536;
    private static final int SMALLEST_PAGE = 4096;
    private static final int LONGEST_ROW = 256;

    private static String inUse;

    private final boolean hasTables;
    private List<TcpSocket> listeners;
    private List<TcpSocket> sockets;
    /** On Linux with IPv6: a bind of the wildcard is refused if any address is in use (bind(2), inet_csk_get_port). */
    private boolean isWildcardEnough;

    /** @param hasTables whether to read Linux's tables; otherwise lsof and connections show the ports */
    LocalPorts(boolean hasTables) {
        this.hasTables = hasTables;
    }

    static LocalPorts read() {
        boolean hasTables = new File(TABLES[0]).canRead();
        if (hasTables) {
            // Named, because Java would search the class path for another one.
            System.setProperty("java.nio.channels.spi.SelectorProvider", "sun.nio.ch.EPollSelectorProvider");
        }
        return new LocalPorts(hasTables);
    }

    boolean hasTables() {
        return hasTables;
    }

    // Whether a port is available.

    /** Returns whether a server can bind this port now and, if not, why. */
    Verdict verdict(int port) throws IOException {
        Verdict verdict = probe(port);
        boolean isFree = verdict == Verdict.AVAILABLE && isWildcardEnough;
        return isFree || listeners(port).isEmpty() ? verdict : Verdict.LISTENING;
    }

    /** Returns whether a server can bind this port now; reads no table if the bind already says no. */
    boolean isAvailable(int port) throws IOException {
        return probe(port) == Verdict.AVAILABLE && (isWildcardEnough || !isListening(port));
    }

    private Verdict probe(int port) throws IOException {
        String refusal = bind(new InetSocketAddress(port));
        if (refusal != null) {
            return refusal.equals(inUse()) ? Verdict.BOUND : Verdict.DENIED;
        }
        for (String loopback : isWildcardEnough ? new String[0] : LOOPBACKS) {
            // A machine may lack a loopback address, and then refuses it for another reason.
            if (inUse().equals(bind(new InetSocketAddress(loopback, port)))) {
                return Verdict.BOUND;
            }
        }
        return Verdict.AVAILABLE;
    }

    /** Binds as servers do, and closes; returns the system's error message if it refuses, otherwise null. */
    private String bind(InetSocketAddress address) throws IOException {
        try (SocketChannel socket = SocketChannel.open()) {
            socket.setOption(StandardSocketOptions.SO_REUSEADDR, true); // TIME_WAIT is no conflict.
            socket.bind(address);
            isWildcardEnough |= hasTables && socket.socket().getLocalAddress() instanceof Inet6Address;
            return null;
        } catch (BindException e) {
            return e.getMessage();
        } catch (UnsupportedAddressTypeException e) {
            return ""; // Java has found no IPv6 here; the tables show what this JVM cannot bind.
        }
    }

    /** Returns the system's error message for a port in use; the message depends on the locale, so it is provoked. */
    private String inUse() throws IOException {
        if (inUse == null) {
            try (Socket holder = new Socket()) {
                holder.bind(new InetSocketAddress(0));
                inUse = bind(new InetSocketAddress(holder.getLocalPort()));
            }
        }
        return inUse;
    }

    // The sockets on a port.

    boolean isListening(int port) throws IOException {
        return !listeners(port).isEmpty();
    }

    /** Returns the sockets that listen on this port; nothing is bound. */
    List<TcpSocket> listeners(int port) throws IOException {
        return on(port, listeners());
    }

    /** Returns the sockets that listen on any port. */
    List<TcpSocket> listeners() throws IOException {
        if (listeners == null) {
            listeners = hasTables ? inTables(true) : inLsof();
        }
        return listeners;
    }

    /** Returns the sockets that have a port for which the verdict is this: on a bound port, those of connections. */
    List<TcpSocket> sockets(int port, Verdict verdict) throws IOException {
        if (verdict != Verdict.BOUND) {
            return verdict == Verdict.LISTENING ? listeners(port) : List.of();
        }
        if (sockets == null) {
            sockets = hasTables ? inTables(false) : List.of();
        }
        List<TcpSocket> found = on(port, sockets);
        return found.isEmpty() ? List.of(new TcpSocket(Kind.UNKNOWN, "", port, -1, 0)) : found;
    }

    private static List<TcpSocket> on(int port, List<TcpSocket> sockets) {
        List<TcpSocket> found = new ArrayList<>();
        for (TcpSocket socket : sockets) {
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

    /** The kernel returns whole rows. To read once more at the end would make it walk its whole table again. */
    private static void read(InputStream in, boolean onlyListeners, List<TcpSocket> sockets) throws IOException {
        byte[] page = new byte[LARGEST_PAGE];
        int count;
        do {
            count = in.read(page);
            String text = new String(page, 0, Math.max(count, 0), StandardCharsets.ISO_8859_1);
            for (StringTokenizer rows = new StringTokenizer(text, "\n"); rows.hasMoreTokens(); ) {
                String row = rows.nextToken();
                TcpSocket socket = row.startsWith(HEADING) ? null : parse(row);
                if (socket != null && onlyListeners && socket.kind != Kind.LISTENER) {
                    return; // Listeners come first (net/ipv4/tcp_ipv4.c, tcp_seq_start).
                } else if (socket != null) {
                    sockets.add(socket);
                }
            }
        } while (count > SMALLEST_PAGE - LONGEST_ROW); // A page with room for another row is the last one.
    }

    /**
     * Returns the socket that a row describes (Linux, Documentation/networking/proc_net_tcp.rst).
     *
     * @throws IOException if the row is malformed, so that nothing is concluded from it
     */
    static TcpSocket parse(String row) throws IOException {
        List<String> fields = new ArrayList<>();
        for (StringTokenizer all = new StringTokenizer(row); all.hasMoreTokens(); ) {
            fields.add(all.nextToken());
        }
        try {
            String local = fields.get(1);
            int colon = local.indexOf(':');
            int port = Integer.parseInt(local.substring(colon + 1), 16);
            long id = Long.parseUnsignedLong(fields.get(9));
            if (colon != 8 && colon != 32 || port < 0 || port > 65535) {
                throw new NumberFormatException(local);
            }
            // A request to connect (03) belongs to its listener, which has a row of its own.
            Kind kind = fields.get(3).equals("0A") ? Kind.LISTENER
                : id != 0 || fields.get(3).equals("03") ? Kind.CONNECTION : Kind.TIME_WAIT;
            return new TcpSocket(kind, address(local), port, Long.parseLong(fields.get(7)), id);
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            throw new IOException("not a row of the kernel's socket table: " + row);
        }
    }

    /** The kernel prints an address as words in the byte order of the machine. */
    private static String address(String local) {
        byte[] address = new byte[local.indexOf(':') / 2];
        boolean isReversed = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
        for (int i = 0; i < address.length; i++) {
            int at = 2 * (isReversed ? i ^ 3 : i);
            address[i] = (byte) Integer.parseInt(local.substring(at, at + 2), 16);
        }
        return Addresses.text(address);
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
