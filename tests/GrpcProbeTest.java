import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GrpcProbeTest {

    private static final String SETTINGS = "000000 04 00 00000000 ";
    private static final String HEADERS = "000001 01 04 00000001 88 "; // :status 200
    private static final String TRAILERS = "00000f 01 05 00000001 00 0b 677270632d737461747573 01 30 "; // grpc-status: 0
    // The same name, and what follows, in Huffman's code, as grpc-go sends it.
    private static final String HUFFMAN = "00 88 9acac8b21234da8f ";

    private static Health answer(String hex) throws Exception {
        return GrpcProbe.ask(Endpoint.of("grpc://localhost:1"), new ByteArrayInputStream(HexFormat.of().parseHex(hex.replace(" ", ""))),
            new ByteArrayOutputStream());
    }

    @ParameterizedTest
    @CsvSource({"0801, HEALTHY, SERVING", "0802, UNHEALTHY, NOT_SERVING", "0803, REACHABLE, SERVICE_UNKNOWN", "0800, DEGRADED, UNKNOWN",
        "0807, DEGRADED, 7", "1001, NOT_GRPC,"})
    void judgesTheState(String message, HealthVerdict verdict, String word) throws Exception {
        String data = "000007 00 00 00000001 0000000002" + message + " ";
        for (String around : new String[] {"", "000008 06 00 00000000 0102030405060708 ", "000004 08 00 00000000 00010000 "}) {
            Health health = answer(SETTINGS + around + HEADERS + data + around + TRAILERS);
            assertEquals(Arrays.asList(verdict, word), Arrays.asList(health.verdict(), health.word()));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        SETTINGS + "000001 01 05 00000001 88                                                    | REACHABLE |",
        SETTINGS + "000010 01 05 00000001 00 0b 677270632d737461747573 02 3132                   | REACHABLE | UNIMPLEMENTED",
        SETTINGS + "00000f 01 05 00000001 40 0b 677270632d737461747573 01 35                     | REACHABLE | NOT_FOUND",
        SETTINGS + "00000d 01 05 00000001 " + HUFFMAN + "82 08bf                                 | REACHABLE | UNIMPLEMENTED",
        SETTINGS + "00000d 01 05 00000001 " + HUFFMAN + "02 3134                                 | UNHEALTHY | UNAVAILABLE",
        SETTINGS + "00001e 01 05 00000001 3fe11f 88 5f8b1d75d0620d263d4c4d6564 40889acac8b21234da8f 8208bf | REACHABLE | UNIMPLEMENTED",
        SETTINGS + "00000e 01 05 00000001 88 5f8b1d75d0620d263d4c7441ea                          | NOT_GRPC  |",
        SETTINGS + "000010 01 05 00000001 00 0b 677270632d737461747573 02 3136                   | DEGRADED  | UNAUTHENTICATED",
        SETTINGS + "000001 01 01 00000001 88 00000f 09 04 00000001 00 0b 677270632d737461747573 01 35 | REACHABLE | NOT_FOUND",
        SETTINGS + "000001 01 05 00000001 8e                                                    | UNHEALTHY | 500",
        SETTINGS + "000018 01 05 00000001 08 03 353033 0f10 10 6170706c69636174696f6e2f67727063 | UNHEALTHY | 503",
        SETTINGS + HEADERS + "000007 00 01 00000001 0000000009 0801                             | NOT_GRPC  |",
        SETTINGS + "000001 01 05 00000001 8d                                                    | NOT_GRPC  |",
        SETTINGS + "00000d 01 05 00000001 88 0f10 09 746578742f68746d6c                         | NOT_GRPC  |",
        SETTINGS + "000008 07 00 00000000 00000000 00000000                                     | UNHEALTHY |",
        SETTINGS + "000008 07 00 00000000 00000000 00000001                                     | NOT_GRPC  |",
        SETTINGS + "000004 03 00 00000001 00000007                                              | NOT_GRPC  |",
        SETTINGS + "                                                                            | NOT_GRPC  |",
        SETTINGS + "000001 01 05 00000001 40                                                    | NOT_GRPC  |",
        "ff                                                                                     | NOT_GRPC  |",
        "000000 01 00 00000000                                                                  | NOT_GRPC  |",
        "''                                                                                     | DOWN      |"})
    void judgesAnAnswerWithoutAState(String hex, HealthVerdict verdict, String word) throws Exception {
        Health health = answer(hex.replace("''", ""));
        assertEquals(Arrays.asList(verdict, word), Arrays.asList(health.verdict(), health.word()));
    }

    @Test
    void whateverBytesComeThereIsAVerdict() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        byte[] answer = HexFormat.of().parseHex((SETTINGS + HEADERS + "000007 00 00 00000001 00000000020801" + TRAILERS).replace(" ", ""));
        for (int i = 0; i < 20_000 * Integer.getInteger("fuzz", 1); i++) {
            byte[] bytes = Arrays.copyOf(answer, random.nextInt(4) == 0 ? random.nextInt(answer.length + 1) : answer.length);
            for (int changes = random.nextInt(4); changes > 0 && bytes.length > 0; changes--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            answer(HexFormat.of().formatHex(bytes));
        }
    }

    @Test
    void tellsOtherServersFromGrpc() throws Exception {
        for (String greeting : List.of("-ERR unknown command\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n",
            "\u004a\0\0\0")) {
            try (RawServer server = RawServer.saying(greeting)) {
                assertEquals(HealthVerdict.NOT_GRPC, server.askBy("grpc", 10).verdict());
            }
        }
        try (ServerSocket silent = Sockets.listener("127.0.0.1")) {
            assertEquals(HealthVerdict.TIMEOUT, RawServer.ask("grpc://127.0.0.1:" + silent.getLocalPort(), 0.3).verdict());
        }
        assertEquals("connection refused", RawServer.ask("grpc://localhost:" + Sockets.freePort(), 5).reason());
    }

    /** Of Node's own packages, with one service of each state. */
    @Test
    void asksARealServer() throws Exception {
        Path packages = Servers.npm("@grpc/grpc-js@1", "grpc-health-check@2");
        int port = Sockets.freePort();
        int bare = Sockets.freePort();
        try (Servers server = Servers.start("node", "-e", """
            const [port, bare] = process.argv.slice(1);
            const grpc = require('@grpc/grpc-js');
            const { HealthImplementation } = require('grpc-health-check');
            const listen = (server, at, next) => server.bindAsync('127.0.0.1:' + at, grpc.ServerCredentials.createInsecure(), next);
            const healthy = new grpc.Server();
            new HealthImplementation({'': 'SERVING', 'a.Down': 'NOT_SERVING', 'a.New': 'UNKNOWN'}).addToServer(healthy);
            listen(healthy, port, () => listen(new grpc.Server(), bare, () => console.log('ready')));
            """.replace("require('", "require('" + packages + "/"), "" + port, "" + bare)) {
            String url = "grpc://localhost:" + port;
            assertEquals("SERVING", RawServer.ask(url, 20).word());
            assertEquals(HealthVerdict.HEALTHY, RawServer.ask(url, 20).verdict());
            assertEquals(HealthVerdict.UNHEALTHY, RawServer.ask(url + "/a.Down", 20).verdict());
            assertEquals(HealthVerdict.DEGRADED, RawServer.ask(url + "/a.New", 20).verdict());
            assertEquals("NOT_FOUND", RawServer.ask(url + "/a.Missing", 20).word());
            assertEquals("UNIMPLEMENTED", RawServer.ask("grpc://localhost:" + bare, 20).word());
            assertEquals(HealthVerdict.REACHABLE, RawServer.ask("grpc://localhost:" + bare, 20).verdict());
            assertEquals(0, Script.command("kill", "-STOP", "" + server.process().pid()).run().exit());
            assertEquals(HealthVerdict.TIMEOUT, RawServer.ask(url, 0.3).verdict());
        }
    }

    @Test
    void aLongNameOfAServiceIsSentWhole() throws Exception {
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        GrpcProbe.ask(Endpoint.of("grpc://" + "h".repeat(300) + ":1/" + "s".repeat(300)), new ByteArrayInputStream(new byte[0]), sent);
        String bytes = sent.toString(StandardCharsets.ISO_8859_1);
        assertEquals(1, bytes.split("\u007f\u00af\u0001h{300}:1", -1).length - 1, "RFC 7541, 5.1: 302 is 127 and 175");
        assertEquals(1, bytes.split("\\n\u00ac\u0002s{300}$", -1).length - 1, "a varint of 300");
    }
}
