//SOURCES TcpSocket.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What {@code lsof} shows if the system has no {@code /proc}; nothing if there is no lsof. */
final class Lsof {

    private Lsof() { }

    /** Returns the listeners that this user may see, one for each process that has the socket open. */
    static List<TcpSocket> listeners() {
        List<TcpSocket> listeners = new ArrayList<>();
        long pid = 0;
        long uid = -1;
        String device = "";
        String any = "";
        for (String line : run("-iTCP", "-sTCP:LISTEN", "-F", "putdn")) {
            String value = line.substring(1);
            switch (line.charAt(0)) {
                case 'p' -> pid = Long.parseLong(value);
                case 'u' -> uid = Long.parseLong(value);
                case 'f' -> device = pid + " " + value;
                case 't' -> any = value.equals("IPv6") ? "::" : "0.0.0.0";
                case 'd' -> device = value;
                case 'n' -> {
                    int colon = value.lastIndexOf(':');
                    String address = value.substring(0, colon).replace("[", "").replace("]", "").replace("*", any);
                    listeners.add(new TcpSocket(TcpSocket.Kind.LISTENER, address,
                        Integer.parseInt(value.substring(colon + 1)), uid, device.hashCode(), List.of(pid)));
                }
                default -> { }
            }
        }
        return listeners;
    }

    /** Returns the working directories of these processes. */
    static Map<Long, String> folders(Collection<Long> pids) {
        Map<Long, String> folders = new HashMap<>();
        long pid = 0;
        String list = pids.stream().map(String::valueOf).collect(Collectors.joining(","));
        for (String line : pids.isEmpty() ? List.<String>of() : run("-a", "-p", list, "-d", "cwd", "-F", "pn")) {
            if (line.charAt(0) == 'p') {
                pid = Long.parseLong(line.substring(1));
            } else if (line.charAt(0) == 'n') {
                folders.put(pid, line.substring(1));
            }
        }
        return folders;
    }

    /** Returns the lines of lsof's output for programs ({@code -F}): a letter for the field, and its value. */
    private static List<String> run(String... arguments) {
        try {
            List<String> command = new ArrayList<>(List.of("lsof", "-wnP"));
            command.addAll(List.of(arguments));
            Process lsof = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
            lsof.getOutputStream().close();
            return lsof.inputReader(StandardCharsets.UTF_8).lines().filter(line -> !line.isEmpty()).toList();
        } catch (IOException e) {
            return List.of(); // Without lsof, the verdicts stand alone.
        }
    }
}
