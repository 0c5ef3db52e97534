//SOURCES SocketOwners.java

import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.FileReader;
import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * The TCP ports of this machine, according to its kernel.
 *
 * <p>On Linux the listeners are read from {@code /proc/net/tcp} and {@code tcp6}; elsewhere, a port listens if it
 * accepts a connection on a loopback address. Availability is probed by binding, never by listening, so that concurrent
 * probes do not see each other.
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

    /** A process; its working directory is null where this user may not see it. */
    record Owner(long pid, String command, String workingDirectory) {

        // Written out, because the generated ones cost 15 ms of start-up.

        @Override
        public boolean equals(Object other) {
            return other instanceof Owner owner && pid == owner.pid;
        }

        @Override
        public int hashCode() {
            return Long.hashCode(pid);
        }
    }

    /**
     * A socket that listens. The inode is the kernel's number for it, 0 where it is not known; the owner is null unless
     * it was asked for and this user may see it.
     */
    record Listener(InetAddress address, int port, long inode, Owner owner) { }

    /** A port, the verdict on it and who listens on it. */
    record State(int port, Verdict verdict, List<Listener> listeners) { }

    private static final List<Path> TABLES = List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"));
    private static final int CONNECT_MILLIS = 500;
    private static final List<InetAddress> LOOPBACKS = addresses("127.0.0.1", "::1");
    private static final List<InetAddress> BINDABLE = addresses("0.0.0.0", "::", "127.0.0.1", "::1");
    private static final InetAddress ELSEWHERE = addresses("192.0.2.1").get(0); // RFC 5737: no machine has this address
    private static final String NO_SUCH_FAMILY = "no such address family";

    private final boolean hasTables = Files.isReadable(TABLES.get(0));
    private Map<Integer, List<Listener>> table;

    private LocalPorts() throws IOException {
        table = readTables();
    }

    /** Reads the listeners, once; where the system has no list of them, each port is asked when it is wanted. */
    static LocalPorts read() throws IOException {
        return new LocalPorts();
    }

    /** The sockets that listen on this port. */
    List<Listener> listeners(int port) throws IOException {
        return hasTables ? table.getOrDefault(port, List.of()) : acceptors(port);
    }

    /** Whether a server could have this port now, and if one has it, on which addresses. */
    State state(int port) throws IOException {
        List<Listener> listeners = listeners(port);
        if (!listeners.isEmpty()) {
            return new State(port, Verdict.LISTENING, listeners);
        }
        Verdict verdict = probe(port);
        if (verdict == Verdict.BOUND) {
            // A server may have come between the two looks.
            table = readTables();
            listeners = listeners(port);
        }
        return new State(port, listeners.isEmpty() ? verdict : Verdict.LISTENING, listeners);
    }

    /** These states with the owners of their listeners. */
    static List<State> withOwners(List<State> states) throws IOException {
        Map<String, Owner> owners = SocketOwners.of(states.stream().flatMap(state -> state.listeners.stream()).toList());
        return states.stream().map(state -> new State(state.port, state.verdict, state.listeners.stream().map(socket ->
            new Listener(socket.address, socket.port, socket.inode, owners.get(SocketOwners.key(socket)))).toList())).toList();
    }

    /** Whether a server could have this port now. */
    boolean isAvailable(int port) throws IOException {
        return state(port).verdict() == Verdict.AVAILABLE;
    }

    /** An address as RFC 5952 writes it: {@code ::1}, not {@code 0:0:0:0:0:0:0:1}. */
    static String text(InetAddress address) {
        String text = address.getHostAddress();
        for (int zeros = 8; zeros > 1 && address instanceof Inet6Address; zeros--) {
            String shorter = text.replaceFirst("(^|:)0(:0){" + (zeros - 1) + "}(:|$)", "::");
            if (!shorter.equals(text)) {
                return shorter;
            }
        }
        return text;
    }

    // The kernel's tables.

    private Map<Integer, List<Listener>> readTables() throws IOException {
        Map<Integer, List<Listener>> listeners = new HashMap<>();
        if (hasTables) {
            for (Path file : TABLES) {
                try (BufferedReader rows = new BufferedReader(new FileReader(file.toFile()))) {
                    rows.readLine();
                    Listener listener;
                    // The kernel lists the listeners first (net/ipv4/tcp_ipv4.c, tcp_seq_start); thousands of
                    // connections may follow.
                    while ((listener = parse(rows.readLine())) != null) {
                        listeners.computeIfAbsent(listener.port(), port -> new ArrayList<>()).add(listener);
                    }
                } catch (FileNotFoundException e) {
                    // A kernel without IPv6 has no tcp6.
                }
            }
        }
        return listeners;
    }

    /**
     * The listener that a row describes (Linux, Documentation/networking/proc_net_tcp.rst), or null for any other row, or none.
     *
     * @throws IOException if the row is malformed, so that nothing is concluded from it
     */
    static Listener parse(String row) throws IOException {
        if (row == null) {
            return null;
        }
        try {
            String[] fields = row.trim().split("\\s+");
            if (!fields[3].equals("0A")) {
                return null;
            }
            int colon = fields[1].indexOf(':');
            byte[] address = HexFormat.of().parseHex(fields[1].substring(0, colon));
            return new Listener(InetAddress.getByAddress(inNetworkOrder(address)),
                Integer.parseInt(fields[1].substring(colon + 1), 16), Long.parseUnsignedLong(fields[9]), null);
        } catch (IllegalArgumentException | IndexOutOfBoundsException | BufferUnderflowException | UnknownHostException e) {
            throw new IOException("not a row of the kernel's socket table: " + row);
        }
    }

    /** The kernel prints an address as words in the byte order of the machine. */
    private static byte[] inNetworkOrder(byte[] address) {
        ByteBuffer words = ByteBuffer.wrap(address).order(ByteOrder.nativeOrder());
        ByteBuffer ordered = ByteBuffer.allocate(address.length);
        while (words.hasRemaining()) {
            ordered.putInt(words.getInt());
        }
        return ordered.array();
    }

    // Where there are no tables.

    private static List<Listener> acceptors(int port) throws IOException {
        List<Listener> acceptors = new ArrayList<>();
        for (InetAddress loopback : LOOPBACKS) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(loopback, port), CONNECT_MILLIS);
                acceptors.add(new Listener(loopback, port, 0, null));
            } catch (SocketTimeoutException e) {
                // Refused is answered at once: this is a listener whose queue is full.
                acceptors.add(new Listener(loopback, port, 0, null));
            } catch (IOException e) {
                // Nobody there.
            }
        }
        return acceptors;
    }

    // Probing.

    private static Verdict probe(int port) throws IOException {
        Verdict verdict = Verdict.AVAILABLE;
        for (InetAddress address : BINDABLE) {
            String refusal = bind(address, port);
            if (refusal == null || refusal.equals(NO_SUCH_FAMILY)) {
                continue;
            }
            if (refusal.equals(inUse())) {
                return Verdict.BOUND;
            }
            // A machine that lacks the address cannot have a conflict on it.
            if (!refusal.equals(bind(ELSEWHERE, 0))) {
                verdict = Verdict.DENIED;
            }
        }
        return verdict;
    }

    /** Binds and closes; returns the system's error message if it refuses, else null. */
    private static String bind(InetAddress address, int port) throws IOException {
        try (SocketChannel socket = open(address)) {
            socket.bind(new InetSocketAddress(address, port));
            return null;
        } catch (BindException e) {
            return e.getMessage();
        } catch (UnsupportedOperationException e) {
            return NO_SUCH_FAMILY;
        }
    }

    private static SocketChannel open(InetAddress address) throws IOException {
        SocketChannel socket = SocketChannel.open(
            address instanceof Inet4Address ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6);
        // As servers do, so that TIME_WAIT is no conflict; on Windows the option would take over a port in use.
        if (!System.getProperty("os.name").startsWith("Windows")) {
            socket.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        }
        return socket;
    }

    /** The system's error message for a port in use; it depends on the locale, so it is provoked. */
    private static String inUse() throws IOException {
        InetAddress any = BINDABLE.get(0);
        try (SocketChannel holder = SocketChannel.open(StandardProtocolFamily.INET)) {
            holder.bind(new InetSocketAddress(any, 0));
            return bind(any, ((InetSocketAddress) holder.getLocalAddress()).getPort());
        } catch (BindException e) {
            return e.getMessage(); // Every ephemeral port is in use.
        }
    }

    private static List<InetAddress> addresses(String... literals) {
        List<InetAddress> addresses = new ArrayList<>();
        for (String literal : literals) {
            try {
                addresses.add(InetAddress.getByName(literal));
            } catch (UnknownHostException e) {
                throw new IllegalArgumentException(literal, e);
            }
        }
        return addresses;
    }
}
