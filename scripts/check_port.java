///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES PortCommand.java PortMap.java EnvFile.java LocalPorts.java SocketOwners.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "check_port",
    description = "Tells whether a server could have a port, and if not, why.",
    exitCodeList = {
        "0:every port is available",
        "1:a port is not available",
        "2:could not tell: wrong usage or unusable configuration"},
    footer = {
        "  check_port 3005",
        "  check_port --quiet orchestrator && npm start",
        "  check_port --json 3100-3199"})
class check_port extends PortCommand {

    @Option(names = {"-q", "--quiet"}, description = "Print nothing; the exit code is the answer.")
    private boolean quiet;

    public static void main(String... args) {
        main(new check_port(), args);
    }

    @Override
    protected int run() throws IOException {
        if (targets.isEmpty()) {
            throw new PortMap.UserException("which port? name a port, range, service or group; see check_port --help");
        }
        List<PortMap.Service> services = named(portMap());
        LocalPorts localPorts = LocalPorts.read();
        boolean available = true;
        List<Map<String, Object>> documents = new ArrayList<>();
        for (PortMap.Service service : services) {
            LocalPorts.State state = localPorts.state(service.port());
            available &= state.verdict() == LocalPorts.Verdict.AVAILABLE;
            if (json) {
                documents.add(fields(service, state));
            } else if (!quiet) {
                out.println(line(service, state));
            }
        }
        if (json && !quiet) {
            printJson(Map.of("ports", documents));
        }
        return available ? YES : NO;
    }

    private String line(PortMap.Service service, LocalPorts.State state) {
        String line = "Port " + service.port() + ": " + coloured(state.verdict());
        if (state.verdict() == LocalPorts.Verdict.LISTENING) {
            line += " on " + state.listeners().stream()
                .map(listener -> LocalPorts.text(listener.address())).collect(Collectors.joining(", "));
        }
        return service.name() == null ? line : line + "  " + service.name() + " (" + service.variable() + ")";
    }

    private String coloured(LocalPorts.Verdict verdict) {
        return switch (verdict) {
            case AVAILABLE -> good("available");
            case LISTENING -> bad("listening");
            case HELD -> bad("held, though nothing listens");
            case DENIED -> bad("denied to this user");
        };
    }
}
