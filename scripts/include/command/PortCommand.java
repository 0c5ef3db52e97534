//SOURCES Invocation.java Json.java Line.java Report.java Terminal.java UserException.java
//DEPS info.picocli:picocli:4.7.7
//DEPS org.fusesource.jansi:jansi:2.4.3
//JAVAC_OPTIONS -encoding UTF-8 -XDstringConcat=inline
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -XX:CompileThresholdScaling=10 -XX:+UseSerialGC -XX:-UsePerfData
//RUNTIME_OPTIONS -Xshare:auto -XX:+UnlockDiagnosticVMOptions -XX:ArchiveRelocationMode=0 -Djdk.reflect.useNativeAccessorOnly=true
//RUNTIME_OPTIONS -XX:+DisplayVMOutputToStderr -Djdk.includeInExceptions=hostInfoExclSocket -Djdk.console=java.base -Xlog:disable

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * What the four commands share: the common options, exit codes, the two streams and colour.
 *
 * <p>A command line without an option is not parsed, only taken; picocli, which costs more start-up time than all the
 * rest, is loaded when there is something for it to do. The runtime options are for start-up, too: only what runs often is
 * compiled, archives are mapped where they were made for, reflection makes no method handles, and what exceptions may say
 * (the default) is not looked up.
 */
@Command(mixinStandardHelpOptions = true, version = "${COMMAND-NAME} 2.0.0 (DevFlow ports)",
    sortOptions = false, usageHelpAutoWidth = false,
    descriptionHeading = "%n", parameterListHeading = "%nTargets:%n", optionListHeading = "%nOptions:%n",
    exitCodeListHeading = "%nExit codes:%n", footerHeading = "%nExamples:%n")
abstract class PortCommand implements Callable<Integer> {

    enum Colour { auto, always, never }

    @Parameters(arity = "0..*", paramLabel = "TARGET", description = "A port (3005), a range (3100-3199), a service"
        + " (orchestrator or ORCHESTRATOR_PORT), or a group of services (core, mcp, orchestration, grpc).")
    List<String> targets = List.of();

    @Option(names = "--env-file", paramLabel = "FILE",
        description = "Where ports are configured (default .env); the environment takes precedence.")
    String envFile;

    @Option(names = "--project", paramLabel = "DIR",
        description = "The project's folder, by which its own processes are known (default: that of the .env file).")
    String projectFolder;

    @Option(names = "--json", description = "Print one JSON document.")
    boolean json;

    @Option(names = {"-q", "--quiet"}, description = "Print nothing; the exit code is the answer.")
    boolean quiet;

    @Option(names = "--color", paramLabel = "WHEN",
        description = "auto (default), always or never; NO_COLOR, CLICOLOR=0 and TERM=dumb are honoured.")
    private Colour colour = Colour.auto;

    /** Whether targets must be full names of services, as in the functions of a start script. */
    boolean wholeNames;

    private final Set<String> said = new HashSet<>();
    private PrintStream out;
    private PrintStream err;

    /** Standard output, in UTF-8 whatever the locale, and written at once: no reader sees half an answer. */
    private PrintStream out() {
        return out = out != null ? out : stream(FileDescriptor.out, 1 << 16);
    }

    /** Standard error. */
    PrintStream err() {
        return err = err != null ? err : stream(FileDescriptor.err, 1 << 10);
    }

    /** Gathers the facts; what becomes of them on screen is decided here and nowhere else. */
    abstract Report report() throws Exception;

    /** How often to look again until interrupted, or null: once. */
    Duration interval() {
        return null;
    }

    @Override
    public Integer call() throws Exception {
        if (quiet && (json || interval() != null)) {
            throw new UserException("--quiet prints nothing; leave it out, or the option for what to print; " + help());
        }
        if (interval() == null) {
            Report report = report();
            print(report);
            if (report.conclusion() != null) {
                out().flush();
                note(report.conclusion());
            }
            return report.exitCode();
        }
        if (json || !Terminal.isInteractive()) {
            while (!out().checkError()) {
                print(report());
                out().flush();
                Thread.sleep(interval().toMillis());
            }
        } else {
            Terminal.watch(out(), interval(), hasColour(), () -> report().lines());
        }
        return Report.YES;
    }

    private void print(Report report) throws IOException {
        if (quiet || report instanceof Report.Silent) {
            return;
        }
        if (json) {
            out().println(Json.text(report.document()));
        } else if (report.isPlain()) {
            for (Line line : report.lines()) {
                out().println(line);
            }
        } else {
            Terminal.print(out(), report.lines(), hasColour());
        }
    }

    /** Runs the command and ends the process with its exit code. */
    static void main(PortCommand command, String... args) {
        int exit = command.execute(args);
        if (command.out != null && command.out.checkError()) {
            exit = Report.UNKNOWN;
            Terminal.sayWhyUnwritten(command.err());
        }
        // A JVM that fails to start exits with 1, too, so the launcher asks for another status for no. No hook has anything to
        // do by now, and exit would look for a logger to tell.
        Runtime.getRuntime().halt(exit == Report.NO ? Integer.getInteger("devflow.no", Report.NO) : exit);
    }

    /** Runs the command and says what went wrong; returns its exit code. */
    int execute(String... args) {
        Locale.setDefault(Locale.ROOT); // Digits are digits, whatever the user's language.
        System.setProperty("java.net.preferIPv4Stack", "false"); // With this set from outside, Java would be blind to IPv6.
        try {
            if (hasOption(args)) {
                Integer done = Parser.parse(this, args);
                if (done != null) {
                    return done;
                }
            } else {
                targets = List.of(args);
            }
            return call();
        } catch (UserException e) {
            error(e.getMessage());
        } catch (IOException e) {
            error(UserException.of(e, "cannot tell").getMessage());
        } catch (Throwable e) {
            error(explain(e));
        }
        return Report.UNKNOWN;
    }

    private static boolean hasOption(String... args) {
        for (String arg : args) {
            if (arg.startsWith("-")) {
                return true;
            }
        }
        return false;
    }

    /** What the user can put right, wherever it was thrown; anything else is a fault of ours. */
    private static String explain(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof UserException) {
                return cause.getMessage();
            }
            if (UserException.isOutOfDescriptors(cause)) {
                return UserException.OUT_OF_DESCRIPTORS;
            }
        }
        StackTraceElement[] trace = failure.getStackTrace();
        return "internal error: " + failure + (trace.length > 0 ? " at " + trace[0] : "") + "; please report it";
    }

    /** The command that calls a script with these arguments, for the same {@code .env}; it runs when it is pasted. */
    Invocation invocation() {
        return new Invocation(envFile);
    }

    /** Where the user finds the options. */
    String help() {
        return Invocation.help(getClass().getSimpleName());
    }

    /** Says on standard error what the user should know, but for --quiet. */
    void note(String message) {
        if (!quiet) {
            warn(message);
        }
    }

    /** The same, even with --quiet. */
    void warn(String message) {
        say("NOTE: " + message);
    }

    /** Says on standard error what is wrong. */
    void error(String message) {
        say("ERROR: " + message);
    }

    /** A watch looks again and again, and says the same thing once. */
    private void say(String line) {
        if (said.add(line)) {
            err().println(Line.printable(line));
            err().flush();
        }
    }

    private boolean hasColour() {
        return colour == Colour.always || colour == Colour.auto && Terminal.isInteractive() && isColourWelcome();
    }

    private static boolean isColourWelcome() {
        String noColour = System.getenv("NO_COLOR"); // An empty one is none (no-color.org).
        return (noColour == null || noColour.isEmpty()) && !"0".equals(System.getenv("CLICOLOR")) && !"dumb".equals(System.getenv("TERM"));
    }

    private static PrintStream stream(FileDescriptor descriptor, int buffer) {
        return new PrintStream(new BufferedOutputStream(new FileOutputStream(descriptor), buffer), false,
            StandardCharsets.UTF_8);
    }

    /** In a class of its own, so that a run which does without the library does not load it. */
    private static final class Parser {

        /** Sets the command's fields; returns an exit code if that was all there was to do, else null. */
        static Integer parse(PortCommand command, String... args) {
            CommandLine line = new CommandLine(command)
                .setExpandAtFiles(false)
                .setOverwrittenOptionsAllowed(true)
                .setUsageHelpWidth(80)
                .setOut(new PrintWriter(command.out(), true));
            try {
                ParseResult result = line.parseArgs(args);
                line.setColorScheme(Help.defaultColorScheme(command.hasColour() ? Help.Ansi.ON : Help.Ansi.OFF));
                return CommandLine.executeHelpRequest(result);
            } catch (ParameterException e) {
                throw new UserException(
                    e.getMessage().lines().findFirst().orElse("") + "; " + command.help());
            }
        }
    }
}
