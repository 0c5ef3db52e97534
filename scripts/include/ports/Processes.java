//SOURCES Lsof.java Secrets.java

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the system tells of processes, each asked for once: {@code /proc} (proc(5)), or where there is none, the JDK and lsof. */
final class Processes {

    /**
     * A process.
     *
     * @param parent 0 where there is none, or none to be seen
     * @param startTime in the system's own unit; a pid and this name one process for ever
     * @param state the kernel's letter: T stopped, Z ended but not waited for
     * @param isForked whether it runs on in its parent's program, having started none of its own
     * @param uid -1 where it is not told
     * @param workingDirectory null where this user may not see it, as the executable is
     * @param controlGroup the path that systemd or a container engine gave it; empty where there is none
     */
    record Facts(long pid, long parent, long startTime, char state, long group, long session, boolean isForked, long uid,
                 List<String> arguments, String workingDirectory, String executable, String controlGroup) {

        /** Whether it has not ended yet; one that nobody has waited for has. */
        boolean isRunning() {
            return state != 'Z' && state != 'X';
        }

        boolean isStopped() {
            return state == 'T' || state == 't';
        }

        String startedAt() {
            return null;
        }

        /** The command line without its secrets. */
        String command() {
            return Secrets.mask(arguments);
        }

        String name() {
            return name(0).replaceFirst("^-", "").replaceFirst("(?<=.):.*", "");
        }

        /** That argument without its folder; empty where there is none. */
        String name(int argument) {
            String word = argument < arguments.size() ? arguments.get(argument) : "";
            return word.substring(word.lastIndexOf('/') + 1);
        }
    }

    private static final Path PROC = Path.of("/proc");
    private static final int FORKED_NOT_EXECUTED = 0x40; // PF_FORKNOEXEC, Linux, include/linux/sched.h
    private static Map<String, String> userNames;

    private final boolean hasProc;
    private final Map<Long, Facts> known = new HashMap<>();
    private final Map<Long, String> folders = new HashMap<>();

    /** The processes as {@code /proc} shows them, or as a system tells them that has none. */
    Processes(boolean hasProc) {
        this.hasProc = hasProc;
    }

    /** The processes as this system tells them. */
    static Processes read() {
        return new Processes(Files.isDirectory(PROC.resolve("self")));
    }

    /** Has one call of lsof look up the working directories of these, where /proc does not tell them. */
    void lookUpFolders(Collection<Long> pids) {
        if (!hasProc) {
            folders.putAll(Lsof.folders(pids));
        }
    }

    /** This program's own process; null where {@code /proc} is that of a namespace without it. */
    Facts self() {
        String number = hasProc ? link(PROC.resolve("self")) : Long.toString(ProcessHandle.current().pid());
        return number == null ? null : of(Long.parseLong(number));
    }

    /** The process of that number; null if there is none, or none that can be seen from here. */
    Facts of(long pid) {
        return known.computeIfAbsent(pid, number -> hasProc ? look(number) : ask(number));
    }

    /** The processes above it, nearest first. */
    List<Facts> ancestors(long pid) {
        List<Facts> ancestors = new ArrayList<>();
        Facts process = of(pid);
        while (process != null && process.parent > 0 && (process = of(process.parent)) != null && !ancestors.contains(process)) {
            ancestors.add(process);
        }
        return ancestors;
    }

    /** Whether a process is that one, or a child of it, or a child's child. */
    boolean isDescendant(long pid, long ancestor) {
        return pid == ancestor || ancestors(pid).stream().anyMatch(above -> above.pid == ancestor);
    }

    /** The status of a process that has ended and was not waited for, as a shell gives it; null where it is not to be seen. */
    static Integer exitStatus(long pid) {
        String[] stat = stat(pid);
        if (stat.length < 50 || !stat[0].equals("Z")) {
            return null;
        }
        int status = Integer.parseInt(stat[49]);
        return (status & 0x7F) != 0 ? 128 + (status & 0x7F) : status >> 8;
    }

    /** Whose a process is; where that is not told, whose its socket is. */
    String user(Facts process, long socketsUid) {
        String user = hasProc ? null : ProcessHandle.of(process.pid).flatMap(handle -> handle.info().user()).orElse(null);
        return user != null ? user : userName(process.uid >= 0 ? process.uid : socketsUid);
    }

    /** The user's name, or the number where it has none; null for -1. */
    static String userName(long uid) {
        if (userNames == null) {
            userNames = new HashMap<>();
            users().forEach(fields -> userNames.putIfAbsent(fields[2], fields[0]));
        }
        return uid < 0 ? null : userNames.getOrDefault(Long.toString(uid), Long.toString(uid));
    }

    /** The users of this machine, as passwd(5) has them: name, password, number, group, comment, home, shell. */
    static List<String[]> users() {
        return text(Path.of("/etc/passwd")).lines().map(line -> line.split(":")).filter(fields -> fields.length > 5).toList();
    }

    /** Which processes have these sockets, as far as this user may see: one pass over all of them. */
    static Map<Long, Set<Long>> withSockets(Set<Long> sockets) {
        Map<Long, Set<Long>> found = new HashMap<>();
        for (String process : sockets.isEmpty() ? List.<String>of() : names(PROC)) {
            Path folder = PROC.resolve(process).resolve("fd");
            for (String descriptor : Character.isDigit(process.charAt(0)) ? names(folder) : List.<String>of()) {
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

    private static List<String> names(Path folder) {
        String[] names = folder.toFile().list();
        return names == null ? List.of() : List.of(names);
    }

    /** One variable of the environment that a process was started with; null where it is not to be seen. */
    static String variable(long pid, String name) {
        return Arrays.stream(text(process(pid).resolve("environ")).split("\0")).filter(entry -> entry.startsWith(name + "="))
            .map(entry -> entry.substring(name.length() + 1)).findFirst().orElse(null);
    }

    private static Facts look(long pid) {
        String[] stat = stat(pid);
        Path process = process(pid);
        return stat.length < 20 ? null : new Facts(pid, Long.parseLong(stat[1]), Long.parseLong(stat[19]), stat[0].charAt(0),
            Long.parseLong(stat[2]), Long.parseLong(stat[3]), (Long.parseLong(stat[6]) & FORKED_NOT_EXECUTED) != 0, uid(process),
            arguments(process), link(process.resolve("cwd")), link(process.resolve("exe")), controlGroup(text(process.resolve("cgroup"))));
    }

    /** The fields of {@code /proc/PID/stat} from the state on: the third is at 0. The name before them may hold anything. */
    private static String[] stat(long pid) {
        String stat = text(process(pid).resolve("stat"));
        return stat.substring(stat.lastIndexOf(')') + 1).trim().split(" ");
    }

    private static long uid(Path process) {
        return text(process.resolve("status")).lines().filter(line -> line.startsWith("Uid:"))
            .map(line -> Long.parseLong(line.split("\t")[2])).findFirst().orElse(-1L);
    }

    /** Its arguments; the words of its title, where it has set one. */
    private static List<String> arguments(Path process) {
        String line = text(process.resolve("cmdline"));
        if (line.isEmpty()) {
            return List.of("[" + text(process.resolve("comm")).strip() + "]");
        }
        String[] arguments = line.replaceFirst("\0+$", "").split("\0", -1);
        return List.of(arguments.length == 1 && !arguments[0].startsWith("/") ? arguments[0].strip().split(" +") : arguments);
    }

    /** Of the lines of {@code /proc/PID/cgroup}, the path in systemd's own hierarchy, or in the only one. */
    static String controlGroup(String lines) {
        return lines.lines().map(line -> line.split(":", 3))
            .filter(fields -> fields.length == 3 && (fields[0].equals("0") || fields[1].equals("name=systemd")))
            .map(fields -> fields[2]).max(Comparator.comparingInt(String::length)).orElse("");
    }

    private static Path process(long pid) {
        return PROC.resolve(Long.toString(pid));
    }

    private static String text(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return ""; // It has ended, or is not this user's to see.
        }
    }

    private static String link(Path path) {
        try {
            return Files.readSymbolicLink(path).toString();
        } catch (IOException e) {
            return null;
        }
    }

    /** What the JDK tells of a process where there is no {@code /proc}: the number of this user only. */
    private Facts ask(long pid) {
        ProcessHandle process = ProcessHandle.of(pid).orElse(null);
        if (process == null) {
            return null;
        }
        ProcessHandle.Info info = process.info();
        List<String> arguments = new ArrayList<>(List.of(info.arguments().orElseGet(() -> info.commandLine().orElse("?").split(" "))));
        if (info.arguments().isPresent()) {
            arguments.add(0, info.command().orElse("?"));
        }
        boolean isSelf = process.equals(ProcessHandle.current()) && !System.getProperty("os.name").startsWith("Windows");
        return new Facts(pid, process.parent().map(ProcessHandle::pid).orElse(0L),
            info.startInstant().map(Instant::toEpochMilli).orElse(0L), process.isAlive() ? 'R' : 'Z', 0, 0, false,
            isSelf ? new UnixSystem().getUid() : -1, arguments, folders.get(pid), info.command().orElse(null), "");
    }
}
