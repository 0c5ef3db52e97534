import java.time.Duration;
import java.util.Map;
import java.util.Stack;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** How options read their values. */
final class OptionValues {

    private OptionValues() { }

    /** Reads a number of seconds, from a millisecond to a day. */
    static final class Seconds implements CommandLine.ITypeConverter<Duration> {

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
    static final class AttachedValue implements CommandLine.IParameterPreprocessor {

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
}
