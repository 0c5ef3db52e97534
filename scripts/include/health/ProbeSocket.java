//SOURCES ../command/UserException.java

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

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
    private static final int FAREWELL_BYTES = 1 << 17; // what the JDK reads at once, at most

    private final long patience;
    private long left;
    /** The number of bytes that the server has sent. */
    int received;

    /** Connects to the target; the server has this time in all. */
    ProbeSocket(InetSocketAddress target, long patienceNanos) throws IOException {
        patience = patienceNanos;
        left = patienceNanos;
        try {
            bindToAnotherPort(target.getPort());
            long start = System.nanoTime();
            connect(target, millisLeft());
            left -= System.nanoTime() - start;
            setTcpNoDelay(true); // TLS writes in small pieces.
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /** The system could choose a service's port, which stays in use for a minute, or connect the socket to itself. */
    private void bindToAnotherPort(int target) throws IOException {
        for (int tries = 1; !isBound(); tries++) {
            int port = FIRST_PORT + ThreadLocalRandom.current().nextInt(65_536 - FIRST_PORT);
            try {
                if (port != target) {
                    bind(new InetSocketAddress(port));
                }
            } catch (BindException e) {
                if (tries == MOST_BINDS) {
                    throw e;
                }
            }
        }
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
                    throw new ProtocolException("the response has no end");
                }
                setSoTimeout(millisLeft());
                long start = System.nanoTime();
                try {
                    int count = super.read(bytes, offset, length); // No caller reads single bytes.
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

    long waitedMillis() {
        return (patience - left) / 1_000_000;
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
                super.getInputStream().read(new byte[FAREWELL_BYTES]);
            } catch (IOException e) {
                // The server has nothing more to say.
            }
        }
        super.close();
    }

    /** TLS over an open connection. */
    static final class Tls {

        /** A certificate in a PEM file (RFC 7468), which may have keys and comments, too. */
        private static final Pattern BLOCK =
            Pattern.compile("(?s)-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----");

        final boolean isInsecure;
        final X509TrustManager trust;
        final SSLContext context;

        /**
         * @param caFile the PEM file of the trusted authorities, as for curl's --cacert; null for those of the JDK
         * @param isInsecure whether every certificate is trusted, as by curl's --insecure
         */
        Tls(String caFile, boolean isInsecure) {
            this.isInsecure = isInsecure;
            try {
                trust = isInsecure ? new TrustAll() : trust(caFile);
                context = SSLContext.getInstance("TLS");
                context.init(null, new TrustManager[] {trust}, null);
            } catch (IOException e) {
                throw UserException.of(e, "cannot read " + caFile);
            } catch (GeneralSecurityException | InvalidPathException e) {
                throw new UserException(caFile == null ? "this Java has no usable TLS: " + e.getMessage()
                    : caFile + " has no certificates in PEM format");
            }
        }

        private static X509TrustManager trust(String caFile) throws IOException, GeneralSecurityException {
            KeyStore authorities = caFile == null ? null : KeyStore.getInstance(KeyStore.getDefaultType());
            if (caFile != null) {
                authorities.load(null, null);
                String pem = Files.readString(Path.of(caFile), StandardCharsets.ISO_8859_1);
                for (MatchResult block : BLOCK.matcher(pem).results().toList()) {
                    InputStream in = new ByteArrayInputStream(block.group().getBytes(StandardCharsets.ISO_8859_1));
                    authorities.setCertificateEntry("" + authorities.size(),
                        CertificateFactory.getInstance("X.509").generateCertificate(in));
                }
                if (authorities.size() == 0) {
                    throw new CertificateException();
                }
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(authorities);
            return (X509TrustManager) factory.getTrustManagers()[0];
        }

        /** Shakes hands with a server, whose certificate must be for this host. */
        SSLSocket over(Socket connection, String host, int port) throws IOException {
            SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(connection, host, port, true);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm(isInsecure ? null : "HTTPS");
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            return socket;
        }

        static String reason(SSLException failure) {
            Throwable cause = failure;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            if (cause instanceof SSLPeerUnverifiedException) {
                return "the certificate is not for this host";
            } else if (cause instanceof GeneralSecurityException) {
                return "the certificate is not accepted, see --cacert: " + cause.getMessage();
            }
            return failure instanceof SSLHandshakeException && !(cause instanceof EOFException)
                ? "TLS fails: " + cause.getMessage() : "does not speak TLS";
        }

        private static final class TrustAll implements X509TrustManager {

            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type) { }

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type) { }

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        }
    }
}
