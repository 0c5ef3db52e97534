///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES PortCommand.java PortMap.java EnvFile.java LocalPorts.java

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;

@Command(name = "find_port",
    customSynopsis = "find_port [OPTIONS] BASE [MAX]",
    description = "Prints the first available port from BASE to MAX.",
    exitCodeList = {
        "0:the port is on standard output",
        "1:no port is available; standard output is empty",
        "2:could not tell: wrong usage or unusable configuration"},
    footer = {
        "  find_port 3100 3199",
        "  port=$(find_port 3100) || exit"})
class find_port extends PortCommand {

    public static void main(String... args) {
        main(new find_port(), args);
    }

    @Override
    protected int run() throws IOException {
        if (targets.isEmpty() || targets.size() > 2) {
            throw new PortMap.UserException("find_port takes BASE [MAX]; see find_port --help");
        }
        int base = PortMap.parsePort(targets.get(0));
        int max = targets.size() == 2 ? PortMap.parsePort(targets.get(1)) : endOfGroup(base);
        OptionalInt port = firstAvailable(PortMap.range(base + "-" + max));
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("base", base);
            document.put("max", max);
            document.put("port", port.isPresent() ? port.getAsInt() : null);
            printJson(document);
        } else if (port.isPresent()) {
            out.println(port.getAsInt());
        }
        if (port.isEmpty()) {
            error("No available ports in range " + base + "-" + max);
            return NO;
        }
        return YES;
    }

    private static int endOfGroup(int port) {
        PortMap.Group group = PortMap.Group.of(port);
        return group == null ? 65535 : group.last;
    }

    private static OptionalInt firstAvailable(IntStream ports) throws IOException {
        LocalPorts localPorts = LocalPorts.read();
        for (int port : ports.toArray()) {
            if (localPorts.isAvailable(port)) {
                return OptionalInt.of(port);
            }
        }
        return OptionalInt.empty();
    }
}
