import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckPortTest {

    @TempDir
    Path folder;

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
            assertEquals(1, result.exit());
            assertEquals("", result.err());
            String row = "Port " + port + ": listening  Codex MCP Server  \\S*" + kind + "[^\n]* \\(pid " + server.process().pid()
                + "\\) in " + Script.CLONE + "\n";
            String remedies = "  to free the port: kill " + server.process().pid()
                + "\n  to move the service: set CODEX_MCP_PORT=31\\d\\d in the environment\n";
            assertTrue(result.out().matches(row + remedies), result.out());
            String verbose = Script.of("check_port", "-v", "codex_mcp").env("CODEX_MCP_PORT", port).run().out();
            assertTrue(verbose.matches(row + "    user " + System.getProperty("user.name") + "; address " + Pattern.quote(address)
                + "; started at 20\\S+Z; started by [^\n]*\\(pid " + ProcessHandle.current().pid() + "\\)\n" + remedies), verbose);
        }
        assertEquals(0, Script.of("check_port", "" + port).run().exit());
    }

    @Test
    void saysAllButIsAvailableOnlyIfEveryPortIs() throws Exception {
        int free = Sockets.freePorts(2);
        try (ServerSocket listener = Sockets.listener("127.0.0.1", free + 1)) {
            Script.Result result = Script.of("check_port", free + "-" + (free + 1), "" + free).run();
            assertEquals(1, result.exit());
            assertEquals(List.of("Port " + free + ": available", "Port " + (free + 1) + ": listening", "2 ports: 1 available, 1 listening"),
                result.out().lines().filter(line -> !line.startsWith("    ")).map(line -> line.replaceFirst("(listening)  .*", "$1")).toList());
            assertEquals(new Script.Result(1, "", ""), Script.of("check_port", "-q", "" + free, "" + listener.getLocalPort()).run());
            assertEquals(new Script.Result(0, "", ""), Script.of("check_port", "--quiet", "" + free).run());
        }
    }

    @Test
    void ofARangeOnlyWhatIsInTroubleIsListed() throws Exception {
        int first = Sockets.freePorts(5);
        String range = first + "-" + (first + 4);
        assertEquals(new Script.Result(0, "5 ports: 5 available\n", ""), Script.of("check_port", range).run());
        assertEquals(6, Script.of("check_port", "--verbose", range).run().out().lines().count());
        try (ServerSocket listener = Sockets.listener("::1", first + 3); SocketChannel bound = Sockets.bound()) {
            int boundPort = ((InetSocketAddress) bound.getLocalAddress()).getPort();
            List<String> lines = Script.of("check_port", range, "" + boundPort).run().out().lines().toList();
            assertTrue(lines.get(0).matches("Port " + listener.getLocalPort() + ": listening  .* \\(pid " + ProcessHandle.current().pid()
                + "\\) in .*"), lines::toString);
            assertEquals(List.of("Port " + boundPort + ": bound  a bound socket that does not listen; the kernel does not show its owner",
                "  to free the port: stop the program that bound the port", "6 ports: 4 available, 1 listening, 1 bound"),
                lines.subList(lines.size() - 3, lines.size()));
        }
    }

    @Test
    void aGroupMeansItsServices() throws Exception {
        Script script = Script.of("check_port", "mcp");
        for (String variable : List.of("CODEX_MCP_PORT", "GEMINI_MCP_PORT", "QWEN_MCP_PORT", "SYNTHETIC_MCP_PORT")) {
            script.env(variable, Sockets.freePort());
        }
        assertEquals(new Script.Result(0, "4 ports: 4 available\n", ""), script.run());
    }

    @Test
    void aPortOfTwoServicesIsOnePort() throws Exception {
        int port = Sockets.freePort();
        Files.writeString(folder.resolve(".env"), "CODEX_MCP_PORT=" + port + "\nDASHBOARD_PORT=" + port + "\n");
        assertEquals(new Script.Result(0, "Port " + port + ": available  Codex MCP Server\nPort " + port + ": available  DASHBOARD_PORT\n",
            ""),
            Script.of("check_port", "" + port).in(folder).run());
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

    /** Then port 0 cannot be bound either, on an address that there is. */
    @Test
    void aMachineThatHasUsedUpItsEphemeralPorts() throws Exception {
        Script.Result result = Namespace.bash(folder, """
            echo 40000 40002 >/proc/sys/net/ipv4/ip_local_port_range
            bound 40000 40002
            bound 3005 3005
            check_port 3005 40001 3006 | grep ^Port
            find_port 3005 3006
            """).run();
        assertEquals("""
            Port 3005: bound  DevFlow Orchestrator  a bound socket that does not listen; the kernel does not show its owner
            Port 40001: bound  a bound socket that does not listen; the kernel does not show its owner
            Port 3006: available  Token Optimizer
            3006
            """, result.out(), result.err());
    }

    @Test
    void aMachineWithoutIpv6() throws Exception {
        Script.Result result = Namespace.bash(folder, """
            echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
            listen 3101 3102
            PATH= check_port codex-mcp 2>&1 | sed -n '1s/  [^ ]*python3 .*//p'
            find_port 3100
            find_port 3103 3103 >/dev/null
            check_port 3005
            """).run();
        assertEquals("Port 3101: listening  Codex MCP Server\n3100\nPort 3005: available  DevFlow Orchestrator\n", result.out());
    }

    /** As with a kernel without IPv6: this process's view of /proc/net is replaced by one that has the other table only. */
    @Test
    void aMachineWithoutProcNetTcp6() throws Exception {
        Script.Result result = Namespace.bash(folder, """
            listen 3101 3101
            mkdir net
            ln -s /proc/1/net/tcp net/tcp
            bash -c 'mount --bind net /proc/$$/net && [ ! -e /proc/net/tcp6 ] && exec $java check_port 3101 3102 || exit 9' || code=$?
            rm -r net
            exit "$code"
            """).run();
        assertEquals(1, result.exit(), result.err());
        assertTrue(result.out().matches("(?s)Port 3101: listening  Codex MCP Server  \\S*python3 .*Port 3102: available.*"), result.out());
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
        assertEquals(new Script.Result(2, "", "ERROR: no target given; name a port, range, service or group;"
            + " see jbang check_port@devflow --help\n"),
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
            assertEquals("{port=" + port + ", service=Qwen MCP Server, variable=QWEN_MCP_PORT, aliases=[], group=mcp, status=reserved,"
                + " description=Qwen model integration, verdict=available, occupants=[], listeners=[]}", ports.get(0).toString());
            assertEquals(listener.getLocalPort(), ports.get(1).get("port"));
            assertEquals("listening", ports.get(1).get("verdict"));
            assertTrue(ports.get(1).get("listeners").toString()
                .startsWith("[{kind=listener, address=127.0.0.1, pid=" + ProcessHandle.current().pid() + ", user="),
                ports::toString);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--free 3005", "--grace=5 3005", "--force 3005", "--wait --stop 3005", "--verbose --quiet 3005",
        "--verbose --json 3005", "--wait 5", "--grace=x --stop 3005"})
    void refusesOptionsThatCannotBeCombined(String arguments) throws Exception {
        Script.Result result = Script.of("check_port", arguments.split(" ")).run();
        assertEquals(List.of(2, "", 1L), List.of(result.exit(), result.out(), result.err().lines().count()), result.err());
    }

    @Test
    void waitsUntilThePortsAreAvailable() throws Exception {
        int first = Sockets.freePorts(2);
        try (ServerSocket listener = Sockets.listener("127.0.0.1", first + 1)) {
            Script.Result result = Script.of("check_port", "--wait=300ms", "--quiet", first + "-" + (first + 1)).run();
            assertEquals(List.of(1, ""), List.of(result.exit(), result.out()));
            assertTrue(result.err().matches("ERROR: gave up: port " + (first + 1) + " is in use by .* \\(pid "
                + ProcessHandle.current().pid() + "\\) in .*\n"), result.err());
            Process waiting = Script.of("check_port", "--wait", first + "-" + (first + 1), "" + first).builder().start();
            Thread.sleep(1500);
            assertTrue(waiting.isAlive());
            listener.close();
            assertEquals("Port " + first + ": available\n2 ports: 2 available\n", new String(waiting.getInputStream().readAllBytes()));
            assertEquals(0, waiting.waitFor());
        }
    }
}
