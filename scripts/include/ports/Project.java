//SOURCES ../command/PortCommand.java ../command/UserException.java ../config/EnvFile.java Processes.java
//SOURCES Supervisor.java

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The project that the services belong to: a folder. */
record Project(Path folder) {

    /** No project is one of these folders, or contains one; and none is in a folder that ends with a slash here. */
    private static final String[] SHARED = {"/usr", "/usr/local", "/etc", "/var", "/opt", "/srv", "/mnt", "/tmp",
        "/usr/bin/", "/usr/sbin/", "/usr/lib/", "/usr/libexec/", "/usr/local/bin/", "/usr/local/sbin/", "/bin/",
        "/sbin/", "/lib/", "/lib64/", "/proc/", "/dev/", "/sys/", "/run/", "/boot/"};
    private static final String DELETED = " (deleted)";

    /**
     * Whether a process belongs to the project, or to another program. UNKNOWN: it cannot be told which of the two;
     * this is never reported as a problem, and never stopped without --force.
     */
    enum Ownership { OURS, OTHER, UNKNOWN }

    // Which folder is the project.

    /** Returns the project of a command, or null. */
    static Project of(PortCommand command) {
        boolean isOption = command.projectFolder != null;
        String name = isOption ? command.projectFolder : System.getenv("DEVFLOW_PROJECT");
        return name == null || name.isEmpty() ? around(EnvFile.locate(command))
            : named(name, isOption ? "--project " : "DEVFLOW_PROJECT=");
    }

    static Project named(String name, String option) {
        Path folder = EnvFile.real(EnvFile.named(name));
        if (!Files.isDirectory(folder) || isForbidden(folder)) {
            throw new UserException(option + name + " is not a project's folder; name an existing folder that is"
                + " neither a home nor a folder of the system");
        }
        return new Project(folder);
    }

    /** Returns the project of a {@code .env}: the nearest checkout at or above it, else its folder; or null. */
    static Project around(Path envFile) {
        if (!Files.exists(envFile) || Files.isDirectory(envFile)) {
            return null;
        }
        Path own = EnvFile.real(envFile.toAbsolutePath().getParent());
        for (Path folder = own; folder != null; folder = folder.getParent()) {
            if (isCheckout(folder.resolve(".git")) && !isForbidden(folder)) {
                return new Project(folder);
            }
        }
        return isForbidden(own) ? null : new Project(own);
    }

    private static boolean isForbidden(Path folder) {
        for (String name : SHARED) {
            Path shared = EnvFile.real(Path.of(name));
            if (shared.startsWith(folder) || name.endsWith("/") && folder.startsWith(shared)) {
                return true;
            }
        }
        return EnvFile.isHomeOrAbove(folder);
    }

    /** Another user could make a .git in a folder that is open to all, and so extend the project to that folder. */
    private static boolean isCheckout(Path git) {
        return Files.exists(git) && EnvFile.otherOwner(git) == null
            && (Files.exists(git.resolve("HEAD")) || text(git).startsWith("gitdir:"));
    }

    /** Returns whether a place is in the folder, and in no folder below that has a .git and is not a submodule. */
    private boolean contains(Path place) {
        Path inner = EnvFile.real(place);
        boolean isInside = inner.startsWith(folder);
        for (; isInside && !inner.equals(folder); inner = inner.getParent()) {
            isInside = !Files.exists(inner.resolve(".git")) || isSubmodule(inner);
        }
        return isInside;
    }

    /** A submodule's .git names a folder in the modules of its checkout; a linked worktree's folder has a commondir. */
    private static boolean isSubmodule(Path checkout) {
        String folder = text(checkout.resolve(".git")).replaceFirst("^gitdir:", "").strip();
        return folder.contains("/modules/") && !Files.exists(checkout.resolve(folder).resolve("commondir"));
    }

    /** Returns what is in a .git that is a file; empty if it is longer than such a file can be. */
    private static String text(Path git) {
        try {
            return Files.isRegularFile(git) && Files.size(git) < 5000 ? Files.readString(git) : "";
        } catch (IOException e) {
            return "";
        }
    }

    // Which processes belong to the project.

    /** Returns to whom a process belongs, by the first rule that applies; unknown if the process or project is null. */
    static Ownership ownership(Processes.Facts process, Project project, Processes processes) {
        if (process == null || project == null) {
            return Ownership.UNKNOWN;
        }
        boolean isUsersInit = process.name().equals("systemd") && process.arguments().contains("--user");
        Supervisor group = Supervisor.inOtherControlGroup(process, processes);
        boolean isInAnotherContainer = group != null && group.kind() == Supervisor.Kind.CONTAINER;
        if (process.pid() == 1 || isUsersInit || Supervisor.publisher(process) != null
                || Supervisor.restartsSeveral(process) || isInAnotherContainer || process.workingDirectory() == null) {
            return Ownership.UNKNOWN;
        }
        try {
            return isElsewhere(process) ? Ownership.UNKNOWN : project.ownership(process);
        } catch (IOException | InvalidPathException e) {
            return Ownership.UNKNOWN; // It has exited, or Java cannot name one of its files in this locale.
        }
    }

    /** Returns whether the path of the working directory leads to a different folder here, as a container's may. */
    private static boolean isElsewhere(Processes.Facts process) throws IOException {
        Path link = Path.of("/proc", Long.toString(process.pid()), "cwd");
        String path = process.workingDirectory();
        return Files.exists(link) && existing(path).equals(path) && !Files.isSameFile(link, Path.of(path));
    }

    /** Returns a path without the mark that the kernel puts behind deleted files, unless it is a part of the name. */
    private static String existing(String path) {
        boolean isDeleted = path.endsWith(DELETED) && Files.notExists(Path.of(path));
        return isDeleted ? path.substring(0, path.length() - DELETED.length()) : path;
    }

    private Ownership ownership(Processes.Facts process) {
        Path start = Path.of(existing(process.workingDirectory()));
        String executable = process.executable();
        boolean isHere = contains(start) || executable != null && contains(start.resolve(existing(executable)))
            || jars(process.arguments()).anyMatch(jar -> isFile(start.resolve(jar)));
        return isHere ? Ownership.OURS : ofFirstArgument(process.arguments(), start);
    }

    /** Returns what follows -jar, and the entries of the class path. */
    private static Stream<String> jars(List<String> arguments) {
        return IntStream.range(1, arguments.size())
            .filter(i -> List.of("-jar", "-cp", "-classpath").contains(arguments.get(i - 1)))
            .mapToObj(arguments::get).flatMap(files -> Stream.of(files.split(File.pathSeparator))).limit(1000);
    }

    /** Judges by the first argument that is not an option: the script, if the program is an interpreter. */
    private Ownership ofFirstArgument(List<String> arguments, Path start) {
        int first = 1;
        while (first < arguments.size() && arguments.get(first).startsWith("-")) {
            first++;
        }
        boolean isOurs = first < arguments.size() && isFile(start.resolve(arguments.get(first)));
        // The first argument may be the value of the option before it, and the next one the program.
        boolean isInDoubt = first > 1 && first + 1 < arguments.size() && !arguments.get(first - 1).contains("=")
            && isFile(start.resolve(arguments.get(first + 1))) != isOurs;
        return isInDoubt ? Ownership.UNKNOWN : isOurs ? Ownership.OURS : Ownership.OTHER;
    }

    /** Returns whether a place is a regular file in the project; it is never opened. */
    private boolean isFile(Path place) {
        return contains(place) && Files.isRegularFile(place);
    }
}
