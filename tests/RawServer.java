import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server that reads what comes first and then says its bytes, whatever was asked; afterwards it closes, or waits for the client to. */
final class RawServer implements AutoCloseable {

    private final ServerSocket server;
    private final byte[] answer;
    private final boolean closes;
    /** How each connection went: what was asked, and whether the client ended it by FIN or by a reset. */
    final List<String> requests = new CopyOnWriteArrayList<>();
    final List<String> ends = new CopyOnWriteArrayList<>();

    RawServer(String address, int port, String answer, boolean closes) throws IOException {
        server = Sockets.listener(address, port);
        this.answer = answer.getBytes(StandardCharsets.ISO_8859_1);
        this.closes = closes;
        Thread thread = new Thread(this::serve);
        thread.setDaemon(true);
        thread.start();
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
        return check(new HealthProbe(null, false), url, seconds);
    }

    static Health check(HealthProbe probe, String url, double seconds) throws Exception {
        return probe.check(List.of(Endpoint.of(url)), Duration.ofMillis((long) (seconds * 1000))).get(0);
    }

    private void serve() {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
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
            } catch (IOException e) {
                // The test is over.
            }
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
