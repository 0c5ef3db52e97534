//SOURCES ../command/PortCommand.java ../command/UserException.java EnvFile.java PortMap.java PortRange.java

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which port each service has here: by the environment, else by {@code .env}, else by the documentation. */
final class Config {

    private final EnvFile envFile;
    private final Map<String, String> environment;
    private final List<PortMap.Service> services = new ArrayList<>();
    private final Map<Integer, List<PortMap.Service>> byPort = new HashMap<>();
    private final Map<Integer, Set<String>> claims = new HashMap<>();

    /** Reads the configuration that a command's options and the environment name. */
    static Config of(PortCommand command) {
        return new Config(EnvFile.of(command), System.getenv());
    }

    /**
     * Reads the configuration; an empty value counts as unset. Other {@code NAME_PORT} lines of {@code .env} are services
     * of their own, or other names of documented ones.
     *
     * @throws UserException if a documented variable has a value that is no port
     */
    Config(EnvFile envFile, Map<String, String> environment) {
        this.envFile = envFile;
        this.environment = environment;
        for (PortMap.Service service : PortMap.SERVICES) {
            services.add(configured(service));
        }
        for (EnvFile.Entry entry : envFile.entries()) {
            if (PortMap.documented(entry.name()) == null && isPortVariable(entry.name()) && PortRange.isPort(entry.value())) {
                addUndocumented(entry);
            }
        }
    }

    private PortMap.Service configured(PortMap.Service service) {
        EnvFile.Entry entry = envFile.get(service.variable());
        String override = environment.getOrDefault(service.variable(), "");
        boolean isInFile = entry != null && !entry.value().isEmpty();
        if (isInFile && (override.isEmpty() || override.equals(entry.value()))) {
            // Where the shell has exported the file, the file is the place of the setting.
            return service.at(parse(entry.value(), place(entry), service), PortMap.Origin.ENV_FILE, entry.line());
        }
        return override.isEmpty() ? service
            : service.at(parse(override, "the environment", service), PortMap.Origin.ENVIRONMENT, 0);
    }

    private static int parse(String value, String place, PortMap.Service service) {
        if (!PortRange.isPort(value)) {
            // The value itself stays unsaid: what stands there by mistake may be a secret.
            throw new UserException(place + ": the value of " + service.variable()
                + " is not a port (1-65535); correct it, or leave it empty for " + service.port());
        }
        return Integer.parseInt(value);
    }

    private String place(EnvFile.Entry entry) {
        return envFile.path() + ":" + entry.line();
    }

    private static boolean isPortVariable(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (!(c >= 'A' && c <= 'Z' || c == '_' || c >= '0' && c <= '9' && i > 0)) {
                return false;
            }
        }
        return name.endsWith(PortMap.SUFFIX) && name.length() > PortMap.SUFFIX.length();
    }

    private void addUndocumented(EnvFile.Entry entry) {
        // Kubernetes and Docker set NAME_PORT to URLs in the environment for purposes of their own; those do not count.
        String override = environment.getOrDefault(entry.name(), "");
        boolean isOverridden = PortRange.isPort(override) && !override.equals(entry.value());
        int port = Integer.parseInt(isOverridden ? override : entry.value());
        int owner = indexOfNamesake(entry.name(), port);
        if (owner >= 0) {
            List<PortMap.Alias> aliases = new ArrayList<>(services.get(owner).aliases());
            aliases.add(new PortMap.Alias(entry.name(), port, entry.line()));
            services.set(owner, services.get(owner).named(aliases));
        } else {
            services.add(new PortMap.Service(entry.name(), entry.name(), port,
                isOverridden ? PortMap.Origin.ENVIRONMENT : PortMap.Origin.ENV_FILE, isOverridden ? 0 : entry.line(),
                PortMap.Group.of(port), PortMap.Status.UNKNOWN, null, null, List.of()));
        }
    }

    /** The one documented service that this variable is another name of, or -1: by its words and its port. */
    private int indexOfNamesake(String variable, int port) {
        int found = -1;
        for (int i = 0; i < PortMap.SERVICES.size(); i++) {
            EnvFile.Entry own = envFile.get(services.get(i).variable());
            boolean hasPort = port == services.get(i).port() || port == PortMap.SERVICES.get(i).port()
                || own != null && own.value().equals(String.valueOf(port));
            if (hasPort && hasWordsInOrder(services.get(i).variable(), variable)) {
                if (found >= 0) {
                    return -1;
                }
                found = i;
            }
        }
        return found;
    }

    private static boolean hasWordsInOrder(String documented, String variable) {
        String[] words = PortMap.stem(documented).split("_");
        int next = 0;
        for (String word : PortMap.stem(variable).split("_")) {
            while (next < words.length && !words[next].equals(word)) {
                next++;
            }
            if (next++ == words.length) {
                return false;
            }
        }
        return true;
    }

    /** All services: the documented ones in their order, then those that only {@code .env} knows. */
    List<PortMap.Service> services() {
        return services;
    }

    /** The services that have this port, or else the port itself. */
    List<PortMap.Service> atOrNone(int port) {
        return at(port).isEmpty() ? List.of(PortMap.Service.none(port)) : at(port);
    }

    /** The services that have this port. */
    List<PortMap.Service> at(int port) {
        if (byPort.isEmpty()) {
            for (PortMap.Service service : services) {
                byPort.computeIfAbsent(service.port(), key -> new ArrayList<>()).add(service);
            }
        }
        return byPort.getOrDefault(port, List.of());
    }

    /** Whether another service has a claim to this port: by the documentation, {@code .env} or the environment. */
    boolean isClaimedByAnother(int port, PortMap.Service asking) {
        if (claims.isEmpty()) {
            readClaims();
        }
        Set<String> claimants = claims.getOrDefault(port, Set.of());
        return claimants.size() > (claimants.contains(asking.variable()) ? 1 : 0);
    }

    private void readClaims() {
        for (PortMap.Service service : services) {
            claim(service.port(), service);
            PortMap.Service documented = PortMap.documented(service.variable());
            if (documented != null) {
                claim(documented.port(), service);
            }
            EnvFile.Entry entry = envFile.get(service.variable());
            if (entry != null && PortRange.isPort(entry.value())) {
                claim(Integer.parseInt(entry.value()), service);
            }
            for (PortMap.Alias alias : service.aliases()) {
                claim(alias.port(), service);
            }
        }
    }

    private void claim(int port, PortMap.Service service) {
        claims.computeIfAbsent(port, key -> new HashSet<>()).add(service.variable());
    }

    /** Where a service's port is set: {@code .env:12}, {@code the environment} or {@code the default}. */
    String place(PortMap.Service service) {
        return switch (service.origin()) {
            case ENVIRONMENT -> "the environment";
            case ENV_FILE -> envFile.path() + ":" + service.line();
            case DEFAULT -> "the default";
        };
    }

    /** Says of each other name of a service that has another port, where both stand; the documented one counts. */
    List<String> differences(PortMap.Service service) {
        List<String> differences = new ArrayList<>();
        for (PortMap.Alias alias : service.aliases()) {
            if (alias.port() != service.port()) {
                differences.add(service.name() + " has " + service.port() + " by " + service.variable() + " (" + place(service) + "), but "
                    + alias.port() + " by " + alias.variable() + " (" + envFile.path() + ":" + alias.line() + ")");
            }
        }
        return differences;
    }

    /** Whether the environment sets this variable to a port, and so takes precedence over {@code .env}. */
    boolean isSetInEnvironment(String variable) {
        return PortRange.isPort(environment.getOrDefault(variable, ""));
    }

    /** Whether this variable has no other use: what Docker and Kubernetes set, such as tcp://10.0.0.1:6379, is for others. */
    boolean mayBeExported(String variable) {
        return environment.getOrDefault(variable, "").isEmpty() || isSetInEnvironment(variable);
    }

    /** The file that was read. */
    EnvFile envFile() {
        return envFile;
    }
}
