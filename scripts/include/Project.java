//SOURCES Processes.java UserException.java

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The project that the services belong to: a folder, and what of the running processes is of it. */
record Project(Path folder) {

    private static final String DELETED = " (deleted)";

    /**
     * The project's folder; null if there is none.
     *
     * @param named what the user named, null for nothing
     * @param envFile the {@code .env} in use, as it is named; it need not exist
     */
    static Project of(String named, Path envFile) {
        try {
            if (named != null && !named.isEmpty()) {
                Path folder = Path.of(named).toRealPath();
                if (!Files.isDirectory(folder) || isOfHomes(folder)) {
                    throw new UserException("--project " + named + ": not a project's folder; name the one that its .env lies in");
                }
                return new Project(folder);
            }
            if (envFile == null || !Files.exists(envFile)) {
                return null;
            }
            Path own = envFile.toAbsolutePath().getParent().toRealPath();
            for (Path folder = own; folder != null; folder = folder.getParent()) {
                if (Files.exists(folder.resolve(".git")) && !isOfHomes(folder)) {
                    return new Project(folder);
                }
            }
            return isOfHomes(own) ? null : new Project(own);
        } catch (IOException e) {
            throw UserException.of(e, named == null || named.isEmpty() ? envFile.toString() : "--project " + named);
        } catch (InvalidPathException e) {
            throw new UserException("--project: not a folder's name");
        }
    }

    /** Whether this is the root, a home, or a folder that homes are in. */
    private static boolean isOfHomes(Path folder) {
        String ours = System.getenv("HOME");
        Stream<String> homes = Processes.users().stream()
            .filter(fields -> fields[2].matches("0|[1-9]\\d{3,4}") && !fields[2].equals("65534") && fields[5].length() > 1)
            .map(fields -> fields[5]);
        return folder.getParent() == null || ours != null && !ours.isEmpty() && folder.equals(real(Path.of(ours)))
            || Stream.concat(Stream.of(System.getProperty("user.home"), "/home/user", "/Users/user"), homes)
                .anyMatch(home -> real(Path.of(home)).startsWith(folder));
    }

    /**
     * Whether a process is of this project: it works in the folder, or its executable, the script that it interprets,
     * its jar or an entry of its class path lies there. Null where that cannot be known.
     */
    Boolean contains(Processes.Facts process) {
        if (process.workingDirectory() == null || !isOfThisFileSystem(process)) {
            return null;
        }
        List<String> places = programs(process.arguments(), process.executable());
        places.add(process.workingDirectory());
        if (process.executable() != null) {
            places.add(process.executable());
        }
        return places.stream().anyMatch(place -> contains(existing(process.workingDirectory()), existing(place)));
    }

    private boolean contains(String workingDirectory, String place) {
        try {
            return contains(real(Path.of(workingDirectory).resolve(place)));
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

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path.toAbsolutePath().normalize();
        }
    }

    /** A folder below with a {@code .git} of its own is another checkout, unless it is a submodule. */
    private boolean contains(Path place) {
        if (!place.startsWith(folder)) {
            return false;
        }
        for (Path inner = place; !inner.equals(folder); inner = inner.getParent()) {
            Path git = inner.resolve(".git");
            if (Files.exists(git) && !isSubmodule(git)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isSubmodule(Path git) {
        try {
            String place = Files.isRegularFile(git) ? Files.readString(git).strip() : "";
            return place.contains("/modules/") && !place.matches("(?s).*/worktrees/[^/]*");
        } catch (IOException e) {
            return false;
        }
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
