import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** The processes of this machine, each looked up once: in {@code /proc} (proc(5)), otherwise by the JDK and lsof. */
final class Processes {

    /**
     * A process. What this user may not see is null; the parent is 0 then, and the control group empty.
     *
     * @param startTime in the system's own unit; a pid and its start time name one process for ever
     * @param state the kernel's letter: T is paused, Z is a zombie
     * @param arguments at least one; the words of the title if the process has set one
     * @param controlGroup the path that systemd or a container engine chose
     */
    record Facts(long pid, long parent, long startTime, char state, long session, String user,
                 List<String> arguments, String workingDirectory, String executable, String controlGroup) {

        /** A zombie is not running. */
        boolean isRunning() {
            return state != 'Z';
        }

        /** A paused process handles a signal only when it continues. */
        boolean isPaused() {
            return state == 'T' || state == 't';
        }

        /** Returns when the process started, in ISO 8601 and UTC; null if it has exited. */
        String startedAt() {
            return ProcessHandle.of(pid).flatMap(process -> process.info().startInstant())
                .map(instant -> instant.truncatedTo(ChronoUnit.SECONDS).toString()).orElse(null);
        }

        /** Returns the name of the program: "bash" for "-bash", "nginx" for "nginx: master process". */
        String name() {
            String program = arguments.get(0);
            String file = program.substring(program.lastIndexOf('/') + 1);
            String name = file.startsWith("-") ? file.substring(1) : file;
            int colon = name.indexOf(':', 1);
            return colon < 0 ? name : name.substring(0, colon);
        }
    }

    private static final Path PROC = Path.of("/proc");
    private static final int MOST_ANCESTORS = 1000; // Pids that are used again could make a circle.

    private final Map<Long, Facts> known = new HashMap<>();

    /** Returns this program's own process; null if {@code /proc} is that of a namespace without it. */
    Facts self() {
        String pid = Files.exists(PROC) ? link("self") : Long.toString(ProcessHandle.current().pid());
        return pid == null ? null : of(Long.parseLong(pid));
    }

    /** Returns a process; null if it does not exist or cannot be seen. */
    Facts of(long pid) {
        return known.computeIfAbsent(pid, number -> Files.exists(PROC) ? look(number)
            : ProcessHandle.of(number).map(Processes::ask).orElse(null));
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

    /** Returns whether a process is this program, or started it. */
    boolean startedUs(Facts process) {
        Facts self = self();
        boolean isAbove = self != null && self.pid == process.pid;
        for (Facts above : self == null ? List.<Facts>of() : ancestors(self.pid)) {
            isAbove |= above.pid == process.pid;
        }
        return isAbove;
    }

    boolean mayStop(String user) {
        Facts self = self();
        return self != null && ("root".equals(self.user) || Objects.equals(self.user, user));
    }

    /** Returns the exit code of a zombie as a shell would print it; null if it cannot be seen. */
    static Integer exitCode(long pid) {
        String[] stat = stat(pid);
        int status = stat.length < 50 || !stat[0].equals("Z") ? -1 : Integer.parseInt(stat[49]);
        return status < 0 ? null : Integer.valueOf((status & 0x7F) != 0 ? 128 + (status & 0x7F) : status >> 8);
    }

    /** Returns the name that passwd(5) gives a user, or the number if there is none; null for -1. */
    static String userName(long uid) {
        String number = Long.toString(uid);
        return uid < 0 ? null : text("/etc/passwd").lines().map(line -> line.split(":"))
            .filter(user -> user.length > 2 && user[2].equals(number)).map(user -> user[0]).findFirst().orElse(number);
    }

    // With /proc. A text is empty and a link null if the process has exited, or if this user may not see it.

    /** Returns, by the IDs of sockets, the pids of the processes that have these sockets open and can be seen. */
    static Map<Long, Set<Long>> withSockets(Set<Long> sockets) {
        Map<Long, Set<Long>> found = new HashMap<>();
        for (String process : sockets.isEmpty() ? new String[0] : names("")) {
            for (String descriptor : Character.isDigit(process.charAt(0)) ? names(process + "/fd") : new String[0]) {
                String target = link(process + "/fd/" + descriptor);
                boolean isSocket = target != null && target.startsWith("socket:[");
                long socket = isSocket ? Long.parseUnsignedLong(target.substring(8, target.length() - 1)) : 0;
                if (sockets.contains(socket)) {
                    found.computeIfAbsent(socket, key -> new LinkedHashSet<>()).add(Long.parseLong(process));
                }
            }
        }
        return found;
    }

    private static Facts look(long pid) {
        String[] stat = stat(pid);
        try {
            return stat.length < 20 ? null : new Facts(pid, Long.parseLong(stat[1]), Long.parseLong(stat[19]),
                stat[0].charAt(0), Long.parseLong(stat[3]), Files.getOwner(PROC.resolve("" + pid)).getName(),
                arguments(text("/proc/" + pid + "/cmdline")), link(pid + "/cwd"), link(pid + "/exe"),
                controlGroup(text("/proc/" + pid + "/cgroup")));
        } catch (IOException e) {
            return null; // The process has exited.
        }
    }

    /** Returns the fields of {@code /proc/PID/stat} from the third on: the second, the name, may contain anything. */
    private static String[] stat(long pid) {
        String stat = text("/proc/" + pid + "/stat");
        return stat.substring(stat.lastIndexOf(')') + 1).trim().split(" ");
    }

    private static List<String> arguments(String commandLine) {
        String[] arguments = commandLine.split("\0"); // without the NULs at the end, of which many may follow a title
        boolean isTitle = arguments.length == 1 && !arguments[0].startsWith("/");
        return arguments.length == 0 ? List.of("") : List.of(isTitle ? arguments[0].strip().split(" +") : arguments);
    }

    /** Returns the path in systemd's hierarchy, or in the only one, from the lines of {@code /proc/PID/cgroup}. */
    static String controlGroup(String lines) {
        String longest = "";
        for (String line : lines.split("\n")) {
            String path = line.substring(line.indexOf(":/") + 1);
            boolean isSystemds = line.startsWith("0:") || line.contains(":name=systemd:");
            longest = isSystemds && path.length() > longest.length() ? path : longest;
        }
        return longest;
    }

    /** Returns a variable of the environment that a process was started with; null if it cannot be seen. */
    static String variable(long pid, String name) {
        return Arrays.stream(text("/proc/" + pid + "/environ").split("\0"))
            .filter(entry -> entry.startsWith(name + "=")).findFirst()
            .map(entry -> entry.substring(name.length() + 1)).orElse(null);
    }

    private static String[] names(String folder) {
        String[] names = PROC.resolve(folder).toFile().list();
        return names == null ? new String[0] : names;
    }

    private static String text(String file) {
        try {
            return new String(Files.readAllBytes(Path.of(file)), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    private static String link(String name) {
        try {
            return Files.readSymbolicLink(PROC.resolve(name)).toString();
        } catch (IOException e) {
            return null;
        }
    }

    // Without /proc.

    static Facts ask(ProcessHandle process) {
        ProcessHandle.Info info = process.info();
        List<String> arguments = new ArrayList<>(List.of(info.command().orElse("?")));
        arguments.addAll(List.of(info.arguments().orElse(new String[0])));
        String folder = lsof("-a -d cwd -F n -p " + process.pid()).stream()
            .filter(line -> line.startsWith("n")).map(line -> line.substring(1)).findFirst().orElse(null);
        return new Facts(process.pid(), process.parent().map(ProcessHandle::pid).orElse(0L),
            info.startInstant().map(Instant::toEpochMilli).orElse(0L), process.isAlive() ? 'R' : 'Z', 0,
            info.user().orElse(null), arguments, folder, info.command().orElse(null), "");
    }

    /** Returns the lines of lsof's output for programs ({@code -F}), a letter and a value; none if there is no lsof. */
    static List<String> lsof(String options) {
        try {
            Process lsof = new ProcessBuilder(("lsof -wnP " + options).split(" "))
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            return lsof.inputReader(StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            return List.of();
        }
    }
}
