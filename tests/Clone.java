import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A copy of what a user needs of the clone: jbangw and the scripts, and the home and cache where it builds. */
record Clone(Path folder, Path home, Path cache) {

    /** In a home of its own. */
    static Clone atHome(Path folder, Path home) throws Exception {
        return copied(new Clone(folder, home, home.resolve(".cache")));
    }

    /** With a cache of its own. */
    static Clone withCache(Path folder, Path cache) throws Exception {
        return copied(new Clone(folder, Path.of(System.getenv("HOME")), cache));
    }

    private static Clone copied(Clone clone) throws Exception {
        Files.createDirectories(clone.folder);
        Script.Result copy = Script.command("cp", "-r", Script.CLONE + "/scripts", Script.CLONE + "/jbangw", clone.folder.toString()).run();
        if (copy.exit() != 0) {
            throw new AssertionError(copy.err());
        }
        return clone;
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

    /** Has a script use this clone, as {@code $ports}, this cache and the JDK of the tests. */
    Script prepared(Script script) {
        return script.env("ports", scripts().resolve("devflow-ports.sh")).env("HOME", home).env("XDG_CACHE_HOME", cache)
            .env("JAVA_HOME", System.getProperty("java.home"));
    }
}
