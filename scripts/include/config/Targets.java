//SOURCES ../command/Invocation.java ../command/UserException.java Config.java PortMap.java PortRange.java

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What the user names: ports, ranges, services and groups of services. */
final class Targets {

    private static final int SHORTEST_BEGINNING = 3;

    private final Config config;

    Targets(Config config) {
        this.config = config;
    }

    /** The services and ports that the targets name, each once. */
    List<PortMap.Service> resolve(List<String> targets) {
        return distinct(targets.stream().flatMap(target -> resolve(target).stream()));
    }

    /** The same for what writes or stops: a part of a name is refused, since a new line of .env could change its meaning. */
    List<PortMap.Service> resolveWholeNames(List<String> targets) {
        return distinct(targets.stream().flatMap(target -> wholeName(target).stream()));
    }

    private static List<PortMap.Service> distinct(Stream<PortMap.Service> services) {
        return services.distinct().toList();
    }

    /**
     * What one target names: a port, a range, a service by its variable, its name or a part of it, or a group, which stands
     * for its services.
     *
     * @throws UserException if it names nothing, or a part of several names
     */
    List<PortMap.Service> resolve(String target) {
        List<PortMap.Service> named = exactly(target);
        return named.isEmpty() ? List.of(byPart(target)) : named;
    }

    private List<PortMap.Service> wholeName(String target) {
        List<PortMap.Service> named = exactly(target);
        if (named.isEmpty()) {
            PortMap.Service part = byPart(target);
            throw new UserException("'" + target + "' is a part of a name; to change or stop something, write the whole: "
                + part.shortName());
        }
        return named;
    }

    private List<PortMap.Service> exactly(String target) {
        if (!isName(target)) {
            PortRange range = PortRange.parse(target);
            return IntStream.rangeClosed(range.first(), range.last()).boxed().flatMap(port -> config.atOrNone(port).stream()).toList();
        }
        PortMap.Group group = PortMap.Group.named(target);
        if (group != null) {
            return config.services().stream().filter(service -> service.group() == group).toList();
        }
        String name = canonical(target);
        List<PortMap.Service> named = config.services().stream().filter(service -> variables(service).contains(name)).toList();
        return !named.isEmpty() ? named
            : config.services().stream().filter(service -> canonical(service.name()).equals(name)).toList();
    }

    /** Whether the target is a name rather than a number, or a failed attempt at one. */
    static boolean isName(String target) {
        return !target.isEmpty() && (Character.isLetter(target.charAt(0)) || target.charAt(0) == '_');
    }

    private static String canonical(String name) {
        return name.strip().toUpperCase(Locale.ROOT).replace('-', '_').replace(' ', '_');
    }

    /** A service's variables in upper case, each with and without {@code _PORT}. */
    private static List<String> variables(PortMap.Service service) {
        List<String> names = new ArrayList<>();
        for (String variable : service.variables()) {
            names.add(PortMap.stem(variable).toUpperCase(Locale.ROOT));
            names.add(variable.toUpperCase(Locale.ROOT));
        }
        return names;
    }

    // Parts of names.

    private PortMap.Service byPart(String target) {
        String part = canonical(target);
        List<PortMap.Service> candidates = withPart("_" + part + "_");
        if (candidates.isEmpty() && part.length() >= SHORTEST_BEGINNING) {
            candidates = withPart("_" + part);
        }
        if (candidates.size() == 1) {
            return candidates.get(0);
        }
        throw new UserException(candidates.isEmpty() ? unknown(target, part)
            : "'" + target + "' could be " + candidates.stream().map(PortMap.Service::shortName).collect(Collectors.joining(", "))
                + "; name one of them");
    }

    /** The services whose name or variable has this part, with a line before each word and at the end. */
    private List<PortMap.Service> withPart(String part) {
        return config.services().stream().filter(service -> ("_" + canonical(service.name()) + "_").contains(part)
            || ("_" + PortMap.stem(service.variable()) + "_").contains(part)).toList();
    }

    private String unknown(String target, String name) {
        if (target.matches(".*:[0-9]+(/.*)?")) {
            return "'" + target + "' is not a port; write " + PortRange.suggestion(target);
        }
        Stream<String> known = Stream.concat(Stream.of(PortMap.Group.values()).map(Enum::name),
            config.services().stream().flatMap(service -> variables(service).stream()));
        String near = nearest(name, known).map(word -> word.toLowerCase(Locale.ROOT)).collect(Collectors.joining(" or "));
        return "unknown service or group '" + target + "'; "
            + (near.isEmpty() ? "to list them: " + new Invocation(config.envFile().path().toString()).command("port_status", "--all")
                : "did you mean " + near + "?");
    }

    // Spelling.

    /** The two known words that are most like this one, if they differ in no more than a third of it. */
    private static Stream<String> nearest(String word, Stream<String> known) {
        return known.filter(candidate -> distance(candidate, word) <= (word.length() + 1) / 3)
            .sorted(Comparator.comparingInt(candidate -> distance(candidate, word)))
            .limit(2);
    }

    /** How many characters must be inserted, removed or replaced to make one of the other (Levenshtein). */
    private static int distance(String a, String b) {
        int[] row = IntStream.rangeClosed(0, b.length()).toArray();
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0]++;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(diagonal, row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
