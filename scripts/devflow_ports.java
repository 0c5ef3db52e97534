///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES check_port.java find_port.java port_status.java health_all.java include/command/PortCommand.java
//SOURCES include/config/PortMap.java include/ports/ServicePort.java

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.PositionalParamSpec;

/** All scripts and the functions of devflow-ports.sh in one program: NAME ARGUMENT... */
class devflow_ports {

    /** The commands that are run for the class archive, which holds the classes that they load. */
    private static final String TRAINING = "check_port FREE;check_port --quiet FREE;check_port --json FREE"
        + ";check_port trained;check_port --color=always core;check_port ?;check_port --help;find_port FREE 65535"
        + ";find_port --json FREE;find_port --all;find_port --all --write --export;find_port --help;port_status"
        + ";port_status --json trained;port_status --verbose;port_status --check --color=always;port_status --help"
        + ";devflow_port_status;devflow_list_not_running core trained;health_all trained;health_all --wait=0.1 FREE"
        + ";health_all --json http://URL;health_all grpc://URL;health_all --prometheus FREE;health_all --help";

    public static void main(String... args) throws Exception {
        List<String> own = new ArrayList<>(List.of(args));
        String name = own.isEmpty() ? "" : own.remove(0);
        switch (name) {
            case "--completion" -> complete("check_port", "find_port", "port_status", "health_all");
            case "--train" -> train();
            default -> PortCommand.main(command(name, own), own.toArray(new String[0]));
        }
    }

    /** Returns the command with the presets of the function; setting a field takes less time than reading an option. */
    private static PortCommand command(String name, List<String> args) {
        PortCommand command = switch (name) {
            case "check_port", "check_port_available", "devflow_stop" -> new check_port();
            case "find_port", "find_available_port", "devflow_assign_ports" -> new find_port();
            case "health_all", "devflow_health_all", "devflow_wait_healthy" -> new health_all();
            case "port_status", "devflow_port_status", "devflow_is_running", "devflow_list_not_running" ->
                new port_status();
            default -> throw new IllegalArgumentException(name);
        };
        switch (name) {
            case "check_port_available" -> command.quiet = true;
            case "devflow_stop" -> args.add(0, "--stop");
            case "devflow_wait_healthy" -> args.add(0, "--wait=30");
            case "devflow_port_status" -> ((port_status) command).isPlainByDefault = true;
            case "devflow_is_running" -> ((port_status) command).running = command.quiet = true;
            case "devflow_list_not_running" -> ((port_status) command).listNotRunning = true;
            case "devflow_assign_ports" -> {
                find_port find = (find_port) command;
                find.write = find.export = find.isAllByDefault = true;
            }
        }
        return command;
    }

    /** Prints bash functions that complete the scripts' options, and the names of services and groups. */
    private static void complete(String... scripts) {
        List<String> names = new ArrayList<>();
        PortMap.SERVICES.forEach(service -> names.add(service.shortName()));
        List.of(PortMap.Group.values()).forEach(group -> names.add(ServicePort.lowerCase(group)));
        for (String script : scripts) {
            CommandLine line = new CommandLine(command(script, List.of()));
            PositionalParamSpec targets = line.getCommandSpec().positionalParameters().get(0);
            line.getCommandSpec().remove(targets);
            line.getCommandSpec().addPositional(targets.toBuilder().completionCandidates(names).build());
            System.out.print(AutoComplete.bash(script, line));
        }
    }

    private static void train() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write("{\"status\":\"ok\"}".getBytes());
            exchange.close();
        });
        server.start();
        ServerSocket closed = new ServerSocket(0);
        closed.close();
        int port = server.getAddress().getPort();
        Files.writeString(Path.of(".env"), "TRAINED_PORT=" + port + "\n"); // makes this folder a project
        String lines = TRAINING.replace("FREE", "" + closed.getLocalPort()).replace("URL", "localhost:" + port);
        for (String line : lines.split(";")) {
            List<String> words = new ArrayList<>(List.of(line.split(" ")));
            command(words.remove(0), words).execute(words.toArray(new String[0]));
        }
        System.exit(0); // Idle threads would keep the JVM running.
    }
}
