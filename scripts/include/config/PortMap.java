//SOURCES ../command/UserException.java

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/** The tables of DevFlow's documentation: its groups of ports, and its services in their order. */
final class PortMap {

    static final int HIGHEST = 65535;

    /** Ports from first to last, both included, as the user writes them: {@code 3005} or {@code 3100-3199}. */
    record Range(int first, int last) {

        boolean contains(int port) {
            return first <= port && port <= last;
        }

        @Override
        public String toString() {
            return first + "-" + last;
        }

        static Range parse(String text) {
            int dash = text.indexOf('-', 1);
            boolean isRange = dash > 0 && isPort(text.substring(0, dash)) && isPort(text.substring(dash + 1));
            int first = parsePort(isRange ? text.substring(0, dash) : text);
            int last = isRange ? parsePort(text.substring(dash + 1)) : first;
            if (first > last) {
                throw new UserException("the range " + text + " is reversed; use " + last + "-" + first);
            }
            return new Range(first, last);
        }
    }

    /** The order in which groups choose their ports. */
    enum Priority { HIGH, MEDIUM, LOW }

    /** If a service's port is in use: STATIC fails, DYNAMIC tries the whole range, AUTO_INCREMENT the ports above. */
    enum Strategy { STATIC, DYNAMIC, AUTO_INCREMENT }

    enum Group {
        CORE("Production Services", 3000, 3099, Priority.HIGH, Strategy.STATIC),
        MCP("MCP Services", 3100, 3199, Priority.MEDIUM, Strategy.DYNAMIC),
        ORCHESTRATION("Orchestration Services", 3200, 3299, Priority.MEDIUM, Strategy.DYNAMIC),
        GRPC("gRPC Services", 50000, 59999, Priority.LOW, Strategy.AUTO_INCREMENT);

        final String title;
        final Range range;
        final Priority priority;
        final Strategy strategy;

        Group(String title, int first, int last, Priority priority, Strategy strategy) {
            this.title = title;
            this.range = new Range(first, last);
            this.priority = priority;
            this.strategy = strategy;
        }

        /** Returns the group that a target names, or null. */
        static Group named(String target) {
            for (Group group : values()) {
                if (group.name().equalsIgnoreCase(target)) {
                    return group;
                }
            }
            return null;
        }

        /** Returns the group whose range contains the port, or null. */
        static Group of(int port) {
            for (Group group : values()) {
                if (group.range.contains(port)) {
                    return group;
                }
            }
            return null;
        }
    }

    /** The documented status of a service; UNKNOWN: it is undocumented; NONE: a port without a service. */
    enum Status { ACTIVE, RESERVED, FAILED, UNKNOWN, NONE }

    /** The statuses of the services that the project starts: neither reserved nor failed. */
    static final Set<Status> STARTED = Set.of(Status.ACTIVE, Status.UNKNOWN);

    /** The places where a port is set, besides the lines of {@code .env}, such as {@code .env:12}. */
    static final String ENVIRONMENT = "the environment";
    static final String DEFAULT = "the default";

    /**
     * A service and its port. A port without a service has the status NONE, and neither name nor variable.
     *
     * @param place where the port is set, and must be changed
     * @param group null if the port of an undocumented service is in no documented range
     * @param health how its health is checked: a path, a URL, {@code tcp} or {@code grpc}; null if nothing says so
     * @param aliases other variables of {@code .env} for its port
     */
    record Service(String name, String variable, int port, String place, Group group, Status status,
                   String description, String health, List<Service> aliases) {

        boolean isDocumented() {
            return status != Status.UNKNOWN && status != Status.NONE;
        }

        boolean isMovable() {
            return isDocumented() ? group.strategy != Strategy.STATIC : status == Status.UNKNOWN;
        }

        List<String> variables() {
            List<String> variables = new ArrayList<>(List.of(variable));
            for (Service alias : aliases) {
                variables.add(alias.variable);
            }
            return variables;
        }

        /** Returns the name to type: {@code codex-mcp}, or the variable if that name would mean something else. */
        String shortName() {
            String name = stem(variable).toLowerCase(Locale.ROOT).replace('_', '-');
            return name.startsWith("-") || name.equals("port") || Group.named(name) != null ? variable : name;
        }

        Service with(int port, String place, String health, List<Service> aliases) {
            return new Service(name, variable, port, place, group, status, description, health, aliases);
        }

        static Service none(int port) {
            return new Service(null, null, port, null, Group.of(port), Status.NONE, null, null, List.of());
        }

        // Written out, because the generated methods cost 20 ms of start-up at their first use.

        @Override
        public boolean equals(Object other) {
            return other instanceof Service that && port == that.port && Objects.equals(variable, that.variable);
        }

        @Override
        public int hashCode() {
            return 31 * port + Objects.hashCode(variable);
        }
    }

    /** The services of the documentation, in its order, with their documented ports. */
    static final List<Service> SERVICES = List.of(
        row("Database Manager", 3002, "DB_MANAGER_PORT", Status.ACTIVE, "/health", "SQLite database service"),
        row("Vector Memory Service", 3003, "VECTOR_MEMORY_PORT", Status.ACTIVE, "/health",
            "Embedding and vector operations"),
        row("Model Registry", 3004, "MODEL_REGISTRY_PORT", Status.ACTIVE, "/health", "AI model management"),
        row("DevFlow Orchestrator", 3005, "ORCHESTRATOR_PORT", Status.ACTIVE, "/health", "Main orchestration service"),
        row("Token Optimizer", 3006, "TOKEN_OPTIMIZER_PORT", Status.ACTIVE, "/health", "Context optimization"),
        row("Codex MCP Server", 3101, "CODEX_MCP_PORT", Status.ACTIVE, null, "OpenAI Codex integration"),
        row("Gemini MCP Server", 3102, "GEMINI_MCP_PORT", Status.RESERVED, null, "Google Gemini integration"),
        row("Qwen MCP Server", 3103, "QWEN_MCP_PORT", Status.RESERVED, null, "Qwen model integration"),
        row("Synthetic MCP Server", 3104, "SYNTHETIC_MCP_PORT", Status.RESERVED, null, "Synthetic.new integration"),
        row("Real Dream Team Orchestrator", 3200, "REAL_DREAM_TEAM_ORCHESTRATOR_PORT", Status.ACTIVE, "/health",
            "Multi-model orchestration"),
        row("CLI Integration Manager", 3201, "CLI_INTEGRATION_MANAGER_PORT", Status.ACTIVE, "/health",
            "CLI integration service"),
        row("Platform Status Tracker", 3202, "PLATFORM_STATUS_TRACKER_PORT", Status.FAILED, null,
            "Real-time status monitoring"),
        row("CC-Tools gRPC Server", 50051, "CCTOOLS_GRPC_PORT", Status.ACTIVE, null, "Cross-component communication"));

    private PortMap() { }

    private static Service row(String name, int port, String variable, Status status, String health, String text) {
        return new Service(name, variable, port, DEFAULT, Group.of(port), status, text, health, List.of());
    }

    /** Returns the port that a text names: decimal, 1-65535, without sign or leading zero. */
    static int parsePort(String text) {
        if (!isPort(text)) {
            throw new UserException("'" + text + "' is not a port; use a number from 1 to " + HIGHEST
                + (text.indexOf(':') < 0 ? "" : ", or with health_all a URL such as http://localhost:3005/"));
        }
        return Integer.parseInt(text);
    }

    static boolean isPort(String text) {
        boolean isNumber = !text.isEmpty() && text.length() <= 5 && text.charAt(0) != '0';
        for (int i = 0; isNumber && i < text.length(); i++) {
            isNumber = text.charAt(i) >= '0' && text.charAt(i) <= '9';
        }
        return isNumber && Integer.parseInt(text) <= HIGHEST;
    }

    /** Returns a variable without its {@code _PORT}. */
    static String stem(String variable) {
        return variable.endsWith("_PORT") ? variable.substring(0, variable.length() - "_PORT".length()) : variable;
    }
}
