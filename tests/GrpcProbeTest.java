import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GrpcProbeTest {

    /** A server of HTTP/2 that gives each port its own response: HTTP status, content type, message in hex, grpc-status, and where. */
    private static final String SERVER = """
        const [host, ...cases] = process.argv.slice(1);
        let left = cases.length;
        for (const one of cases) {
          const [port, status, type, message, grpc, place] = one.split(',');
          const server = require('http2').createServer();
          server.on('stream', stream => {
            stream.on('error', () => {});
            if (place === 'reset') return stream.close(+grpc);
            const headers = {':status': +status};
            if (type) headers['content-type'] = type;
            if (place === 'header' && grpc) headers['grpc-status'] = grpc;
            const isOfTrailers = place === 'trailer' && grpc;
            stream.on('wantTrailers', () => stream.sendTrailers({'grpc-status': grpc}));
            stream.respond(headers, {waitForTrailers: !!isOfTrailers, endStream: !message && !isOfTrailers});
            if (message || isOfTrailers) stream.end(Buffer.from(message, 'hex'));
          });
          server.listen(+port, host, () => --left || console.log('ready'));
        }
        """;

    @TempDir
    Path folder;

    @Test
    void judgesTheResponse() throws Exception {
        String grpc = "200,application/grpc,";
        String[][] cases = {
            {grpc + "00000000020801,0,trailer", "HEALTHY", "SERVING"},
            {grpc + "00000000020801,,", "HEALTHY", "SERVING"},
            {grpc + "00000000020802,0,trailer", "UNHEALTHY", "NOT_SERVING"},
            {grpc + "00000000020803,0,trailer", "REACHABLE", "SERVICE_UNKNOWN"},
            {grpc + "0000000000,0,trailer", "DEGRADED", "UNKNOWN"},
            {grpc + "00000000020807,0,trailer", "DEGRADED", "7"},
            {grpc + "00000000021001,0,trailer", "NOT_GRPC", null},
            {grpc + "01000000020801,0,trailer", "NOT_GRPC", null},
            {grpc + "00000000090801,0,trailer", "NOT_GRPC", null},
            {grpc + ",0,trailer", "REACHABLE", null},
            {grpc + ",12,trailer", "REACHABLE", "UNIMPLEMENTED"},
            {grpc + ",5,header", "REACHABLE", "NOT_FOUND"},
            {grpc + ",14,header", "UNHEALTHY", "UNAVAILABLE"},
            {grpc + ",16,header", "DEGRADED", "UNAUTHENTICATED"},
            {grpc + ",99,header", "UNHEALTHY", "UNKNOWN"},
            {"200,,00000000020801,0,trailer", "HEALTHY", "SERVING"},
            {"404,text/html,6f6b,,", "NOT_GRPC", null},
            {"503,text/html,6f6b,,", "UNHEALTHY", "503"},
            {"500,application/grpc,,,", "UNHEALTHY", "500"},
            {",,,7,reset", "NOT_GRPC", null},
            {",,,2,reset", "NOT_GRPC", null},
        };
        List<String> command = new ArrayList<>(List.of("node", "-e", SERVER, "127.0.0.1"));
        List<Integer> ports = new ArrayList<>();
        for (String[] one : cases) {
            ports.add(Sockets.freePort());
            command.add(ports.get(ports.size() - 1) + "," + one[0]);
        }
        try (Servers server = Servers.start(command.toArray(String[]::new))) {
            for (int i = 0; i < cases.length; i++) {
                Health health = RawServer.check("grpc://127.0.0.1:" + ports.get(i), 20);
                assertEquals(Arrays.asList(cases[i][1], cases[i][2]), Arrays.asList(health.verdict().name(), health.word()),
                    cases[i][0] + ": " + health + server);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'-ERR unknown command\r\n', NOT_GRPC, closed before the end of its response",
        "'HTTP/1.1 400 Bad Request\r\n\r\n', NOT_GRPC, closed before the end of its response",
        "'\0\0\0\4\0\0\0\0\0', NOT_GRPC, closed before the end of its response",
        "'\0\0\0\4\0\0\0\0\0\0\0\b\7\0\0\0\0\0\0\0\0\0\0\0\0\0', NOT_GRPC, closed before the end of its response",
        "'', DOWN, closed without a response"})
    void tellsOtherServersFromGrpc(String greeting, Health.Verdict verdict, String reason) throws Exception {
        try (RawServer server = RawServer.saying(greeting)) {
            Health health = server.checkBy("grpc", 10);
            assertEquals(Arrays.asList(verdict, reason), Arrays.asList(health.verdict(), health.reason()));
            assertEquals(1, server.requests.stream().filter(request -> request.startsWith("PRI")).count(), "requests");
        }
    }

    /** The server of Node's own packages, with services of each state. */
    @Test
    void asksARealServer() throws Exception {
        int port = Sockets.freePort();
        int bare = Sockets.freePort();
        try (Servers server = real("createInsecure()", port, bare)) {
            assertTrue(server.process().isAlive());
            String url = "grpc://localhost:" + port;
            assertEquals("SERVING", RawServer.check(url, 20).word());
            assertEquals(Health.Verdict.HEALTHY, RawServer.check(url + "/" + "a".repeat(200), 20).verdict(), "a long name");
            assertEquals(Health.Verdict.UNHEALTHY, RawServer.check(url + "/a.Down", 20).verdict());
            assertEquals(Health.Verdict.DEGRADED, RawServer.check(url + "/a.New", 20).verdict());
            Health unknown = RawServer.check(url + "/my.Typo", 20);
            assertEquals(List.of("NOT_FOUND", Health.Verdict.UNHEALTHY), List.of(unknown.word(), unknown.verdict()));
            Health without = RawServer.check("grpc://localhost:" + bare, 20);
            assertEquals(List.of("UNIMPLEMENTED", Health.Verdict.REACHABLE), List.of(without.word(), without.verdict()));
            assertEquals(Health.Verdict.UNHEALTHY, RawServer.check("grpc://localhost:" + bare + "/my.Service", 20).verdict());
            assertEquals("does not speak TLS", RawServer.check("grpcs://localhost:" + port, 20).reason());
        }
    }

    @Test
    void asksARealServerByTls() throws Exception {
        Servers.certify(folder);
        String credentials = "createSsl(null, [{private_key: read('key'), cert_chain: read('cert')}])";
        String authority = folder.resolve("ca.pem").toString();
        int port = Sockets.freePort();
        try (Servers server = real(credentials, port, Sockets.freePort())) {
            String url = "grpcs://localhost:" + port;
            HealthProbe trusting = new HealthProbe(new ProbeSocket.Tls(authority, false));
            Health health = RawServer.check(trusting, url, 20);
            assertEquals(List.of(Health.Verdict.HEALTHY, "SERVING", "127.0.0.1"),
                Arrays.asList(health.verdict(), health.word(), health.address()), health + " " + server);
            assertEquals(Health.Verdict.NOT_GRPC, RawServer.check(trusting, "grpcs://127.0.0.1:" + port, 20).verdict());
            Health.Verdict insecure = RawServer.check(new HealthProbe(new ProbeSocket.Tls(null, true)), "grpcs://127.0.0.1:" + port, 20).verdict();
            assertEquals(Health.Verdict.HEALTHY, insecure);
            assertEquals(Health.Verdict.NOT_GRPC, RawServer.check(url, 20).verdict());
            Health cleartext = RawServer.check("grpc://localhost:" + port, 20);
            assertEquals(List.of(Health.Verdict.NOT_GRPC, "speaks TLS; try grpcs://"), List.of(cleartext.verdict(), cleartext.reason()));
        }
        int https = Sockets.freePort();
        try (Servers server = Servers.nodeTls("127.0.0.1", https, folder)) {
            Health health = RawServer.check(new HealthProbe(new ProbeSocket.Tls(authority, false)), "grpcs://localhost:" + https, 20);
            assertEquals(Health.Verdict.NOT_GRPC, health.verdict(), health + " " + server);
        }
    }

    /** On the first port with the health service, on the second port without. */
    private Servers real(String credentials, int port, int bare) throws Exception {
        Path packages = Servers.npm("@grpc/grpc-js@1", "grpc-health-check@2");
        return Servers.start("node", "-e", """
            const [port, bare, folder] = process.argv.slice(1);
            const grpc = require('@grpc/grpc-js');
            const { HealthImplementation } = require('grpc-health-check');
            const read = name => require('fs').readFileSync(`${folder}/${name}`);
            const listen = (server, at, next) => server.bindAsync('127.0.0.1:' + at, grpc.ServerCredentials.CREDENTIALS, next);
            const healthy = new grpc.Server();
            new HealthImplementation({'': 'SERVING', 'a.Down': 'NOT_SERVING', 'a.New': 'UNKNOWN', ['a'.repeat(200)]: 'SERVING'})
              .addToServer(healthy);
            listen(healthy, port, () => listen(new grpc.Server(), bare, () => console.log('ready')));
            """.replace("CREDENTIALS", credentials).replace("require('@", "require('" + packages + "/@")
                .replace("require('grpc", "require('" + packages + "/grpc"), "" + port, "" + bare, folder.toString());
    }

    /** A flood must end with the time or the limit, and leave no memory full. */
    @ParameterizedTest
    @ValueSource(strings = {"000008 06 00 00000000 0102030405060708", "000004 09 00 00000001 00000000", "000000 04 00 00000000",
        "002000 00 00 00000001"})
    void aFloodOfFramesEnds(String frame) throws Exception {
        byte[] settings = HexFormat.of().parseHex("000000040000000000");
        byte[] bytes = HexFormat.of().parseHex(frame.replace(" ", ""));
        String flood = new String(settings, StandardCharsets.ISO_8859_1)
            + new String(bytes, StandardCharsets.ISO_8859_1).repeat(3_000_000 / bytes.length);
        try (RawServer server = new RawServer("127.0.0.1", Sockets.freePort(), flood, true)) {
            assertFalse(server.checkBy("grpc", 3).verdict().isPassing());
        }
    }
}
