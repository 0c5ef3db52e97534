import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real thing: through jbangw and JBang, in a home that was empty before. */
class JbangTest {

    /** The PATH without an installed jbang, so that jbangw fetches its own. */
    static final String PATH = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .filter(folder -> !Files.exists(Path.of(folder, "jbang"))).collect(Collectors.joining(File.pathSeparator));

    @TempDir
    static Path home;

    /** What the four scripts answered at the very first start of each, all four at once. */
    private static List<Script.Result> firstAnswers;

    @TempDir
    Path elsewhere;

    @BeforeAll
    static void startAllAtOnceInAnEmptyHome() throws Exception {
        String port = "" + Sockets.freePort();
        ExecutorService four = Executors.newFixedThreadPool(4);
        List<Future<Script.Result>> answers = four.invokeAll(List.of(
            () -> jbangw("find_port", port, port).run(),
            () -> jbangw("check_port", port).run(),
            () -> jbangw("port_status", port).run(),
            () -> jbangw("health_all", port).run()));
        four.shutdown();
        firstAnswers = new ArrayList<>();
        for (Future<Script.Result> answer : answers) {
            firstAnswers.add(answer.get());
        }
        assertEquals(port + "\n", firstAnswers.get(0).out());
    }

    private static Script jbangw(String... args) {
        List<String> command = new ArrayList<>(List.of(Script.CLONE.resolve("jbangw").toString()));
        command.addAll(List.of(args));
        return Script.command(command.toArray(String[]::new))
            .env("PATH", PATH).env("HOME", home).env("XDG_CACHE_HOME", "").in(Script.CLONE);
    }

    /** A PATH with what every system has, and no java, mvn or jbang. */
    private String barePath() throws Exception {
        Path bin = Files.createDirectories(elsewhere.resolve("bin"));
        for (String program : List.of("bash", "env", "mkdir", "mktemp", "rm", "mv", "sed", "grep", "flock", "sha256sum", "cat", "readlink")) {
            for (String folder : PATH.split(File.pathSeparator)) {
                Path original = Path.of(folder, program);
                if (Files.isExecutable(original) && Files.notExists(bin.resolve(program))) {
                    Script.executable(bin.resolve(program), "exec " + original + " \"$@\"\n");
                }
            }
        }
        return bin.toString();
    }

    private static void assertOneLine(Script.Result result, String part) {
        assertEquals(List.of(2, ""), List.of(result.exit(), result.out()), result.err());
        assertTrue(result.err().startsWith("devflow-ports: ") && result.err().contains(part), result.err());
        assertEquals(1, result.err().lines().filter(line -> !line.contains("fetching")).count(), result.err());
    }

    @Test
    void theFirstStartsDoNotDisturbEachOther() {
        assertEquals(List.of(0, 0, 0, 1), firstAnswers.stream().map(Script.Result::exit).toList(), firstAnswers::toString);
        assertTrue(firstAnswers.stream().allMatch(answer -> answer.err().lines()
            .allMatch(line -> line.matches("devflow-ports: .*"))),
            firstAnswers::toString);
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
    void withoutMavenSaysWhatToInstall() throws Exception {
        assertOneLine(jbangw("port_status@devflow").env("HOME", elsewhere).env("PATH", barePath())
            .env("JAVA_HOME", System.getProperty("java.home")).run(), "neither jbang nor Maven found");
    }

    @Test
    void aJarThatIsNotTheKnownOneIsNotRun() throws Exception {
        String path = barePath();
        Script.executable(Path.of(path, "mvn"), "echo junk >jbang-cli-0.132.1-all.jar\n");
        assertOneLine(jbangw("port_status@devflow").env("HOME", elsewhere).env("PATH", path)
            .env("JAVA_HOME", System.getProperty("java.home")).run(), "its checksum differs");
        try (var files = Files.list(elsewhere.resolve(".cache/devflow-ports"))) {
            assertFalse(files.anyMatch(file -> file.toString().endsWith(".jar")));
        }
    }

    @Test
    void withoutANetworkSaysSo() throws Exception {
        assertOneLine(jbangw("port_status@devflow").env("HOME", elsewhere).under(Namespace.unshare("--net")).run(), "check the network");
    }

    /** They may name a mirror, without which nothing can be fetched. */
    @Test
    void mavenGoesByTheUsersSettings() throws Exception {
        Path user = Files.createDirectories(elsewhere.resolve("a user/.m2")).getParent();
        Files.writeString(user.resolve(".m2/settings.xml"), "<settings><offline>true</offline><localRepository>"
            + elsewhere.resolve("repository") + "</localRepository></settings>");
        assertOneLine(jbangw("port_status@devflow").env("HOME", user).run(), elsewhere.resolve("repository").toString());
    }

    @Test
    void anInstalledJbangIsPreferred() throws Exception {
        String path = barePath();
        Script.executable(Path.of(path, "jbang"), "printf '<%s>' \"$@\"\nexit 7\n");
        assertEquals(new Script.Result(7, "<port_status@devflow><a b>", ""), jbangw("port_status@devflow", "a b").env("PATH", path).run());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--help", "help", "-h"})
    void explainsItself(String argument) throws Exception {
        Script.Result result = (argument.isEmpty() ? jbangw() : jbangw(argument)).env("JAVA_HOME", "/nowhere").run();
        assertEquals(List.of(0, ""), List.of(result.exit(), result.err()));
        for (String name : List.of("check_port", "find_port", "port_status", "health_all", "install", "completion", "jbangw run --help")) {
            assertTrue(result.out().contains(name), result.out());
        }
        assertFalse(result.out().contains("\033"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"check-port", "health_al", "find", "ports", "health_all.java"})
    void explainsItselfForANameThatIsNearlyRight(String name) throws Exception {
        Script.Result result = jbangw(name, "3005").run();
        assertEquals(List.of(2, ""), List.of(result.exit(), result.out()));
        assertTrue(result.err().startsWith("usage: jbangw"), result.err());
    }

    @Test
    void theHelpOfJbangHasNoColourInAPipe() throws Exception {
        Script.Result result = jbangw("run", "--help").run();
        assertFalse((result.out() + result.err()).contains("\033"), result.out() + result.err());
    }

    @Test
    void installsLinksAndReplacesNothingElse() throws Exception {
        Path bin = elsewhere.resolve("my bin");
        String made = "linked check_port, find_port, port_status and health_all in " + bin + "\n";
        Script.Result result = jbangw("install", bin.toString()).run();
        assertEquals(List.of(0, made + bin + " is not on the PATH; to add it: export PATH='" + bin + "':$PATH\n"),
            List.of(result.exit(), result.out()), result.err());
        assertEquals(new Script.Result(0, made, ""), jbangw("install", "my bin").env("PATH", PATH + ":" + bin).in(elsewhere).run());
        String port = "" + Sockets.freePort();
        Script check = Script.command("check_port", port).env("HOME", home).env("XDG_CACHE_HOME", "");
        assertEquals("Port " + port + ": available\n", check.under("env", "PATH=" + PATH + ":" + bin).in(elsewhere).run().out());
        Files.delete(bin.resolve("port_status"));
        Files.writeString(bin.resolve("port_status"), "mine");
        assertOneLine(jbangw("install", bin.toString()).run(), bin + "/port_status");
        assertEquals("mine", Files.readString(bin.resolve("port_status")));
    }

    /** However the script was called: these are the last lines of its help, as printed. */
    @Test
    void theExamplesOfTheHelpRunAsPrinted() throws Exception {
        Path bin = elsewhere.resolve("bin");
        assertEquals(0, jbangw("install", bin.toString()).run().exit());
        for (String call : List.of(Script.CLONE + "/jbangw check_port", "./jbangw check_port", "check_port", "bin/check_port")) {
            Path folder = call.startsWith("./") ? Script.CLONE : elsewhere;
            String path = PATH + (call.startsWith("check") ? ":" + bin : "");
            Script.Result result = Script.command("bash", "-c", "set -o pipefail; " + call + " --help | sed -n '/^Examples:/,$p'")
                .env("PATH", path).env("HOME", home).env("XDG_CACHE_HOME", "").in(folder).run();
            String example = result.out().lines().filter(line -> line.endsWith(" 3005")).findFirst().orElseThrow(() ->
                new AssertionError(call + ": " + result));
            Script.Result pasted = Script.command("bash", "-c", example)
                .env("PATH", path).env("HOME", home).env("XDG_CACHE_HOME", "").in(folder).run();
            assertTrue(pasted.out().startsWith("Port 3005: "), example + ": " + pasted);
        }
    }

    @Test
    void completesOptionsAndTheNamesOfServicesAndGroups() throws Exception {
        Script.Result result = Script.command("bash", "-c", """
            . <("$jbangw" completion)
            complete_for() {
              COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
              "$(complete -p "$1" | sed 's/.* -F \\([^ ]*\\) .*/\\1/')" 2>/dev/null; echo "${COMPREPLY[@]}"
            }
            complete_for check_port code
            complete_for health_all core orch
            complete_for port_status --wat
            complete_for find_port --expo
            """).env("jbangw", Script.CLONE.resolve("jbangw")).env("PATH", PATH).env("HOME", home).env("XDG_CACHE_HOME", "").run();
        assertEquals(new Script.Result(0, "codex-mcp\norchestrator orchestration\n--watch\n--export\n", ""), result);
    }

    @Test
    void aCopyOutsideItsCloneSaysWhatToDo() throws Exception {
        Files.copy(Script.CLONE.resolve("jbangw"), elsewhere.resolve("jbangw"));
        assertOneLine(Script.command(elsewhere.resolve("jbangw").toString(), "port_status").run(), "outside its clone");
    }
}
