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
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** TLS over a connection that is there already, with certificates checked as the JDK does, or against the authorities of a file. */
final class Tls {

    private final SSLContext context;

    /** Trusts the authorities of a PEM file, as curl's --cacert does, or, if it is null, those of the JDK. */
    Tls(String caFile) {
        try {
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(caFile == null ? null : authorities(Path.of(caFile)));
            context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
        } catch (IOException | InvalidPathException e) {
            throw UserException.of(e instanceof IOException cause ? cause : new IOException("not a path"), "cannot read " + caFile);
        } catch (GeneralSecurityException e) {
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

    /** Shakes hands with a server that must have a certificate for this host. */
    SSLSocket over(Socket connection, String host, int port) throws IOException {
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(connection, host, port, true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        if (!host.contains(":") && !host.matches("[0-9.]+")) {
            try {
                parameters.setServerNames(List.of(new SNIHostName(host))); // else the JDK sends none without a dot
            } catch (IllegalArgumentException e) {
                // RFC 6066 has no such names.
            }
        }
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    /** What was wrong: the certificate, or that there is no TLS. */
    static String reason(IOException failure, String host) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateExpiredException) {
                return "its certificate has expired";
            }
            if (cause instanceof CertificateException && String.valueOf(cause.getMessage()).startsWith("No ")) {
                return "its certificate is not for " + host;
            }
        }
        if (failure.getCause() instanceof CertificateException) {
            return "its certificate is not trusted; --cacert FILE names its authority";
        }
        return failure instanceof SSLHandshakeException && !(failure.getCause() instanceof EOFException)
            ? "TLS fails: " + failure.getMessage() : "speaks no TLS";
    }
}
