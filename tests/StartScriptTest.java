import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Start scripts from their first start to their stop: tests/devflow-start.sh, the README's, and what else scripts contain. */
@Order(6)
class StartScriptTest {

    private static final String HELP = """
        set +e
        . "$ports"
        until_free() { while ss -ltnH "sport = :$1" | grep -q .; do sleep 0.05; done; }
        """;

    @TempDir
    Path folder;

    private Path project;

    @BeforeEach
    void makeProject() throws Exception {
        for (String program : List.of("node", "npm", "python3", "ss")) {
            assumeTrue(Servers.isOnPath(program), program + " is not installed");
        }
        project = folder.resolve("project");
        Files.createDirectories(project.resolve(".git"));
        Files.createDirectories(project.resolve("services"));
        for (PortMap.Service service : PortMap.SERVICES) {
            String kind = service.variable().contains("MEMORY") || service.variable().contains("QWEN") ? ".py" : ".js";
            Files.copy(Script.CLONE.resolve("tests/service" + kind), project.resolve("services/" + service.shortName() + kind));
        }
        Files.writeString(project.resolve("package.json"), "{\"scripts\": {\"gemini-mcp\": \"node services/gemini-mcp.js\"}}");
        Files.copy(Script.CLONE.resolve("tests/devflow-start.sh"), project.resolve("devflow-start.sh"), StandardCopyOption.COPY_ATTRIBUTES);
    }

    /** In the project's folder; {@code listen}, {@code bound} and {@code connect} are another program's, and no error ends the script. */
    private Script.Result run(String script) throws Exception {
        return Clone.first().prepared(Namespace.bash(project, HELP + script)).env("DEVFLOW_PORTS", Script.CLONE.resolve("scripts")).run();
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
            ./devflow-start.sh status | grep -c -w ACTIVE
            kill "$(owner 3101)" && until_free 3101
            ./devflow-start.sh start 2>/dev/null | sed 's/  .*//'
            ss -ltnpH | sort | diff before - | grep -c '^>'
            ./devflow-start.sh stop >stopped
            echo "$? $(grep -c 'available.*stopped ' stopped)"
            ss -ltnH; ./devflow-start.sh status | grep -c INACTIVE
            """);
        assertOut("""
            0 12
            0
            NOTE: already running: db-manager (3002), vector-memory (3003), model-registry (3004), orchestrator (3005),\
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
    void anotherProgramOnAFixedPortStopsTheStartBeforeAnythingStarts() throws Exception {
        Script.Result result = run("listen 3005 3005; ./devflow-start.sh start || echo $?; ls -A | grep env; ls run; ss -ltnH | wc -l");
        assertOut("1\n1\n", result);
        assertTrue(result.err().matches("ERROR: DevFlow Orchestrator cannot use its fixed port 3005: in use by .* \\(pid \\d+\\) in /;"
            + " set ORCHESTRATOR_PORT=3007 in \\S*/.env\n"),
            result.err());
    }

    /** 50051 is one that the kernel gives to connections. */
    @Test
    void servicesThatMovedAreStoppedAndOtherProgramsAreNot() throws Exception {
        Script.Result result = run("""
            listen 3101 3101; other=$(owner 3101); connect 50051 50051
            ./devflow-start.sh start codex-mcp cctools-grpc >/dev/null 2>moves
            grep -e CODEX -e GRPC .env
            ./devflow-start.sh start codex-mcp cctools-grpc
            ./devflow-start.sh stop codex-mcp cctools-grpc | sed 's/pid [0-9]*/pid/'
            ss -ltnH 'sport = :3105 or sport = :50052'
            CODEX_MCP_PORT=3101 ./devflow-start.sh stop codex-mcp >refused || echo "$? $(grep -c "another program" refused)"
            kill -0 "$other" && echo "the other program runs"
            """);
        assertOut("""
            CODEX_MCP_PORT=3105
            CCTOOLS_GRPC_PORT=50052
            Port 3105: available  Codex MCP Server  stopped node services/codex-mcp.js (pid)
            Port 50052: available  CC-Tools gRPC Server  stopped node services/cctools-grpc.js (pid)
            1 1
            the other program runs
            """, result);
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
        assertOut("0 2\n0 0\n2\n0 2\n0 2\n2\n", run("""
            ./devflow-start.sh start >first 2>err; echo "$? $(grep -c ✅ first)"
            ./devflow-start.sh start >second 2>err; echo "$? $(grep -c ✅ second || :)"
            ./devflow-start.sh status | grep -c -w ACTIVE
            ./devflow-start.sh restart >third 2>err; echo "$? $(grep -c ✅ third)"
            ./devflow-start.sh stop >stopped; echo "$? $(grep -c 'stopped ' stopped)"
            ./devflow-start.sh nothing 2>/dev/null || echo $?
            """));
    }

    // Waiting for what was started.

    @Test
    void theCodeOfAProcessThatExitedIsTold() throws Exception {
        Script.Result result = run("bash -euo pipefail -c '. \"$ports\"; (exit 7) & devflow_wait_healthy --pid $! 3004' >/dev/null; echo $?");
        assertOut("1\n", result);
        assertTrue(result.err().endsWith(" exited with code 7\n"), result.err());
    }

    /** What was started before runs on, if it leaves the signal ignored, as shells start what is in the background; Node does not. */
    @Test
    void anInterruptEndsTheScriptAndNotTheServices() throws Exception {
        Script.assumeInterruptible();
        assertOut("130\nPort 3101: ✅ ACTIVE\n", run("""
            set -m
            bash -c '. "$ports"; QWEN_MCP_PORT=3101 python3 services/qwen-mcp.py & until ss -ltn | grep -q :3101; do :; done; touch ready
              devflow_wait_healthy --wait=60 model-registry; echo went on' & script=$!
            until [ -e ready ]; do sleep 0.1; done
            sleep 0.5; kill -INT -- -$script; wait $script; echo $?
            devflow_port_status | grep 3101
            """));
    }

    // Ports.

    @Test
    void aFileOfFourteenPortsThatWasExportedFirst() throws Exception {
        Files.writeString(project.resolve(".env"), """
            API_KEY=t0psecret
            DB_MANAGER_PORT=3002
            ORCHESTRATOR_PORT=3005
            CODEX_MCP_PORT=3101
            CLAUDE_MCP_PORT=3105
            DREAM_TEAM_PORT=3200
            CLI_INTEGRATION_PORT=3201
            DASHBOARD_PORT=3203
            WS_PORT=3204
            METRICS_PORT=3250
            GRPC_PORT=50051
            COST_MONITOR_PORT=3002
            AUDIT_PORT=3010
            HEALTH_CHECK_PORT=8787
            REDIS_PORT=6379
            """);
        Script.Result result = run("""
            set -a; . ./.env; set +a; export REDIS_PORT=tcp://10.0.0.1:6379 ORCHESTRATOR_PORT=
            for port in 3010 3105 3200 3203 3204 6379 8787; do listen $port $port; done; connect 50051 50051
            python3 -c "$holder" listen 3250 3250 >/dev/null & until_taken 3250
            devflow_assign_ports; echo $?
            shown='AUDIT|CLAUDE_MCP|COST_MONITOR|DASHBOARD|.*DREAM_TEAM.*|.*GRPC|HEALTH_CHECK|METRICS|ORCHESTRATOR|REDIS|WS'
            env | grep -E "^($shown)_PORT=" | sort
            cp .env saved; for name in $(compgen -e | grep _PORT); do unset $name; done
            devflow_assign_ports 2>/dev/null; echo $?
            cmp .env saved && sed -n 1p .env
            """);
        assertOut("""
            0
            AUDIT_PORT=3010
            CCTOOLS_GRPC_PORT=50052
            CLAUDE_MCP_PORT=3105
            COST_MONITOR_PORT=3007
            DASHBOARD_PORT=3203
            DREAM_TEAM_PORT=3205
            GRPC_PORT=50052
            HEALTH_CHECK_PORT=8787
            METRICS_PORT=3250
            ORCHESTRATOR_PORT=3005
            REAL_DREAM_TEAM_ORCHESTRATOR_PORT=3205
            REDIS_PORT=tcp://10.0.0.1:6379
            WS_PORT=3204
            0
            API_KEY=t0psecret
            """, result);
        List<String> notes = result.err().lines().map(line -> line.replaceAll("by .* \\(pid.*", "by PROGRAM")).toList();
        assertTrue(notes.contains("NOTE: AUDIT_PORT keeps port 3010, which is in use by PROGRAM"), result.err());
        assertTrue(notes.contains("NOTE: COST_MONITOR_PORT moves from 3002 to 3007: 3002 is also configured for Database Manager (.env:2)"),
            result.err());
        assertTrue(notes.contains("NOTE: already running: metrics (3250)"), result.err());
        assertFalse(result.err().contains("t0psecret"), result.err());
    }

    @Test
    void theFileMayLieElsewhereAndBeALink() throws Exception {
        Path real = Files.writeString(Files.createDirectory(folder.resolve("etc")).resolve("devflow.env"), "CODEX_MCP_PORT=3101\n");
        Files.createSymbolicLink(project.resolve(".env"), real);
        assertOut("3105\n0\n0\n1\nPort 3105: available  Codex MCP Server  stopped PROGRAM\nCODEX_MCP_PORT=3105\nlink\n2\n"
            + "Usage: find_port [OPTIONS] [--count=N] BASE [MAX]\n1\n", run("""
            listen 3101 3101; cd /; file=$OLDPWD/.env
            devflow_assign_ports --env-file "$file" codex-mcp 2>/dev/null; echo $CODEX_MCP_PORT
            node "$OLDPWD/services/codex-mcp.js" & unset CODEX_MCP_PORT
            devflow_wait_healthy --env-file="$file" --pid=$! codex-mcp >/dev/null; echo $?
            devflow_is_running --env-file "$file" codex-mcp; echo $?
            devflow_is_running codex-mcp 2>/dev/null --project="$OLDPWD/.git"; echo $?
            devflow_stop --env-file="$file" codex-mcp | sed 's/stopped .*/stopped PROGRAM/'
            cat "$file"; [ -L "$file" ] && echo link
            devflow_assign_ports codex 2>/dev/null; echo $?
            devflow_assign_ports --help | head -n 1
            devflow_stop --env-file "$file" 3100-3199 >/dev/null; echo $?
            """));
    }
}
