//SOURCES ../command/UserException.java PortMap.java

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The URL of a health check, and its service or port. The host is a name or an address without brackets; a
 * name may have underscores, as in Compose, which {@link java.net.URI} refuses. The path includes the query.
 */
record Endpoint(PortMap.Service service, Protocol protocol, String host, int port, String path) {

    /**
     * How an endpoint is checked. GRPC: by gRPC's health protocol; the path names the service, an empty one means the
     * whole server. TCP: by connecting. ANY: by an HTTP request to which any response will do.
     */
    enum Protocol {
        HTTP, HTTPS, GRPC, GRPCS, TCP, ANY;

        boolean isGrpc() {
            return this == GRPC || this == GRPCS;
        }

        boolean isTls() {
            return this == HTTPS || this == GRPCS;
        }

        private int usualPort() {
            return this == HTTP || this == ANY ? 80 : this == HTTPS ? 443 : 0;
        }

        private String scheme() {
            return this == ANY ? "http" : name().toLowerCase(Locale.ROOT);
        }
    }

    /** The form of a URL. Most calls need not compile it. */
    private static final String URL = "(https?|grpcs?|tcp)://(\\[[^]]*]|[\\w.-]+)(?::([0-9]{1,5}))?"
        + "([/?][^#\\x00-\\x20\\x7F]*)?(?:#\\S*)?";

    /** Returns the endpoint of a URL, without a service. */
    static Endpoint of(String url) {
        Endpoint endpoint = of(url, null);
        if (endpoint != null) {
            return endpoint;
        }
        String shown = url.contains("@") ? url.replaceFirst("(?s)^(\\w+://|).*@", "$1...@") : url; // without a password
        throw new UserException("'" + shown + "' is not a supported URL; use http://HOST:PORT/PATH, https://, grpc://,"
            + " grpcs:// or tcp://, without a password");
    }

    /** Returns the endpoint of a URL; null if the URL is not supported. */
    private static Endpoint of(String url, PortMap.Service service) {
        Matcher parts = Pattern.compile(URL, Pattern.CASE_INSENSITIVE).matcher(url);
        String host = parts.matches() ? host(parts.group(2)) : null;
        if (host == null) {
            return null;
        }
        Protocol protocol = Protocol.valueOf(parts.group(1).toUpperCase(Locale.ROOT));
        int port = parts.group(3) == null ? protocol.usualPort() : Integer.parseInt(parts.group(3));
        String path = parts.group(4) == null ? "" : parts.group(4);
        path = protocol.usualPort() > 0 && !path.startsWith("/") ? "/" + path : path;
        boolean isPort = port > 0 && port <= PortMap.HIGHEST;
        return !isPort ? null
            : new Endpoint(service == null ? PortMap.Service.none(port) : service, protocol, host, port, path);
    }

    /** Returns whether a text says how a service is checked: a path, {@code tcp}, {@code grpc}, or a URL. */
    static boolean isHealth(String text) {
        return text.matches("[!-~]+")
            && (text.startsWith("/") || text.equals("tcp") || text.equals("grpc") || of(text, null) != null);
    }

    /** Returns a service's endpoint on that host, unless the service's configuration names a URL. */
    static Endpoint of(PortMap.Service service, String host) {
        String health = service.health();
        if (health != null && health.contains("://")) {
            return of(health, service);
        }
        Protocol protocol = health == null ? unconfigured(service) : health.equals("tcp") ? Protocol.TCP
            : health.equals("grpc") ? Protocol.GRPC : Protocol.HTTP;
        String path = protocol == Protocol.ANY ? "/" : protocol != Protocol.HTTP ? ""
            : health == null ? "/health" : health;
        return new Endpoint(service, protocol, host, service.port(), path);
    }

    /** A documented service without a documented endpoint, or an MCP server, may respond in any way. */
    private static Protocol unconfigured(PortMap.Service service) {
        return service.group() == PortMap.Group.GRPC ? Protocol.GRPC
            : service.isDocumented() || service.group() == PortMap.Group.MCP ? Protocol.ANY : Protocol.HTTP;
    }

    /** Returns the name or address, with or without brackets, as an endpoint's host; null if the text is neither. */
    static String host(String text) {
        String host = text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
        boolean isAddress = host.matches("(?!.*:::)([0-9A-Fa-f]{0,4}:){2,8}([0-9A-Fa-f]{0,4}|[0-9.]{7,15})");
        return isAddress ? host : text.matches("[\\w.-]+") ? text : null;
    }

    String title() {
        return service.name() == null ? toString() : service.name();
    }

    /** Returns the URL; without the query if it comes from a configuration, which may keep secrets there. */
    String url() {
        return service.name() == null ? toString() : toString().split("\\?")[0];
    }

    boolean isLocal() {
        return host.equalsIgnoreCase("localhost") || host.startsWith("127.") || host.equals("::1")
            || host.equals("0.0.0.0") || host.equals("::");
    }

    /** Returns host and port as in a URL or a Host header; the usual port is left out. */
    String authority() {
        return (host.contains(":") ? "[" + host + "]" : host) + (port == protocol.usualPort() ? "" : ":" + port);
    }

    @Override
    public String toString() {
        return protocol.scheme() + "://" + authority() + path;
    }
}
