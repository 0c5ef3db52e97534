//SOURCES LocalPorts.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which process has a listening socket: by the file descriptors in {@code /proc} on Linux, elsewhere by {@code lsof},
 * where there is one. What this user may not see is left out.
 */
final class SocketOwners {

    private static final Path PROC = Path.of("/proc");
    private static final boolean HAS_PROC = Files.isDirectory(PROC.resolve("self"));

    private SocketOwners() { }

    /** The owners of these sockets, by their {@link #key}, as far as they are to be found. */
    static Map<String, LocalPorts.Owner> of(Collection<LocalPorts.Listener> listeners) throws IOException {
        Set<String> keys = new HashSet<>();
        for (LocalPorts.Listener listener : listeners) {
            keys.add(key(listener));
        }
        return keys.isEmpty() ? Map.of() : HAS_PROC ? byDescriptors(keys) : byLsof(keys);
    }

    /** What the file descriptors call the socket; where there are none to read, the number of its port. */
    static String key(LocalPorts.Listener listener) {
        return HAS_PROC ? "socket:[" + Long.toUnsignedString(listener.inode()) + "]" : String.valueOf(listener.port());
    }

    private static Map<String, LocalPorts.Owner> byDescriptors(Set<String> wanted) throws IOException {
        Map<String, LocalPorts.Owner> owners = new HashMap<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                Set<String> found = sockets(process);
                found.retainAll(wanted);
                if (!found.isEmpty()) {
                    LocalPorts.Owner owner = owner(process);
                    found.forEach(socket -> owners.put(socket, owner));
                    wanted.removeAll(found);
                }
                if (wanted.isEmpty()) {
                    break;
                }
            }
        }
        return owners;
    }

    private static Set<String> sockets(Path process) {
        Set<String> sockets = new HashSet<>();
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path descriptor : descriptors) {
                String target = link(descriptor);
                if (target != null && target.startsWith("socket:")) {
                    sockets.add(target);
                }
            }
        } catch (IOException e) {
            // Another user's process, or one that has just ended.
        }
        return sockets;
    }

    private static LocalPorts.Owner owner(Path process) {
        return new LocalPorts.Owner(Long.parseLong(process.getFileName().toString()), command(process), link(process.resolve("cwd")));
    }

    private static String command(Path process) {
        try {
            String arguments = Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
            byte[] words = arguments.replace('\0', ' ').stripTrailing().getBytes(StandardCharsets.ISO_8859_1);
            return words.length > 0 ? new String(words, StandardCharsets.UTF_8)
                : Files.readString(process.resolve("comm")).strip();
        } catch (IOException e) {
            return "?";
        }
    }

    private static String link(Path path) {
        try {
            return Files.readSymbolicLink(path).toString();
        } catch (IOException e) {
            return null;
        }
    }

    // Where there is no /proc.

    private static Map<String, LocalPorts.Owner> byLsof(Set<String> ports) {
        Map<String, LocalPorts.Owner> owners = new HashMap<>();
        for (String port : ports) {
            for (String pid : lsof('p', "-nP", "-iTCP:" + port, "-sTCP:LISTEN")) {
                List<String> folder = lsof('n', "-a", "-p", pid, "-d", "cwd");
                String command = ProcessHandle.of(Long.parseLong(pid))
                    .flatMap(process -> process.info().commandLine().or(process.info()::command)).orElse("?");
                owners.putIfAbsent(port, new LocalPorts.Owner(Long.parseLong(pid), command, folder.isEmpty() ? null : folder.get(0)));
            }
        }
        return owners;
    }

    /** The values of one field of lsof's output for programs ({@code -F}); none where there is no lsof. */
    private static List<String> lsof(char field, String... arguments) {
        List<String> command = new ArrayList<>(List.of("lsof", "-F" + field));
        command.addAll(List.of(arguments));
        List<String> values = new ArrayList<>();
        try {
            Process lsof = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
            lsof.getOutputStream().close();
            for (String line : new String(lsof.getInputStream().readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                if (!line.isEmpty() && line.charAt(0) == field) {
                    values.add(line.substring(1));
                }
            }
        } catch (IOException e) {
            // Without lsof, the verdict stands alone.
        }
        return values;
    }
}
