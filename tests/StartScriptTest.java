import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Start scripts from their first start to their stop: tests/devflow-start.sh, the README's, and what else scripts contain. */
class StartScriptTest {

    /** A service, by the name of its file: it answers OK on the port that its variable names. */
    private static final String NODE = """
        const name = require('path').basename(process.argv[1], '.js').toUpperCase().replace(/-/g, '_') + '_PORT';
        const unimplemented = {'content-type': 'application/grpc', 'grpc-status': 12};
        const server = !name.includes('GRPC') ? require('http').createServer((_, response) => response.end('OK'))
          : require('http2').createServer((_, response) => response.writeHead(200, unimplemented).end());
        server.listen(+process.env[name], '127.0.0.1');
        """;

    private static final String PYTHON = """
        import http.server, os, sys
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'OK')
        name = os.path.basename(sys.argv[0])[:-3].upper().replace('-', '_') + '_PORT'
        http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ[name])), Handler).serve_forever()
        """;

    /** Asks often instead of waiting long: until a port is listened on, or is free again. */
    private static final String HELP = """
        set +e
        . "$ports"
        until_taken() { until ss -ltnH "sport = :$1" | grep -q .; do sleep 0.05; done; }
        until_free() { while ss -ltnH "sport = :$1" | grep -q .; do sleep 0.05; done; }
        owner() { ss -ltnpH "sport = :$1" | sed 's/.*pid=\\([0-9]*\\).*/\\1/'; }
        """;

    @TempDir
    Path folder;

    private Path project;

    @BeforeAll
    static void build() throws Exception {
        assumeTrue(Servers.isOnPath("node") && Servers.isOnPath("python3") && Servers.isOnPath("ss"), "node, python3 or ss is not installed");
        Script.Result first = Script.command("bash", "-c", ". \"$ports\"; check_port_available 0 || echo $?")
            .env("ports", Script.CLONE.resolve("scripts/devflow-ports.sh")).run();
        assertEquals("2\n", first.out(), first.err());
    }

    @BeforeEach
    void makeProject() throws Exception {
        project = project(folder.resolve("project"));
    }

    private static Path project(Path folder) throws Exception {
        Files.createDirectories(folder.resolve(".git"));
        Files.createDirectories(folder.resolve("services"));
        for (PortMap.Service service : PortMap.SERVICES) {
            boolean isPython = service.variable().contains("MEMORY") || service.variable().contains("QWEN");
            Files.writeString(folder.resolve("services/" + service.shortName() + (isPython ? ".py" : ".js")), isPython ? PYTHON : NODE);
        }
        assertEquals(0, Script.command("cp", Script.CLONE + "/tests/devflow-start.sh", folder.toString()).run().exit());
        return folder;
    }

    /** In the project's folder; {@code listen}, {@code bound} and {@code connect} are strangers', and errors of one line each. */
    private Script.Result run(String script) throws Exception {
        return Namespace.bash(project, HELP + script).env("ports", Script.CLONE.resolve("scripts/devflow-ports.sh"))
            .env("DEVFLOW_PORTS", Script.CLONE.resolve("scripts")).run();
    }

    private static void assertOut(String expected, Script.Result result) {
        assertEquals(expected, result.out(), result.err());
    }

    // The whole script.

    @Test
    void startsTwelveServicesAndAllOnlyOnce() throws Exception {
        Script.Result result = run("""
            ./devflow-start.sh start >first
            echo "$? $(grep -c ✅ first)"
            ss -ltnpH | sort >before
            cp .env saved
            ./devflow-start.sh start 2>second
            echo "$?"; cat second
            ss -ltnpH | sort | diff before - && cmp .env saved && echo same
            ./devflow-start.sh status | grep -c ': ✅ ACTIVE'
            kill "$(cat run/codex-mcp.pid)" && until_free 3101
            ./devflow-start.sh start 2>/dev/null | sed 's/  .*//'
            ss -ltnpH | sort | diff before - | grep -c '^>'
            ./devflow-start.sh stop >stopped
            echo "$? $(grep -c 'available.*stopped pid' stopped)"
            ss -ltnH; ls run | grep -v log || ./devflow-start.sh status | grep -c INACTIVE
            """);
        assertOut("""
            0 12
            0
            NOTE: run already, by their ports: db-manager (3002), vector-memory (3003), model-registry (3004), orchestrator (3005),\
             token-optimizer (3006), codex-mcp (3101), gemini-mcp (3102), qwen-mcp (3103), synthetic-mcp (3104),\
             real-dream-team-orchestrator (3200), cli-integration-manager (3201), cctools-grpc (50051)
            same
            9
            Port 3101: ✅ reachable
            1
            0 12
            9
            """, result);
    }

    @Test
    void restartsInOneRun() throws Exception {
        assertOut("0\n0\nothers\n0\nPort 3003: ✅ ACTIVE\n", run("""
            ./devflow-start.sh start vector-memory codex-mcp >/dev/null 2>&1; echo $?
            ss -ltnpH | sort >before
            ./devflow-start.sh restart vector-memory codex-mcp >/dev/null 2>&1; echo $?
            ss -ltnpH | sort | comm -12 before - | grep . || echo others
            ./devflow-start.sh restart >/dev/null 2>&1; echo $?
            ./devflow-start.sh status | grep 3003
            """));
    }

    @Test
    void aStrangerOnAFixedPortStopsTheStartBeforeAnythingStarts() throws Exception {
        Script.Result result = run("listen 3005 3005; ./devflow-start.sh start || echo $?; ls -A | grep env; ls run; ss -ltnH | wc -l");
        assertOut("1\n1\n", result);
        assertTrue(result.err().matches("ERROR: DevFlow Orchestrator \\(ORCHESTRATOR_PORT\\) cannot have its fixed port 3005:"
            + " in use by pid (\\d+) \\(.*\\); to free it: kill \\1; to move the service: set ORCHESTRATOR_PORT in .env\n"), result.err());
    }

    /** 50051 is one that the kernel gives to connections. */
    @Test
    void servicesThatMovedAreStoppedWhereTheyAreAndNoStrangerIs() throws Exception {
        Script.Result result = run("""
            listen 3101 3101; stranger=$(owner 3101); connect 50051 50051
            ./devflow-start.sh start codex-mcp cctools-grpc >/dev/null 2>moves
            grep -e CODEX -e GRPC .env
            ./devflow-start.sh start codex-mcp cctools-grpc
            ./devflow-start.sh stop codex-mcp cctools-grpc | sed 's/pid [0-9]*/pid/'
            ss -ltnH 'sport = :3105 or sport = :50052'
            kill -0 "$stranger" && echo "the stranger lives"
            ./devflow-start.sh stop codex-mcp
            CODEX_MCP_PORT=3101 ./devflow-start.sh stop codex-mcp >refused || echo "$? $(grep -c "a stranger's" refused)"
            kill -0 "$stranger" && echo "the stranger lives"
            """);
        assertOut("""
            CODEX_MCP_PORT=3105
            CCTOOLS_GRPC_PORT=50052
            Port 3105: available  Codex MCP Server  stopped pid (node services/codex-mcp.js)
            Port 50052: available  CC-Tools gRPC Server  stopped pid (node services/cctools-grpc.js)
            the stranger lives
            Port 3105: available  Codex MCP Server
            1 1
            the stranger lives
            """, result);
    }

    @Test
    void twoCheckoutsSideBySideLeaveEachOtherAlone() throws Exception {
        Files.writeString(project(folder.resolve("other")).resolve(".env"), "DB_MANAGER_PORT=3012\n");
        assertOut("0\n1\n0\n1\n1 3002\n1 3012\n", run("""
            ./devflow-start.sh start db-manager codex-mcp >/dev/null 2>&1; echo $?
            ../other/devflow-start.sh stop codex-mcp >/dev/null 2>&1 || echo $?
            ../other/devflow-start.sh start db-manager codex-mcp >/dev/null 2>&1; echo $?
            (cd ../other && devflow_is_running --env-file ../project/.env --project . db-manager 2>/dev/null || echo $?)
            ./devflow-start.sh stop db-manager codex-mcp | grep -c 'CC\\|3101.*stopped' | sed 's/$/ 3002/'
            ../other/devflow-start.sh stop db-manager codex-mcp | grep -c '3012.*stopped' | sed 's/$/ 3012/'
            """));
    }

    /** As it stands there; only the place of the clone is another. */
    @Test
    void theReadmesScriptWorksWhenPasted() throws Exception {
        String readme = Files.readString(Script.CLONE.resolve("README.md"));
        Matcher example = Pattern.compile("(?s)```bash\\n(#!.*?)```").matcher(readme);
        assertTrue(example.find());
        String script = example.group(1).replace("~/devflow-ports", "'" + Script.CLONE + "'");
        assertFalse(script.equals(example.group(1)));
        Files.writeString(project.resolve("devflow-start.sh"), script);
        assertOut("""
            0 2
            0 0
            Port 3005: ✅ ACTIVE
            Port 3101: ✅ ACTIVE
            0 2
            0 2
            0
            2
            """, run("""
            ./devflow-start.sh start >first 2>err; echo "$? $(grep -c ✅ first)"
            ./devflow-start.sh start >second 2>err; echo "$? $(grep -c ✅ second || :)"
            ./devflow-start.sh status | grep -e 3005 -e 3101
            ./devflow-start.sh restart >third 2>err; echo "$? $(grep -c ✅ third)"
            ./devflow-start.sh stop >stopped; echo "$? $(grep -c 'stopped pid' stopped)"
            ss -ltnH | wc -l
            ./devflow-start.sh nothing 2>/dev/null || echo $?
            """));
    }
}
