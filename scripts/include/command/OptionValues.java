//SOURCES Invocation.java UserException.java

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Stack;
import java.util.regex.Matcher;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Reads options with picocli. A command line without options does not load this class. */
final class OptionValues {

    private OptionValues() { }

    /** Sets the fields of a command; returns the exit code if help or the version was printed, else null. */
    static Integer parse(Object command, Writer out, String... args) throws IOException {
        CommandLine line = new CommandLine(command).setExpandAtFiles(false).setOverwrittenOptionsAllowed(true)
            .setUsageHelpWidth(80).setOut(new PrintWriter(out));
        String program = Invocation.program(line.getCommandName());
        line.setColorScheme(Help.defaultColorScheme(Help.Ansi.OFF));
        Model.UsageMessageSpec usage = line.getCommandSpec().usageMessage();
        String[] examples = usage.footer();
        usage.footer(new String[0]); // Picocli would wrap the examples, which must run when they are pasted.
        try {
            CommandLine.ParseResult parsed = line.parseArgs(args);
            Integer helped = CommandLine.executeHelpRequest(parsed);
            if (parsed.isUsageHelpRequested()) {
                out.write((String.join("\n", examples) + "\n")
                    .replaceAll(line.getCommandName() + "(?=\\s)", Matcher.quoteReplacement(program)));
            }
            return helped;
        } catch (ParameterException e) {
            List<String> near = e instanceof UnmatchedArgumentException unknown ? unknown.getSuggestions() : List.of();
            String what = e.getMessage().lines().findFirst().orElse("");
            throw new UserException(what.replaceAll("is not an? (int|long)$", "is not a number") + "; "
                + (near.isEmpty() ? "see " + program + " --help" : "use " + String.join(" or ", near)));
        }
    }

    /** Reads a time from 1 ms to a day: {@code 500ms}, {@code 5s}, {@code 2m}, or a number of seconds. */
    static final class Seconds implements CommandLine.ITypeConverter<Duration> {

        @Override
        public Duration convert(String text) {
            String number = text.replaceFirst("(ms|s|m)$", "");
            if (number.matches("[0-9]{1,8}(\\.[0-9]{1,3})?")) {
                int unit = text.endsWith("ms") ? 1 : text.endsWith("m") ? 60_000 : 1000;
                Duration duration = Duration.ofMillis(Math.round(Double.parseDouble(number) * unit));
                if (!duration.isZero() && duration.compareTo(Duration.ofDays(1)) <= 0) {
                    return duration;
                }
            }
            throw new CommandLine.TypeConversionException(
                "'" + text + "' is not a time from 1ms to a day; use 500ms, 5s, 2m or a number of seconds");
        }
    }

    /** Takes the value of an option only after {@code =}. A word after a blank is a target, and a number is refused. */
    static final class AttachedValue implements CommandLine.IParameterPreprocessor {

        @Override
        public boolean preprocess(Stack<String> args, Model.CommandSpec command, Model.ArgSpec option,
                                  Map<String, Object> info) {
            if (" ".equals(info.get("separator"))) {
                Model.OptionSpec spec = (Model.OptionSpec) option;
                String name = spec.longestName();
                if (!args.isEmpty() && args.peek().matches("[0-9.]+(ms|s|m)?")) {
                    throw new ParameterException(command.commandLine(), "'" + name + " " + args.peek()
                        + "' is ambiguous; use " + name + "=" + args.peek() + ", or put the port before " + name);
                }
                args.push(spec.fallbackValue());
            }
            return false;
        }
    }
}
