import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** scripts/launch on a tiny clone and a cache of its own, which the tests damage one after the other. */
@Order(3)
@Execution(ExecutionMode.SAME_THREAD)
class LaunchTest {

    @TempDir
    static Path folder;

    /** Nothing takes it: the tiny program only prints it. */
    private static final String PORT = "4711";

    private static Clone clone;
    private static Path jar;

    @TempDir
    Path work;

    @BeforeAll
    static void buildTheClone() throws Exception {
        clone = Clone.tiny(folder);
        Script.Result first = clone.launch("find_port", "1024").run();
        assertEquals(0, first.exit(), first.err());
        jar = clone.reuseJar();
    }

    private Script launch(String... args) {
        return clone.launch(args).in(work);
    }

    private Script function(String call) {
        return clone.prepared(Script.command("bash", "-c", ". \"$ports\"\n" + call)).in(work).env("DEVFLOW_PORTS_DEBUG", 1);
    }

    /** Every answer must be right, and the second call must need no build. */
    private void assertHeals(String what) throws Exception {
        for (int call = 1; call <= 2; call++) {
            Script.Result result = launch("find_port", PORT, PORT).run();
            assertEquals(List.of(0, PORT + "\n"), List.of(result.exit(), result.out()), what + ": " + result.err());
            assertFalse(result.err().contains("through JBang"), what + ": " + result.err());
            assertFalse(call == 2 && result.err().matches("(?s).*(builds in|no answer).*"), what + ": " + result.err());
        }
        assertTrue(Files.size(clone.build().resolve("classes")) > 1_000_000, what + ": no archive");
        assertEquals(0, work.toFile().list().length, what);
    }

    private void assertAnswersAtOnce(Script call) throws Exception {
        assertEquals(new Script.Result(0, PORT + "\n", ""), call.env("DEVFLOW_PORTS_DEBUG", "").run());
    }

    private static void assertOneSentence(String part, Script.Result result) {
        assertEquals(List.of(2, ""), List.of(result.exit(), result.out()), result.err());
        assertTrue(result.err().contains(part) && result.err().lines().count() == 1, result.err());
    }

    private static void shell(String text, Object... args) throws Exception {
        Object[] quoted = Stream.of(args).map(arg -> arg instanceof Path ? "'" + ("" + arg).replace("'", "'\\''") + "'" : arg).toArray();
        Script.Result result = Script.command("sh", "-ec", String.format(text, quoted)).run();
        assertEquals(0, result.exit(), result.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"truncate -s 500000 classes && touch -r time classes", "printf garbage >program.jar", "rm jdk",
        "printf garbage >../current"})
    void buildsAnewWhatIsDamaged(String damage) throws Exception {
        shell("cd %1$s && touch -r classes time && chmod u+w classes && %2$s", clone.build(), damage);
        assertHeals(damage); // With its time kept, only the JVM can notice.
    }

    @Test
    void buildsAnewIfABuildWasKilled() throws Exception {
        Files.deleteIfExists(clone.place().resolve("current"));
        Process building = launch("find_port", PORT, PORT).builder().redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD).start();
        if (!building.waitFor(new Random().nextInt(1500), TimeUnit.MILLISECONDS)) {
            List<ProcessHandle> children = building.descendants().toList();
            building.destroyForcibly();
            children.forEach(ProcessHandle::destroyForcibly);
        }
        building.waitFor();
        assertHeals("killed");
        assertEquals(3, clone.place().toFile().list().length, "the lock, the build, and the name of the build");
    }

    @Test
    void callsInOtherLocalesBuildNothing() throws Exception {
        for (String locale : List.of("C", "C.UTF-8", "POSIX", "de_DE.ISO-8859-1", "de_DE.UTF-8")) {
            assertAnswersAtOnce(launch("find_port", PORT, PORT).env("LC_ALL", "").env("LANG", locale));
        }
    }

    @Test
    void answersFromACacheThatCannotBeWritten() throws Exception {
        String[] readOnly = {"sh", "-c", "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && exec \"$@\"", folder.toString()};
        assertAnswersAtOnce(launch("find_port", PORT, PORT).under(readOnly).under(Namespace.unshare("--mount")));
        assertOneSentence("set XDG_CACHE_HOME", launch("find_port", PORT, PORT).env("XDG_CACHE_HOME", folder.resolve("none"))
            .env("DEVFLOW_PORTS_DEBUG", "").under(readOnly).under(Namespace.unshare("--mount")).run());
    }

    /** The owner of each part in turn is another user, who has put a build there; or the part is a link. */
    @ParameterizedTest
    @ValueSource(strings = {"", "devflow-ports", "devflow-ports/launch", "PLACE"})
    void runsNothingThatAnotherUserMade(String part) throws Exception {
        assumeTrue(Namespace.IS_ROOT, "only root can give a file away");
        Path home = work.resolve("home");
        shell("mkdir -m 777 %1$s && cp -a %2$s %1$s/.cache", home, clone.cache());
        Path planted = home.resolve(".cache").resolve(part.replace("PLACE", clone.cache().relativize(clone.place()).toString()));
        Script call = launch("find_port", PORT, PORT).env("HOME", home).env("XDG_CACHE_HOME", "").env("DEVFLOW_PORTS_DEBUG", "");
        assertEquals(PORT + "\n", call.run().out());
        shell("chown 1234 %1$s", planted);
        assertOneSentence("set XDG_CACHE_HOME to a folder that belongs to you", call.run());
        if (!part.isEmpty()) {
            shell("chown root %1$s && mv %1$s %2$s/theirs && ln -s %2$s/theirs %1$s", planted, work);
            assertOneSentence("set XDG_CACHE_HOME to a folder that belongs to you", call.run());
        }
    }

    @Test
    void makesNothingInAnotherUsersHome() throws Exception { // as with sudo -E
        assumeTrue(Namespace.IS_ROOT, "only root can give a folder away");
        shell("mkdir %1$s/home && chown 1234 %1$s/home", work);
        assertAnswersAtOnce(launch("find_port", PORT, PORT).env("HOME", work.resolve("home")));
        shell("rmdir %1$s/home", work);
    }

    @Test
    void aSignalToTheLauncherEndsTheScript() throws Exception {
        for (String signal : List.of("TERM", "USR1")) { // A job in the background ignores INT, and nohup ignores HUP.
            Script.Result result = Script.command("bash", "-c", """
                set -m
                "$launch" health_all waits >out &
                until [ -s out ]; do sleep 0.1; done
                kill -$signal $!
                wait $!
                echo $?
                ps -e -o args= | grep -c "[j]ava.*$build"
                rm out
                echo $((SECONDS < 30))
                """).env("launch", clone.scripts().resolve("launch")).env("signal", signal)
                .env("build", clone.build().getFileName()).env("XDG_CACHE_HOME", clone.cache())
                .env("JAVA_HOME", System.getProperty("java.home")).in(work).run();
            assertTrue(result.out().matches("1(29|38|43)\n0\n1\n"), signal + ": " + result.out() + result.err());
        }
    }

    @Test
    void aJvmThatIsKilledOrFindsNoMemoryDoesNotCostTheBuild() throws Exception {
        Path build = clone.build();
        Process waiting = launch("health_all", "waits").builder().redirectErrorStream(true).start();
        ProcessHandle java = null;
        while (java == null) {
            Thread.sleep(20);
            java = waiting.children().filter(child -> child.info().command().orElse("").endsWith("/bin/java")).findFirst().orElse(null);
        }
        java.destroyForcibly();
        assertEquals(2, waiting.waitFor());
        assertEquals(2, function("ulimit -v 200000; check_port_available " + PORT).run().exit());
        function("ulimit -v 1000000; check_port_available " + PORT).run();
        assertTrue(Files.exists(build));
        assertHeals("enough memory");
    }

    @Test
    void theFirstBuildHasAnArchiveOfTheWholeProgramWhichNeedsFewFiles() throws Exception {
        Clone first = Clone.first();
        assertTrue(Files.size(first.build().resolve("classes")) > 15_000_000, "classes are missing in the archive");
        assertEquals(new Script.Result(0, "", ""), first.prepared(Script.command("bash", "-c",
            "ulimit -n 10; . \"$ports\"; check_port_available " + Sockets.freePort())).in(work).run());
    }

    @Test
    void otherShellsAreToldThatTheyAreNotBash() throws Exception {
        Script.Result dash = clone.prepared(Script.command("dash", "-ec", ". \"$ports\"\necho not reached")).run();
        assertEquals(new Script.Result(2, "", "devflow-ports.sh: needs bash\n"), dash);
    }

    /** As on macOS and Alpine: no flock, no sha256sum, and tools that know what POSIX has and little more. */
    @ParameterizedTest
    @ValueSource(strings = {"busybox", "toybox"})
    void buildsWithToolsThatAreNotGnus(String box) throws Exception {
        assumeTrue(Servers.isOnPath(box), box + " is not installed");
        Path hidden = jar.resolveSibling("hidden.jar");
        Files.move(jar, box.equals("busybox") ? hidden : jar); // with JBang as well
        shell("""
            cd %1$s
            for tool in cat chmod cp cut env grep ln ls mkdir mktemp mv readlink rm sed touch; do
              ! %2$s $tool --help >/dev/null 2>&1 || ln -s "$(command -v %2$s)" $tool
            done
            for tool in bash perl shasum env; do [ -e $tool ] || ln -s "$(command -v $tool)" $tool; done
            ln -s %3$s/jbangw.real ports
            rm %4$s/current
            """, work, box, clone.folder(), clone.place());
        Script.Result result = clone.prepared(Script.command("bash", "-c", ". \"$ports\"; find_available_port " + PORT + " " + PORT
            + "; ./ports find_port " + PORT + " " + PORT)).in(work).env("PATH", work).env("DEVFLOW_PORTS_DEBUG", 1).run();
        assertEquals(List.of(0, (PORT + "\n").repeat(2)), List.of(result.exit(), result.out()), result.err());
        assertEquals(1, result.err().split("builds in").length - 1, result.err());
        assertFalse(result.err().contains("through JBang"), result.err());
        assertTrue(Files.readString(clone.place().resolve("current")).contains("-Xshare:on"), "the options");
        Files.move(box.equals("busybox") ? hidden : jar, jar);
    }

    @Test
    void withoutAWorkingDirectoryOrAPathThereIsNoAnswer() throws Exception {
        Script.Result result = function("mkdir gone && cd gone && rmdir ../gone && check_port_available " + PORT + "; echo $?").run();
        assertEquals("2\n", result.out());
        assertTrue(result.err().lines().count() == 1 && result.err().contains("current directory"), result.err());
        for (String path : List.of("", "/nowhere")) {
            result = function("PATH=" + path + " JAVA_HOME=\ncheck_port_available " + PORT + "; echo $?").run();
            assertEquals("2\n", result.out(), result.err());
        }
    }
}
