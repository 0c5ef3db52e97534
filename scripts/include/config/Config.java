//SOURCES ../command/PortCommand.java ../command/UserException.java EnvFile.java PortMap.java

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which port each service uses: that of the environment, else that of {@code .env}, else the documented one. An empty
 * value counts as unset.
 */
final class Config {

    private final EnvFile envFile;
    private final Map<String, String> environment;
    private final Map<String, String> values = new HashMap<>(); // of .env, expanded
    private final List<PortMap.Service> services = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    static Config of(PortCommand command) {
        return new Config(EnvFile.of(command), System.getenv());
    }

    /** Reads the configuration; a documented variable whose value is not a port is an error. */
    Config(EnvFile envFile, Map<String, String> environment) {
        this.envFile = envFile;
        this.environment = environment;
        for (EnvFile.Entry entry : envFile.entries()) {
            String value = entry.value();
            values.put(entry.name(), isExpression(entry.name()) ? new Syntax(this).expand(value) : value);
        }
        for (PortMap.Service service : PortMap.SERVICES) {
            PortMap.Origin origin = origin(service.variable());
            services.add(origin == PortMap.Origin.DEFAULT ? service : service.with(port(service.variable(), origin,
                ", or leave it empty to use " + service.port()), origin, service.health(), service.aliases()));
        }
        for (EnvFile.Entry entry : envFile.entries()) {
            if (PortMap.isPort(values.get(entry.name())) && Syntax.PORT_VARIABLE.matcher(entry.name()).matches()) {
                addUndocumented(entry.name());
            }
        }
        for (int i = 0; i < services.size(); i++) {
            PortMap.Service service = services.get(i);
            services.set(i, service.with(service.port(), service.origin(), health(service), service.aliases()));
        }
    }

    /** Returns where a variable is set. If a shell has exported {@code .env}, the file counts. */
    private PortMap.Origin origin(String variable) {
        String override = environment(variable);
        String value = fileValue(variable);
        boolean isInFile = !value.isEmpty() && (override.isEmpty() || override.equals(value));
        return isInFile ? PortMap.Origin.ENV_FILE
            : override.isEmpty() ? PortMap.Origin.DEFAULT : PortMap.Origin.ENVIRONMENT;
    }

    private String value(String variable, PortMap.Origin origin) {
        return origin == PortMap.Origin.ENVIRONMENT ? environment(variable) : fileValue(variable);
    }

    private int port(String variable, PortMap.Origin origin, String alternative) {
        if (!PortMap.isPort(value(variable, origin))) {
            // The value is not printed: it may be a secret that was put there by mistake.
            throw new UserException(place(variable, origin) + ": " + variable
                + " is not a port (1-65535); correct the value" + alternative);
        }
        return Integer.parseInt(value(variable, origin));
    }

    private void addUndocumented(String variable) {
        // Docker and Kubernetes set NAME_PORT to URLs in the environment, for purposes of their own.
        PortMap.Origin origin = PortMap.isPort(environment(variable)) ? origin(variable) : PortMap.Origin.ENV_FILE;
        int port = port(variable, origin, "");
        for (int i = 0; i < PortMap.SERVICES.size(); i++) {
            PortMap.Service service = services.get(i);
            if (service.variable().equals(variable)) {
                return;
            }
            boolean hasPort = port == service.port() || port == PortMap.SERVICES.get(i).port()
                || value(variable, origin).equals(fileValue(service.variable()));
            if (hasPort && hasWordsOf(service.variable(), variable)) {
                List<PortMap.Alias> aliases = new ArrayList<>(service.aliases());
                aliases.add(new PortMap.Alias(variable, port));
                services.set(i, service.with(service.port(), service.origin(), service.health(), aliases));
                return;
            }
        }
        services.add(new PortMap.Service(variable, variable, port, origin, PortMap.Group.of(port),
            PortMap.Status.UNKNOWN, null, null, List.of()));
    }

    /** Returns whether all words of a name are words of the documented one, in their order. */
    private static boolean hasWordsOf(String documented, String name) {
        return name.length() <= documented.length()
            && PortMap.stem(documented).matches("(.*_)?" + PortMap.stem(name).replace("_", "_(.*_)?") + "(_.*)?");
    }

    private String health(PortMap.Service service) {
        for (String variable : service.variables()) {
            String name = PortMap.stem(variable) + "_HEALTH";
            PortMap.Origin origin = origin(name);
            if (origin != PortMap.Origin.DEFAULT && Syntax.isHealth(value(name, origin))) {
                return value(name, origin);
            }
            if (origin != PortMap.Origin.DEFAULT) {
                notes.add(place(name, origin) + ": " + name + " is ignored: it is not a path, tcp, grpc, or a URL"
                    + " (http, https, grpc, grpcs, tcp) without a user");
            }
        }
        return service.health();
    }

    /** Returns whether {@code .env} sets a variable to an expression with another one, whose port it follows. */
    boolean refersTo(String variable, String other) {
        return isExpression(variable) && envFile.get(variable).value().matches("(?s).*\\$\\{?" + other + "\\b.*");
    }

    /** Returns whether {@code .env} sets a variable to an expression; {@code $} in single quotes is none. */
    boolean isExpression(String variable) {
        EnvFile.Entry entry = envFile.get(variable);
        return entry != null && entry.quote() != '\'' && entry.value().indexOf('$') >= 0;
    }

    /** The forms of names and values. Separate, so that a call without such values does not compile them. */
    private record Syntax(Config config) {

        private static final Pattern PORT_VARIABLE = Pattern.compile("[A-Z_][A-Z0-9_]*_PORT");
        private static final Pattern REFERENCE = Pattern.compile( // ${NAME}, ${NAME:-default}, ${NAME-default}, $NAME
            "(?<!\\\\)\\$(?:\\{([A-Za-z_]\\w*+)(?:(:?)-((?:[^{}]|\\{[^{}]*+})*+))?}|([A-Za-z_]\\w*+))");
        private static final Pattern HEALTH = Pattern.compile("/[!-~]*|tcp|grpc|(?i:https?"
            + "|(?:grpcs?|tcp)(?=://[^/?]+:\\d+([/?]|$)))://(?:\\[[\\da-fA-F:.]+]|[\\w.-]+)(?::(\\d+))?([/?][!-~]*)?");
        private static final int LONGEST = 1_000;

        /** Returns the text with its references expanded, or as it is if either is too long. */
        String expand(String text) {
            String expanded = text.length() > LONGEST ? text
                : REFERENCE.matcher(text).replaceAll(reference -> Matcher.quoteReplacement(value(reference)));
            return expanded.length() > LONGEST ? text : expanded;
        }

        private String value(MatchResult reference) {
            String name = reference.group(reference.group(1) != null ? 1 : 4);
            String value = config.environment.getOrDefault(name, config.values.get(name));
            boolean isSet = value != null && !(value.isEmpty() && ":".equals(reference.group(2)));
            return isSet ? value : reference.group(3) == null ? "" : expand(reference.group(3));
        }

        static boolean isHealth(String value) {
            Matcher form = HEALTH.matcher(value);
            return form.matches() && (form.group(2) == null || PortMap.isPort(form.group(2)));
        }
    }

    /** Returns all services: the documented ones in their order, then those that stand in {@code .env} alone. */
    List<PortMap.Service> services() {
        return services;
    }

    List<PortMap.Service> at(int port) {
        List<PortMap.Service> found = new ArrayList<>();
        for (PortMap.Service service : services) {
            if (service.port() == port) {
                found.add(service);
            }
        }
        return found;
    }

    /** Returns what was ignored, and why. */
    List<String> notes() {
        return notes;
    }

    EnvFile envFile() {
        return envFile;
    }

    /** Returns the port that the variable PORT names. No service uses that port. */
    int port() {
        PortMap.Origin origin = origin("PORT");
        if (origin == PortMap.Origin.DEFAULT) {
            throw new UserException("PORT is not set in the environment or in " + envFile.path());
        }
        return port("PORT", origin, "");
    }

    /** Returns what {@code .env} sets a variable to, expanded; empty if it does not. */
    String fileValue(String variable) {
        return values.getOrDefault(variable, "");
    }

    /** Requires a value in {@code .env} that can be replaced: a stray quote would change how other lines read. */
    void requirePort(String variable) {
        if (!fileValue(variable).isEmpty()) {
            port(variable, PortMap.Origin.ENV_FILE, "");
        }
    }

    /** Returns what the environment sets a variable to; empty if it does not. */
    String environment(String variable) {
        return environment.getOrDefault(variable, "");
    }

    /** Returns where a service's port is set: {@code .env:12}, {@code the environment} or {@code the default}. */
    String place(PortMap.Service service) {
        return place(service.variable(), service.origin());
    }

    private String place(String variable, PortMap.Origin origin) {
        return switch (origin) {
            case ENVIRONMENT -> "the environment";
            case ENV_FILE -> envFile.path() + ":" + envFile.get(variable).line();
            case DEFAULT -> "the default";
        };
    }

    /** Returns a note on each alias of a service that is set to another port than the service. */
    List<String> differences(PortMap.Service service) {
        List<String> differences = new ArrayList<>();
        for (PortMap.Alias alias : service.aliases()) {
            if (alias.port() != service.port()) {
                differences.add(service.name() + " uses port " + service.port() + " (" + service.variable() + ", "
                    + place(service) + "), but " + alias.variable() + " ("
                    + place(alias.variable(), PortMap.Origin.ENV_FILE) + ") is " + alias.port());
            }
        }
        return differences;
    }
}
