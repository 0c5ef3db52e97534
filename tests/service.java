import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;

/** A service of a start script in Java: the Model Registry. */
class service {

    public static void main(String... args) throws Exception {
        int port = Integer.parseInt(System.getenv("MODEL_REGISTRY_PORT"));
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.createContext("/", exchange -> {
            byte[] body = "{\"status\":\"ok\"}".getBytes();
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }
}
