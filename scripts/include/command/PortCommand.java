//SOURCES Invocation.java Line.java OptionValues.java Terminal.java UserException.java
//DEPS info.picocli:picocli:4.7.7
//DEPS org.fusesource.jansi:jansi:2.4.3
//DEPS com.google.code.gson:gson:2.13.2
//JAVAC_OPTIONS -encoding UTF-8 -XDstringConcat=inline -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -XX:CompileThresholdScaling=10 -XX:+UseG1GC -XX:ParallelGCThreads=1
//RUNTIME_OPTIONS -XX:-UsePerfData -XX:+UnlockDiagnosticVMOptions -XX:ArchiveRelocationMode=0 -Djdk.console=java.base
//RUNTIME_OPTIONS -XX:-CreateCoredumpOnCrash -Xlog:disable -XX:-DisplayVMOutput -XX:+SuppressFatalErrorMessage
//RUNTIME_OPTIONS -Djdk.reflect.useNativeAccessorOnly=true -Djdk.includeInExceptions=hostInfoExclSocket -Xmx1g

import com.google.gson.GsonBuilder;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * What the four commands share: common options, exit codes, text and JSON, watching, errors.
 *
 * <p>A library takes more start-up time than everything else, so each is loaded only if it is needed. The runtime
 * options shorten the start: only code that runs often is compiled, archives are not relocated, and only with G1 does
 * JDK 17 use the heap of an archive. The limit of the heap is fixed, because the format of the heap depends on it.
 */
@Command(mixinStandardHelpOptions = true, version = "${COMMAND-NAME} 3.0.0 (DevFlow ports)",
    sortOptions = false, usageHelpAutoWidth = false,
    descriptionHeading = "%n", parameterListHeading = "%nTargets:%n", optionListHeading = "%nOptions:%n",
    exitCodeListHeading = "%nExit codes:%n", footerHeading = "%nExamples:%n")
abstract class PortCommand {

    enum Colour { auto, always, never }

    /**
     * The answer of a script.
     *
     * @param document the JSON document as maps, lists, texts and numbers; null for none
     */
    record Report(int exitCode, List<Line> lines, Map<String, Object> document) {

        /** The exit codes, as grep has them. */
        static final int YES = 0;
        static final int NO = 1;
        /** There is no answer: wrong usage, invalid configuration, an internal error. */
        static final int UNKNOWN = 2;
    }

    /** A command that can repeat its report until it is interrupted. */
    abstract static class Watchable extends PortCommand {

        @Option(names = "--watch", paramLabel = "TIME", arity = "0..1", fallbackValue = "2",
            converter = OptionValues.Seconds.class, preprocessor = OptionValues.AttachedValue.class,
            description = "Check again at this interval (default 2s) until interrupted.")
        void setWatch(Duration interval) {
            watch = interval;
        }
    }

    @Parameters(arity = "0..*", paramLabel = "TARGET", description = "A port (3005), a range (3100-3199), a service"
        + " (orchestrator or ORCHESTRATOR_PORT), or a group of services (core, mcp, orchestration, grpc).")
    List<String> targets = List.of();
    @Option(names = "--env-file", paramLabel = "FILE",
        description = "Where ports are configured (default .env); the environment takes precedence.")
    String envFile;
    @Option(names = "--project", paramLabel = "DIR", description = "The project's folder; processes that run from it"
        + " belong to the project (default: the Git checkout of the env file, else its folder).")
    String projectFolder;
    @Option(names = "--json", description = "Print one JSON document.")
    boolean json;
    @Option(names = {"-q", "--quiet"},
        description = "Print only errors, and the process that is in the way; the exit code is the answer.")
    boolean quiet;
    @Option(names = "--color", paramLabel = "WHEN",
        description = "auto (default), always or never; NO_COLOR, CLICOLOR=0 and TERM=dumb are honoured.")
    private Colour colour = Colour.auto;

    /** The interval of a watch; null to report once. */
    Duration watch;
    /** Whether targets must be full names of services, as in the functions of a start script. */
    boolean wholeNames = Invocation.isFunction();

    // In UTF-8, whatever the locale, and with buffers so large that no reader sees half an answer.
    private final Writer out = new OutputStreamWriter(buffer(FileDescriptor.out), StandardCharsets.UTF_8);
    final PrintStream err = new PrintStream(buffer(FileDescriptor.err), false, StandardCharsets.UTF_8);
    private final Set<String> said = new LinkedHashSet<>();
    private boolean isPainting;

    private static BufferedOutputStream buffer(FileDescriptor descriptor) {
        return new BufferedOutputStream(new FileOutputStream(descriptor), 1 << 16);
    }

    abstract Report report() throws Exception;

    /** Reports once, or in a watch until it is interrupted or nobody reads it; returns the exit code. */
    int call() throws Exception {
        require(!quiet || !json && watch == null, "--quiet cannot be combined with --json or --watch");
        require(!"".equals(envFile) && !"".equals(projectFolder), "--env-file and --project need a name");
        isPainting = watch != null && !json && Terminal.isInteractive();
        while (true) {
            Report report = report();
            print(report);
            if (watch == null) {
                return report.exitCode();
            }
            Thread.sleep(watch.toMillis());
        }
    }

    private void print(Report report) throws IOException {
        if (isPainting) {
            List<Line> lines = new ArrayList<>(report.lines());
            lines.addAll(0, said.stream().map(Line::of).toList());
            said.clear();
            Terminal.paint(out, lines, watch, hasColour());
        } else if (json && report.document() != null) {
            out.write(json(report.document()) + "\n");
        } else if (!json && !quiet) {
            Terminal.print(out, report.lines(), hasColour());
        }
        out.flush();
    }

    static void main(PortCommand command, String... args) {
        int exit = command.execute(args);
        // A JVM that fails to start exits with 1, so the launcher asks for another exit code for no. Hooks of
        // the JVM are not needed, and exit() would load a logger.
        Runtime.getRuntime().halt(exit == Report.NO ? Integer.getInteger("devflow.no", Report.NO) : exit);
    }

    /** Runs the command, says what failed, and returns the exit code. */
    int execute(String... args) {
        Locale.setDefault(Locale.ROOT); // Digits are digits, whatever the user's language.
        System.setProperty("java.net.preferIPv4Stack", "false"); // "true" from outside would make Java blind to IPv6.
        try {
            boolean hasOption = (" " + String.join(" ", args)).contains(" -");
            Integer helped = hasOption ? OptionValues.parse(this, out, args) : null;
            targets = hasOption ? targets : List.of(args);
            out.flush();
            return helped != null ? helped : call();
        } catch (Throwable e) {
            isPainting = false;
            String why = explain(e);
            if (!why.endsWith("Broken pipe")) { // The reader of the answer has gone.
                error(why);
            }
            return Report.UNKNOWN;
        }
    }

    /** Returns the message of a cause that the user can correct; any other failure is a fault of the scripts. */
    private static String explain(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null && !(cause instanceof UserException) && !(cause instanceof IOException)) {
            cause = cause.getCause();
        }
        StackTraceElement[] trace = cause.getStackTrace();
        return cause instanceof UserException ? cause.getMessage()
            : cause instanceof OutOfMemoryError ? "not enough memory or threads; raise the limit (ulimit -u, ulimit -v)"
            : cause instanceof IOException io ? UserException.of(io, "no answer").getMessage()
            : "internal error: " + cause + (trace.length > 0 ? " at " + trace[0] : "") + "; please report it";
    }

    /** Refuses the command line unless the condition holds. */
    void require(boolean condition, String message) {
        if (!condition) {
            throw new UserException(message + "; see " + Invocation.program(getClass().getSimpleName()) + " --help");
        }
    }

    static boolean atMostOne(Boolean... given) {
        return Collections.frequency(List.of(given), true) <= 1;
    }

    /** Says what the script did or assumed, except with {@code --quiet}. */
    void note(String message) {
        if (!quiet) {
            say("NOTE: " + message);
        }
    }

    /** Says why there is no answer, or why the answer is no. */
    void error(String message) {
        say("ERROR: " + message);
    }

    /** Prints each message once on standard error; in a watch on a terminal, the picture shows it instead. */
    private void say(String line) {
        if (said.add(line) && !isPainting) {
            err.println(Line.printable(line));
            err.flush();
        }
    }

    private boolean hasColour() {
        return colour == Colour.always || colour == Colour.auto && Terminal.isInteractive()
            && System.getenv().getOrDefault("NO_COLOR", "").isEmpty() && !"0".equals(System.getenv("CLICOLOR"));
    }

    /** Returns one line of ASCII, so that no locale garbles it and no terminal is controlled by it. */
    private static String json(Map<String, Object> document) {
        StringBuilder ascii = new StringBuilder();
        String text = new GsonBuilder().serializeNulls().disableHtmlEscaping().create().toJson(document);
        for (char character : text.toCharArray()) {
            ascii.append(character < 0x7F ? "" + character : String.format("\\u%04X", (int) character));
        }
        return ascii.toString();
    }
}
