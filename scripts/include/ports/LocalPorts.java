//SOURCES ../command/Addresses.java Lsof.java SocketTable.java TcpSocket.java

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * The TCP ports of this machine, according to its kernel: availability is probed by binding, never by listening, so
 * that concurrent probes do not see each other; who listens is looked up only where that must be known.
 */
final class LocalPorts {

    /** Whether a server could have a port. */
    enum Verdict {
        /** A server could bind it now, on the wildcard and on both loopbacks. */
        AVAILABLE,
        /** A socket listens on it, on some local address. */
        LISTENING,
        /** Nothing listens, yet binding fails: bound only, or a connection's own port. */
        BOUND,
        /** This user may not bind it: a privileged port, an excluded range. */
        DENIED
    }

    /** A port, the verdict on it and the sockets that listen on it. */
    record State(int port, Verdict verdict, List<TcpSocket> listeners) { }

    private static final int CONNECT_MILLIS = 500;
    private static final long FRESH_NANOS = 100_000_000;
    private static final byte[] LOOPBACK = {127, 0, 0, 1};
    private static final byte[] LOOPBACK6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    private static final byte[] ELSEWHERE = {(byte) 192, 0, 2, 1}; // RFC 5737: no machine has this address
    /** Where the JVM has IPv6, its IPv4 wildcard is that of both. */
    private static final byte[][] BINDABLE = {new byte[4], LOOPBACK, LOOPBACK6};
    /** As servers do, so that TIME_WAIT is no conflict; on Windows the option would take over a port in use. */
    private static final Boolean DOES_REUSE = !System.getProperty("os.name").startsWith("Windows");
    private static final String NO_SUCH_FAMILY = "no such address family";

    private static String inUse;

    private final boolean hasTables;
    private List<TcpSocket> table;
    private long readAt;
    private boolean hasBoth = true;
    private boolean isWildcardEnough;

    private LocalPorts(boolean hasTables) {
        this.hasTables = hasTables;
    }

    /** The ports as they are when they are asked for. */
    static LocalPorts read() {
        if (!SocketTable.exists()) {
            return withoutTables();
        }
        // Named, because Java would search the class path for another one.
        System.setProperty("java.nio.channels.spi.SelectorProvider", "sun.nio.ch.EPollSelectorProvider");
        return new LocalPorts(true);
    }

    /** The same as a system tells them that has no tables of sockets to be read, which is not Linux. */
    static LocalPorts withoutTables() {
        return new LocalPorts(false);
    }

    /** Whether the kernel's tables of sockets can be read here. */
    boolean hasTables() {
        return hasTables;
    }

    /** Whether a socket listens on this port; nothing is bound. */
    boolean isListening(int port) throws IOException {
        return !listeners(port).isEmpty();
    }

    /** The sockets that listen on this port; nothing is bound. */
    List<TcpSocket> listeners(int port) throws IOException {
        if (table == null) {
            readAt = System.nanoTime();
            table = hasTables ? SocketTable.listeners() : Lsof.listeners();
        }
        List<TcpSocket> listeners = new ArrayList<>();
        for (TcpSocket listener : table) {
            if (listener.port() == port) {
                listeners.add(listener);
            }
        }
        return listeners.isEmpty() && !hasTables ? acceptors(port) : listeners;
    }

    /** Whether a server could have this port now, and if not, what listens on it. */
    State state(int port) throws IOException {
        Verdict verdict = probe(port);
        if (verdict == Verdict.AVAILABLE && hasTables && hasBoth) {
            return new State(port, verdict, List.of());
        }
        if (System.nanoTime() - readAt > FRESH_NANOS && verdict == Verdict.BOUND) {
            table = null; // A server may have come since.
        }
        List<TcpSocket> listeners = listeners(port);
        return new State(port, listeners.isEmpty() ? verdict : Verdict.LISTENING, listeners);
    }

    /** The states of all these ports. */
    List<State> states(Collection<Integer> ports) throws IOException {
        List<State> states = new ArrayList<>();
        for (int port : ports) {
            states.add(state(port));
        }
        return states;
    }

    /** Whether a server could have this port now. */
    boolean isAvailable(int port) throws IOException {
        Verdict verdict = probe(port);
        return verdict == Verdict.AVAILABLE && (hasTables && hasBoth || !isListening(port));
    }

    /** Where nobody tells who listens, it is who accepts a connection on a loopback address. */
    private static List<TcpSocket> acceptors(int port) throws IOException {
        List<TcpSocket> acceptors = new ArrayList<>();
        for (byte[] loopback : new byte[][] {LOOPBACK, LOOPBACK6}) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getByAddress(loopback), port), CONNECT_MILLIS);
                if (socket.getLocalPort() == port) {
                    socket.setSoLinger(true, 0); // It has met itself; a reset leaves nothing behind.
                    continue;
                }
            } catch (SocketTimeoutException e) {
                // Refused is answered at once: this is a listener whose queue is full.
            } catch (IOException e) {
                continue; // Nobody there.
            }
            acceptors.add(new TcpSocket(TcpSocket.Kind.LISTENER, Addresses.text(loopback), port, -1, 0, List.of()));
        }
        return acceptors;
    }

    private Verdict probe(int port) throws IOException {
        Verdict verdict = Verdict.AVAILABLE;
        for (int i = 0; i < (isWildcardEnough ? 1 : BINDABLE.length); i++) {
            String refusal = bind(BINDABLE[i], port);
            if (refusal == null) {
                continue;
            }
            if (refusal.equals(NO_SUCH_FAMILY)) {
                hasBoth = false; // What this JVM cannot bind, the tables still show.
            } else if (refusal.equals(inUse())) {
                return Verdict.BOUND;
            } else if (!refusal.equals(bind(ELSEWHERE, 0))) {
                // A machine that lacks the address cannot have a conflict on it; any other refusal counts.
                verdict = Verdict.DENIED;
            }
        }
        // Linux refuses the wildcard of both families wherever it would refuse one of their addresses (bind(2), inet_csk_get_port).
        isWildcardEnough = hasTables && hasBoth;
        return verdict;
    }

    /** Binds and closes; returns the system's error message if it refuses, else null. */
    private static String bind(byte[] address, int port) throws IOException {
        try (SocketChannel socket = SocketChannel.open()) {
            socket.setOption(StandardSocketOptions.SO_REUSEADDR, DOES_REUSE);
            socket.bind(new InetSocketAddress(InetAddress.getByAddress(address), port));
            return null;
        } catch (BindException e) {
            return e.getMessage();
        } catch (UnsupportedAddressTypeException e) {
            return NO_SUCH_FAMILY; // Java has found no IPv6 here.
        }
    }

    /** The system's error message for a port in use; it depends on the locale, so it is provoked. */
    private static String inUse() throws IOException {
        if (inUse == null) {
            try (Socket holder = new Socket()) {
                holder.bind(new InetSocketAddress(0));
                inUse = bind(BINDABLE[0], holder.getLocalPort());
            } catch (BindException e) {
                inUse = e.getMessage(); // Every ephemeral port is in use.
            }
        }
        return inUse;
    }
}
