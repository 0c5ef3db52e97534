//SOURCES ../command/Addresses.java

import java.io.File;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.StringTokenizer;

/**
 * A TCP socket of this machine, as Linux's tables or, on other systems, {@code lsof} show it.
 *
 * @param address the local address as text
 * @param uid the user who created the socket; -1 if unknown
 * @param id the kernel's number of the socket, the same in all processes that have it open; 0 if none has
 * @param holders the pids of the processes that have it open; null if they are yet to be looked up
 */
record TcpSocket(Kind kind, String address, int port, long uid, long id, List<Long> holders) {

    /** UNKNOWN is a bound socket: no table shows it. What a finished connection leaves for a minute is in TIME_WAIT. */
    enum Kind { LISTENER, CONNECTION, TIME_WAIT, UNKNOWN }

    private static final String[] TABLES = {"/proc/net/tcp", "/proc/net/tcp6"}; // MPTCP is in them, too.
    private static final int LARGEST_PAGE = 65536;
    private static final int SMALLEST_PAGE = 4096;
    private static final int LONGEST_ROW = 256;

    /** Returns whether this system has Linux's tables. */
    static boolean hasTables() {
        return new File(TABLES[0]).canRead();
    }

    /** Returns the sockets on these ports in any state; the listeners of all ports if the ports are null. */
    static List<TcpSocket> inTables(Set<Integer> ports) throws IOException {
        List<TcpSocket> sockets = new ArrayList<>();
        for (String table : TABLES) {
            try (InputStream in = new FileInputStream(table)) {
                read(in, ports, sockets);
            } catch (FileNotFoundException e) {
                if (new File(table).exists()) {
                    throw e;
                }
                // A kernel without IPv6 has no tcp6.
            }
        }
        return sockets;
    }

    /**
     * The kernel returns at most a page of whole rows. It walks its whole table once more to say that there are no more
     * rows; a page that had room for another row has said so already.
     */
    private static void read(InputStream in, Set<Integer> ports, List<TcpSocket> sockets) throws IOException {
        byte[] page = new byte[LARGEST_PAGE];
        boolean isHeading = true;
        int count;
        do {
            count = in.read(page);
            String text = new String(page, 0, Math.max(count, 0), StandardCharsets.ISO_8859_1);
            for (StringTokenizer rows = new StringTokenizer(text, "\n"); rows.hasMoreTokens(); isHeading = false) {
                String row = rows.nextToken();
                TcpSocket socket = isHeading ? null : parse(row);
                if (ports == null && socket != null && socket.kind != Kind.LISTENER) {
                    // Listeners come first (net/ipv4/tcp_ipv4.c, tcp_seq_start); thousands of connections may follow.
                    return;
                } else if (socket != null && (ports == null || ports.contains(socket.port))) {
                    sockets.add(socket);
                }
            }
        } while (count > SMALLEST_PAGE - LONGEST_ROW);
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
            return new TcpSocket(kind, address(local), port, Long.parseLong(fields.get(7)), id, null);
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            throw new IOException("not a row of the kernel's socket table: " + row);
        }
    }

    /** The kernel prints an address as words in the byte order of the machine. */
    private static String address(String local) throws IOException {
        byte[] address = new byte[local.indexOf(':') / 2];
        boolean isReversed = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
        for (int i = 0; i < address.length; i++) {
            int at = 2 * (isReversed ? i ^ 3 : i);
            address[i] = (byte) Integer.parseInt(local.substring(at, at + 2), 16);
        }
        return Addresses.text(InetAddress.getByAddress(address));
    }

    /** Returns the listeners that lsof shows to this user, one for each process that has the socket open. */
    static List<TcpSocket> inLsof() {
        List<TcpSocket> listeners = new ArrayList<>();
        String pid = "";
        String uid = "-1";
        String device = "";
        String any = "";
        for (String line : lsof("-iTCP", "-sTCP:LISTEN", "-F", "putdn")) {
            String value = line.substring(1);
            switch (line.charAt(0)) {
                case 'p' -> pid = value;
                case 'u' -> uid = value;
                case 'f' -> device = pid + " " + value; // if there is no device
                case 't' -> any = value.equals("IPv6") ? "::" : "0.0.0.0";
                case 'd' -> device = value;
                default -> {
                    int colon = value.lastIndexOf(':');
                    String address = value.substring(0, colon).replace("[", "").replace("]", "").replace("*", any);
                    listeners.add(new TcpSocket(Kind.LISTENER, address, Integer.parseInt(value.substring(colon + 1)),
                        Long.parseLong(uid), device.hashCode(), List.of(Long.parseLong(pid))));
                }
            }
        }
        return listeners;
    }

    /** Returns the lines of lsof's output for programs ({@code -F}), a letter and a value; none if there is no lsof. */
    static List<String> lsof(String... arguments) {
        try {
            List<String> command = new ArrayList<>(List.of("lsof", "-wnP"));
            command.addAll(List.of(arguments));
            Process lsof = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
            lsof.getOutputStream().close();
            return lsof.inputReader(StandardCharsets.UTF_8).lines().filter(line -> !line.isEmpty()).toList();
        } catch (IOException e) {
            return List.of();
        }
    }
}
