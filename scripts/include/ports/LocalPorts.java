//SOURCES ../command/Addresses.java TcpSocket.java

import java.io.IOException;
import java.net.BindException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.ArrayList;
import java.util.List;

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

    private static final int CONNECT_MILLIS = 500;
    private static final byte[] WILDCARD = new byte[4]; // of both families, if the JVM has IPv6
    private static final byte[] LOOPBACK = {127, 0, 0, 1};
    private static final byte[] LOOPBACK6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    /** As servers do: TIME_WAIT is no conflict. On Windows the option would take over a port in use. */
    private static final Boolean DOES_REUSE = !System.getProperty("os.name").startsWith("Windows");

    private static String inUse;

    private final boolean hasTables;
    private List<TcpSocket> listeners;
    /** On Linux with IPv6: a bind of the wildcard is refused if any address is in use (bind(2), inet_csk_get_port). */
    private boolean isWildcardEnough;

    private LocalPorts(boolean hasTables) {
        this.hasTables = hasTables;
    }

    static LocalPorts read() {
        if (!TcpSocket.hasTables()) {
            return withoutTables();
        }
        // Named, because Java would search the class path for another one.
        System.setProperty("java.nio.channels.spi.SelectorProvider", "sun.nio.ch.EPollSelectorProvider");
        return new LocalPorts(true);
    }

    /** Returns the ports as other systems than Linux show them: by lsof and by connections instead of tables. */
    static LocalPorts withoutTables() {
        return new LocalPorts(false);
    }

    boolean hasTables() {
        return hasTables;
    }

    boolean isListening(int port) throws IOException {
        return !listeners(port).isEmpty();
    }

    /** Returns the sockets that listen on this port; nothing is bound. */
    List<TcpSocket> listeners(int port) throws IOException {
        if (listeners == null) {
            listeners = hasTables ? TcpSocket.inTables(null) : TcpSocket.inLsof();
        }
        List<TcpSocket> found = new ArrayList<>();
        for (TcpSocket listener : listeners) {
            if (listener.port() == port) {
                found.add(listener);
            }
        }
        return found.isEmpty() && !hasTables ? acceptors(port) : found;
    }

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

    /** If lsof shows no listener, the port counts as listening if it accepts a connection on a loopback address. */
    private static List<TcpSocket> acceptors(int port) throws IOException {
        List<TcpSocket> acceptors = new ArrayList<>();
        for (byte[] loopback : new byte[][] {LOOPBACK, LOOPBACK6}) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getByAddress(loopback), port), CONNECT_MILLIS);
                if (socket.getLocalPort() == port) {
                    socket.setSoLinger(true, 0); // The socket has connected to itself; a reset leaves nothing behind.
                } else {
                    String address = Addresses.text(InetAddress.getByAddress(loopback));
                    acceptors.add(new TcpSocket(TcpSocket.Kind.LISTENER, address, port, -1, 0, List.of()));
                }
            } catch (IOException e) {
                // Nothing listens there.
            }
        }
        return acceptors;
    }

    private Verdict probe(int port) throws IOException {
        String refusal = bind(WILDCARD, port);
        if (refusal != null) {
            return refusal.equals(inUse()) ? Verdict.BOUND : Verdict.DENIED;
        }
        // A machine may lack a loopback address, and then refuses it for another reason.
        boolean isInUse = !isWildcardEnough
            && (inUse().equals(bind(LOOPBACK, port)) || inUse().equals(bind(LOOPBACK6, port)));
        return isInUse ? Verdict.BOUND : Verdict.AVAILABLE;
    }

    /** Binds and closes; returns the system's error message if it refuses, otherwise null. */
    private String bind(byte[] address, int port) throws IOException {
        try (SocketChannel socket = SocketChannel.open()) {
            socket.setOption(StandardSocketOptions.SO_REUSEADDR, DOES_REUSE);
            socket.bind(new InetSocketAddress(InetAddress.getByAddress(address), port));
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
                inUse = bind(WILDCARD, holder.getLocalPort());
            } catch (BindException e) {
                inUse = e.getMessage(); // Every ephemeral port is in use.
            }
        }
        return inUse;
    }
}
