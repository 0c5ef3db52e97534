import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What the scenes do not show of check_port: odd machines, waiting, wrong usage. */
class CheckPortTest {

    @TempDir
    Path folder;

    @Test
    void verboseTellsAllThatIsKnownOfAnOwner() throws Exception {
        int port = Sockets.freePort();
        try (Servers server = Servers.python("::1", port)) {
            String verbose = Script.of("check_port", "-v", "codex_mcp").env("CODEX_MCP_PORT", port).run().out();
            assertTrue(verbose.matches("Port " + port + ": listening  Codex MCP Server  \\S*python[^\n]* \\(pid " + server.process().pid()
                + "\\) in " + Script.CLONE + "\n    user " + System.getProperty("user.name") + "; address ::1; started at 20\\S+Z;"
                + " started by [^\n]*\\(pid " + ProcessHandle.current().pid() + "\\)\n  to free the port: kill " + server.process().pid()
                + "\n  to move the service: set CODEX_MCP_PORT=31\\d\\d in the environment\n"), verbose);
        }
    }

    @Test
    void stopOfARangeThatIsAvailableIsOneLine() throws Exception {
        int port = Sockets.freePorts(2);
        check_port command = new check_port();
        new CommandLine(command).parseArgs("--stop", port + "-" + (port + 1));
        assertEquals("[2 ports: 2 available]", command.report().lines().toString());
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
            check_port 3005
            health_all --timeout=0.5 orchestrator mcp | sed 's/ *[0-9]* ms$//'
            """).run();
        assertEquals("""
            Port 3101: listening  Codex MCP Server
            3100
            Port 3005: available  DevFlow Orchestrator
            Port 3005: ❌ down       DevFlow Orchestrator          connection refused
            Port 3101: ❌ timeout    Codex MCP Server              no response in
            0 of 2 healthy
            """, result.out());
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

    @Test
    void waitsUntilThePortsAreAvailable() throws Exception {
        int first = Sockets.freePorts(2);
        try (ServerSocket listener = Sockets.listener("127.0.0.1", first + 1)) {
            Script.Result result = Script.of("check_port", "--wait=300ms", "--quiet", first + "-" + (first + 1)).run();
            assertEquals(List.of(1, ""), List.of(result.exit(), result.out()));
            assertTrue(result.err().matches("ERROR: gave up: port " + (first + 1) + " is in use by .* \\(pid "
                + ProcessHandle.current().pid() + "\\) in .*\n"), result.err());
            Process waiting = Script.of("check_port", "--wait", first + "-" + (first + 1), "" + first).builder().start();
            Thread.sleep(700);
            assertTrue(waiting.isAlive());
            listener.close();
            assertEquals("Port " + first + ": available\n2 ports: 2 available\n", new String(waiting.getInputStream().readAllBytes()));
            assertEquals(0, waiting.waitFor());
        }
    }
}
