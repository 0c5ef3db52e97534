///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES check_port.java find_port.java port_status.java health_all.java

import java.util.Arrays;

/**
 * The functions of devflow-ports.sh, in one program: built once for all of them, and started without a command line to
 * parse. The first argument is the function, the others are its own.
 */
class devflow_ports {

    public static void main(String... args) {
        String function = args.length == 0 ? "" : args[0];
        String[] arguments = args.length == 0 ? args : Arrays.copyOfRange(args, 1, args.length);
        switch (function) {
            case "check_port_available" -> {
                check_port command = new check_port();
                command.quiet = true;
                PortCommand.main(command, arguments);
            }
            case "find_available_port" -> find_port.main(arguments);
            case "devflow_port_status" -> {
                port_status command = new port_status();
                command.plain = true;
                PortCommand.main(command, arguments);
            }
            case "devflow_assign_ports" -> {
                find_port command = new find_port();
                command.all = true;
                command.write = true;
                command.export = true;
                PortCommand.main(command, arguments);
            }
            case "devflow_health_all" -> health_all.main(arguments);
            default -> throw new IllegalArgumentException("devflow-ports.sh has no function '" + function + "'");
        }
    }
}
