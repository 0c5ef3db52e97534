import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** A copy of what a user needs of the clone: jbangw and the scripts, and the home and cache where it builds. */
record Clone(Path folder, Path home, Path cache) {

    /** Copies it to its folder, and makes the home: of a home that does not exist, the user's own would be used. */
    Clone made() throws Exception {
        Files.createDirectories(home);
        copy(Script.CLONE, folder);
        return this;
    }

    private static void copy(Path from, Path to) throws Exception {
        Files.createDirectories(to);
        Script.Result copy = Script.command("cp", "-rp", from + "/scripts", from + "/jbangw", to.toString()).run();
        if (copy.exit() != 0) {
            throw new AssertionError(copy.err());
        }
    }

    /** Returns a copy that uses the build of this clone until one of its own sources changes. */
    Clone copyTo(Path other) throws Exception {
        copy(folder, other);
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
        Script.executable(jbangw, "[ \"$1\" != export ] || ! cp '" + jar + "' \"$4\" 2>/dev/null || exit 0\nexec '"
            + jbangw + ".real' \"$@\"\n");
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

    /** Has a script use this clone, as {@code $ports}, this cache and the JDK of the tests. */
    Script prepared(Script script) {
        return script.env("ports", scripts().resolve("devflow-ports.sh")).env("HOME", home).env("XDG_CACHE_HOME", cache)
            .env("JAVA_HOME", System.getProperty("java.home"));
    }
}
