import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** scripts/launch on a clone and in a cache of its own, whatever happens to them: one thing after the other. */
@Order(1) // it takes longest
@Execution(ExecutionMode.SAME_THREAD)
class LaunchTest {

    /** More kills and more damage with -Dfuzz. */
    private static final int FUZZ = Integer.getInteger("fuzz", 1);

    private enum Damage { CUT, EMPTIED, OVERWRITTEN, CUT_WITH_ITS_TIME_KEPT }

    @TempDir
    static Path folder;

    private static Clone clone;
    private static Path build;

    @TempDir
    Path work;

    private String port;

    @BeforeAll
    static void copyTheClone() throws Exception {
        clone = Clone.withCache(folder.resolve("a clone"), folder.resolve("cache"));
        build = clone.build();
    }

    @BeforeEach
    void choosePort() throws Exception {
        port = "" + Sockets.freePort();
    }

    private Script launch(String... args) {
        return clone.launch(args).in(work);
    }

    private Script function(String call) {
        return clone.prepared(Script.command("bash", "-c", ". \"$ports\"\n" + call)).in(work).env("DEVFLOW_PORTS_DEBUG", 1);
    }

    /** Asks until the answer needs no build, which is the second time at the latest; every answer must be right. */
    private void assertHeals(String what) throws Exception {
        for (int call = 1; call <= 2; call++) {
            Script.Result result = launch("find_port", port, port).run();
            assertEquals(List.of(0, port + "\n"), List.of(result.exit(), result.out()), what + ": " + result.err());
            assertFalse(result.err().contains("through JBang"), what + ": " + result.err());
            assertFalse(call == 2 && result.err().matches("(?s).*(builds in|no answer).*"), what + ": " + result.err());
        }
        assertTrue(Files.size(build.resolve("classes")) > 1_000_000, what + ": no archive");
        try (Stream<Path> left = Files.list(work)) {
            assertEquals(List.of(), left.toList(), what);
        }
    }

    private static void damage(Path file, Damage damage) throws IOException {
        assertTrue(file.toFile().setWritable(true));
        FileTime time = Files.getLastModifiedTime(file);
        try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw")) {
            switch (damage) {
                case CUT, CUT_WITH_ITS_TIME_KEPT -> content.setLength(content.length() / 3);
                case EMPTIED -> content.setLength(0);
                case OVERWRITTEN -> content.write("garbage ".repeat(64).getBytes());
            }
        }
        if (damage == Damage.CUT_WITH_ITS_TIME_KEPT) {
            Files.setLastModifiedTime(file, time);
        }
    }

    @Test
    void healsWhateverPartOfTheBuildIsDamaged() throws Exception {
        assertHeals("first");
        Random random = new Random();
        List<String> parts = List.of("classes", "program.jar", "java.args", "stamp");
        for (String part : parts) {
            List<Damage> damages = FUZZ > 1 ? List.of(Damage.values()) : List.of(Damage.values()[random.nextInt(3)]);
            for (Damage damage : damages) {
                damage(build.resolve(part), damage);
                assertHeals(part + " " + damage);
            }
        }
    }

    /** The archive looks as it was built, so that only the JVM notices, by crashing. */
    @Test
    void theAnswerOfAJvmThatCrashedIsNoAnswer() throws Exception {
        assertHeals("first");
        damage(build.resolve("classes"), Damage.CUT_WITH_ITS_TIME_KEPT);
        Script.Result result = function("p=$(find_available_port " + port + ") && echo \"'$p'\"").run();
        assertTrue(result.out().equals("'" + port + "'\n") || result.out().isEmpty() && result.exit() == 2, result.out() + result.err());
        assertHeals("crashed");
    }

    @Test
    void aBuildThatWasKilledIsMadeAnew() throws Exception {
        Random random = new Random();
        for (int kill = 0; kill < 2 * FUZZ; kill++) {
            Process building = launch("find_port", port, port).builder().redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            if (!building.waitFor(random.nextInt(8000), TimeUnit.MILLISECONDS)) {
                List<ProcessHandle> children = building.descendants().toList();
                building.destroyForcibly();
                children.forEach(ProcessHandle::destroyForcibly);
            }
            building.waitFor();
            assertHeals("kill " + kill);
            Files.delete(build.resolve("stamp"));
        }
    }

    /** As an archive or the build of an image leaves them. */
    @Test
    void sourcesThatChangedWithTheirTimesKeptAreBuilt() throws Exception {
        assertHeals("first");
        Path script = clone.scripts().resolve("check_port.java");
        FileTime time = Files.getLastModifiedTime(script);
        String text = Files.readString(script);
        try {
            Files.writeString(script, text.replace("which port?", "what port?"));
            Files.setLastModifiedTime(script, time);
            Script.Result result = launch("check_port").run();
            assertEquals(2, result.exit(), result.err());
            assertTrue(result.err().contains("ERROR: what port?"), result.err());
        } finally {
            Files.writeString(script, text);
        }
    }

    @Test
    void clearsAwayWhatWasBuiltForClonesThatAreGone() throws Exception {
        Path gone = Files.createDirectories(clone.cache().resolve("devflow-ports/launch/usr/bin/java/gone/scripts"));
        Files.writeString(gone.resolve("clone"), folder.resolve("gone") + "\n");
        Files.writeString(gone.resolve("classes"), "");
        Files.deleteIfExists(build.resolve("stamp"));
        assertHeals("first");
        assertFalse(Files.exists(gone));
    }

    @Test
    void answersFromACacheThatCannotBeWritten() throws Exception {
        assertHeals("first");
        Script.Result result = launch("find_port", port, port).env("DEVFLOW_PORTS_DEBUG", "")
            .under("sh", "-c", "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && exec \"$@\"",
                clone.cache().toString()).under(Namespace.unshare("--mount")).run();
        assertEquals(new Script.Result(0, port + "\n", ""), result);
    }

    @Test
    void makesNothingInAnotherUsersHome() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "only root can give a folder away");
        Path home = Files.createDirectory(work.resolve("home"));
        Path own = work.resolve("cache");
        assertEquals(0, Script.command("chown", "1234", home.toString()).run().exit());
        Script.Result first = launch("find_port", port, port).env("HOME", home).env("XDG_CACHE_HOME", own).run();
        assertEquals(port + "\n", first.out(), first.err());
        assertTrue(first.err().contains(home + " belongs to another user"), first.err());
        Script.Result second = launch("find_port", "--json", port).env("HOME", home).env("XDG_CACHE_HOME", own)
            .env("DEVFLOW_PORTS_DEBUG", "").run();
        assertEquals(List.of(0, ""), List.of(second.exit(), second.err()), "said once");
        try (Stream<Path> made = Files.list(home)) {
            assertEquals(List.of(), made.toList());
        }
    }

    @Test
    void aSignalToTheLauncherEndsTheScript() throws Exception {
        assertHeals("first");
        for (String signal : List.of("TERM", "HUP")) { // not INT, which could be ignored here, as it is by a job in the background
            Script.Result result = Script.command("bash", "-c", """
                set -m
                "$launch" port_status --json --watch=0.1 >out &
                until [ -s out ]; do sleep 0.1; done
                kill -$signal $!
                wait $!
                echo $?
                ps -e -o args= | grep -c "[j]ava.*$build"
                rm out
                """).env("launch", clone.scripts().resolve("launch")).env("signal", signal)
                    .env("build", build).env("XDG_CACHE_HOME", clone.cache())
                .env("JAVA_HOME", System.getProperty("java.home")).in(work).run();
            assertTrue(result.out().matches("1(29|30|43)\n0\n"), signal + ": " + result.out() + result.err());
        }
    }

    @Test
    void aJvmThatIsKilledDoesNotCostTheBuild() throws Exception {
        assertHeals("first");
        Process waiting = launch("health_all", "--wait=600", port).builder().redirectErrorStream(true).start();
        ProcessHandle java = null;
        while (java == null) {
            Thread.sleep(20);
            java = waiting.children().filter(child -> child.info().command().orElse("").endsWith("/bin/java")).findFirst().orElse(null);
        }
        java.destroyForcibly();
        assertEquals(2, waiting.waitFor());
        assertTrue(Files.exists(build.resolve("stamp")));
    }

    @Test
    void withFewOpenFilesAnswersOrSaysSo() throws Exception {
        assertHeals("first");
        Script few = function("ulimit -n 10; find_available_port " + port + " " + port).env("DEVFLOW_PORTS_DEBUG", "");
        assertEquals(new Script.Result(0, port + "\n", ""), few.run());
        Files.delete(build.resolve("stamp"));
        assertEquals(new Script.Result(2, "", "devflow-ports: too many open files; raise the limit (ulimit -n)\n"), few.run());
        assertHeals("enough again");
    }

    @Test
    void otherShellsWorkOrSayWhatTheyNeed() throws Exception {
        Script.Result dash = Script.command("dash", "-ec", ". '" + clone.scripts() + "/devflow-ports.sh'\necho not reached").run();
        assertEquals(new Script.Result(2, "", "devflow-ports.sh: needs bash\n"), dash);
        assumeTrue(Servers.isOnPath("zsh"), "zsh is not installed");
        assertHeals("first");
        Script zsh = clone.prepared(Script.command("zsh", "-fc", ". \"$ports\"; find_available_port " + port + " " + port
            + "; readonly status; devflow_is_running " + port + " || echo no")).in(work);
        assertEquals(new Script.Result(0, port + "\nno\n", ""), zsh.run());
    }

    /** As on macOS and Alpine: no flock, no sha256sum, and tools that know what POSIX has and little more. */
    @ParameterizedTest
    @ValueSource(strings = {"busybox", "toybox"})
    void buildsWithToolsThatAreNotGnus(String box) throws Exception {
        assumeTrue(Servers.isOnPath(box), box + " is not installed");
        assertHeals("first");
        Script.Result made = Script.command("sh", "-c", """
            for tool in cat chmod cksum cp cut find grep ln ls mkdir mktemp mv readlink rm sed; do
              ! "$box" $tool --help >/dev/null 2>&1 || ln -s "$(command -v $box)" $tool
            done
            for tool in bash perl shasum; do ln -s "$(command -v $tool)" $tool || exit; done
            ln -s "$clone/jbangw" ports
            rm "$build/stamp" "$XDG_CACHE_HOME"/devflow-ports/*.checked
            """).env("box", box).env("clone", clone.folder()).env("build", build).env("XDG_CACHE_HOME", clone.cache()).in(work).run();
        assertEquals(List.of(0, ""), List.of(made.exit(), made.err()));
        Script.Result result = clone.prepared(Script.command("bash", "-c", ". \"$ports\"; find_available_port " + port + " " + port
            + "; ./ports find_port " + port + " " + port)).in(work).env("PATH", work).env("DEVFLOW_PORTS_DEBUG", 1).run();
        assertEquals(List.of(0, (port + "\n").repeat(2)), List.of(result.exit(), result.out()), result.err());
        assertEquals(1, result.err().split("builds in").length - 1, result.err());
        assertFalse(result.err().contains("through JBang"), result.err());
    }

    /** Nothing tells whether the sources have changed. */
    @Test
    void withoutCksumGoesThroughJBang() throws Exception {
        assertHeals("first");
        String[] hidden = {"sh", "-c", "mount --bind /dev/null \"$(command -v cksum)\" && exec \"$@\"", "sh"};
        for (int call = 1; call <= 2; call++) {
            Script.Result result = launch("find_port", port, port).under(hidden).under(Namespace.unshare("--mount")).run();
            assertEquals(List.of(0, port + "\n"), List.of(result.exit(), result.out()), result.err());
            assertTrue(result.err().contains("through JBang"), result.err());
            Files.deleteIfExists(build.resolve("stamp"));
        }
    }

    @Test
    void withoutAWorkingDirectorySaysSoInOneLine() throws Exception {
        Script.Result result = function("mkdir gone && cd gone && rmdir ../gone && check_port_available " + port + "; echo $?").run();
        assertEquals("2\n", result.out());
        assertEquals(1, result.err().lines().count(), result.err());
        assertTrue(result.err().contains("working directory"), result.err());
    }

    @Test
    void withoutAPathIsNoAnswer() throws Exception {
        for (String path : List.of("", "/nowhere")) {
            Script.Result result = function("PATH=" + path + " JAVA_HOME=\ncheck_port_available " + port + "; echo $?").run();
            assertEquals("2\n", result.out(), result.err());
        }
    }
}
