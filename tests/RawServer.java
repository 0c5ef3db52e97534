import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server that meets each connection in its own way, on a thread of its own. */
final class RawServer implements AutoCloseable {

    /** What it does with a connection, which is closed afterwards. */
    interface Behaviour {
        void meet(Socket socket) throws IOException, InterruptedException;
    }

    private final ServerSocket server;
    /** How each connection went: what was asked, and whether the client ended it by FIN or by a reset. */
    final List<String> requests = new CopyOnWriteArrayList<>();
    final List<String> ends = new CopyOnWriteArrayList<>();

    private RawServer(ServerSocket server) {
        this.server = server;
    }

    /** Reads what comes first and then says its bytes, whatever was asked; afterwards it closes, or waits for the client to. */
    RawServer(String address, int port, String answer, boolean closes) throws IOException {
        this(Sockets.listener(address, port));
        byte[] bytes = answer.getBytes(StandardCharsets.ISO_8859_1);
        inBackground(() -> serve(socket -> say(socket, bytes, closes)));
    }

    static RawServer behaving(Behaviour behaviour) throws IOException {
        RawServer server = new RawServer(Sockets.listener("127.0.0.1"));
        inBackground(() -> server.serve(behaviour));
        return server;
    }

    /** On IPv4's loopback; it closes after its answer. */
    static RawServer saying(String answer) throws IOException {
        return new RawServer("127.0.0.1", Sockets.freePort(), answer, true);
    }

    int port() {
        return server.getLocalPort();
    }

    /** What a probe says of it, by this scheme. */
    Health checkBy(String scheme, double seconds) throws Exception {
        return check(scheme + "://127.0.0.1:" + port(), seconds);
    }

    static Health check(String url, double seconds) throws Exception {
        return check(new HealthProbe(new ProbeSocket.Tls(null, false)), url, seconds);
    }

    static Health check(HealthProbe probe, String url, double seconds) throws Exception {
        return probe.check(List.of(Endpoint.of(url)), Duration.ofMillis((long) (seconds * 1000))).get(0);
    }

    private static void inBackground(Runnable task) {
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(Behaviour behaviour) {
        while (!server.isClosed()) {
            try {
                Socket accepted = server.accept();
                inBackground(() -> {
                    try (accepted) {
                        behaviour.meet(accepted);
                    } catch (IOException | InterruptedException e) {
                        // The client has gone.
                    }
                });
            } catch (IOException e) {
                // The test is over.
            }
        }
    }

    private void say(Socket socket, byte[] answer, boolean closes) throws IOException {
        InputStream in = socket.getInputStream();
        byte[] request = new byte[8192];
        int length = in.read(request);
        requests.add(length < 0 ? "" : new String(request, 0, length, StandardCharsets.ISO_8859_1));
        try {
            socket.getOutputStream().write(answer);
            if (closes) {
                socket.shutdownOutput();
                socket.setSoTimeout(1000); // Closing with unread bytes would be a reset.
            }
            while (in.read() >= 0) {
                continue;
            }
            ends.add("FIN");
        } catch (IOException e) {
            ends.add("reset");
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
