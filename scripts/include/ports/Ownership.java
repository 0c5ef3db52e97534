//SOURCES Processes.java Project.java Supervisor.java

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Whose a process is, and by it a port. */
enum Ownership {
    /** It is of the project. */
    OURS,
    /** It is not. */
    OTHER,
    /** Its folder cannot be seen, it is a container's, or there is no project: never a reason for an alarm, or to stop it. */
    UNKNOWN;

    private static final String DELETED = " (deleted)";

    /** How it is written in JSON: true, false or null. */
    Boolean asJson() {
        return this == UNKNOWN ? null : Boolean.valueOf(this == OURS);
    }

    /**
     * Whether a process is of a project: it works in the folder, or its executable, the script that it interprets, its jar or
     * an entry of its class path lies there.
     */
    static Ownership of(Processes.Facts process, Project project, Processes processes) {
        if (project == null || process.workingDirectory() == null || Supervisor.isPublisher(process) || !isOfThisFileSystem(process)) {
            return UNKNOWN;
        }
        List<String> places = programs(process.arguments(), process.executable());
        places.add(process.workingDirectory());
        if (process.executable() != null) {
            places.add(process.executable());
        }
        String folder = existing(process.workingDirectory());
        return places.stream().anyMatch(place -> contains(project, folder, existing(place))) ? OURS : OTHER;
    }

    private static boolean contains(Project project, String workingDirectory, String place) {
        try {
            return project.contains(Path.of(workingDirectory).resolve(place));
        } catch (InvalidPathException e) {
            return false; // No place at all, or none that Java can name in this locale.
        }
    }

    /** Another container's paths look like ours and are not. */
    private static boolean isOfThisFileSystem(Processes.Facts process) {
        Path link = Path.of("/proc", Long.toString(process.pid()), "cwd");
        try {
            return process.workingDirectory().endsWith(DELETED) || !Files.exists(link)
                || Files.isSameFile(link, Path.of(process.workingDirectory()));
        } catch (IOException | InvalidPathException e) {
            return false;
        }
    }

    private static String existing(String path) {
        return path.endsWith(DELETED) ? path.substring(0, path.length() - DELETED.length()) : path;
    }

    /** Of a command line, the script that is interpreted, the jar and the class path. */
    static List<String> programs(List<String> arguments, String executable) {
        String name = executable == null ? arguments.get(0) : existing(executable);
        name = name.substring(name.lastIndexOf('/') + 1).replaceFirst("[\\d.]+$", "");
        String[] options = options(name);
        List<String> programs = new ArrayList<>();
        for (int i = 1; options != null && i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (argument.matches(options[1])) {
                break;
            } else if (name.equals("java") && argument.matches("-jar|-cp|-classpath|--class-path(=.*)?")) {
                String paths = argument.contains("=") ? argument.substring(argument.indexOf('=') + 1)
                    : ++i < arguments.size() ? arguments.get(i) : "";
                programs.addAll(List.of(paths.split(File.pathSeparator)));
                if (argument.equals("-jar")) {
                    break;
                }
            } else if (argument.matches(options[0])) {
                i++;
            } else if (!argument.startsWith("-") && !(i == 1 && argument.equals("run"))) {
                if (!name.equals("java") || argument.endsWith(".java")) {
                    programs.add(argument);
                }
                break;
            }
        }
        return programs;
    }

    /** An interpreter's options that are followed by a value, and those after which no script comes; null for other programs. */
    private static String[] options(String interpreter) {
        return switch (interpreter) {
            case "node", "nodejs", "bun", "deno" -> new String[] {"-[rC]|--(require|import|(experimental-)?loader|conditions|cwd)",
                "-(e|p|pe)|--eval|--print"};
            case "python", "pypy" -> new String[] {"-[WX]|--check-hash-based-pycs", "-[cm]"};
            case "ruby" -> new String[] {"-[IrCE]", "-e"};
            case "perl" -> new String[] {"-I", "-[eE]"};
            case "php" -> new String[] {"-[cdStz]", "-r"};
            case "java" -> new String[] {"-p|--module-path|--add-(opens|exports|modules)|--source", "-m|--module"};
            case "sh", "bash", "dash", "zsh", "ksh" -> new String[] {"[-+][oO]|--(rc|init-)file", "-\\w*c"};
            default -> null;
        };
    }
}
