//SOURCES OwnerWords.java TcpSocket.java

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The processes of this machine, each looked up once: in {@code /proc} (proc(5)), otherwise by the JDK. */
final class Processes {

    /**
     * A process.
     *
     * @param parent 0 if there is none, or if it cannot be seen
     * @param startTime in the system's own unit; a pid and its start time name one process for ever
     * @param state the kernel's letter: T is paused, Z is a zombie
     * @param uid -1 if unknown, as the user is null
     * @param arguments at least one; the words of the title if the process has set one
     * @param workingDirectory null if this user may not see it; the same is true of the executable
     * @param controlGroup the path that systemd or a container engine chose; empty if there is none
     */
    record Facts(long pid, long parent, long startTime, char state, long session, long uid, String user,
                 List<String> arguments, String workingDirectory, String executable, String controlGroup) {

        /** A zombie is not running. */
        boolean isRunning() {
            return state != 'Z' && state != 'X';
        }

        /** A paused process handles a signal only when it continues. */
        boolean isStopped() {
            return state == 'T' || state == 't';
        }

        /** Returns when the process started, in ISO 8601 and UTC; null if it has exited. */
        String startedAt() {
            return ProcessHandle.of(pid).flatMap(process -> process.info().startInstant())
                .map(instant -> instant.truncatedTo(ChronoUnit.SECONDS).toString()).orElse(null);
        }

        /** Returns the command line for people to read, without its secrets. */
        String command() {
            return OwnerWords.command(arguments);
        }

        /** Returns the name of the program: "bash" for "-bash", "nginx" for "nginx: master process". */
        String name() {
            return name(0).replaceFirst("^-", "").replaceFirst("(?<=.):.*", "");
        }

        /** Returns an argument without its folder; empty if there is no such argument. */
        String name(int argument) {
            String word = argument < arguments.size() ? arguments.get(argument) : "";
            return word.substring(word.lastIndexOf('/') + 1);
        }
    }

    private static final Path PROC = Path.of("/proc");
    private static final int MOST_ANCESTORS = 1000; // Pids that are used again could make a circle.

    private final Map<Long, Facts> known = new HashMap<>();
    private final boolean hasProc;

    private Processes(boolean hasProc) {
        this.hasProc = hasProc;
    }

    static Processes read() {
        return new Processes(Files.isDirectory(PROC.resolve("self")));
    }

    /** Returns the processes as other systems than Linux show them: by the JDK and lsof. */
    static Processes withoutProc() {
        return new Processes(false);
    }

    /** Returns this program's own process; null if {@code /proc} is that of a namespace without it. */
    Facts self() {
        String pid = hasProc ? link(PROC.resolve("self")) : Long.toString(ProcessHandle.current().pid());
        return pid == null ? null : of(Long.parseLong(pid));
    }

    /** Returns a process; null if it does not exist or cannot be seen. */
    Facts of(long pid) {
        return known.computeIfAbsent(pid, number -> hasProc ? look(number) : ask(number));
    }

    /** Returns the ancestors of a process, parent first. */
    List<Facts> ancestors(long pid) {
        List<Facts> ancestors = new ArrayList<>();
        Facts process = of(pid);
        while (process != null && process.parent > 0 && (process = of(process.parent)) != null
                && ancestors.size() < MOST_ANCESTORS) {
            ancestors.add(process);
        }
        return ancestors;
    }

    /** Returns whether a process is the given ancestor or below it. */
    boolean isDescendant(long pid, long ancestor) {
        return pid == ancestor || ancestors(pid).stream().anyMatch(above -> above.pid == ancestor);
    }

    /** Returns the exit code of a zombie as a shell would print it; null if it cannot be seen. */
    static Integer exitStatus(long pid) {
        String[] stat = stat(pid);
        int status = stat.length < 50 || !stat[0].equals("Z") ? -1 : Integer.parseInt(stat[49]);
        return status < 0 ? null : Integer.valueOf((status & 0x7F) != 0 ? 128 + (status & 0x7F) : status >> 8);
    }

    /** Returns the name that passwd(5) gives a user, or the number if there is none; null for -1. */
    static String userName(long uid) {
        String number = Long.toString(uid);
        return uid < 0 ? null : text(Path.of("/etc/passwd")).lines().map(line -> line.split(":"))
            .filter(user -> user.length > 2 && user[2].equals(number)).map(user -> user[0]).findFirst().orElse(number);
    }

    // With /proc.

    /** Returns, by socket, the processes that have these sockets open and that this user may see. */
    static Map<Long, Set<Long>> withSockets(Set<Long> sockets) {
        Map<Long, Set<Long>> found = new HashMap<>();
        for (String process : sockets.isEmpty() ? new String[0] : names(PROC)) {
            Path folder = PROC.resolve(process).resolve("fd");
            for (String descriptor : Character.isDigit(process.charAt(0)) ? names(folder) : new String[0]) {
                String target = link(folder.resolve(descriptor));
                if (target != null && target.startsWith("socket:[")) {
                    long socket = Long.parseUnsignedLong(target.substring(8, target.length() - 1));
                    if (sockets.contains(socket)) {
                        found.computeIfAbsent(socket, key -> new LinkedHashSet<>()).add(Long.parseLong(process));
                    }
                }
            }
        }
        return found;
    }

    private static Facts look(long pid) {
        String[] stat = stat(pid);
        Path process = PROC.resolve(Long.toString(pid));
        try {
            long uid = (Integer) Files.getAttribute(process, "unix:uid");
            return stat.length < 20 ? null : new Facts(pid, Long.parseLong(stat[1]), Long.parseLong(stat[19]),
                stat[0].charAt(0), Long.parseLong(stat[3]), uid, Files.getOwner(process).getName(), arguments(process),
                link(process.resolve("cwd")), link(process.resolve("exe")),
                controlGroup(text(process.resolve("cgroup"))));
        } catch (IOException e) {
            return null; // The process has exited.
        }
    }

    /** Returns the fields of {@code /proc/PID/stat} from the third on: the second, the name, may contain anything. */
    private static String[] stat(long pid) {
        String stat = text(PROC.resolve(pid + "/stat"));
        return stat.substring(stat.lastIndexOf(')') + 1).trim().split(" ");
    }

    private static List<String> arguments(Path process) {
        String line = text(process.resolve("cmdline"));
        if (line.isEmpty()) {
            return List.of("[" + text(process.resolve("comm")).strip() + "]");
        }
        String[] arguments = line.split("\0"); // A title may be followed by many NULs.
        boolean isTitle = arguments.length == 1 && !arguments[0].startsWith("/");
        return arguments.length == 0 ? List.of("") : List.of(isTitle ? arguments[0].strip().split(" +") : arguments);
    }

    /** Returns the path in systemd's own hierarchy, or in the only one, of the lines of {@code /proc/PID/cgroup}. */
    static String controlGroup(String lines) {
        return lines.lines().map(line -> line.split(":", 3))
            .filter(fields -> fields.length == 3 && (fields[0].equals("0") || fields[1].equals("name=systemd")))
            .map(fields -> fields[2]).max(Comparator.comparingInt(String::length)).orElse("");
    }

    /** Returns a variable of the environment that a process was started with; null if it cannot be seen. */
    static String variable(long pid, String name) {
        return Arrays.stream(text(PROC.resolve(pid + "/environ")).split("\0"))
            .filter(entry -> entry.startsWith(name + "=")).map(entry -> entry.substring(name.length() + 1))
            .findFirst().orElse(null);
    }

    private static String[] names(Path folder) {
        String[] names = folder.toFile().list();
        return names == null ? new String[0] : names;
    }

    private static String text(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return ""; // The process has exited, or this user may not see it.
        }
    }

    private static String link(Path path) {
        try {
            return Files.readSymbolicLink(path).toString();
        } catch (IOException e) {
            return null;
        }
    }

    // Without /proc.

    private Facts ask(long pid) {
        ProcessHandle process = ProcessHandle.of(pid).orElse(null);
        if (process == null) {
            return null;
        }
        ProcessHandle.Info info = process.info();
        List<String> arguments = new ArrayList<>(List.of(info.command().orElse("?")));
        arguments.addAll(List.of(info.arguments().orElse(new String[0])));
        return new Facts(pid, process.parent().map(ProcessHandle::pid).orElse(0L),
            info.startInstant().map(Instant::toEpochMilli).orElse(0L), process.isAlive() ? 'R' : 'Z', 0,
            process.equals(ProcessHandle.current()) ? ownUid() : -1, info.user().orElse(null), arguments, folder(pid),
            info.command().orElse(null), "");
    }

    private static long ownUid() {
        return System.getProperty("os.name").startsWith("Windows") ? -1 : new UnixSystem().getUid();
    }

    private static String folder(long pid) {
        return TcpSocket.lsof("-a", "-p", "" + pid, "-d", "cwd", "-F", "n").stream()
            .filter(line -> line.startsWith("n")).map(line -> line.substring(1)).findFirst().orElse(null);
    }
}
