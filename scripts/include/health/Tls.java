//SOURCES ../command/UserException.java

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** TLS over an open connection. */
final class Tls {

    /** Trusts every certificate, as curl's --insecure does. */
    private static final class Anybody implements X509TrustManager {

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) { }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) { }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    final boolean isInsecure;
    final X509TrustManager trust;
    final SSLContext context;

    /**
     * @param caFile the PEM file of the trusted authorities, as for curl's --cacert; null for those of the JDK
     * @param isInsecure whether every certificate is trusted
     */
    Tls(String caFile, boolean isInsecure) {
        this.isInsecure = isInsecure;
        try {
            trust = isInsecure ? new Anybody() : trust(caFile);
            context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {trust}, null);
        } catch (IOException | InvalidPathException e) {
            throw UserException.of(e instanceof IOException cause ? cause : new IOException("not a path"), "cannot read " + caFile);
        } catch (GeneralSecurityException e) {
            throw new UserException(caFile == null ? "this Java has no usable TLS: " + e.getMessage()
                : caFile + " has no certificates in PEM format");
        }
    }

    private static X509TrustManager trust(String caFile) throws IOException, GeneralSecurityException {
        KeyStore authorities = null;
        if (caFile != null) {
            authorities = KeyStore.getInstance(KeyStore.getDefaultType());
            authorities.load(null, null);
            try (InputStream pem = Files.newInputStream(Path.of(caFile))) {
                for (Certificate certificate : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                    authorities.setCertificateEntry("" + authorities.size(), certificate);
                }
            }
            if (authorities.size() == 0) {
                throw new CertificateException();
            }
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(authorities);
        return (X509TrustManager) factory.getTrustManagers()[0];
    }

    /** Shakes hands with a server, whose certificate must be for this host. */
    SSLSocket over(Socket connection, String host, int port) throws IOException {
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(connection, host, port, true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm(isInsecure ? null : "HTTPS");
        if (!host.contains(":") && !host.matches("[0-9.]+")) {
            try {
                parameters.setServerNames(List.of(new SNIHostName(host))); // The JDK sends no name without a dot.
            } catch (IllegalArgumentException e) {
                // RFC 6066 does not allow such a name.
            }
        }
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    /** Returns why a handshake failed. */
    static String reason(SSLException failure, String host) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateExpiredException) {
                return "the certificate has expired";
            }
            if (cause instanceof SSLPeerUnverifiedException
                || cause instanceof CertificateException && String.valueOf(cause.getMessage()).startsWith("No ")) {
                return "the certificate is not for " + host;
            }
        }
        if (failure.getCause() instanceof CertificateException) {
            return "the certificate is not trusted; name its authority with --cacert FILE";
        }
        return failure instanceof SSLHandshakeException && !(failure.getCause() instanceof EOFException)
            ? "TLS fails: " + failure.getMessage() : NO_TLS;
    }

    static final String NO_TLS = "does not speak TLS";
}
