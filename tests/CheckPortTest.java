import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckPortTest {

    @Test
    void aFreePortIsAvailable() throws Exception {
        int port = Sockets.freePort();
        assertEquals(new Script.Result(0, "Port " + port + ": available\n", ""), Script.of("check_port", "" + port).run());
    }

    @ParameterizedTest
    @CsvSource({"node, 127.0.0.1", "node, ::1", "python, 0.0.0.0", "python, ::", "node, ::", "python, ::1"})
    void aServersPortIsNot(String kind, String address) throws Exception {
        int port = Sockets.freePort();
        try (Servers server = kind.equals("node") ? Servers.node(address, port, 200, "") : Servers.python(address, port)) {
            Script.Result result = Script.of("check_port", "codex_mcp").env("CODEX_MCP_PORT", port).run();
            assertEquals(new Script.Result(1, "Port " + port + ": listening on " + address + "  Codex MCP Server (CODEX_MCP_PORT)\n", ""), result);
        }
        assertEquals(0, Script.of("check_port", "" + port).run().exit());
    }

    @Test
    void saysAllButIsAvailableOnlyIfEveryPortIs() throws Exception {
        int free = Sockets.freePorts(2);
        try (ServerSocket listener = Sockets.listener("127.0.0.1", free + 1)) {
            assertEquals(new Script.Result(1, "Port " + free + ": available\nPort " + (free + 1) + ": listening on 127.0.0.1\n", ""),
                Script.of("check_port", free + "-" + (free + 1), "" + free).run());
            assertEquals(new Script.Result(1, "", ""), Script.of("check_port", "-q", "" + free, "" + listener.getLocalPort()).run());
            assertEquals(new Script.Result(0, "", ""), Script.of("check_port", "--quiet", "" + free).run());
        }
    }

    /** The shell function took each for the other's: it looked for a piece of text. */
    @Test
    void aNumberWithinAnotherIsNotThePort() throws Exception {
        // A port whose digits end in those of a smaller one that is free.
        while (true) {
            int port = Sockets.freePort();
            int ending = port % 10_000;
            if (ending > 1024 && LocalPorts.read().isAvailable(ending)) {
                try (ServerSocket listener = Sockets.listener("0.0.0.0", port)) {
                    assertEquals(new Script.Result(0, "Port " + ending + ": available\n", ""), Script.of("check_port", "" + ending).run());
                }
                return;
            }
        }
    }

    @Test
    void theAnswerDoesNotDependOnOtherPrograms() throws Exception {
        try (ServerSocket listener = Sockets.listener("127.0.0.1")) {
            assertEquals(1, Script.of("check_port", "" + listener.getLocalPort()).env("PATH", "").run().exit());
        }
        assertEquals(0, Script.of("check_port", "" + Sockets.freePort()).env("PATH", "").run().exit());
    }

    @Test
    void isNotBlindToIpv6WhereJavaIsToldToBe() throws Exception {
        try (ServerSocket listener = Sockets.listener("::1")) {
            assertEquals(1, Script.of("check_port", "-q", "" + listener.getLocalPort())
                .env("JDK_JAVA_OPTIONS", "-Djava.net.preferIPv4Stack=true").run().exit());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "65536", "-1", "abc", "3002x", "03002", "", "3099-3000", "@/etc/hostname", "--", "-x", "--colour=auto"})
    void wrongUsageIsOneLineAndExit2(String target) throws Exception {
        Script.Result result = Script.of("check_port", target).run();
        assertEquals(List.of(2, "", 1L), List.of(result.exit(), result.out(), result.err().lines().count()), result.err());
    }

    @Test
    void aTargetIsNeeded() throws Exception {
        assertEquals(new Script.Result(2, "", "ERROR: which port? name a port, range, service or group; see check_port --help\n"),
            Script.of("check_port").run());
    }

    @Test
    void json() throws Exception {
        int port = Sockets.freePort();
        try (ServerSocket listener = Sockets.listener("127.0.0.1")) {
            Script.Result result = Script.of("check_port", "--json", "qwen_mcp", "" + listener.getLocalPort())
                .env("QWEN_MCP_PORT", port).run();
            assertEquals(1, result.exit());
            List<Map<String, Object>> ports = result.json("ports");
            assertEquals("{port=" + port + ", service=Qwen MCP Server, variable=QWEN_MCP_PORT, group=mcp, status=reserved,"
                + " verdict=available, listeners=[]}", ports.get(0).toString());
            assertEquals(listener.getLocalPort(), ports.get(1).get("port"));
            assertEquals("listening", ports.get(1).get("verdict"));
        }
    }
}
