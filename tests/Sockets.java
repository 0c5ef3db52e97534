import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/** Ports that the system hands out, and sockets on them. */
final class Sockets {

    /** Kept until the process ends. */
    private static final List<SocketChannel> RESERVATIONS = new ArrayList<>();

    private Sockets() { }

    /**
     * A port that is free, and stays so: it is bound here with SO_REUSEADDR and not listened on. On Linux, that keeps
     * the kernel from handing it out to anyone else, while a server that names it and has the option too can have it.
     */
    static int freePort() throws IOException {
        return freePorts(1);
    }

    /** The first of so many free ports in a row. */
    static synchronized int freePorts(int count) throws IOException {
        while (true) {
            List<SocketChannel> row = new ArrayList<>();
            try {
                int first = reserve(0, row);
                for (int port = first + 1; port < first + count; port++) {
                    reserve(port, row);
                }
                RESERVATIONS.addAll(row);
                return first;
            } catch (IOException | IllegalArgumentException e) {
                for (SocketChannel socket : row) {
                    socket.close();
                }
            }
        }
    }

    private static int reserve(int port, List<SocketChannel> row) throws IOException {
        SocketChannel socket = SocketChannel.open();
        row.add(socket);
        socket.setOption(StandardSocketOptions.SO_REUSEADDR, port == 0);
        socket.bind(new InetSocketAddress(port));
        socket.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        return ((InetSocketAddress) socket.getLocalAddress()).getPort();
    }

    /** A socket that listens on a free port of that address. */
    static ServerSocket listener(String address) throws IOException {
        return listener(address, freePort());
    }

    static ServerSocket listener(String address, int port) throws IOException {
        return new ServerSocket(port, 50, InetAddress.getByName(address));
    }
}
