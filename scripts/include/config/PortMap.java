//SOURCES PortRange.java

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** The tables of DevFlow's documentation: its groups of ports, and its services in their order. */
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

    /** The reserved ranges of ports. */
    enum Group {
        CORE("Production Services", 3000, 3099, Priority.HIGH, Strategy.STATIC),
        MCP("MCP Services", 3100, 3199, Priority.MEDIUM, Strategy.DYNAMIC),
        ORCHESTRATION("Orchestration Services", 3200, 3299, Priority.MEDIUM, Strategy.DYNAMIC),
        GRPC("gRPC Services", 50000, 59999, Priority.LOW, Strategy.AUTO_INCREMENT);

        final String title;
        final PortRange range;
        final Priority priority;
        final Strategy strategy;

        Group(String title, int first, int last, Priority priority, Strategy strategy) {
            this.title = title;
            this.range = new PortRange(first, last);
            this.priority = priority;
            this.strategy = strategy;
        }

        /** The group that a target names, or null. */
        static Group named(String target) {
            for (Group group : values()) {
                if (group.name().equalsIgnoreCase(target)) {
                    return group;
                }
            }
            return null;
        }

        /** The group in whose range the port lies, or null. */
        static Group of(int port) {
            for (Group group : values()) {
                if (group.range.contains(port)) {
                    return group;
                }
            }
            return null;
        }
    }

    /** What the documentation says of a service; UNKNOWN: only {@code .env} knows it; NONE: a port without one. */
    enum Status { ACTIVE, RESERVED, FAILED, UNKNOWN, NONE }

    /** Where a service's port is set, and so where it is to be changed. */
    enum Origin { ENVIRONMENT, ENV_FILE, DEFAULT }

    /** Another variable of {@code .env} for the port of a service, and the line where it stands. */
    record Alias(String variable, int port, int line) { }

    /**
     * A service and its port. Group and health path are null where there is none, the line is that of {@code .env}, or
     * 0; a port that no service has is one with the status NONE and neither name nor variable.
     */
    record Service(String name, String variable, int port, Origin origin, int line, Group group, Status status,
                   String description, String healthPath, List<Alias> aliases) {

        /** Whether its group's strategy can give it another port. */
        boolean isMovable() {
            return group != null && group.strategy != Strategy.STATIC;
        }

        boolean isDocumented() {
            return status != Status.UNKNOWN && status != Status.NONE;
        }

        boolean isAtDocumentedPort() {
            Service row = documented(variable);
            return row != null && row.port == port;
        }

        /** Its variable, and the others for the same port. */
        List<String> variables() {
            List<String> variables = new ArrayList<>(List.of(variable));
            aliases.forEach(alias -> variables.add(alias.variable));
            return variables;
        }

        /** What the user can call it: {@code codex-mcp}. */
        String shortName() {
            return stem(variable).toLowerCase(Locale.ROOT).replace('_', '-');
        }

        Service at(int newPort, Origin newOrigin, int newLine) {
            return new Service(name, variable, newPort, newOrigin, newLine, group, status, description, healthPath, aliases);
        }

        Service named(List<Alias> newAliases) {
            return new Service(name, variable, port, origin, line, group, status, description, healthPath, newAliases);
        }

        /** A port that no service has. */
        static Service none(int port) {
            return new Service(null, null, port, null, 0, Group.of(port), Status.NONE, null, null, List.of());
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
    }

    static final String SUFFIX = "_PORT";
    private static final String HEALTH = "/health";

    /** The services of the documentation, in its order, with their documented ports. */
    static final List<Service> SERVICES = List.of(
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

    private PortMap() { }

    private static Service row(Group group, String name, int port, String variable, Status status,
                               String description, String healthPath) {
        return new Service(name, variable, port, Origin.DEFAULT, 0, group, status, description, healthPath, List.of());
    }

    /** The row of the documentation with that variable, or null. */
    static Service documented(String variable) {
        for (Service service : SERVICES) {
            if (service.variable.equals(variable)) {
                return service;
            }
        }
        return null;
    }

    /** A variable without its {@code _PORT}. */
    static String stem(String variable) {
        return variable.endsWith(SUFFIX) ? variable.substring(0, variable.length() - SUFFIX.length()) : variable;
    }
}
