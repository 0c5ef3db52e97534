///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES check_port.java find_port.java port_status.java health_all.java include/command/PortCommand.java

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;

/**
 * The four scripts, and the functions of devflow-ports.sh as presets of them, in one program: built once for all. The first
 * argument is the name, the others are its own.
 */
class devflow_ports {

    public static void main(String... args) throws Exception {
        String name = args.length == 0 ? "" : args[0];
        String[] own = args.length == 0 ? args : Arrays.copyOfRange(args, 1, args.length);
        switch (name) {
            case "check_port" -> check_port.main(own);
            case "find_port", "find_available_port" -> find_port.main(own);
            case "port_status" -> port_status.main(own);
            case "health_all", "devflow_health_all" -> health_all.main(own);
            case "check_port_available" -> {
                check_port command = new check_port();
                command.quiet = true;
                PortCommand.main(command, own);
            }
            case "devflow_port_status" -> {
                port_status command = new port_status();
                command.isPlainByDefault = true;
                PortCommand.main(command, own);
            }
            case "devflow_assign_ports" -> {
                find_port command = new find_port();
                command.write = true;
                command.export = true;
                command.isAllByDefault = true;
                PortCommand.main(command, own);
            }
            case "devflow_is_running" -> {
                port_status command = new port_status();
                command.running = true;
                command.quiet = true;
                PortCommand.main(command, own);
            }
            case "devflow_wait_healthy" -> health_all.main(with("--wait=30", own));
            case "devflow_stop" -> check_port.main(with("--stop", own));
            case "--train" -> train();
            default -> {
                System.err.println("ERROR: no script or function has the name '" + name + "'");
                System.exit(2);
            }
        }
    }

    private static String[] with(String option, String... args) {
        String[] all = Arrays.copyOf(new String[] {option}, args.length + 1);
        System.arraycopy(args, 0, all, 1, args.length);
        return all;
    }

    /** What each command can do in a folder that is empty: the class archive holds what this loads. */
    private static void train() throws Exception {
        String unused;
        try (ServerSocket socket = new ServerSocket(0)) {
            unused = "" + socket.getLocalPort();
        }
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        new Thread(() -> answer(server)).start();
        String url = "http://localhost:" + server.getLocalPort() + "/";
        String[][] checks = {{unused}, {"--quiet", unused}, {"--json", unused}, {"--color=always", "core"}, {"?"}, {"--help"}};
        String[][] searches = {{unused, "65535"}, {"--json", unused}, {"--all"}, {"--all", "--json"}, {"--all", "--write", "--export"},
            {"--all", "--dry-run"}, {"--help"}};
        String[][] statuses = {{}, {"--plain"}, {"--json"}, {"--check", "--color=always"}, {"--all", "--verbose"}, {"--help"}};
        String[][] questions = {{unused}, {"--json", unused}, {"--wait=0.1", unused}, {url}, {"--json", url},
            {"--prometheus", unused}, {"--help"}};
        for (String[] args : checks) {
            new check_port().execute(args);
        }
        for (String[] args : searches) {
            new find_port().execute(args);
        }
        for (String[] args : statuses) {
            new port_status().execute(args);
        }
        for (String[] args : questions) {
            new health_all().execute(args);
        }
        System.exit(0); // and not when the idle threads of the health check end, a minute later
    }

    private static void answer(ServerSocket server) {
        while (true) {
            try (Socket client = server.accept()) {
                client.getInputStream().read(new byte[1024]);
                client.getOutputStream().write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"status\":\"ok\"}".getBytes());
            } catch (IOException e) {
                // That question has no answer.
            }
        }
    }
}
