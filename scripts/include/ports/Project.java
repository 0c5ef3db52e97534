//SOURCES ../command/Invocation.java ../command/PortCommand.java ../command/UserException.java Processes.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The project that the services belong to: a folder. */
record Project(Path folder) {

    /** The project of a command, or null; unless it is named, it is looked for only when it is asked for. */
    static Supplier<Project> of(PortCommand command) {
        String named = command.projectFolder != null ? command.projectFolder : System.getenv("DEVFLOW_PROJECT");
        Path file = Path.of(command.envFile == null ? Invocation.DEFAULT_ENV_FILE : command.envFile);
        Project project = named == null || named.isEmpty() ? null : of(named, file);
        return () -> project != null ? project : of(null, file);
    }

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

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path.toAbsolutePath().normalize();
        }
    }

    /**
     * Whether a place is in the folder, or below it; links are followed. A folder below with a {@code .git} of its own is another
     * checkout, unless it is a submodule.
     */
    boolean contains(Path place) {
        Path real = real(place);
        if (!real.startsWith(folder)) {
            return false;
        }
        for (Path inner = real; !inner.equals(folder); inner = inner.getParent()) {
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
}
