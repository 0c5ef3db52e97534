import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpProbeTest {

    private static final String OK = "HTTP/1.1 200 OK\r\n";

    @TempDir
    Path folder;

    private static Health answer(String text) throws Exception {
        try (RawServer server = RawServer.saying(text)) {
            return server.checkBy("http", 20);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "HTTP/1.1 103 Early Hints/Link: x//HTTP/1.1 200 OK//                    | HEALTHY   | 200 |",
        "HTTP/1.1 102 Processing//HTTP/1.1 100 Continue//HTTP/1.1 503 No//      | UNHEALTHY | 503 |",
        "HTTP/1.1 101 Switching Protocols//                                     | DEGRADED  | 101 |",
        "HTTP/1.1 200//OK                                                       | HEALTHY   | 200 |",
        "HTTP/1.1 200 /Content-Length: 2//OK and more                           | HEALTHY   | 200 |",
        "HTTP/1.0 200 OK//{\"status\":\"up\"}                                   | HEALTHY   | 200 | up",
        "HTTP/1.1 204 No Content/Content-Length: 5//                            | HEALTHY   | 204 |",
        "HTTP/1.1 503 No/Content-Length: 50//{\"status\":\"dow                  | UNHEALTHY | 503 |",
        "HTTP/1.1 503 No/Transfer-Encoding: chunked//5/ab                       | UNHEALTHY | 503 |",
        "HTTP/1.1 404 No/Content-Length: 50//x                                  | DEGRADED  | 404 |",
        "HTTP/1.1 500 No//{\"status\":\"ok\"}                                   | UNHEALTHY | 500 | ok",
        "HTTP/1.1 302 See/Location: /login//                                    | DEGRADED  | 302 |",
        "HTTP/1.1 200 OK/Content-Length: 50//{\"status\":\"down\"               | UNHEALTHY | 200 | down",
        "HTTP/1.1 200 OK/Content-Length: 50//{\"status\":\"ok\"                 | NOT_HTTP  | 200 |",
        "HTTP/1.1 200 OK/Transfer-Encoding: chunked//F;x=y/{\"status\":\"ok\"}/0/X: y//   | HEALTHY   | 200 | ok",
        "HTTP/1.1 200 OK/Transfer-Encoding: chunked//-1/                        | NOT_HTTP  | 200 |",
        "HTTP/1.1 200 OK/Transfer-Encoding: chunked//2/OK and more/0//          | NOT_HTTP  | 200 |",
        "HTTP/1.1 200 OK/Content-Length: 2/Content-Length: 2//OK and more       | HEALTHY   | 200 |",
        "HTTP/1.1 200 OK/Content-Length: 2, 3//OKO                              | NOT_HTTP  | 200 |",
        "HTTP/1.1 103 No/Content-Type: a\0json/Content-Length: 9//HTTP/1.1 200 OK//OK | HEALTHY | 200 |",
        "HTTP/1.1 200 OK/TRANSFER-encoding: gzip/transfer-encoding: Chunked//2/OK/0/X: y/Y: z// | HEALTHY | 200 |",
        "HTTP/1.1 200 OK/Content-Encoding: br//ab                               | NOT_HTTP  | 200 |",
        "HTTP/1.1 200 OK/Content-Encoding: utf-8//{\"status\":\"Server available\"} | HEALTHY | 200 | Server available",
        "HTTP/1.1 200 OK/Content-Length: 10//                                   | NOT_HTTP  | 200 |",
        "HTTP/1.1 2000 OK//                                                     | NOT_HTTP  |     |",
        "HTTP/1.1 099 OK//                                                      | NOT_HTTP  |     |",
        "HTTP/2 200//                                                           | NOT_HTTP  |     |",
        "HTTP/1.1 200 OK/X: y/                                                  | NOT_HTTP  |     |",
        "SSH-2.0-OpenSSH/                                                       | NOT_HTTP  |     |"})
    void keepsTheStatusWhateverBecomesOfTheBody(String answer, Health.Verdict verdict, Integer status, String word) throws Exception {
        Health health = answer(answer.replace("HTTP/", "HTTP\0").replace("/", "\r\n").replace("\0", "/"));
        assertEquals(Arrays.asList(verdict, status, word), Arrays.asList(health.verdict(), health.httpStatus(), health.word()));
    }

    /** Node's servers of TLS close silently, so only a handshake tells; the JDK's send an alert. */
    @Test
    void namesTlsAndHttp2() throws Exception {
        Servers.certify(folder);
        int tls = Sockets.freePort();
        int http2 = Sockets.freePort();
        try (Servers secure = Servers.nodeTls("127.0.0.1", tls, folder); Servers cleartext = Servers.start("node", "-e",
                "require('http2').createServer((_, response) => response.end('OK')).listen(+process.argv[1], '127.0.0.1',"
                + " () => console.log('ready'))", "" + http2)) {
            assertEquals("speaks TLS; try https://", RawServer.check("http://localhost:" + tls, 20).reason(), secure::toString);
            assertEquals("speaks HTTP/2", RawServer.check("http://127.0.0.1:" + http2, 20).reason(), cleartext::toString);
            assertEquals(Health.Verdict.REACHABLE, RawServer.check("tcp://127.0.0.1:" + tls, 20).verdict());
        }
        try (RawServer alert = RawServer.saying("\u0015\3\3\0\2\2\50")) {
            assertEquals("speaks TLS; try https://", alert.checkBy("http", 5).reason());
        }
    }

    @ParameterizedTest
    @CsvSource({"'', true, DOWN", "'SSH-2.0-x\r\n', true, REACHABLE", "'', false, REACHABLE"})
    void connectingIsEnoughUnlessTheServerClosesAtOnce(String greeting, boolean closes, Health.Verdict verdict) throws Exception {
        try (RawServer server = RawServer.behaving(socket -> {
            socket.getOutputStream().write(greeting.getBytes(StandardCharsets.US_ASCII));
            if (!closes) {
                socket.getInputStream().read();
            }
        })) {
            Health health = server.checkBy("tcp", 5);
            assertEquals(verdict, health.verdict(), health.toString());
            assertTrue(health.millis() < 50, health.toString());
        }
    }

    @Test
    void oneQuestionIsOneRequest() throws Exception {
        try (RawServer server = RawServer.saying("")) {
            Health health = RawServer.check("http://127.0.0.1:" + server.port() + "/other?a=b", 5);
            assertEquals(List.of(Health.Verdict.NOT_HTTP, Health.CLOSED), List.of(health.verdict(), health.reason()));
            assertEquals(1, server.requests.stream().filter(request -> request.startsWith("GET")).count(), "and a handshake, to name TLS");
            String beginning = "GET /other?a=b HTTP/1.1\r\nHost: 127.0.0.1:" + server.port() + "\r\n";
            assertTrue(server.requests.get(0).startsWith(beginning), server.requests.get(0));
        }
    }

    @ParameterizedTest
    @CsvSource({"http, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK and what else it sends'",
        "http, 'SSH-2.0-x\r\n and more'", "http, ''", "grpc, '-ERR unknown command\r\n'"})
    void endsAConnectionByFin(String scheme, String answer) throws Exception {
        try (RawServer server = new RawServer("127.0.0.1", Sockets.freePort(), answer, false)) {
            server.checkBy(scheme, 0.5);
            for (int i = 0; i < 100 && server.ends.isEmpty(); i++) {
                Thread.sleep(50);
            }
            assertEquals(List.of("FIN"), server.ends);
        }
    }

    @Test
    void aLargeBodyIsReadToItsEnd() throws Exception {
        String body = "{\"data\":\"" + "x".repeat(200_000) + "\",\"status\":\"down\"}";
        try (RawServer server = new RawServer("127.0.0.1", Sockets.freePort(), OK + "\r\n" + body, true)) {
            assertEquals(Health.Verdict.UNHEALTHY, server.checkBy("http", 5).verdict());
        }
    }

    @Test
    void addressesThatDisagreeAreMixed() throws Exception {
        int port = Sockets.freePort();
        try (RawServer four = new RawServer("127.0.0.1", port, "HTTP/1.1 503 No\r\n\r\n", true);
             RawServer six = new RawServer("::1", port, OK + "\r\nOK", true)) {
            Health health = RawServer.check("http://localhost:" + port, 5);
            assertEquals(Health.Verdict.MIXED, health.verdict(), () -> four.requests + " " + six.requests);
            assertEquals("::1 200 healthy, but 127.0.0.1 503 unhealthy", health.reason());
            assertEquals(List.of(200, 503), health.answers().stream().map(Health::httpStatus).toList());
        }
    }

    /** As Docker does for an address family that its container does not serve. */
    @Test
    void anAddressThatClosesDoesNotDisagree() throws Exception {
        int closing = Sockets.freePort();
        try (RawServer four = new RawServer("127.0.0.1", closing, OK + "\r\nOK", true);
             RawServer six = new RawServer("::1", closing, "", true)) {
            assertEquals(Health.Verdict.HEALTHY, RawServer.check("http://localhost:" + closing, 5).verdict(), () -> four + "" + six);
        }
    }

    @ParameterizedTest
    @CsvSource({"200 OK, HEALTHY", "503 No, UNHEALTHY"})
    void aSilentAddressHidesNoAnswer(String status, Health.Verdict verdict) throws Exception {
        int port = Sockets.freePort();
        try (RawServer four = new RawServer("127.0.0.1", port, "HTTP/1.1 " + status + "\r\n\r\n", true);
             ServerSocket silent = Sockets.listener("::1", port)) {
            Health health = RawServer.check("http://localhost:" + port, 1);
            assertEquals(List.of(verdict, "127.0.0.1"), List.of(health.verdict(), health.address()), () -> four.requests + " " + silent);
        }
    }

    /** The system would choose 50052 for the connection's own end, connect the socket to itself, or keep the port in use. */
    @Test
    void neverConnectsToItself() throws Exception {
        Script.Result result = Namespace.bash(folder, "echo 50052 50052 >/proc/sys/net/ipv4/ip_local_port_range\n"
            + "health_all tcp://127.0.0.1:50052 grpc://127.0.0.1:50052 http://127.0.0.1:50052 || true\n"
            + "listen 3101 3101; health_all tcp://127.0.0.1:3101 && check_port 50052 && listen 50052 50052").run();
        assertEquals(0, result.exit(), result.err());
        assertEquals(3, result.out().lines().filter(line -> line.contains("connection refused")).count(), result.out());
    }

    /** When the service is started again, its port must not be in TIME_WAIT because it was asked. */
    @Test
    void leavesNothingBehindAtTheServicesPort() throws Exception {
        int port = Sockets.freePort();
        try (Servers server = Servers.node("127.0.0.1", port, 200, "OK")) {
            for (String scheme : List.of("http", "tcp", "http")) {
                assertTrue(RawServer.check(scheme + "://127.0.0.1:" + port, 20).verdict().isPassing(), server::toString);
            }
            String local = String.format(" 0100007F:%04X ", port);
            assertEquals(List.of(), Files.readAllLines(Path.of("/proc/net/tcp")).stream()
                .filter(row -> row.contains(local) && row.contains(" 06 ") && row.indexOf(local) < 10).toList());
        }
    }

    @Test
    void aStoppedServerIsATimeout() throws Exception {
        int port = Sockets.freePort();
        try (Servers server = Servers.node("127.0.0.1", port, 200, "OK")) {
            Health before = RawServer.check("http://127.0.0.1:" + port, 20);
            assertEquals(List.of(Health.Verdict.HEALTHY, 200), List.of(before.verdict(), before.httpStatus()));
            assertEquals(0, Script.command("kill", "-STOP", "" + server.process().pid()).run().exit());
            for (String scheme : List.of("http", "grpc", "https")) {
                assertEquals(Health.Verdict.TIMEOUT, RawServer.check(scheme + "://127.0.0.1:" + port, 0.3).verdict(), scheme);
            }
            assertEquals(0, Script.command("kill", "-CONT", "" + server.process().pid()).run().exit());
            assertEquals(Health.Verdict.HEALTHY, RawServer.check("http://127.0.0.1:" + port, 20).verdict());
        }
    }

    @Test
    void tellsCertificateTroubleFromNoTls() throws Exception {
        Servers.certify(folder);
        int port = Sockets.freePort();
        String authority = folder.resolve("ca.pem").toString();
        try (Servers server = Servers.nodeTls("::1", port, folder);
             RawServer plain = RawServer.saying("HTTP/1.1 400 Bad Request\r\n\r\n")) {
            Health health = ask("https://localhost:" + port, authority);
            assertEquals(List.of(Health.Verdict.HEALTHY, "UP", "::1"), List.of(health.verdict(), health.word(), health.address()),
                server::toString);
            assertEquals("the certificate is not accepted, see --cacert: No subject alternative names matching IP address ::1 found",
                ask("https://[::1]:" + port, authority).reason());
            assertTrue(ask("https://localhost:" + port, null).reason()
                .startsWith("the certificate is not accepted, see --cacert: unable to find valid certification path"));
            assertEquals("does not speak TLS", ask("https://localhost:" + plain.port(), authority).reason());
        }
        for (String file : List.of("/nowhere/ca.pem", "key", "names", ".")) {
            String message = assertThrows(UserException.class,
                () -> ask("https://localhost:1", folder.resolve(file).toString())).getMessage();
            assertEquals(1, message.lines().count(), message);
        }
    }

    private static Health ask(String url, String authority) throws Exception {
        return RawServer.check(new HealthProbe(new ProbeSocket.Tls(authority, false)), url, 20);
    }

    // What an endpoint is.

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "http://my_service:8124/               | my_service  | 8124 | /        | my_service:8124",
        "HTTPS://Host.example                  | Host.example | 443 | /        | Host.example",
        "http://0.0.0.0:8000/health?a=b        | 0.0.0.0     | 8000 | /health?a=b | 0.0.0.0:8000",
        "http://[::]:8000?a                    | ::          | 8000 | /?a      | [::]:8000",
        "http://[fe80::1]:3005/health#x        | fe80::1     | 3005 | /health  | [fe80::1]:3005",
        "http://[1:2:3:4:5:6:7::]/             | 1:2:3:4:5:6:7:: | 80 | /     | [1:2:3:4:5:6:7::]",
        "http://[::ffff:127.0.0.1]/            | ::ffff:127.0.0.1 | 80 | /    | [::ffff:127.0.0.1]",
        "Tcp://localhost:3203                  | localhost   | 3203 | ''       | localhost:3203",
        "grpc://localhost:50051/my.Service     | localhost   | 50051 | /my.Service | localhost:50051"})
    void readsAUrl(String url, String host, int port, String path, String authority) {
        Endpoint endpoint = Endpoint.of(url);
        assertEquals(List.of(host, port, path, authority),
            List.of(endpoint.host(), endpoint.port(), endpoint.path(), endpoint.authority()));
        assertEquals(endpoint, Endpoint.of(endpoint.toString()), "written and read again");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "@", "://", "http://", "http:///x", "ftp://h/", "://h", "h:80", "http://h:0/", "http://h:65536/",
        "http://h:+1/", "http://h:x/", "http://a b/", "http://h/a b", "http://h/\r\nX: y", "http://u:hunter2@h/", "http://::1:80/",
        "http://[h]/", "http://[:::::]/", "http://[1:2]/", "http://[::12345]:80/", "http://[::1/", "http://[h:1]/", "http://[g::1]:80/", "http://h%/",
        "http://[fe80::1%eth0]/", "tcp://h", "grpc://h/",
        "http://a/@hunter2 b"})
    void refusesWhatIsNone(String url) {
        String message = assertThrows(UserException.class, () -> Endpoint.of(url)).getMessage();
        assertEquals(-1, message.indexOf("u:hunter2"), message);
    }

    @Test
    void everyAddressIsThisMachine() throws Exception {
        assertEquals(Addresses.of("localhost"), Addresses.of("0.0.0.0"));
        assertEquals(Addresses.of("LOCALHOST"), Addresses.of("::"));
    }

    @ParameterizedTest
    @CsvSource({", http://h:1234/health, http://h:1234/health", "/api/up?key=x, http://h:1234/api/up?key=x, http://h:1234/api/up",
        "tcp, tcp://h:1234, tcp://h:1234", "grpc, grpc://h:1234, grpc://h:1234",
        "https://other:8443/up?key=x, https://other:8443/up?key=x, https://other:8443/up"})
    void aServicesConfigurationSaysHowItIsChecked(String health, String url, String shown) {
        Endpoint endpoint = Endpoint.of(new PortMap.Service("CRAWLER_PORT", "CRAWLER_PORT", 1234,
            ".env:1", null, PortMap.Status.UNKNOWN, null, health, List.of()), "h");
        assertEquals(List.of(url, shown), List.of(endpoint.toString(), endpoint.url()));
    }
}
