import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real thing: through jbangw and JBang, in a home that was empty before. */
@Order(1)
class JbangTest {

    private static final List<String> SCRIPTS = List.of("check_port", "find_port", "port_status", "health_all");

    @TempDir
    Path elsewhere;

    private static Script prepared(Script script) throws Exception {
        return Clone.first().prepared(script).env("XDG_CACHE_HOME", "");
    }

    private static Script jbangw(String... args) throws Exception {
        return prepared(Script.command(Script.CLONE.resolve("jbangw").toString()).with(args)).in(Script.CLONE);
    }

    /** A PATH with what every system has, and no java, mvn or jbang. */
    private String barePath() throws Exception {
        Path bin = Files.createDirectories(elsewhere.resolve("bin"));
        Script.Result links = prepared(Script.command("sh", "-ec", "for name; do ln -sf \"$(command -v \"$name\")\" .; done", "sh",
            "bash", "env", "mkdir", "mktemp", "rm", "mv", "sed", "grep", "flock", "sha256sum", "cat", "readlink")).in(bin).run();
        assertEquals(0, links.exit(), links.err());
        return bin.toString();
    }

    private static void assertOneLine(Script.Result result, String part) {
        assertEquals(List.of(2, ""), List.of(result.exit(), result.out()), result.err());
        assertTrue(result.err().startsWith("devflow-ports: ") && result.err().contains(part), result.err());
        assertEquals(1, result.err().lines().filter(line -> !line.contains("fetching")).count(), result.err());
    }

    @Test
    void answersAndExitCodesPassThrough() throws Exception {
        try (ServerSocket listener = Sockets.listener("127.0.0.1")) {
            Script.Result result = jbangw("check_port", "" + listener.getLocalPort()).run();
            assertEquals(List.of(1, ""), List.of(result.exit(), result.err()));
            assertTrue(result.out().startsWith("Port " + listener.getLocalPort() + ": listening  "), result.out());
        }
        assertEquals(2, jbangw("check_port", "it's \"no\" $(port)").run().exit());
        assertEquals(2, jbangw("check_port", "", "3005").run().exit());
        assertEquals(2, jbangw("no_such_script").run().exit(), "JBang's own failure is no answer");
        assertEquals(2, jbangw("check_port", "x").env("LC_ALL", "C").run().exit());
        String port = "" + Sockets.freePort();
        assertEquals(new Script.Result(0, port + "\n", ""), jbangw("find_port", port)
            .env("JAVA_TOOL_OPTIONS", "-XX:+UseParallelGC -XX:+PrintCommandLineFlags").run());
    }

    @Test
    void theSecondStartNeedsNoNetwork() throws Exception {
        assertEquals(new Script.Result(0, "Port 3005: available  DevFlow Orchestrator\n", ""),
            jbangw("check_port", "3005").under(Namespace.unshare("--net")).run());
    }

    @Test
    void withoutAJdkSaysWhatToInstall() throws Exception {
        assertOneLine(jbangw("port_status").env("PATH", barePath()).env("JAVA_HOME", "").run(), "install a JDK 17 or later");
        assertOneLine(jbangw("port_status").env("PATH", barePath()).env("JAVA_HOME", "/nowhere").run(), "JAVA_HOME");
    }

    @Test
    void withoutMavenSaysWhatToInstallAndAJarThatIsNotTheKnownOneIsNotRun() throws Exception {
        String path = barePath();
        Script call = jbangw("port_status@devflow").env("HOME", elsewhere).env("PATH", path).env("JAVA_HOME", System.getProperty("java.home"));
        assertOneLine(call.run(), "neither jbang nor Maven found");
        Script.executable(Path.of(path, "mvn"), "echo junk >jbang-cli-0.132.1-all.jar\n");
        assertOneLine(call.run(), "its checksum differs");
        try (var files = Files.list(elsewhere.resolve(".cache/devflow-ports"))) {
            assertFalse(files.anyMatch(file -> file.toString().endsWith(".jar")));
        }
    }

    /** The settings may name a mirror, without which nothing can be fetched. */
    @Test
    void withoutANetworkSaysSoAndMavenGoesByTheUsersSettings() throws Exception {
        Path user = Files.createDirectories(elsewhere.resolve("a user/.m2")).getParent();
        Files.writeString(user.resolve(".m2/settings.xml"), "<settings><offline>true</offline><localRepository>"
            + elsewhere.resolve("repository") + "</localRepository></settings>");
        Script.Result result = jbangw("port_status@devflow").env("HOME", user).run();
        assertOneLine(result, "check the network");
        assertOneLine(result, elsewhere.resolve("repository").toString());
    }

    @Test
    void anInstalledJbangIsPreferred() throws Exception {
        String path = barePath();
        Script.executable(Path.of(path, "jbang"), "printf '<%s>' \"$@\"\nexit 7\n");
        assertEquals(new Script.Result(7, "<port_status@devflow><a b>", ""), jbangw("port_status@devflow", "a b").env("PATH", path).run());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--help", "help", "-h"})
    void explainsItselfWithoutColour(String argument) throws Exception {
        Script.Result result = (argument.isEmpty() ? jbangw() : jbangw(argument)).env("JAVA_HOME", "/nowhere").run();
        assertEquals(List.of(0, ""), List.of(result.exit(), result.err()));
        for (String name : List.of("check_port", "find_port", "port_status", "health_all", "install", "completion", "jbangw run --help")) {
            assertTrue(result.out().contains(name), result.out());
        }
        Script.Result help = argument.isEmpty() ? jbangw("run", "--help").run() : result;
        assertFalse((result + "" + help).contains("\033"), help.out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"check-port 3005", "health_al", "find 3005", "ports", "health_all.java 3005", "install --help", "install a b"})
    void explainsItselfForACallThatIsNearlyRight(String call) throws Exception {
        Script.Result result = jbangw(call.split(" ")).in(elsewhere).run();
        assertEquals(List.of(2, ""), List.of(result.exit(), result.out()));
        assertTrue(result.err().startsWith("usage: jbangw"), result.err());
    }

    @Test
    void installsLinksAndReplacesNothingElse() throws Exception {
        Path bin = elsewhere.resolve("my bin");
        String made = "linked check_port, find_port, port_status and health_all in " + bin + "\n";
        Script.Result result = jbangw("install", bin.toString()).run();
        assertEquals(List.of(0, made + bin + " is not on the PATH; to add it: export PATH='" + bin + "':$PATH\n"),
            List.of(result.exit(), result.out()), result.err());
        assertEquals(new Script.Result(0, made, ""), jbangw("install", "my bin").env("PATH", Clone.PATH + ":" + bin).in(elsewhere).run());
        String port = "" + Sockets.freePort();
        Script check = prepared(Script.command("env", "PATH=" + Clone.PATH + ":" + bin, "check_port", port)).in(elsewhere);
        assertEquals("Port " + port + ": available\n", check.run().out());
        Files.delete(bin.resolve("port_status"));
        Files.writeString(bin.resolve("port_status"), "mine");
        assertOneLine(jbangw("install", bin.toString()).run(), bin + "/port_status");
        assertEquals("mine", Files.readString(bin.resolve("port_status")));
        assertOneLine(jbangw("install", "").run(), "cannot make the folder ;");
        assertOneLine(jbangw("install", bin.resolve("port_status").toString()).run(), "cannot make the folder " + bin + "/port_status");
    }

    /** However the script was called: these are the last lines of its help, as printed. */
    @Test
    void theExamplesOfTheHelpRunAsPrinted() throws Exception {
        Path bin = elsewhere.resolve("bin");
        assertEquals(0, jbangw("install", bin.toString()).run().exit());
        for (String call : List.of(Script.CLONE + "/jbangw check_port", "./jbangw check_port", "check_port", "bin/check_port")) {
            Path folder = call.startsWith("./") ? Script.CLONE : elsewhere;
            String path = Clone.PATH + (call.startsWith("check") ? ":" + bin : "");
            Script.Result pasted = prepared(Script.command("bash", "-c", "eval \"$(" + call + " --help | grep ' 3005$' | head -n 1)\""))
                .env("PATH", path).in(folder).run();
            assertTrue(pasted.out().startsWith("Port 3005: "), call + ": " + pasted);
        }
    }

    @Test
    void completesOptionsAndTheNamesOfServicesAndGroups() throws Exception {
        Script.Result result = prepared(Script.command("bash", "-c", """
            . <("$jbangw" completion)
            complete_for() {
              COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
              "$(complete -p "$1" | sed 's/.* -F \\([^ ]*\\) .*/\\1/')" 2>/dev/null; echo "${COMPREPLY[@]}"
            }
            complete_for check_port code
            complete_for health_all core orch
            complete_for port_status --wat
            complete_for find_port --expo
            """)).run();
        assertEquals(new Script.Result(0, "codex-mcp\norchestrator orchestration\n--watch\n--export\n", ""), result);
    }

    @Test
    void aCopyOutsideItsCloneSaysWhatToDo() throws Exception {
        Files.copy(Script.CLONE.resolve("jbangw"), elsewhere.resolve("jbangw"));
        assertOneLine(Script.command(elsewhere.resolve("jbangw").toString(), "port_status").run(), "outside its clone");
    }

    // By every address that JBang takes: a path, a catalog's folder, a catalog's URL, and a script's own.

    /** Each must tell of this port, which is free. */
    private void assertAnswers(List<String> scripts, String before, String after) throws Exception {
        String port = "" + Sockets.freePort();
        for (String script : scripts) {
            Script.Result result = jbangw(before + script + after, port).in(elsewhere).run();
            assertEquals(script.equals("health_all") ? 1 : 0, result.exit(), before + script + after + ": " + result.err());
            assertTrue(result.out().contains(port), before + script + after + ": " + result);
        }
    }

    @Test
    void aPathAndACatalogsFolderAreAddresses() throws Exception {
        assertAnswers(List.of("check_port"), Script.CLONE + "/scripts/", ".java");
        assertEquals(0, jbangw("catalog", "add", "--name", "devflow", Script.CLONE.toString()).in(elsewhere).run().exit());
        assertAnswers(List.of("check_port"), "", "@devflow");
    }

    @Test
    void fromTheWebEachFileIsFetchedOnce() throws Exception {
        List<String> fetched = Collections.synchronizedList(new ArrayList<>());
        HttpServer web = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        web.createContext("/", exchange -> {
            Path file = Script.CLONE.resolve(exchange.getRequestURI().getPath().substring(1));
            if (Files.isRegularFile(file)) {
                fetched.add(Script.CLONE.relativize(file).toString());
                exchange.sendResponseHeaders(200, Files.size(file));
                Files.copy(file, exchange.getResponseBody());
            } else {
                exchange.sendResponseHeaders(404, -1);
            }
            exchange.close();
        });
        web.start();
        try {
            String url = "http://localhost:" + web.getAddress().getPort() + "/";
            assertEquals(0, jbangw("catalog", "add", "--global", "--name", "webflow", url + "jbang-catalog.json").in(elsewhere).run().exit());
            assertAnswers(SCRIPTS, "", "@webflow");
            assertAnswers(List.of("check_port"), url + "scripts/", ".java");
        } finally {
            web.stop(0);
        }
        try (Stream<Path> includes = Files.walk(Script.CLONE.resolve("scripts/include"))) {
            assertEquals(includes.map(file -> Script.CLONE.relativize(file).toString()).filter(file -> file.endsWith(".java")).sorted().toList(),
                fetched.stream().filter(file -> file.startsWith("scripts/include/")).sorted().toList(), "each belongs to a script");
        }
    }
}
