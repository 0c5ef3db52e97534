import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;

/** What a user needs of a clone: jbangw and the scripts, and the home and cache where it builds. */
record Clone(Path folder, Path home, Path cache) {

    /** Says which argument was the last, or no, or nothing until it is ended. */
    private static final String TINY = """
        //SOURCES include/command/PortCommand.java
        class devflow_ports {
            public static void main(String... args) throws Exception {
                String last = args[args.length - 1];
                boolean isNo = last.equals("0");
                (isNo ? System.err : System.out).println(isNo ? PortCommand.NO : last);
                Thread.sleep(args[0].equals("health_all") ? 60_000 : 0);
                System.exit(isNo ? 2 : 0);
            }
        }
        """;

    /** The PATH without an installed jbang, so that jbangw fetches its own. */
    static final String PATH = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .filter(folder -> !Files.exists(Path.of(folder, "jbang"))).collect(Collectors.joining(File.pathSeparator));

    private static Clone first;

    /**
     * The clone under test, built in a home that was empty before. All tests share this build, which takes long. It is the
     * very first start of each script, all four at once: they must not disturb each other.
     */
    static synchronized Clone first() throws Exception {
        if (first == null) {
            Path home = Files.createTempDirectory("devflow-home");
            Runtime.getRuntime().addShutdownHook(new Thread(new FutureTask<>(Script.command("rm", "-rf", "" + home)::run)));
            Clone clone = new Clone(Script.CLONE, home, home.resolve(".cache"));
            int port = Sockets.freePort();
            Script.Result result = clone.prepared(Script.bash("""
                "$jbangw" find_port $port $port >found 2>>err & pids=$!
                for script in check_port port_status health_all; do "$jbangw" $script $port >/dev/null 2>>err & pids+=" $!"; done
                for pid in $pids; do wait $pid; echo $?; done
                cat found
                grep -v '^devflow-ports: ' err
                """)).env("port", port).in(home).run();
            assertEquals("0\n0\n0\n1\n" + port + "\n", result.out(), result.err());
            first = clone;
        }
        return first;
    }

    /**
     * A clone with the real launcher and, in place of the scripts, a program of a few lines, which is built in a fraction
     * of the time. It has a home and a cache of its own, with the JBang of the first clone.
     */
    static Clone tiny(Path folder) throws Exception {
        Clone tiny = new Clone(folder.resolve("a clone: 100%25 'tiny'"), folder.resolve("home"), folder.resolve("cache"));
        run(Script.command("sh", "-ec", """
            mkdir -p "$1" "$2" "$3/devflow-ports"
            cp -p "$4"/devflow-ports/jbang-cli-*.jar "$3/devflow-ports"
            cp -rp scripts jbangw "$1"
            cd "$1/scripts"
            options=$(grep '^//RUNTIME_OPTIONS' include/command/PortCommand.java)
            find . -name '*.java' -exec rm {} +
            printf '%s\\n' "$options" 'interface PortCommand { String NO = "is not a port;"; }' >include/command/PortCommand.java
            printf '%s' "$5" >devflow_ports.java
            """, "sh", "" + tiny.folder, "" + tiny.home, "" + tiny.cache, "" + first().cache, TINY));
        return tiny;
    }

    private static void run(Script script) throws Exception {
        Script.Result result = script.in(Script.CLONE).run();
        assertEquals(0, result.exit(), result.err());
    }

    /** Returns a copy that uses the build of this clone until one of its own sources changes. */
    Clone copyTo(Path other) throws Exception {
        Files.createDirectories(other);
        run(Script.command("cp", "-rp", folder + "/scripts", folder + "/jbangw", other.toString()));
        Clone copy = new Clone(other, home, cache);
        Files.createDirectories(copy.place());
        Files.copy(place().resolve("current"), copy.place().resolve("current"), StandardCopyOption.COPY_ATTRIBUTES);
        return copy;
    }

    /** Lets builds take this jar, while it exists, in place of JBang, which takes most of the time of a build. */
    Path reuseJar() throws Exception {
        Path jar = Files.copy(build().resolve("program.jar"), folder.resolve("program.jar"));
        Path jbangw = folder.resolve("jbangw");
        Files.move(jbangw, folder.resolve("jbangw.real"));
        Script.executable(jbangw, "[ \"$1\" != export ] || ! cp \"${0%/*}/program.jar\" \"$4\" 2>/dev/null || exit 0\nexec \"$0.real\" \"$@\"\n");
        return jar;
    }

    Path scripts() {
        return folder.resolve("scripts");
    }

    /** Where it keeps what was built for this JDK. */
    Path place() {
        String path = System.getProperty("java.home") + "/bin/java" + scripts();
        return Path.of(cache + "/devflow-ports/launch" + path.replace("%", "%25").replace(":", "%3A"));
    }

    /** The build in use. */
    Path build() throws IOException {
        return Path.of(Files.readAllLines(place().resolve("current")).get(0));
    }

    /** One of its scripts or functions, which says what it does. */
    Script launch(String... args) {
        return prepared(Script.command(scripts().resolve("launch").toString()).with(args)).env("DEVFLOW_PORTS_DEBUG", 1);
    }

    /** Has a script use this clone, as {@code $ports} and {@code $jbangw}, this cache and the JDK of the tests. */
    Script prepared(Script script) {
        return script.env("jbangw", folder.resolve("jbangw")).env("ports", scripts().resolve("devflow-ports.sh"))
            .env("HOME", home).env("XDG_CACHE_HOME", cache).env("PATH", PATH).env("JAVA_HOME", System.getProperty("java.home"));
    }
}
