//SOURCES Processes.java Project.java Supervisor.java

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Whether a process belongs to the project, or to another program. */
enum Ownership {
    OURS,
    OTHER,
    /** It cannot be told which of the two: never reported as a problem, and never stopped without --force. */
    UNKNOWN;

    private static final String DELETED = " (deleted)";

    /** Returns the value of JSON's field {@code ours}. */
    Boolean asJson() {
        return this == UNKNOWN ? null : Boolean.valueOf(this == OURS);
    }

    /** Returns to whom a process belongs, by the first rule that applies; unknown if the project is null. */
    static Ownership of(Processes.Facts process, Project project, Processes processes) {
        boolean isUsersInit = process.name().equals("systemd") && process.arguments().contains("--user");
        if (project == null || process.pid() == 1 || isUsersInit || Supervisor.isPublisher(process)
                || isInAnotherContainer(process, processes) || !hasVisibleFolder(process)) {
            return UNKNOWN;
        }
        Path folder = Path.of(existing(process.workingDirectory()));
        String executable = process.executable();
        boolean isThere = project.contains(folder)
            || executable != null && contains(project, folder, existing(executable))
            || runsJar(process.arguments(), project, folder);
        return isThere ? OURS : ofFirstArgument(process.arguments(), project, folder);
    }

    private static boolean isInAnotherContainer(Processes.Facts process, Processes processes) {
        Supervisor group = Supervisor.inControlGroup(process.controlGroup());
        return group != null && group.kind() == Supervisor.Kind.CONTAINER && !group.isOf(processes.self());
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

    private static boolean runsJar(List<String> arguments, Project project, Path folder) {
        for (String option : List.of("-jar", "-cp", "-classpath")) {
            int at = arguments.indexOf(option) + 1;
            String files = at > 0 && at < arguments.size() ? arguments.get(at) : "";
            if (Arrays.stream(files.split(File.pathSeparator)).limit(1000)
                    .anyMatch(file -> isFileIn(project, folder, file))) {
                return true;
            }
        }
        return false;
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
