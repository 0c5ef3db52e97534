//SOURCES Processes.java Project.java Supervisor.java

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Whether a process belongs to the project, or to another program. */
enum Ownership {
    OURS,
    OTHER,
    /** It cannot be told which of the two: never reported as a problem, and never stopped without --force. */
    UNKNOWN;

    private static final String DELETED = " (deleted)";

    /** Returns to whom a process belongs, by the first rule that applies; unknown if the project is null. */
    static Ownership of(Processes.Facts process, Project project, Processes processes) {
        boolean isUsersInit = process.name().equals("systemd") && process.arguments().contains("--user");
        Supervisor group = Supervisor.inControlGroup(process.controlGroup());
        boolean isInAnotherContainer = group != null && group.kind() == Supervisor.Kind.CONTAINER
            && !group.isOf(processes.self());
        if (project == null || process.pid() == 1 || isUsersInit || Supervisor.isPublisher(process)
                || isInAnotherContainer || !hasVisibleFolder(process)) {
            return UNKNOWN;
        }
        Path folder = Path.of(existing(process.workingDirectory()));
        String executable = process.executable();
        boolean isThere = project.contains(folder)
            || executable != null && contains(project, folder, existing(executable))
            || jars(process.arguments()).anyMatch(jar -> isFileIn(project, folder, jar));
        return isThere ? OURS : ofFirstArgument(process.arguments(), project, folder);
    }

    /** Returns whether the working directory can be read, and its path leads to the same folder here. */
    private static boolean hasVisibleFolder(Processes.Facts process) {
        String path = process.workingDirectory();
        Path link = Path.of("/proc", Long.toString(process.pid()), "cwd");
        try {
            return path != null
                && (!existing(path).equals(path) || !Files.exists(link) || Files.isSameFile(link, Path.of(path)));
        } catch (IOException | InvalidPathException e) {
            return false;
        }
    }

    /** The kernel marks the path of what has been deleted; a folder may also have such a name. */
    private static String existing(String path) {
        boolean isDeleted = path.endsWith(DELETED) && Files.notExists(Path.of(path));
        return isDeleted ? path.substring(0, path.length() - DELETED.length()) : path;
    }

    /** Returns what follows -jar, and the entries of the class path. */
    private static Stream<String> jars(List<String> arguments) {
        return IntStream.range(1, arguments.size())
            .filter(i -> List.of("-jar", "-cp", "-classpath").contains(arguments.get(i - 1)))
            .mapToObj(arguments::get).flatMap(files -> Stream.of(files.split(File.pathSeparator))).limit(1000);
    }

    /** Judges by the first argument that is no option: a script, if the program is an interpreter. */
    private static Ownership ofFirstArgument(List<String> arguments, Project project, Path folder) {
        int first = 1;
        while (first < arguments.size() && arguments.get(first).startsWith("-")) {
            first++;
        }
        boolean isOurs = first < arguments.size() && isFileIn(project, folder, arguments.get(first));
        // The first argument may be the value of the option before it, and the next one the program.
        boolean isInDoubt = first > 1 && first + 1 < arguments.size() && !arguments.get(first - 1).contains("=")
            && isFileIn(project, folder, arguments.get(first + 1)) != isOurs;
        return isInDoubt ? UNKNOWN : isOurs ? OURS : OTHER;
    }

    private static boolean isFileIn(Project project, Path folder, String file) {
        return contains(project, folder, file) && Files.isRegularFile(folder.resolve(file)); // and never opened
    }

    private static boolean contains(Project project, Path folder, String place) {
        try {
            return project.contains(folder.resolve(place));
        } catch (InvalidPathException e) {
            return false; // It is no path, or Java cannot name it in this locale.
        }
    }
}
