import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A command to run as a process of its own, with nothing of this process's configuration. */
final class Script {

    /** What came of it. */
    record Result(int exit, String out, String err) { }

    /** The folder of the clone. */
    static final Path CLONE = Path.of(System.getProperty("user.dir"));

    private static final Path EMPTY = emptyFolder();
    private static final Path SCRIPTS = emptyFolder();

    /** The JVM as JBang starts it for the scripts. */
    static final List<String> JAVA = java();

    private final List<String> command;
    private final Map<String, String> environment = new LinkedHashMap<>();
    private Path folder;

    private Script(List<String> command) {
        this.command = new ArrayList<>(command);
    }

    /** One of the four scripts, in a JVM started as JBang would start it. */
    static Script of(String name, String... args) {
        List<String> command = new ArrayList<>(JAVA);
        command.add(name);
        command.addAll(Arrays.asList(args));
        return new Script(command);
    }

    /** A script of bash. It goes by a file, because where there is no locale, Java garbles what it passes as an argument. */
    static Script bash(String text) throws IOException {
        Path script = Files.writeString(Files.createTempFile(SCRIPTS, "script", ".sh"), text);
        script.toFile().deleteOnExit();
        return command("bash", script.toString());
    }

    /** Any other command. */
    static Script command(String... words) {
        return new Script(Arrays.asList(words));
    }

    /**
     * Makes a shell script. Another process writes it, because a process that another thread starts meanwhile would hold
     * it open for writing, too, and Linux executes no such file ("text file busy").
     */
    static void executable(Path file, String text) throws Exception {
        String[] write = {"sh", "-c", "printf '#!/bin/sh\\n%s' \"$2\" >\"$1\" && chmod +x \"$1\"", "sh", file.toString(), text};
        Result result = command(write).run();
        if (result.exit() != 0) {
            throw new IOException(result.err());
        }
    }

    /** What was started in the background of a shell without job control ignores Ctrl-C, and so does all that it starts. */
    static void assumeInterruptible() throws IOException {
        Path status = Path.of("/proc/self/status");
        assumeTrue(Files.notExists(status) || Files.readAllLines(status).stream().filter(line -> line.startsWith("SigIgn:"))
            .noneMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 2) != 0), "SIGINT is ignored here");
    }

    Script with(String... arguments) {
        command.addAll(Arrays.asList(arguments));
        return this;
    }

    Script env(String name, Object value) {
        environment.put(name, String.valueOf(value));
        return this;
    }

    Script in(Path workingFolder) {
        folder = workingFolder;
        return this;
    }

    /** Has another program run it. */
    Script under(String... wrapper) {
        command.addAll(0, Arrays.asList(wrapper));
        return this;
    }

    /** A process that does not read its standard input. */
    ProcessBuilder builder() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(name -> name.endsWith("_PORT") || name.startsWith("JBANG")
            || name.startsWith("DEVFLOW_"));
        builder.environment().putAll(environment);
        builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        return builder.directory((folder != null ? folder : EMPTY).toFile());
    }

    private static List<String> java() {
        List<String> java = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElseThrow()));
        try (Stream<String> lines = Files.lines(CLONE.resolve("scripts/include/command/PortCommand.java"))) {
            lines.filter(line -> line.startsWith("//RUNTIME_OPTIONS "))
                .forEach(line -> java.addAll(List.of(line.split(" ")).subList(1, line.split(" ").length)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<String> classPath = List.of("-cp", System.getProperty("java.class.path"));
        java.addAll(archive(java, classPath));
        java.addAll(classPath);
        return java;
    }

    /** Makes an archive of the classes that the scripts load: a JVM then starts in half the time. */
    private static List<String> archive(List<String> java, List<String> classPath) {
        Path archive = SCRIPTS.resolve("archive");
        try {
            new Script(java).with("-XX:ArchiveClassesAtExit=" + archive).with(classPath.toArray(new String[0]))
                .with("devflow_ports", "--train").builder().directory(emptyFolder().toFile()) // for the training's .env
                .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor();
        } catch (IOException | InterruptedException e) {
            return List.of(); // The tests need more time without.
        }
        archive.toFile().deleteOnExit();
        return Files.exists(archive) ? List.of("-XX:SharedArchiveFile=" + archive) : List.of();
    }

    private static Path emptyFolder() {
        try {
            Path empty = Files.createTempDirectory("devflow-test");
            empty.toFile().deleteOnExit();
            return empty;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Result run() throws Exception {
        Process process = builder().start();
        FutureTask<String> err = new FutureTask<>(() -> new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
        new Thread(err).start(); // not of the common pool, which may have but one thread for all tests
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(150, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("still running: " + command);
        }
        return new Result(process.exitValue(), out, err.get());
    }
}
