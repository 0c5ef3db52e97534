//SOURCES EnvFile.java PortMap.java Terminal.java UserException.java
//DEPS info.picocli:picocli:4.7.7
//DEPS org.fusesource.jansi:jansi:2.4.3
//DEPS com.fasterxml.jackson.jr:jackson-jr-objects:2.22.3
//JAVAC_OPTIONS -encoding UTF-8 -XDstringConcat=inline
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData -XX:+DisplayVMOutputToStderr -Xshare:auto -Djdk.console=java.base -Xlog:disable

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Stack;
import java.util.concurrent.CompletionException;
import org.fusesource.jansi.Ansi;
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
 * rest, is loaded when there is something for it to do.
 */
@Command(mixinStandardHelpOptions = true, version = "${COMMAND-NAME} 1.0.0 (DevFlow ports)",
    sortOptions = false, usageHelpAutoWidth = false,
    descriptionHeading = "%n", parameterListHeading = "%nTargets:%n", optionListHeading = "%nOptions:%n",
    exitCodeListHeading = "%nExit codes:%n", footerHeading = "%nExamples:%n")
abstract class PortCommand {

    /** The answer is yes. */
    static final int YES = 0;
    /** The answer is no. */
    static final int NO = 1;
    /** There is no answer: wrong usage, unusable configuration, an internal error. */
    static final int UNKNOWN = 2;

    private static final String DEFAULT_ENV_FILE = ".env";

    /** As the user writes them. */
    enum Colour { auto, always, never }

    @Parameters(arity = "0..*", paramLabel = "TARGET", description = "A port (3005), a range (3100-3199), a service"
        + " (orchestrator or ORCHESTRATOR_PORT), or a group of services (core, mcp, orchestration, grpc).")
    protected List<String> targets = List.of();

    @Option(names = "--env-file", paramLabel = "FILE",
        description = "Where ports are configured (default .env); the environment takes precedence.")
    private String envFile = DEFAULT_ENV_FILE;

    @Option(names = "--json", description = "Print one JSON document.")
    protected boolean json;

    @Option(names = "--color", paramLabel = "WHEN",
        description = "auto (default), always or never; NO_COLOR, CLICOLOR=0 and TERM=dumb are honoured.")
    private Colour colour = Colour.auto;

    private boolean hasNotedMissingFile;

    /** Standard output, in UTF-8 whatever the locale, and written at once: no reader sees half an answer. */
    protected final PrintStream out = stream(FileDescriptor.out, 1 << 16);
    /** Standard error. */
    protected final PrintStream err = stream(FileDescriptor.err, 1 << 10);

    /** Does the work; returns an exit code. */
    protected abstract int run() throws Exception;

    /** Runs the command and ends the process with its exit code. */
    protected static void main(PortCommand command, String... args) {
        Locale.setDefault(Locale.ROOT); // Digits are digits, whatever the user's language.
        System.setProperty("java.net.preferIPv4Stack", "false"); // With this set from outside, Java would be blind to IPv6.
        int exit = command.execute(args);
        command.out.flush();
        // A JVM that fails to start exits with 1, too, so devflow-ports.sh asks for another status for no.
        System.exit(command.out.checkError() ? UNKNOWN : exit == NO ? Integer.getInteger("devflow.no", NO) : exit);
    }

    /** Runs the command and says what went wrong; returns its exit code. */
    int execute(String... args) {
        try {
            if (Arrays.stream(args).anyMatch(arg -> arg.startsWith("-"))) {
                Integer done = Parser.parse(this, args);
                if (done != null) {
                    return done;
                }
            } else {
                targets = List.of(args);
            }
            return run();
        } catch (UserException e) {
            error(e.getMessage());
        } catch (CompletionException e) {
            error(e.getCause() instanceof UserException cause ? cause.getMessage() : internal(e.getCause()));
        } catch (IOException e) {
            error(UserException.of(e, "cannot tell").getMessage());
        } catch (Throwable e) {
            error(internal(e));
        }
        return UNKNOWN;
    }

    private static String internal(Throwable failure) {
        StackTraceElement[] trace = failure.getStackTrace();
        return "internal error: " + failure + (trace.length > 0 ? " at " + trace[0] : "") + "; please report it";
    }

    /** Reads the {@code .env} file. */
    protected EnvFile readEnvFile() {
        try {
            Path path = Path.of(envFile);
            if (!path.isAbsolute() && isFolderGarbled()) {
                throw new InvalidPathException(envFile, "relative to a directory that Java cannot name");
            }
            if (!envFile.equals(DEFAULT_ENV_FILE) && !hasNotedMissingFile && Files.notExists(path)) {
                hasNotedMissingFile = true;
                note("no such file: " + envFile);
            }
            return EnvFile.read(path);
        } catch (InvalidPathException e) {
            throw new UserException("cannot name " + envFile + " or its directory in this locale; set LC_ALL=C.UTF-8");
        }
    }

    /** In the locale C, Java takes a working directory with a name that is not ASCII for another one. */
    private static boolean isFolderGarbled() {
        String folder = System.getProperty("user.dir");
        return folder.indexOf('\uFFFD') >= 0
            || folder.indexOf('?') >= 0 && !"UTF-8".equals(System.getProperty("sun.jnu.encoding"));
    }

    /** The port map, as the environment and the {@code .env} file configure it. */
    protected PortMap portMap() {
        return PortMap.configured(readEnvFile(), System.getenv());
    }

    /** Says on standard error what the user should know. */
    protected void note(String message) {
        say("NOTE: " + message);
    }

    /** Says on standard error what is wrong. */
    protected void error(String message) {
        say("ERROR: " + message);
    }

    private void say(String line) {
        err.println(Terminal.printable(line));
        err.flush();
    }

    /** The services and ports that the targets name, each once. */
    protected List<PortMap.Service> named(PortMap map) {
        return targets.stream().flatMap(target -> map.resolve(target).stream()).distinct().toList();
    }

    // Text.

    protected String good(String text) {
        return hasColour() ? Painter.green(text) : text;
    }

    protected String bad(String text) {
        return hasColour() ? Painter.red(text) : text;
    }

    protected String doubtful(String text) {
        return hasColour() ? Painter.yellow(text) : text;
    }

    protected String strong(String text) {
        return hasColour() ? Painter.bold(text) : text;
    }

    private boolean hasColour() {
        return colour == Colour.always || colour == Colour.auto && Terminal.isInteractive() && Parser.wantsColour();
    }

    private static PrintStream stream(FileDescriptor descriptor, int buffer) {
        return new PrintStream(new BufferedOutputStream(new FileOutputStream(descriptor), buffer), false,
            StandardCharsets.UTF_8);
    }

    // Each library stands in a class of its own, so that a run which does without it does not load it.

    private static final class Parser {

        /** Sets the command's fields; returns an exit code if that was all there was to do, else null. */
        static Integer parse(PortCommand command, String... args) {
            CommandLine line = new CommandLine(command)
                .setExpandAtFiles(false)
                .setOverwrittenOptionsAllowed(true)
                .setUsageHelpWidth(80)
                .setOut(new PrintWriter(command.out, true));
            try {
                ParseResult result = line.parseArgs(args);
                line.setColorScheme(Help.defaultColorScheme(command.hasColour() ? Help.Ansi.ON : Help.Ansi.OFF));
                return CommandLine.executeHelpRequest(result);
            } catch (ParameterException e) {
                throw new UserException(
                    e.getMessage().lines().findFirst().orElse("") + "; see " + line.getCommandName() + " --help");
            }
        }

        static boolean wantsColour() {
            return !"dumb".equals(System.getenv("TERM")) && Help.Ansi.AUTO.enabled();
        }
    }

    /** Reads a number of seconds, from a millisecond to a day. */
    protected static final class Seconds implements CommandLine.ITypeConverter<Duration> {

        @Override
        public Duration convert(String text) {
            if (text.matches("[0-9]{1,5}(\\.[0-9]{1,3})?")) {
                Duration duration = Duration.ofMillis(Math.round(Double.parseDouble(text) * 1000));
                if (!duration.isZero() && duration.compareTo(Duration.ofDays(1)) <= 0) {
                    return duration;
                }
            }
            throw new CommandLine.TypeConversionException("'" + text + "' is not a number of seconds from 0.001 to 86400");
        }
    }

    /**
     * Lets an option take a value only if it is attached, {@code --watch=5}, so that a target may follow it. A number
     * that follows it, {@code --watch 5}, could be meant for either, and is refused.
     */
    protected static final class AttachedValue implements CommandLine.IParameterPreprocessor {

        @Override
        public boolean preprocess(Stack<String> args, CommandLine.Model.CommandSpec command,
                                  CommandLine.Model.ArgSpec option, Map<String, Object> info) {
            if (" ".equals(info.get("separator"))) {
                String name = ((CommandLine.Model.OptionSpec) option).longestName();
                if (!args.isEmpty() && args.peek().matches("[0-9.]+")) {
                    throw new ParameterException(command.commandLine(), "'" + name + " " + args.peek() + "' is ambiguous;"
                        + " write " + name + "=" + args.peek() + " for seconds, or the port before " + name);
                }
                args.push(((CommandLine.Model.OptionSpec) option).fallbackValue());
            }
            return false;
        }
    }

    private static final class Painter {

        static String green(String text) {
            return Ansi.ansi().fgGreen().a(text).reset().toString();
        }

        static String red(String text) {
            return Ansi.ansi().fgRed().a(text).reset().toString();
        }

        static String bold(String text) {
            return Ansi.ansi().bold().a(text).reset().toString();
        }

        static String yellow(String text) {
            return Ansi.ansi().fgYellow().a(text).reset().toString();
        }
    }
}
