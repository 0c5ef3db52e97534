//SOURCES ../command/UserException.java

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whom to ask, and how: a URL in its parts. The host is an address without brackets, or a name, also one with underscores, as
 * Compose has them and {@link java.net.URI} refuses them. The path has the query with it.
 */
record Endpoint(Protocol protocol, String host, int port, String path) {

    /** What is spoken there. */
    enum Protocol {
        HTTP("http", 80),
        HTTPS("https", 443),
        /** gRPC's own health protocol, in cleartext; the path is the service that is asked for, none for all of the server. */
        GRPC("grpc", 0),
        /** To accept a connection is enough. */
        TCP("tcp", 0),
        /** To say anything is enough: nothing more is known of it. */
        ANY("http", 80);

        private final String scheme;
        private final int usualPort;

        Protocol(String scheme, int usualPort) {
            this.scheme = scheme;
            this.usualPort = usualPort;
        }

        private static Protocol of(String scheme) {
            for (Protocol protocol : values()) {
                if (protocol.scheme.equalsIgnoreCase(scheme)) {
                    return protocol;
                }
            }
            return null;
        }
    }

    /** The endpoint that a URL names; its scheme in any case. */
    static Endpoint of(String url) {
        Matcher parts = Pattern.compile("([A-Za-z]+)://(\\[[^]]*]|[^]\\[:/?#]*)(?::([0-9]{0,5}))?([/?][^#]*)?(?:#.*)?").matcher(url);
        boolean isText = url.chars().allMatch(character -> character > ' ' && character != 0x7F);
        Protocol protocol = isText && parts.matches() ? Protocol.of(parts.group(1)) : null;
        String host = protocol == null ? null : host(parts.group(2));
        if (host != null) {
            String digits = parts.group(3);
            int port = digits == null || digits.isEmpty() ? protocol.usualPort : Integer.parseInt(digits);
            String path = parts.group(4) == null ? "" : parts.group(4);
            if (port > 0 && port <= 65_535) {
                return new Endpoint(protocol, host, port, protocol.usualPort > 0 && !path.startsWith("/") ? "/" + path : path);
            }
        }
        int authority = url.indexOf("://") < 0 ? 0 : url.indexOf("://") + 3;
        throw new UserException("'" + (url.contains("@") ? url.substring(0, authority) + "..." + url.substring(url.lastIndexOf('@')) : url)
            + "' is not a supported URL; write http://HOST:PORT/PATH, without a password, https://, grpc:// or tcp://");
    }

    /** A host's name or address as the user writes it, with or without brackets, in the form that it has here; null if it is neither. */
    static String host(String text) {
        String host = text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
        int scope = host.indexOf('%');
        if (host.contains(":")) {
            try {
                InetAddress.getByName("[" + (scope < 0 ? host : host.substring(0, scope)) + "]"); // in brackets never looked up
                return host.replace("%25", "%"); // RFC 6874: in a URL, the percent sign is written so.
            } catch (UnknownHostException e) {
                return null;
            }
        }
        boolean isName = host == text && !host.isEmpty() && host.chars().allMatch(character -> character >= '0' && character <= '9'
            || (character | 0x20) >= 'a' && (character | 0x20) <= 'z' || "._-".indexOf(character) >= 0);
        return isName ? host : null;
    }

    /** Whether it is on this machine, by the name or address that the user gave. */
    boolean isHere() {
        return host.equalsIgnoreCase("localhost") || host.startsWith("127.") || host.equals("::1") || host.equals("0.0.0.0")
            || host.equals("::");
    }

    /** Host and port as they stand in a URL and in a Host header: an IPv6 address in brackets, the usual port left out. */
    String authority(boolean withScope) {
        String name = withScope || host.indexOf('%') < 0 ? host.replace("%", "%25") : host.substring(0, host.indexOf('%'));
        return (host.contains(":") ? "[" + name + "]" : name) + (port == protocol.usualPort ? "" : ":" + port);
    }

    // Written out, because the generated ones cost start-up time.

    @Override
    public boolean equals(Object other) {
        return other instanceof Endpoint endpoint && protocol == endpoint.protocol && toString().equals(endpoint.toString());
    }

    @Override
    public int hashCode() {
        return toString().hashCode();
    }

    @Override
    public String toString() {
        return protocol.scheme + "://" + authority(true) + path;
    }
}
