//SOURCES EnvFile.java Spelling.java UserException.java

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** DevFlow's services: the port map of its documentation, and the port that each service has here and now. */
final class PortMap {

    /** Which group chooses its ports first. */
    enum Priority { HIGH, MEDIUM, LOW }

    /** What becomes of a service whose port is taken. */
    enum Strategy {
        /** The port is fixed. */
        STATIC,
        /** The next available port upwards, then from the start of the range. */
        DYNAMIC,
        /** The next available port upwards. */
        AUTO_INCREMENT
    }

    /** The reserved ranges of ports, both ends included. */
    enum Group {
        CORE("Production Services", 3000, 3099, Priority.HIGH, Strategy.STATIC),
        MCP("MCP Services", 3100, 3199, Priority.MEDIUM, Strategy.DYNAMIC),
        ORCHESTRATION("Orchestration Services", 3200, 3299, Priority.MEDIUM, Strategy.DYNAMIC),
        GRPC("gRPC Services", 50000, 59999, Priority.LOW, Strategy.AUTO_INCREMENT);

        final String title;
        final int first;
        final int last;
        final Priority priority;
        final Strategy strategy;

        Group(String title, int first, int last, Priority priority, Strategy strategy) {
            this.title = title;
            this.first = first;
            this.last = last;
            this.priority = priority;
            this.strategy = strategy;
        }

        /** Whether the port lies in this group's range. */
        boolean contains(int port) {
            return first <= port && port <= last;
        }

        /** The group that a target names, or null. */
        static Group named(String target) {
            return Arrays.stream(values()).filter(group -> group.name().equalsIgnoreCase(target)).findFirst().orElse(null);
        }

        /** The group in whose range the port lies, or null. */
        static Group of(int port) {
            return Arrays.stream(values()).filter(group -> group.contains(port)).findFirst().orElse(null);
        }
    }

    /** What the documentation says of a service; UNKNOWN: only {@code .env} knows it; NONE: a port without one. */
    enum Status { ACTIVE, RESERVED, FAILED, UNKNOWN, NONE }

    /** Where a service's port comes from. */
    enum Origin { ENVIRONMENT, ENV_FILE, DEFAULT }

    /**
     * A service and its port. Group and health path are null where there is none; a port that no service has
     * is one with the status NONE and neither name nor variable.
     */
    record Service(String name, String variable, int port, Origin origin, Group group, Status status,
                          String description, String healthPath) {

        /** Whether its group's strategy can give it another port. */
        boolean isMovable() {
            return group != null && group.strategy != Strategy.STATIC;
        }

        /** What the user can call it: {@code codex-mcp}. */
        String shortName() {
            return variable.substring(0, variable.length() - SUFFIX.length()).toLowerCase(Locale.ROOT).replace('_', '-');
        }

        // Written out, because the generated ones cost 20 ms of start-up: they are put together at their first use.

        @Override
        public boolean equals(Object other) {
            return other instanceof Service service && port == service.port && Objects.equals(variable, service.variable);
        }

        @Override
        public int hashCode() {
            return 31 * port + Objects.hashCode(variable);
        }

        Service at(int newPort, Origin newOrigin) {
            return new Service(name, variable, newPort, newOrigin, group, status, description, healthPath);
        }

        static Service none(int port) {
            return new Service(null, null, port, null, Group.of(port), Status.NONE, null, null);
        }
    }

    private static final String HEALTH = "/health";

    /** The tables of the documentation, in their order. */
    private static final List<Service> DOCUMENTED = List.of(
        row(Group.CORE, "Database Manager", 3002, "DB_MANAGER_PORT", Status.ACTIVE, "SQLite database service", HEALTH),
        row(Group.CORE, "Vector Memory Service", 3003, "VECTOR_MEMORY_PORT", Status.ACTIVE, "Embedding and vector operations", HEALTH),
        row(Group.CORE, "Model Registry", 3004, "MODEL_REGISTRY_PORT", Status.ACTIVE, "AI model management", HEALTH),
        row(Group.CORE, "DevFlow Orchestrator", 3005, "ORCHESTRATOR_PORT", Status.ACTIVE, "Main orchestration service", HEALTH),
        row(Group.CORE, "Token Optimizer", 3006, "TOKEN_OPTIMIZER_PORT", Status.ACTIVE, "Context optimization", HEALTH),
        row(Group.MCP, "Codex MCP Server", 3101, "CODEX_MCP_PORT", Status.ACTIVE, "OpenAI Codex integration", null),
        row(Group.MCP, "Gemini MCP Server", 3102, "GEMINI_MCP_PORT", Status.RESERVED, "Google Gemini integration", null),
        row(Group.MCP, "Qwen MCP Server", 3103, "QWEN_MCP_PORT", Status.RESERVED, "Qwen model integration", null),
        row(Group.MCP, "Synthetic MCP Server", 3104, "SYNTHETIC_MCP_PORT", Status.RESERVED, "Synthetic.new integration", null),
        row(Group.ORCHESTRATION, "Real Dream Team Orchestrator", 3200, "REAL_DREAM_TEAM_ORCHESTRATOR_PORT", Status.ACTIVE,
            "Multi-model orchestration", HEALTH),
        row(Group.ORCHESTRATION, "CLI Integration Manager", 3201, "CLI_INTEGRATION_MANAGER_PORT", Status.ACTIVE,
            "CLI integration service", HEALTH),
        row(Group.ORCHESTRATION, "Platform Status Tracker", 3202, "PLATFORM_STATUS_TRACKER_PORT", Status.FAILED,
            "Real-time status monitoring", null),
        row(Group.GRPC, "CC-Tools gRPC Server", 50051, "CCTOOLS_GRPC_PORT", Status.ACTIVE, "Cross-component communication", null));

    private static final String SUFFIX = "_PORT";
    private static final Pattern PORT = Pattern.compile("[1-9][0-9]{0,4}");
    private static final Pattern RANGE = Pattern.compile("([^-]+)-([^-]+)");
    private static final Pattern PORT_VARIABLE = Pattern.compile("[A-Z_][A-Z0-9_]*_PORT");

    private final List<Service> services;
    private final EnvFile envFile;

    private PortMap(List<Service> services, EnvFile envFile) {
        this.services = services;
        this.envFile = envFile;
    }

    private static Service row(Group group, String name, int port, String variable, Status status,
                               String description, String healthPath) {
        return new Service(name, variable, port, Origin.DEFAULT, group, status, description, healthPath);
    }

    /**
     * The map as it is configured: the environment takes precedence over {@code .env}, that over the documented port,
     * and an empty value counts as unset. Other {@code NAME_PORT} lines of {@code .env} become services of their own.
     *
     * @throws UserException if a documented variable has a value that is no port
     */
    static PortMap configured(EnvFile envFile, Map<String, String> environment) {
        List<Service> services = new ArrayList<>();
        for (Service service : DOCUMENTED) {
            services.add(configured(service, envFile, environment));
        }
        for (EnvFile.Entry entry : envFile.entries()) {
            String variable = entry.name();
            boolean known = DOCUMENTED.stream().anyMatch(service -> service.variable.equals(variable));
            if (!known && PORT_VARIABLE.matcher(variable).matches() && isPort(entry.value())) {
                services.add(unknown(variable, entry.value(), environment.getOrDefault(variable, "")));
            }
        }
        return new PortMap(List.copyOf(services), envFile);
    }

    /** In the environment, Kubernetes and Docker set NAME_PORT to URLs for purposes of their own; those do not count. */
    private static Service unknown(String variable, String value, String override) {
        boolean isOverridden = isPort(override);
        int port = Integer.parseInt(isOverridden ? override : value);
        return new Service(variable, variable, port, isOverridden ? Origin.ENVIRONMENT : Origin.ENV_FILE, Group.of(port),
            Status.UNKNOWN, null, null);
    }

    private static Service configured(Service service, EnvFile envFile, Map<String, String> environment) {
        String value = environment.getOrDefault(service.variable, "");
        if (!value.isEmpty()) {
            return service.at(configuredPort(value, "the environment", service), Origin.ENVIRONMENT);
        }
        EnvFile.Entry entry = envFile.get(service.variable);
        if (entry != null && !entry.value().isEmpty()) {
            return service.at(configuredPort(entry.value(), envFile.path() + ":" + entry.line(), service), Origin.ENV_FILE);
        }
        return service;
    }

    private static int configuredPort(String value, String where, Service service) {
        if (!isPort(value)) {
            // The value itself stays unsaid: what stands there by mistake may be a secret.
            throw new UserException(where + ": the value of " + service.variable
                + " is not a port (1-65535); correct it, or leave it empty for " + service.port);
        }
        return Integer.parseInt(value);
    }

    /** All services: the documented ones in their order, then those that only {@code .env} knows. */
    List<Service> services() {
        return services;
    }

    /** The port that the documentation gives this service, or 0. */
    static int documentedPort(Service service) {
        return DOCUMENTED.stream().filter(row -> row.variable.equals(service.variable)).mapToInt(Service::port).findFirst().orElse(0);
    }

    /** The ports that other services have a claim to: by the documentation, {@code .env} or the environment. */
    Set<Integer> portsOfOthers(Service asking) {
        Set<Integer> ports = new HashSet<>();
        for (Service service : services) {
            if (!service.equals(asking)) {
                ports.add(service.port);
                ports.add(documentedPort(service));
                EnvFile.Entry entry = envFile.get(service.variable);
                if (entry != null && isPort(entry.value())) {
                    ports.add(Integer.parseInt(entry.value()));
                }
            }
        }
        return ports;
    }

    /** The services that have this port. */
    List<Service> at(int port) {
        return services.stream().filter(service -> service.port == port).toList();
    }

    /**
     * What the user names by a target: a port ({@code 3005}), a range ({@code 3100-3199}), a service
     * ({@code ORCHESTRATOR_PORT} or {@code orchestrator}), or a group ({@code core}), which stands for its services.
     *
     * @throws UserException if it names nothing
     */
    List<Service> resolve(String target) {
        if (!isName(target)) {
            return range(target).boxed().flatMap(port -> atOrNone(port).stream()).toList();
        }
        String name = target.toUpperCase(Locale.ROOT).replace('-', '_');
        Group group = Group.named(target);
        List<Service> named = services.stream()
            .filter(service -> group != null ? service.group == group : names(service).contains(name)).toList();
        if (named.isEmpty()) {
            throw new UserException("unknown service or group '" + target + "'; " + suggestion(name));
        }
        return named;
    }

    /** Whether the target is a name rather than a number, or a failed attempt at one. */
    static boolean isName(String target) {
        return !target.isEmpty() && (Character.isLetter(target.charAt(0)) || target.charAt(0) == '_');
    }

    /**
     * The ports that {@code 3005} or {@code 3100-3199} stands for, in rising order.
     *
     * @throws UserException if it is neither a port nor a range
     */
    static IntStream range(String text) {
        Matcher ends = RANGE.matcher(text);
        int first = parsePort(ends.matches() ? ends.group(1) : text);
        int last = ends.matches() ? parsePort(ends.group(2)) : first;
        if (first > last) {
            throw new UserException("the range " + text + " is reversed; write " + last + "-" + first);
        }
        return IntStream.rangeClosed(first, last);
    }

    /**
     * The port that a text names: decimal, 1-65535, without sign or leading zero.
     *
     * @throws UserException if it names none
     */
    static int parsePort(String text) {
        if (!isPort(text)) {
            throw new UserException("'" + text + "' is not a port; write a number from 1 to 65535");
        }
        return Integer.parseInt(text);
    }

    /** Whether {@link #parsePort} would take it. */
    static boolean isPort(String text) {
        return PORT.matcher(text).matches() && Integer.parseInt(text) <= 65535;
    }

    private List<Service> atOrNone(int port) {
        List<Service> known = at(port);
        return known.isEmpty() ? List.of(Service.none(port)) : known;
    }

    /** What a service is called in upper case: its variable, with and without {@code _PORT}. */
    private static List<String> names(Service service) {
        String variable = service.variable.toUpperCase(Locale.ROOT);
        return List.of(variable.substring(0, variable.length() - SUFFIX.length()), variable);
    }

    private String suggestion(String name) {
        Stream<String> known = Stream.concat(Arrays.stream(Group.values()).map(Group::name),
            services.stream().flatMap(service -> names(service).stream()));
        String near = Spelling.nearest(name, known).map(word -> word.toLowerCase(Locale.ROOT)).collect(Collectors.joining(" or "));
        return near.isEmpty() ? "port_status --all lists them" : "did you mean " + near + "?";
    }
}
