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

    static final String NO_TLS = "does not speak TLS";

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
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(caFile == null ? null : authorities(Path.of(caFile)));
            trust = isInsecure ? new Anybody() : (X509TrustManager) factory.getTrustManagers()[0];
            context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {trust}, null);
        } catch (IOException e) {
            throw UserException.of(e, "cannot read " + caFile);
        } catch (GeneralSecurityException | InvalidPathException e) {
            throw new UserException(caFile == null ? "this Java has no usable TLS: " + e.getMessage()
                : caFile + " has no certificates in PEM format");
        }
    }

    private static KeyStore authorities(Path file) throws IOException, GeneralSecurityException {
        KeyStore authorities = KeyStore.getInstance(KeyStore.getDefaultType());
        authorities.load(null, null);
        try (InputStream pem = Files.newInputStream(file)) {
            for (Certificate certificate : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                authorities.setCertificateEntry("" + authorities.size(), certificate);
            }
        }
        if (authorities.size() == 0) {
            throw new CertificateException();
        }
        return authorities;
    }

    /** Shakes hands with a server, whose certificate must be for this host. */
    SSLSocket over(Socket connection, String host, int port) throws IOException {
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(connection, host, port, true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm(isInsecure ? null : "HTTPS");
        if (host.matches("[A-Za-z]+(-?[A-Za-z0-9]+)*")) {
            parameters.setServerNames(List.of(new SNIHostName(host))); // The JDK sends no name without a dot.
        }
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    /** Returns why a handshake failed. */
    static String reason(SSLException failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof GeneralSecurityException || cause instanceof SSLPeerUnverifiedException) {
            return "the certificate is not accepted: " + cause.getMessage();
        }
        boolean isTls = failure instanceof SSLHandshakeException && !(cause instanceof EOFException);
        return isTls ? "TLS fails: " + cause.getMessage() : NO_TLS;
    }

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
}
