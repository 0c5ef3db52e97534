import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Waiting for processes, as start scripts do: health_all --wait --pid. */
class WaitingTest {

    private static final String HELP = """
        set +e
        touch .env
        export ORCHESTRATOR_PORT=3005 CODEX_MCP_PORT=3101 DEVFLOW_PORTS_STARTER=$$
        node() { command node "$@" 2>>log; }
        """;

    @TempDir
    Path folder;

    private Path project;

    @BeforeEach
    void makeProject() throws Exception {
        assumeTrue(Servers.isOnPath("node") && Servers.isOnPath("ss"), "node or ss is not installed");
        project = Files.createDirectory(folder.resolve("project"));
        for (Path services : new Path[] {project.resolve("services"), folder.resolve("elsewhere")}) {
            Files.createDirectory(services);
            for (String service : new String[] {"orchestrator", "codex-mcp"}) {
                Files.copy(Script.CLONE.resolve("tests/service.js"), services.resolve(service + ".js"));
            }
        }
        Files.writeString(Files.createDirectory(project.resolve("www")).resolve("health"), "OK");
    }

    /** In the project's folder; {@code listen} starts another program. */
    private Script.Result run(String script) throws Exception {
        return Namespace.bash(project, HELP + script).run();
    }

    /** How to start something in the background, the exit code of a wait for that and for the orchestrator, and the last line. */
    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '"', value = {
        // The process, a descendant, or what they leave running.
        "exec node services/orchestrator.js & ~ 0 ~",
        "sh -c 'sh -c node\\ services/orchestrator.js\\;:; :' & ~ 0 ~",
        "sh -c '(sleep 0.5; exec node services/orchestrator.js) & exit 0' & ~ 0 ~ INSTEAD",
        "setsid python3 -m http.server 3005 --directory www >>log 2>&1 & ~ 0 ~",
        "node services/orchestrator.js | tee -a log & ~ 0 ~",
        "(cd ../elsewhere && exec node orchestrator.js) & ~ 0 ~",
        "setsid -f sh -c 'node services/orchestrator.js; :' & sleep 1 ~ 0 ~ INSTEAD",
        // The process ends; bash reaps it, so that its exit code is not to be seen.
        "(exit 7) & ~ 1 ~ gave up: DevFlow Orchestrator is not healthy (down); process PID exited",
        "(exit 0) & ~ 1 ~ gave up: DevFlow Orchestrator is not healthy (down); process PID exited",
        "unreaped 'kill $$' ~ 1 ~ gave up: DevFlow Orchestrator is not healthy (down); process PID exited with code 143",
        // An older server of the project answers.
        "old; node services/orchestrator.js | tee -a log & ~ 1 ~ gave up: process PID exited; OLD",
        "old; sleep 60 & ~ 1 ~ gave up after 1 s: process PID (sleep 60) is running, but does not listen on 3005; OLD",
        // When the process started is not known, nor whether the server is older.
        "unset DEVFLOW_PORTS_STARTER; (node services/orchestrator.js &) & until_taken 3005 ~ 1 ~ gave up: process PID exited; RUNS",
        // The server of another start, which is newer, answers.
        "(node services/orchestrator.js &); until_taken 3005; node services/orchestrator.js & sleep 1 ~ 0 ~ INSTEAD",
        // Another program answers.
        "listen 3005 3005; python3 -m http.server --bind ::1 3005 >>log 2>&1 & ~ 1 ~ gave up: port 3005 is in use by another program: OWNER",
        // Nobody answers.
        "sleep 60 & ~ 1 ~ gave up after 1 s: DevFlow Orchestrator is not healthy (down); process PID (sleep 60) is running, but does not listen on 3005",
        "ORCHESTRATOR_PORT=4444; exec node services/orchestrator.js & ORCHESTRATOR_PORT=3005; until_taken 4444 ~ 1 ~"
            + " gave up after 1 s: DevFlow Orchestrator is not healthy (down); process PID (node services/orchestrator.js) is running,"
            + " but listens on 4444, not 3005"})
    void endsWithTheProcessesOrAnotherProgram(String start, int exit, String failure) throws Exception {
        String seconds = failure != null && failure.contains("after") ? "1" : "60";
        Script.Result result = run("""
            old() { node services/orchestrator.js & until_taken 3005; sleep 1.2; sleep 99 & DEVFLOW_PORTS_STARTER=$!; }
            unreaped() {
              exec 4< <(exec python3 -c 'import subprocess, sys, time
            process = subprocess.Popen(["sh", "-c", sys.argv[1]]); print(process.pid, flush=True)
            time.sleep(60)' "$1"); read -r pid <&4
            }
            """ + start + "\n"
            + "health_all --wait=" + seconds + " --timeout=1 --pid=${pid:-$!} orchestrator >/dev/null");
        String err = result.err().replaceAll("process \\d+", "process PID")
            .replaceAll("port 3005 is in use by [^;]*?, which was running before the processes named by --pid", "OLD")
            .replaceAll("NOTE: process PID exited; port 3005 is in use by node services/orchestrator.js \\(pid \\d+\\)", "INSTEAD")
            .replaceAll("port 3005 is in use by node services/orchestrator.js \\(pid \\d+\\)", "RUNS")
            .replaceAll("(another program: ).*", "$1OWNER");
        assertEquals(failure == null ? "0" : exit == 0 ? "0 " + failure : exit + " ERROR: " + failure,
            (result.exit() + " " + err).strip());
    }

    /** The old server answers until it has ended, which is no answer of the new server. */
    @Test
    void waitDoesNotAcceptAnOlderServerOfTheProject() throws Exception {
        Script.Result result = run("""
            node services/orchestrator.js & old=$!; until_taken 3005; sleep 1.2
            sh -c 'while kill -0 '$old'; do sleep 0.1; done 2>/dev/null; exec node services/orchestrator.js' & new=$!
            (sleep 1; kill $(owner 3005)) &
            health_all --wait=60 --pid=$new orchestrator >/dev/null
            echo "$? $([ "$(owner 3005)" = $new ] && echo new)"
            """);
        assertEquals("0 new\n", result.out(), result.err());
    }

    @Test
    void severalProcessesMayStartSeveralServices() throws Exception {
        Script.Result result = run("""
            sh -c 'node services/codex-mcp.js & exit 0' & daemon=$!
            sh -c 'sleep 1; exec node services/orchestrator.js' & server=$!
            health_all --wait=60 --pid=$daemon --pid $server codex-mcp orchestrator >/dev/null; echo $?
            health_all --wait --pid=$$ orchestrator codex-mcp >/dev/null; echo $?
            health_all --wait --pid=0 orchestrator 2>/dev/null; echo $?
            health_all --wait --pid=4194305 model-registry >/dev/null 2>&1; echo $?
            """);
        assertEquals("0\n0\n2\n1\n", result.out(), result.err());
    }

    /** What a process that has ended left running is not the server of another process. */
    @Test
    void oneOfSeveralProcessesThatEndsEndsTheWait() throws Exception {
        Script.Result result = run("""
            node services/orchestrator.js & server=$!; until_taken 3005
            (exit 3) & health_all --wait=60 --pid=$server orchestrator --pid=$! codex-mcp | tail -2
            sleep 60 & health_all --wait=1 --pid=$server orchestrator --pid=$! codex-mcp >/dev/null
            """);
        assertEquals("1 of 2 healthy\n", result.out().substring(result.out().indexOf("1 of 2")), result.err());
        assertEquals("""
            ERROR: gave up: Codex MCP Server is not healthy (down); process PID exited
            ERROR: gave up after 1 s: Codex MCP Server is not healthy (down); process PID (sleep 60) is running, but does not listen on 3101
            """, result.err().replaceAll("process \\d+", "process PID"));
    }

    @Test
    void aProcessOfAnotherUserRunsUntilItEnds() throws Exception {
        assumeTrue(Namespace.IS_ROOT && Servers.isOnPath("setpriv"), "only root can start it");
        Script.Result result = run("""
            setpriv --reuid nobody --clear-groups sleep 60 & health_all --wait=1 --pid=$! model-registry >/dev/null
            """);
        assertTrue(result.err().matches("ERROR: gave up after 1 s: Model Registry is not healthy \\(down\\); process \\d+ \\(sleep 60\\) is running, but .*\n"),
            result.err());
    }

    /** What Ctrl-Z and fg do: the service has come up meanwhile, and the time is over. */
    @Test
    void asksOnceMoreAfterTheTimeIsUp() throws Exception {
        Script.Result result = run("""
            health_all --wait=2 orchestrator >out 2>err & wait=$!
            sleep 1; kill -STOP $wait $(pgrep -P $wait)
            node services/orchestrator.js & until_taken 3005; sleep 1.5
            kill -CONT $wait $(pgrep -P $wait); wait $wait; echo $?
            """);
        assertEquals("0\n", result.out(), result.err());
    }

    /** Without a project it is unknown which processes belong to it, so a newer one is accepted and an older one is not. */
    @Test
    void withoutAProjectTheStartOfTheServerDecides() throws Exception {
        Script.Result result = run("""
            rm .env
            node services/orchestrator.js & until_taken 3005; sleep 1.2
            sleep 60 & health_all --wait=1 --pid=$! orchestrator; echo $?
            (cd ../elsewhere; node codex-mcp.js) | tee log & health_all --wait=60 --pid=$! codex-mcp >/dev/null; echo $?
            """);
        assertEquals("1\n0\n", result.out().replaceFirst("Port .*\n", ""), result.err());
        assertTrue(result.out().contains("the listener is not a process named by --pid"), result.out());
        assertTrue(result.err().contains("; to tell the project's processes from others, use --project DIR"), result.err());
    }
}
