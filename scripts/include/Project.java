//SOURCES Processes.java UserException.java

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The project that the services belong to: a folder, and what of the running processes is of it. */
record Project(Path folder) {

    /** Options of interpreters that are followed by a value, and those after which no script comes. */
    private record Interpreter(Set<String> withValue, Set<String> withoutScript) { }

    private static final Interpreter NODE = new Interpreter(Set.of("-r", "--require", "--import", "--loader", "--experimental-loader",
        "-C", "--conditions", "--cwd"), Set.of("-e", "--eval", "-p", "--print", "-pe"));
    private static final Interpreter SHELL = new Interpreter(Set.of("-o", "-O", "+o", "--rcfile", "--init-file"), Set.of("-c"));
    private static final Map<String, Interpreter> INTERPRETERS = Map.ofEntries(
        Map.entry("node", NODE), Map.entry("nodejs", NODE), Map.entry("bun", NODE), Map.entry("deno", NODE),
        Map.entry("python", new Interpreter(Set.of("-W", "-X", "--check-hash-based-pycs"), Set.of("-c", "-m"))),
        Map.entry("pypy", new Interpreter(Set.of("-W", "-X"), Set.of("-c", "-m"))),
        Map.entry("ruby", new Interpreter(Set.of("-I", "-r", "-C", "-E"), Set.of("-e"))),
        Map.entry("perl", new Interpreter(Set.of("-I"), Set.of("-e", "-E"))),
        Map.entry("php", new Interpreter(Set.of("-c", "-d", "-S", "-t", "-z"), Set.of("-r"))),
        Map.entry("java", new Interpreter(Set.of("-jar", "-cp", "-classpath", "--class-path", "-p", "--module-path", "--add-opens",
            "--add-exports", "--add-modules", "--source"), Set.of("-m", "--module"))),
        Map.entry("sh", SHELL), Map.entry("bash", SHELL), Map.entry("dash", SHELL), Map.entry("zsh", SHELL), Map.entry("ksh", SHELL));
    private static final Set<String> JAVA_PATHS = Set.of("-jar", "-cp", "-classpath", "--class-path");

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
    private static boolean isOfHomes(Path folder) throws IOException {
        List<String> homes = new ArrayList<>(List.of(System.getProperty("user.home"), "/home/user", "/Users/user"));
        File passwd = new File("/etc/passwd");
        for (String line : passwd.canRead() ? Files.readAllLines(passwd.toPath(), java.nio.charset.StandardCharsets.ISO_8859_1)
                : List.<String>of()) {
            String[] fields = line.split(":");
            if (fields.length > 5 && fields[2].matches("0|[1-9]\\d{3,4}") && fields[5].length() > 1 && !fields[2].equals("65534")) {
                homes.add(fields[5]);
            }
        }
        String ours = System.getenv("HOME");
        boolean isHome = folder.getParent() == null || ours != null && !ours.isEmpty() && folder.equals(real(Path.of(ours)));
        for (String home : homes) {
            isHome |= real(Path.of(home)).startsWith(folder);
        }
        return isHome;
    }

    /**
     * Whether a process is of this project: it works in the folder, or its executable, the script that it interprets,
     * its jar or an entry of its class path lies there. Null where that cannot be known.
     */
    Boolean contains(Processes.Facts process) {
        if (process.workingDirectory() == null || !isOfThisFileSystem(process)) {
            return null;
        }
        List<String> places = new ArrayList<>(List.of(process.workingDirectory()));
        if (process.executable() != null) {
            places.add(process.executable());
        }
        places.addAll(programs(process.arguments(), process.executable()));
        Path workingDirectory = Path.of(existing(process.workingDirectory()));
        for (String place : places) {
            try {
                if (contains(real(workingDirectory.resolve(existing(place))))) {
                    return true;
                }
            } catch (InvalidPathException e) {
                // No place at all.
            }
        }
        return false;
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

    private static final String DELETED = " (deleted)";

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
            String[] names = Files.isRegularFile(git) ? Files.readString(git).strip().split("/") : new String[0];
            return List.of(names).contains("modules") && !names[names.length - 2].equals("worktrees");
        } catch (IOException e) {
            return false;
        }
    }

    /** Of a command line, the script that is interpreted, the jar and the class path. */
    static List<String> programs(List<String> arguments, String executable) {
        String name = executable == null ? arguments.get(0) : existing(executable);
        name = name.substring(name.lastIndexOf('/') + 1).replaceFirst("[\\d.]+$", "");
        Interpreter interpreter = INTERPRETERS.get(name);
        List<String> programs = new ArrayList<>();
        for (int i = 1; interpreter != null && i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (interpreter.withoutScript.contains(argument) || interpreter == SHELL && argument.matches("-\\w*c")) {
                break;
            } else if (name.equals("java") && JAVA_PATHS.contains(argument) && i + 1 < arguments.size()) {
                programs.addAll(List.of(arguments.get(++i).split(File.pathSeparator)));
                if (argument.equals("-jar")) {
                    break;
                }
            } else if (name.equals("java") && argument.startsWith("--class-path=")) {
                programs.addAll(List.of(argument.substring("--class-path=".length()).split(File.pathSeparator)));
            } else if (interpreter.withValue.contains(argument)) {
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
}
