//SOURCES UserException.java

import java.net.InetAddress;
import java.net.UnknownHostException;

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

        final String scheme;
        private final int usualPort;

        Protocol(String scheme, int usualPort) {
            this.scheme = scheme;
            this.usualPort = usualPort;
        }
    }

    /** The endpoint that a URL names; its scheme in any case. */
    static Endpoint of(String url) {
        int start = Math.min(url.length(), url.indexOf("://") + 3);
        int end = start;
        while (end < url.length() && "/?#".indexOf(url.charAt(end)) < 0) {
            end++;
        }
        String authority = url.substring(start, end);
        int colon = authority.lastIndexOf(':') > authority.lastIndexOf(']') ? authority.lastIndexOf(':') : authority.length();
        String host = host(authority.substring(0, colon));
        boolean isText = url.chars().allMatch(character -> character > ' ' && character != 0x7F);
        for (Protocol protocol : Protocol.values()) {
            int port = colon + 1 < authority.length() ? port(authority.substring(colon + 1)) : protocol.usualPort;
            if (url.contains("://") && protocol.scheme.equalsIgnoreCase(url.substring(0, start - 3)) && isText && port > 0 && host != null
                && host.contains(":") == authority.startsWith("[")) {
                String path = url.substring(end, url.indexOf('#') < 0 ? url.length() : url.indexOf('#'));
                return new Endpoint(protocol, host, port, protocol.usualPort > 0 && !path.startsWith("/") ? "/" + path : path);
            }
        }
        throw new UserException("'" + (url.contains("@") ? url.substring(0, start) + "..." + url.substring(url.lastIndexOf('@')) : url)
            + "' is not a supported URL; write http://HOST:PORT/PATH, without a password, https://, grpc:// or tcp://");
    }

    private static int port(String text) {
        boolean isNumber = text.length() <= 5 && text.chars().allMatch(digit -> digit >= '0' && digit <= '9');
        return isNumber && Integer.parseInt(text) <= 65_535 ? Integer.parseInt(text) : 0;
    }

    /** A host's name or address as the user writes it, with or without brackets, in the form that it has here; null if it is neither. */
    static String host(String text) {
        String host = text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
        int scope = host.indexOf('%');
        if (host.contains(":")) {
            try {
                InetAddress.getByName(scope < 0 ? host : host.substring(0, scope)); // An address is not looked up.
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

    /** As a URL. */
    @Override
    public String toString() {
        return protocol.scheme + "://" + authority(true) + path;
    }
}
