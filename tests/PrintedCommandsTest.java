import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every command that is printed runs when it is pasted: into bash, next to the call; for functions, in any folder. */
@Order(5)
class PrintedCommandsTest {

    @TempDir
    static Path shared;

    private static Clone clone;

    @TempDir
    Path folder;

    @BeforeAll
    static void copyTheClone() throws Exception {
        clone = Clone.first().copyTo(shared.resolve("a clone"));
    }

    /** A bash script in which {@code pasted WORDS} runs what follows the words and a colon in the lines of its input. */
    private Script.Result run(String script) throws Exception {
        // What commands of sudo do, root does here.
        Script.executable(Files.createDirectories(folder.resolve("bin")).resolve("sudo"), "exec \"$@\"\n");
        return clone.prepared(Namespace.bash(Files.createDirectories(folder.resolve("work")), """
            export PATH=$PATH:$PWD/../bin
            pasted() { sed -n "s/^.*$1: //p" | sort -u >../commands; bash ../commands; }
            jbangw() { "$clone/jbangw" "$@"; }
            """ + script)).env("clone", clone.folder())
            .env("relative", folder.toRealPath().resolve("work").relativize(clone.folder().toRealPath())).run();
    }

    @ParameterizedTest
    @CsvSource({"$clone, ./jbangw", "., $relative/jbangw", "., $clone/jbangw"})
    void movesAServiceOfTheFileInUseHoweverTheProgramWasNamed(String where, String program) throws Exception {
        Script.Result result = run("""
            mkdir -p "WHERE" && cd "WHERE"
            printf 'CODEX_MCP_PORT=3101\\nDASHBOARD_PORT=3150\\n' | tee .env >b.env
            listen 3101 3101; listen 3150 3150
            "PROGRAM" check_port --env-file b.env codex-mcp dashboard | pasted 'to move the service'
            "PROGRAM" port_status codex-mcp 2>/dev/null | pasted 'to move the service'
            paste -d ' ' .env b.env
            rm .env b.env
            """.replace("PROGRAM", program).replace("WHERE", where));
        assertEquals("3105\n3151\n3105\nCODEX_MCP_PORT=3105 CODEX_MCP_PORT=3105\nDASHBOARD_PORT=3150 DASHBOARD_PORT=3151\n",
            result.out().replaceAll("(?m)^NOTE.*\n", ""), result.err());
    }

    @Test
    void freesAPortOfOneServerOrSeveralAndOfAPausedOne() throws Exception {
        Script.Result result = run("""
            listen 3005 3005; listen 3101 3101
            python3 -c "$holder" listen 3200 3200 >/dev/null & kill -STOP $! || true
            sleep 600 & # which nobody is to stop
            until check_port -q 3200; [ $? -eq 1 ]; do sleep 0.1; kill -CONT %1; sleep 0.2; kill -STOP %1; done
            for port in 3005 3101 3200; do
              jbangw check_port $port | pasted 'to free the port'
              jbangw check_port $port --wait
            done
            kill %2 && echo "still there"
            """);
        assertEquals("Port 3005: available  DevFlow Orchestrator\nPort 3101: available  Codex MCP Server\n"
            + "Port 3200: available  Real Dream Team Orchestrator\nstill there\n", result.out(), result.err());
    }

    /** A service of the project is stopped by check_port; nginx without its master by one kill of all its workers. */
    @Test
    void stopsAServiceThatIsRunningAndTheWorkersOfAKilledServer() throws Exception {
        assumeTrue(Servers.isOnPath("nginx") && Namespace.IS_ROOT, "nginx is not installed, or its folders are root's");
        Script.Result result = run("""
            : >.env
            exec 4< <(exec python3 -c "$holder" listen 3101 3101); read -r -u 4 _
            jbangw check_port 3101 | pasted 'is running; to stop it'
            mkdir nginx; cd nginx
            printf '%s' 'worker_processes 3; user root; pid nginx.pid; error_log stderr crit; events { }' \
              'http { access_log off; server { listen 3005; listen [::]:3005; } }' >nginx.conf
            nginx -p "$PWD" -c "$PWD/nginx.conf"
            kill -9 "$(cat nginx.pid)"
            cd ..
            git init -q other; : >other/.env; cd other
            jbangw check_port 3005 | grep -c 'to free the port: kill [0-9]* [0-9]* [0-9]*$'
            jbangw check_port --stop 3005 | grep -o 'not stopped' # once, and not once an address
            jbangw check_port 3005 | pasted 'to free the port'
            jbangw check_port 3005 --wait
            """);
        assertEquals("Port 3101: available  Codex MCP Server  stopped PYTHON\n1\nnot stopped\n"
            + "Port 3005: available  DevFlow Orchestrator\n", result.out().replaceFirst("\\S*python3 .*", "PYTHON"), result.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"DASHBOARD_PORT=3101 X_PORT=3150 Y_PORT=3150 CODEX_MCP_PORT=3200",
        "ORCHESTRATOR_PORT=3101 CORE_PORT=3120 GRPC_X_PORT=3120 MCP_PORT=3120", "CCTOOLS_GRPC_PORT=3101", "CODEX_MCP_PORT=50051"})
    void separatesServicesOfOnePort(String settings) throws Exception {
        Script.Result result = run("""
            printf '%%s\\n' %s >.env
            for i in 1 2 3; do jbangw port_status --all | pasted 'to separate the services'; done >/dev/null
            jbangw port_status --all --json | grep -c shared-port
            """.formatted(settings));
        assertEquals("0\n", result.out(), result.err());
    }

    /** Whoever reads what a start script prints has sourced nothing and may be anywhere. */
    @Test
    void helpsAndThatOfFunctionsRunsAnywhere() throws Exception {
        Script.Result result = run("""
            jbangw check_port 2>&1 | sed 's/.*see /see: /' | pasted see | head -n 1
            . "$clone/scripts/devflow-ports.sh"
            pasted() { sed -n "s/^.*$1: //p" >../commands; (cd / && env -u DEVFLOW_PORTS_DIR bash "$OLDPWD/../commands"); }
            cd .
            check_port_available 2>&1 | sed 's/.*see /see: /' | pasted see | head -n 1
            """);
        assertEquals("Usage: check_port [OPTIONS] TARGET...\n".repeat(2), result.out(), result.err());
    }
}
