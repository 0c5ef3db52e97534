import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Random;
import java.util.Set;

/**
 * A TCP connection for one question. It waits for its peer for a limited time in all; what this process takes for itself, say to
 * load classes, is not counted. It never connects to itself, and is closed so that no peer sees a reset.
 */
final class ProbeSocket extends Socket {

    private static final int MOST_BYTES = 1 << 20; // of an endless answer
    private static final long FAREWELL_NANOS = 20_000_000;
    private static final int OFFERS = 4; // of the system, before other ports are tried
    private static final int MOST_BINDS = 64;
    private static final int FIRST_UNUSUAL_PORT = 61_000; // above what Linux hands out, and above every documented range

    private final long patience;
    private long left;
    private int received;

    private ProbeSocket(long patienceNanos) {
        patience = patienceNanos;
        left = patienceNanos;
    }

    /** Connects from a port that no service has, so that none of theirs stays in TIME_WAIT. */
    static ProbeSocket connect(InetSocketAddress target, long patienceNanos, Set<Integer> servicePorts) throws IOException {
        ProbeSocket socket = bound(patienceNanos, target.getPort(), servicePorts);
        long start = System.nanoTime();
        try {
            socket.connect(target, socket.millisLeft());
            socket.left -= System.nanoTime() - start;
            socket.setTcpNoDelay(true); // TLS writes in small pieces.
            if (socket.getLocalSocketAddress().equals(socket.getRemoteSocketAddress())) {
                socket.setSoLinger(true, 0); // A reset leaves no TIME_WAIT behind.
                throw new ConnectException("connected to itself");
            }
            return socket;
        } catch (IOException e) {
            socket.closeNow();
            throw e;
        }
    }

    /** Binds first, because a socket without a port is given one while it connects, and that may be its target's. */
    static ProbeSocket bound(long patienceNanos, int target, Set<Integer> servicePorts) throws IOException {
        for (int i = 0; i < MOST_BINDS; i++) {
            ProbeSocket socket = new ProbeSocket(patienceNanos);
            try {
                socket.bind(new InetSocketAddress(i < OFFERS ? 0 : FIRST_UNUSUAL_PORT + new Random().nextInt(65_536 - FIRST_UNUSUAL_PORT)));
                if (socket.getLocalPort() != target && !servicePorts.contains(socket.getLocalPort())) {
                    return socket;
                }
            } catch (BindException e) {
                // It is taken, or every port that the system offers is.
            }
            socket.closeNow();
        }
        throw new BindException("no port to ask from is free");
    }

    /** How long this side has waited for the other one. */
    long waitedMillis() {
        return (patience - left) / 1_000_000;
    }

    /** Whether the other side has said anything. */
    boolean hasReceived() {
        return received > 0;
    }

    private int millisLeft() {
        return (int) Math.min(Integer.MAX_VALUE, Math.max(0, left) / 1_000_000 + 1);
    }

    /** Also what TLS reads from: each read ends when the time of all of them is up. */
    @Override
    public InputStream getInputStream() throws IOException {
        return new FilterInputStream(super.getInputStream()) {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                if (left <= 0 || received > MOST_BYTES) {
                    throw left <= 0 ? new SocketTimeoutException("the time is up") : new IOException("no end of it");
                }
                setSoTimeout(millisLeft());
                long start = System.nanoTime();
                try {
                    int count = super.read(bytes, offset, length);
                    received += Math.max(0, count);
                    return count;
                } finally {
                    left -= System.nanoTime() - start;
                }
            }
        };
    }

    /** Says that this is all, then reads what is still under way, for a moment: to close before that is a reset, which can end a server. */
    @Override
    public void close() throws IOException {
        if (isConnected() && !isClosed()) {
            left = FAREWELL_NANOS;
            received = Math.min(received, MOST_BYTES / 2);
            try {
                shutdownOutput();
                getInputStream().transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                // It has nothing more to say, or no end of it.
            }
        }
        closeNow();
    }

    private void closeNow() throws IOException {
        super.close();
    }
}
