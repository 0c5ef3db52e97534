import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
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
        for (String program : List.of("bash", "env", "mkdir", "mktemp", "rm", "mv", "sed", "cut", "grep", "flock", "sha256sum", "cat")) {
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
        assertTrue(result.err().startsWith("jbangw: ") && result.err().contains(part), result.err());
        assertEquals(1, result.err().lines().filter(line -> !line.contains("fetching")).count(), result.err());
    }

    @Test
    void theFirstStartsDoNotDisturbEachOther() {
        assertEquals(List.of(0, 0, 0, 1), firstAnswers.stream().map(Script.Result::exit).toList(), firstAnswers::toString);
        assertTrue(firstAnswers.stream().allMatch(answer -> answer.err().lines()
            .allMatch(line -> line.matches("(devflow-ports|jbangw): .*"))),
            firstAnswers::toString);
    }

    @Test
    void answersAndExitCodesPassThrough() throws Exception {
        try (ServerSocket listener = Sockets.listener("127.0.0.1")) {
            Script.Result result = jbangw("check_port", "" + listener.getLocalPort()).run();
            assertEquals(List.of(1, ""), List.of(result.exit(), result.err()));
            assertTrue(result.out().startsWith("Port " + listener.getLocalPort() + ": listening  pid "), result.out());
        }
        assertEquals(2, jbangw("check_port", "it's \"no\" $(port)").run().exit());
        assertOneLine(jbangw("check_port@devflow", "", "3005").run(), "an argument is empty");
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
            .env("JAVA_HOME", System.getProperty("java.home")).run(), "did not bring");
        try (var files = Files.walk(elsewhere.resolve(".cache"))) {
            assertFalse(files.anyMatch(file -> file.toString().endsWith(".jar")));
        }
    }

    /** The jar of JBang and the archive of its classes: cut, so that it shows at once, or only when the JVM crashes. */
    @Test
    void whatIsDamagedIsFetchedOrMadeAnew() throws Exception {
        Path cache = elsewhere.resolve("cache");
        String port = "" + Sockets.freePort();
        Script check = jbangw(Script.CLONE + "/scripts/check_port.java", port).env("XDG_CACHE_HOME", cache).in(elsewhere);
        String available = "Port " + port + ": available\n";
        assertEquals(available, check.run().out());
        List<Path> parts;
        try (var files = Files.list(cache.resolve("devflow-ports"))) {
            parts = files.filter(file -> file.toString().matches(".*\\.(jar|jsa)")).toList();
        }
        assertEquals(2, parts.size(), parts::toString);
        for (Path part : parts) {
            for (boolean isTimeKept : new boolean[] {false, true}) {
                FileTime time = Files.getLastModifiedTime(part);
                assertEquals(0, Script.bash("chmod u+w \"$part\" && truncate --size=500000 \"$part\"").env("part", part).run().exit());
                if (isTimeKept) {
                    Files.setLastModifiedTime(part, time);
                }
                Script.Result first = check.run();
                assertTrue(first.out().equals(available) || isTimeKept && first.exit() == 2 && first.out().isEmpty(), part + ": " + first);
                assertEquals(available, check.run().out(), part.toString());
            }
        }
    }

    @Test
    void withoutANetworkSaysSo() throws Exception {
        assertOneLine(jbangw("port_status@devflow").env("HOME", elsewhere).under(Namespace.unshare("--net")).run(), "is there no network?");
    }

    /** Nor what the PATH has none of: 127 would be for a script that does not exist. */
    @Test
    void withoutAPathIsNoAnswer() throws Exception {
        for (String path : List.of("", "/nowhere")) {
            assertEquals(2, jbangw("check_port", "3005").env("PATH", path).env("JAVA_HOME", "").run().exit());
        }
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
}
