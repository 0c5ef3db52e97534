//SOURCES ../command/PortCommand.java ../command/UserException.java Endpoint.java EnvFile.java PortMap.java

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
 *
 * @param values those of {@code .env}, expanded
 * @param services the documented services in their order, then those that stand in {@code .env} alone
 * @param notes what was ignored, and why
 */
record Config(EnvFile envFile, Map<String, String> environment, Map<String, String> values,
              List<PortMap.Service> services, List<String> notes) {

    /** What a variable is set to, and where; the value is empty if the variable is not set. */
    private record Setting(String variable, String value, String place) {

        int port(String otherRemedy) {
            if (!PortMap.isPort(value)) {
                // The value is not printed: it may be a secret that was put there by mistake.
                throw new UserException(where() + " is not a port (1-65535); correct the value" + otherRemedy);
            }
            return Integer.parseInt(value);
        }

        String where() {
            return place.equals(PortMap.ENVIRONMENT) ? variable + " in the environment" : place + ": " + variable;
        }
    }

    /** The form of a reference: ${NAME}, ${NAME:-default}, ${NAME-default}, $NAME. Most calls need not compile it. */
    private static final String REFERENCE =
        "(?<!\\\\)\\$(?:\\{([A-Za-z_]\\w*+)(?:(:?)-((?:[^{}]|\\{[^{}]*+})*+))?}|([A-Za-z_]\\w*+))";
    private static final int LONGEST = 1_000; // of an expression and of its value

    static Config of(PortCommand command) {
        return new Config(EnvFile.of(command), System.getenv());
    }

    /** Reads the configuration; a documented variable whose value is not a port is an error. */
    Config(EnvFile envFile, Map<String, String> environment) {
        this(envFile, environment, new HashMap<>(), new ArrayList<>(), new ArrayList<>());
        for (EnvFile.Entry entry : envFile.assignments()) { // An expression sees the lines above it.
            String value = entry.value();
            values.put(entry.name(), entry.isExpression() ? expand(value) : value);
        }
        for (PortMap.Service row : PortMap.SERVICES) {
            Setting setting = setting(row.variable());
            int port = setting.value.isEmpty() ? row.port()
                : setting.port(", or leave it empty to use " + row.port());
            services.add(row.with(port, setting.place, row.health(), new ArrayList<>()));
        }
        for (EnvFile.Entry entry : envFile.entries().values()) {
            if (PortMap.isPort(values.get(entry.name())) && entry.name().matches("[A-Z0-9_]+_PORT")) {
                addUndocumented(entry.name());
            }
        }
        for (int i = 0; i < services.size(); i++) {
            PortMap.Service service = services.get(i);
            services.set(i, service.with(service.port(), service.place(), health(service), service.aliases()));
        }
    }

    /** Returns what a variable is set to. If a shell has exported the same value, the place is the file. */
    private Setting setting(String variable) {
        String value = environment(variable);
        return value.isEmpty() || value.equals(fileValue(variable)) ? inFile(variable)
            : new Setting(variable, value, PortMap.ENVIRONMENT);
    }

    private Setting inFile(String variable) {
        String value = fileValue(variable);
        return new Setting(variable, value,
            value.isEmpty() ? PortMap.DEFAULT : envFile.path() + ":" + envFile.entries().get(variable).line());
    }

    /** Adds an alias of a documented service, or else a service. */
    private void addUndocumented(String variable) {
        // Docker and Kubernetes set NAME_PORT to URLs in the environment, for purposes of their own.
        Setting setting = PortMap.isPort(environment(variable)) ? setting(variable) : inFile(variable);
        int port = setting.port("");
        PortMap.Service added = new PortMap.Service(variable, variable, port, setting.place, PortMap.Group.of(port),
            PortMap.Status.UNKNOWN, null, null, List.of());
        for (int i = 0; i < PortMap.SERVICES.size(); i++) {
            PortMap.Service service = services.get(i);
            if (service.variable().equals(variable)) {
                return;
            }
            boolean hasPort = port == service.port() || port == PortMap.SERVICES.get(i).port();
            if (hasPort && hasWordsOf(service.variable(), variable)) {
                service.aliases().add(added);
                return;
            }
        }
        services.add(added);
    }

    /** Returns whether all words of a name are words of the documented one, in their order. */
    private static boolean hasWordsOf(String documented, String name) {
        return name.length() <= documented.length()
            && PortMap.stem(documented).matches("(.*_)?" + PortMap.stem(name).replace("_", "_(.*_)?") + "(_.*)?");
    }

    private String health(PortMap.Service service) {
        for (String variable : service.variables()) {
            Setting setting = setting(PortMap.stem(variable) + "_HEALTH");
            if (!setting.value.isEmpty() && Endpoint.isHealth(setting.value)) {
                return setting.value;
            }
            if (!setting.value.isEmpty()) {
                notes.add(setting.where() + " is ignored: it is not a path, tcp, grpc, or a URL"
                    + " (http, https, grpc, grpcs, tcp) without a user");
            }
        }
        return service.health();
    }

    /** Returns whether {@code .env} sets a variable to an expression that contains another one, and so follows it. */
    boolean refersTo(String variable, String other) {
        return isExpression(variable)
            && envFile.entries().get(variable).value().matches("(?s).*\\$\\{?" + other + "\\b.*");
    }

    boolean isExpression(String variable) {
        return envFile.entries().get(variable) != null && envFile.entries().get(variable).isExpression();
    }

    /** Returns the text with its references expanded, or as it is if either is too long. */
    private String expand(String text) {
        String expanded = text.length() > LONGEST ? text
            : Pattern.compile(REFERENCE).matcher(text).replaceAll(found -> Matcher.quoteReplacement(referred(found)));
        return expanded.length() > LONGEST ? text : expanded;
    }

    private String referred(MatchResult reference) {
        String name = reference.group(reference.group(1) != null ? 1 : 4);
        String value = environment.getOrDefault(name, values.get(name));
        boolean isSet = value != null && !(value.isEmpty() && ":".equals(reference.group(2)));
        return isSet ? value : reference.group(3) == null ? "" : expand(reference.group(3));
    }

    /** Returns the services that are configured for a port, or the port without one. */
    List<PortMap.Service> at(int port) {
        List<PortMap.Service> found = new ArrayList<>();
        for (PortMap.Service service : services) {
            if (service.port() == port) {
                found.add(service);
            }
        }
        return found.isEmpty() ? List.of(PortMap.Service.none(port)) : found;
    }

    /** Returns the port that the variable PORT names, which belongs to no service. */
    int port() {
        Setting setting = setting("PORT");
        if (setting.value.isEmpty()) {
            throw new UserException("PORT is not set in the environment or in " + envFile.path());
        }
        return setting.port("");
    }

    /** Returns what {@code .env} sets a variable to, expanded; empty if it does not. */
    String fileValue(String variable) {
        return values.getOrDefault(variable, "");
    }

    /** Requires that a value is a port before it is replaced: with a stray quote, other lines would change, too. */
    void requirePort(String variable) {
        if (!fileValue(variable).isEmpty()) {
            inFile(variable).port("");
        }
    }

    /** Returns what the environment sets a variable to; empty if it does not. */
    String environment(String variable) {
        return environment.getOrDefault(variable, "");
    }

    /** Returns a note on each alias of a service that is set to another port than the service. */
    List<String> differences(PortMap.Service service) {
        List<String> differences = new ArrayList<>();
        for (PortMap.Service alias : service.aliases()) {
            if (alias.port() != service.port()) {
                differences.add(service.name() + " uses port " + service.port() + " (" + service.variable() + ", "
                    + service.place() + "), but " + alias.variable() + " (" + alias.place() + ") is " + alias.port());
            }
        }
        return differences;
    }
}
