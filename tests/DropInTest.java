import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** devflow-ports.sh, sourced by real bash, in a clone whose path has spaces. */
@Order(4)
class DropInTest {

    /** The shell functions that the file replaces, word for word. */
    private static final String DOCUMENTED = """
        check_port_available() {
            local port=$1
            ! netstat -an | grep -q ":${port}.*LISTEN"
        }
        find_available_port() {
            local base_port=$1
            local max_port=$2
            for ((port=base_port; port<=max_port; port++)); do
                if check_port_available $port; then
                    echo $port
                    return
                fi
            done
            echo "ERROR: No available ports in range $base_port-$max_port"
            return 1
        }
        devflow_port_status() {
            echo "=== DevFlow Port Status ==="
            for port in 3002 3003 3004 3005 3006 3101 3200 3201 50051; do
                if netstat -an | grep -q ":${port}.*LISTEN"; then
                    echo "Port $port: ✅ ACTIVE"
                else
                    echo "Port $port: ❌ INACTIVE"
                fi
            done
        }
        """;

    @TempDir
    static Path shared;

    private static Clone clone;

    @TempDir
    Path folder;

    @BeforeAll
    static void copyTheClone() throws Exception {
        clone = Clone.first().copyTo(shared.resolve("a clone/with 'spaces'"));
    }

    private static Script bash(Path folder, String script) {
        return bash(clone, folder, script);
    }

    private static Script bash(Clone clone, Path folder, String script) {
        return clone.prepared(Script.command("bash", "-c", "set -euo pipefail\n. \"$ports\"\n" + script)).in(folder);
    }

    private Script namespaced(String script) throws Exception {
        return clone.prepared(Namespace.bash(folder, script));
    }

    @Test
    void answersLikeTheFunctionsThatItReplaces() throws Exception {
        assumeTrue(Servers.isOnPath("netstat"), "netstat is not installed");
        String calls = """
            for port in 3002 3333; do check_port_available $port && echo "$port: 0" || echo "$port: $?"; done
            find_available_port 3100 3199
            find_available_port 3101 3102 2>&1 || echo $?
            devflow_port_status
            echo $?
            """;
        Script.Result result = namespaced("set +e\nlisten 3002 3004; listen 3101 3102; listen 50051 50051\n"
            + "{ . \"$ports\"\n" + calls + "} >ours\n" + DOCUMENTED + "{\n" + calls + "} >documented\ndiff documented ours && cat ours\n")
            .run();
        assertTrue(result.out().startsWith("3002: 1\n3333: 0\n3100\nERROR: No available ports in range 3101-3102\n1\n"
            + "=== DevFlow Port Status ===\nPort 3002: ✅ ACTIVE\n"), result.out() + result.err());
    }

    @Test
    void isRightWhereTheyAreWrong() throws Exception {
        Script.Result result = namespaced("""
            . "$ports"
            listen 30021 30021
            check_port_available 3002 && echo "3002 is free"
            connect 50051 50051
            check_port_available 50051 || echo "50051 is held"
            PORT=$(find_available_port 50051 50051 2>/dev/null) || echo "none: '$PORT'"
            for wrong in 0 99999 abc 03002 'x[$(touch evaluated)]'; do
              find_available_port "$wrong" 3106 2>/dev/null || echo "$wrong: $?"
            done
            check_port_available 2>/dev/null || echo "nothing: $?"
            ls
            """).run();
        assertEquals("""
            3002 is free
            50051 is held
            none: ''
            0: 2
            99999: 2
            abc: 2
            03002: 2
            x[$(touch evaluated)]: 2
            nothing: 2
            """, result.out(), result.err());
    }

    @Test
    void leaksNothing() throws Exception {
        String state = "{ compgen -v; compgen -A function; set -o; shopt; trap; umask; pwd; }"
            + " | grep -v -e BASH_ -e PIPESTATUS -e _LINENO -e '^_$' -e before -e after";
        Script.Result result = clone.prepared(Script.command("bash", "-c", "before=$(" + state + ")\nafter=\n. \"$ports\"\n"
            + "check_port_available 0 2>/dev/null; find_available_port 1 >/dev/null 2>&1; devflow_port_status >/dev/null\n"
            + "after=$(" + state + ")\ndiff <(printf '%s\n' \"$before\") <(printf '%s\n' \"$after\") | grep '^[<>]'"))
            .in(folder).run();
        Pattern ours = Pattern.compile("> (devflow_|DEVFLOW_|check_port_available|find_available_port).*");
        assertTrue(!result.out().isEmpty() && result.out().lines().allMatch(line -> ours.matcher(line).matches()),
            result.out() + result.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"set -f; IFS=/; cd /; umask 000", "set -o posix -o noclobber -k", "shopt -s nullglob failglob; exec 9</dev/null <&-",
        "readonly status=7 java=1 build=1 kind=1 file=1 name=1 scripts=1", "set -ET; trap 'echo trapped >&2' DEBUG EXIT ERR"})
    void worksInAnyShell(String setting) throws Exception {
        assertEquals("2\n", bash(folder, setting + "\ncheck_port_available 0 2>/dev/null || echo $?").run().out());
    }

    private static String debug(Script script) throws Exception {
        Script.Result result = script.env("DEVFLOW_PORTS_DEBUG", 1).run();
        assertEquals("2\n", result.out(), result.err());
        return result.err();
    }

    private Script call(Clone own) {
        return bash(own, folder, "check_port_available 0 || echo $?");
    }

    /** One after the other, because they change what the others use. */
    @Test
    void buildsAgainOnceIfASourceOrTheJdkHasChanged() throws Exception {
        Clone own = Clone.tiny(folder);
        assertTrue(debug(call(own)).contains("builds in"));
        String warm = debug(call(own));
        assertTrue(warm.contains("java in") && !warm.contains("builds in"), warm);
        // Older than what was built of it, as a deployment, or git checkout of an older commit, may leave it.
        Path include = own.scripts().resolve("include/command/PortCommand.java");
        Files.writeString(include, Files.readString(include).replace("is not a port;", "is no port;"));
        Files.setLastModifiedTime(include, FileTime.from(1, TimeUnit.DAYS));
        Script.Result many = bash(own, folder, """
            for i in 1 2 3 4 5 6 7 8; do find_available_port 1024 >out$i & pids+=" $!"; done
            for pid in $pids; do wait $pid; done
            cat out* | sort -u | wc -l
            """).env("DEVFLOW_PORTS_DEBUG", 1).run();
        assertEquals("1", many.out().strip(), many.err());
        assertEquals(1, many.err().lines().filter(line -> line.contains("builds in")).count(), many.err());
        assertTrue(debug(call(own)).contains("is no port;"));
        own.reuseJar();
        Path otherJdk = Files.createSymbolicLink(folder.resolve("jdk"), Path.of(System.getProperty("java.home")));
        for (int turn = 1; turn <= 2; turn++) {
            assertEquals(turn == 1, debug(call(own).env("JAVA_HOME", otherJdk)).contains("builds in"));
            assertFalse(debug(call(own)).contains("builds in"));
        }
    }

    /** Nor retried through JBang, though the caller goes on after the interrupt. */
    @Test
    void aBuildThatIsInterruptedIsNoAnswer() throws Exception {
        Script.assumeInterruptible();
        Clone own = Clone.tiny(folder);
        Script.Result result = own.prepared(Script.command("bash", "-c", """
            trap 'echo trapped' INT
            . "$ports"
            set -m
            (
              trap : INT
              check_port_available 1024
              echo $?
            ) &
            until [ -d "$place"/build.*/scratch/jbang ]; do sleep 0.1; done # its JVM runs
            kill -INT -- -$!
            wait $!
            """)).env("place", own.place()).env("DEVFLOW_PORTS_DEBUG", 1).in(folder).run();
        assertEquals("130\n", result.out(), result.err());
        assertFalse(result.err().contains("through JBang"), result.err());
    }

    @Test
    void isSourcedThroughALink() throws Exception {
        Files.createSymbolicLink(Files.createDirectory(folder.resolve("bin")).resolve("one.sh"), Path.of("two.sh"));
        Path link = Files.createSymbolicLink(folder.resolve("bin/two.sh"), clone.scripts().resolve("devflow-ports.sh"));
        assertFalse(debug(call(clone).env("ports", "bin/one.sh")).contains("builds in"));
        assertFalse(debug(call(clone).env("ports", clone.folder().resolve("../with 'spaces'/scripts/devflow-ports.sh")))
            .contains("builds in"));
        Files.delete(link);
    }

    /** As the XDG specification has it; else, each folder would get a cache. */
    @Test
    void aRelativeCacheIsIgnored() throws Exception {
        assertFalse(debug(call(clone).env("XDG_CACHE_HOME", "cache")).contains("builds in"));
        Script.Result result = bash(folder, "devflow_assign_ports 2>/dev/null || true; ls").env("XDG_CACHE_HOME", "cache").run();
        assertEquals("", result.out(), result.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {".:%s", "%s:"})
    void whatLiesInTheWorkingDirectoryIsNotRun(String path) throws Exception {
        for (String program : List.of("java", "javac", "jbang", "mvn", "flock", "sed")) {
            Script.executable(folder.resolve(program), "echo planted\ntouch planted\n");
        }
        Files.writeString(folder.resolve("jbang-catalog.json"), "{\"aliases\": {\"check_port\": {\"script-ref\": \"planted.java\"}}}");
        String planted = String.format(path, System.getenv("PATH"));
        Script.Result result = bash(Clone.tiny(folder.resolve("tiny")), folder, """
            for turn in build use; do check_port_available 0 || echo $?; done
            "$jbangw" "${ports%/*}/devflow_ports.java" 0 || echo $?
            """).env("PATH", planted).env("JAVA_HOME", "").run();
        assertEquals("2\n2\n2\n", result.out(), result.err());
        assertFalse(Files.exists(folder.resolve("planted")));
    }

    @Test
    void theStatusIsPlainUnlessAnotherFormIsAskedFor() throws Exception {
        Script.Result result = bash(folder, "devflow_port_status --json; devflow_port_status --all | head -2").run();
        assertTrue(result.out().startsWith("{\"ports\":["), result.out() + result.err());
        assertTrue(result.out().contains("\n=== DevFlow Port Status ===\nPort "), result.out());
    }
}
