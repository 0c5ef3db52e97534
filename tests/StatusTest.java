import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the scenes do not show of port_status and check_port. */
class StatusTest {

    @TempDir
    Path folder;

    /**
     * Runs a script in a project with a server of its own on 3002; another program listens on 3005, a process that cannot be
     * seen on 3006, and 50051 is the port of a connection. Pids are printed as N.
     */
    private Script.Result inProject(String script) throws Exception {
        assumeTrue(Servers.isOnPath("node"), "node is not installed");
        Files.writeString(folder.resolve("run.sh"), """
            set -euo pipefail
            serve() { exec 3< <(exec node "$@"); read -r -u 3 _; }
            cd blog && serve server.js && cd ../project && serve services/db.js
            port_status() { $java port_status "$@" 2>&1 | sed -E 's/(pid |kill )[0-9]+/\\1N/; s/[(][0-9]+[)]/(N)/' || echo "exit $?"; }
            """ + script);
        return Namespace.bash(folder, """
            listen 3006 3006
            connect 50051 50051
            mkdir -p project/services blog
            touch project/.env
            echo 'require("net").createServer().listen(3005, "127.0.0.1", () => console.log())' >blog/server.js
            sed s/3005/3002/ blog/server.js >project/services/db.js
            exec unshare --pid --fork --mount-proc bash run.sh
            """).run();
    }

    private String text(Script.Result result) throws IOException {
        return result.out().replace(folder.toRealPath().toString(), "FOLDER");
    }

    @Test
    void listsServicesThatAreNotRunningByTheNamesThatWereGivenAndChecksThem() throws Exception {
        Script.Result result = inProject("""
            printf '%s\n' API_PORT=3150 ONE_PORT=7777 OTHER_PORT=7777 >.env
            port_status --list-not-running DB_MANAGER_PORT VECTOR_MEMORY_PORT 'Model Registry' 3101 codex-mcp 7777 mcp 3199-3203
            echo --
            port_status --list-not-running token-optimizer cctools-grpc | sed 's/listens: .*/listens: OWNER/'
            echo --
            port_status --list-not-running db-manager orchestrator vector-memory
            echo --
            port_status --list-not-running db-manager
            port_status --check --quiet db-manager && echo 'exit 0'
            port_status --check token-optimizer | grep -v ^Port
            """);
        assertEquals("""
            VECTOR_MEMORY_PORT
            Model Registry
            3101
            7777
            api
            real-dream-team-orchestrator
            cli-integration-manager
            platform-status-tracker
            --
            NOTE: port 3006 is in use by a process of root that cannot be seen; Token Optimizer counts as running
            NOTE: port 50051 (CC-Tools gRPC Server) is in use, but nothing listens: OWNER
            cctools-grpc
            --
            ERROR: port 3005 (DevFlow Orchestrator) is in use by another program: node server.js (pid N) in FOLDER/blog
            exit 1
            --
            exit 0
            NOTE: port 3006 is in use by a process of root that cannot be seen; Token Optimizer counts as running
            === DevFlow Port Status ===
            Production Services (3000-3099)
            """, text(result), result.err());
        port_status function = new port_status();
        function.wholeNames = true;
        OptionValues.parse(function, new StringWriter(), "--list-not-running", "vector");
        assertThrows(UserException.class, function::call);
    }

    /** Unnamed, it may be what only .env knows: the port of a database elsewhere. */
    @Test
    void aServiceThatOnlyTheFileKnowsIsCheckedIfItIsNamed() throws Exception {
        Script.Result result = inProject("""
            printf 'ORCHESTRATOR_PORT=3999\nAPI_PORT=3005\nWEB_PORT=8001\n' >.env
            port_status --check --quiet web
            port_status --check api | tail -4
            port_status --all --json | grep -o '"kind":"taken"' || echo none
            port_status --running --json api | grep -o '"kind":"taken"'
            """);
        assertEquals("""
            exit 1
            ! Port 3005 (API_PORT) is in use by another program: node server.js (pid N) in FOLDER/blog
              to free the port: kill N
              to move the service: jbang find_port@devflow --write api
            exit 1
            none
            "kind":"taken"
            """, text(result), result.err());
    }

    @ParameterizedTest
    @CsvSource({"port_status, core, ports", "health_all, tcp://127.0.0.1:1, endpoints"})
    void watchPrintsADocumentALineUntilNobodyReads(String script, String target, String array) throws Exception {
        Process process = Script.of(script, "--watch=0.1", "--json", target).in(folder).builder().start();
        try (BufferedReader reader = process.inputReader()) {
            for (int i = 0; i < 3; i++) {
                assertTrue(reader.readLine().matches("\\{\"" + array + "\":\\[.*]}"));
            }
        }
        assertTrue(process.waitFor(30, TimeUnit.SECONDS), "still running");
    }

    @Test
    void watchPutsTheSummaryFirstAndNotesAtOnceWhatIsWrongWithItsFile() throws Exception {
        Process process = Script.of("port_status", "--watch", "--env-file=nowhere", "core").in(folder).builder().start();
        assertTrue(process.errorReader().readLine().startsWith("NOTE: "));
        assertEquals("=== DevFlow Port Status ===", process.inputReader().readLine());
        assertTrue(process.inputReader().readLine().endsWith(" of 5 services are running"));
        process.destroy();
    }

    // check_port: odd machines, waiting.

    @Test
    void verboseTellsAllThatIsKnownOfAnOwner() throws Exception {
        int port = Sockets.freePort();
        try (Servers server = Servers.node("::1", port, 200, "")) {
            String verbose = Script.of("check_port", "-v", "codex_mcp").env("CODEX_MCP_PORT", port).run().out();
            assertTrue(verbose.matches("Port " + port + ": listening  Codex MCP Server  node -e [^\n]* \\(pid " + server.process().pid()
                + "\\) in " + Script.CLONE + "\n    user " + System.getProperty("user.name") + "; address ::1; started at 20\\S+Z;"
                + " started by [^\n]*\\(pid " + ProcessHandle.current().pid() + "\\)\n  to free the port: kill " + server.process().pid()
                + "\n  to move the service: set CODEX_MCP_PORT=31\\d\\d in the environment\n"), verbose);
        }
    }

    @Test
    void stopOfARangeThatIsAvailableIsOneLine() throws Exception {
        int port = Sockets.freePorts(2);
        assertEquals("[2 of 2 ports are available]", CommonRulesTest.parsed("check_port", "--stop", port + "-" + (port + 1)).report().lines().toString());
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
            assertEquals("Port " + first + ": available\n2 of 2 ports are available\n", new String(waiting.getInputStream().readAllBytes()));
            assertEquals(0, waiting.waitFor());
        }
    }
}
