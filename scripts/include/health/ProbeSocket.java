import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.util.Random;
import java.util.Set;

/**
 * A TCP connection for one probe. It waits for its server for a limited time in all; the time that this process takes,
 * for example to load classes, does not count. It never connects to itself, and its server sees no reset.
 */
final class ProbeSocket extends Socket {

    private static final int MOST_BYTES = 1 << 20; // of an endless response
    private static final int SILENCE_MILLIS = 50; // of a proxy that looks for its server
    private static final int FAREWELL_MILLIS = 20;
    private static final int MOST_BINDS = 200;
    private static final int FIRST_PORT = 61_000; // above Linux's ephemeral range and every documented range
    private static final Random RANDOM = new Random();

    private final long patience;
    private long left;
    private int received;

    private ProbeSocket(long patienceNanos) {
        patience = patienceNanos;
        left = patienceNanos;
    }

    /** Connects from a port that no service uses, so that no service's port is left in TIME_WAIT. */
    static ProbeSocket connect(InetSocketAddress target, long patienceNanos, Set<Integer> servicePorts) throws IOException {
        ProbeSocket socket = bound(patienceNanos, target.getPort(), servicePorts);
        long start = System.nanoTime();
        try {
            socket.connect(target, socket.millisLeft());
            socket.left -= System.nanoTime() - start;
            socket.setTcpNoDelay(true); // TLS writes in small pieces.
            return socket;
        } catch (IOException e) {
            socket.closeNow();
            throw e;
        }
    }

    /** Binds before connecting: otherwise the system may choose the target's port, and connect the socket to itself. */
    static ProbeSocket bound(long patienceNanos, int target, Set<Integer> servicePorts) throws IOException {
        for (int i = 0; i < MOST_BINDS; i++) {
            int port = FIRST_PORT + RANDOM.nextInt(65_536 - FIRST_PORT);
            ProbeSocket socket = new ProbeSocket(patienceNanos);
            try {
                if (port != target && !servicePorts.contains(port)) {
                    socket.bind(new InetSocketAddress(port));
                    return socket;
                }
            } catch (BindException e) {
                socket.closeNow(); // The port is in use.
            }
        }
        throw new BindException("no port to connect from is available");
    }

    /** Does nothing if the socket is connected: OkHttp connects the socket that it is given. */
    @Override
    public void connect(SocketAddress target, int timeout) throws IOException {
        if (!isConnected()) {
            super.connect(target, timeout);
        }
    }

    private int millisLeft() throws SocketTimeoutException {
        if (left <= 0) {
            throw new SocketTimeoutException("the time is up");
        }
        return (int) Math.min(Integer.MAX_VALUE, left / 1_000_000 + 1);
    }

    /** Returns a stream whose reads end when the time of all of them is up. */
    @Override
    public InputStream getInputStream() throws IOException {
        return new FilterInputStream(super.getInputStream()) {
            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                if (received > MOST_BYTES) {
                    throw new IOException("the response has no end");
                }
                setSoTimeout(millisLeft());
                long start = System.nanoTime();
                try {
                    int count = super.read(bytes, offset, length); // Nobody here reads single bytes.
                    received += Math.max(0, count);
                    return count;
                } finally {
                    left -= System.nanoTime() - start;
                }
            }
        };
    }

    boolean isLate() {
        return left <= 0;
    }

    /** Returns how long this process has waited for the server. */
    long waitedMillis() {
        return (patience - left) / 1_000_000;
    }

    boolean hasReceived() {
        return received > 0;
    }

    /** Returns whether the server closes the connection at once, as a proxy does without its server. */
    boolean isClosedAtOnce() {
        try {
            setSoTimeout(SILENCE_MILLIS);
            return super.getInputStream().read() < 0;
        } catch (IOException e) {
            return !(e instanceof SocketTimeoutException);
        }
    }

    /** Reads what is under way first: closing with unread bytes is a reset, which can end a server. */
    @Override
    public void close() throws IOException {
        if (isConnected() && !isClosed()) {
            try {
                shutdownOutput();
                setSoTimeout(FAREWELL_MILLIS);
                super.getInputStream().read(new byte[MOST_BYTES]);
            } catch (IOException e) {
                // The server has nothing more to say.
            }
        }
        closeNow();
    }

    private void closeNow() throws IOException {
        super.close();
    }
}
