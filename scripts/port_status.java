///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES PortCommand.java PortMap.java EnvFile.java LocalPorts.java SocketOwners.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "port_status",
    description = "Shows which of DevFlow's ports something listens on; without a target, those of its active services.",
    exitCodeList = {
        "0:the status was printed, whatever it is",
        "2:could not tell: wrong usage or unusable configuration"},
    footer = {
        "  port_status",
        "  port_status --all",
        "  port_status --json mcp"})
class port_status extends PortCommand {

    @Option(names = "--all", description = "Show reserved, failed and unknown services too.")
    private boolean all;

    @Option(names = "--plain", description = "Print ports and states only, as the shell function devflow_port_status did.")
    private boolean plain;

    public static void main(String... args) {
        main(new port_status(), args);
    }

    @Override
    protected int run() throws IOException {
        List<PortMap.Service> services = services(portMap());
        LocalPorts localPorts = LocalPorts.read();
        List<Map<String, Object>> documents = new ArrayList<>();
        if (!json) {
            out.println("=== DevFlow Port Status ===");
        }
        for (PortMap.Service service : services) {
            LocalPorts.State state = localPorts.state(service.port());
            if (json) {
                documents.add(fields(service, state));
            } else {
                out.println(line(service, state.verdict() == LocalPorts.Verdict.LISTENING));
            }
        }
        if (json) {
            printJson(Map.of("ports", documents));
        }
        return YES;
    }

    private List<PortMap.Service> services(PortMap map) {
        if (!targets.isEmpty()) {
            return named(map);
        }
        List<PortMap.Service> services = new ArrayList<>();
        for (PortMap.Service service : map.services()) {
            if (all || service.status() == PortMap.Status.ACTIVE) {
                services.add(service);
            }
        }
        return services;
    }

    private String line(PortMap.Service service, boolean active) {
        String line = "Port " + service.port() + ": " + (active ? "✅ " + good("ACTIVE") : "❌ " + bad("INACTIVE"));
        if (plain || service.name() == null) {
            return line;
        }
        int width = (service.port() + (active ? "ACTIVE" : "INACTIVE")).length();
        line += " ".repeat("50051INACTIVE  ".length() - width)
            + String.format("%-28s  %s", service.name(), service.variable());
        return service.status() == PortMap.Status.ACTIVE ? line : line + "  " + lowerCase(service.status());
    }
}
