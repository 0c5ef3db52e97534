//SOURCES ../command/Invocation.java ../command/PortCommand.java ../command/UserException.java Folders.java

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** Which {@code .env} a command reads and writes. */
final class EnvLocation {

    private EnvLocation() { }

    /**
     * Returns the {@code .env} of a command, as seen from the working directory: the one that is named, else the one in
     * the working directory, else the nearest above it within the same checkout. It need not exist.
     */
    static Path of(PortCommand command) {
        if (command.envFile == null) {
            Path here = named(Invocation.DEFAULT_ENV_FILE);
            Path above = isFile(here) ? null : above(command, here);
            return above == null ? here : above;
        }
        Path path = named(command.envFile);
        if (!Files.exists(path)) {
            command.note(path + " does not exist; using the environment and the default ports");
        }
        return path;
    }

    /** Returns the path of that name. In the locale C, Java would take a name that is not ASCII for another name. */
    static Path named(String name) {
        String place = name.startsWith("/") ? name : System.getProperty("user.dir") + name;
        boolean isAscii = !"UTF-8".equals(System.getProperty("sun.jnu.encoding"));
        if (place.indexOf('\uFFFD') >= 0 || isAscii && place.indexOf('?') >= 0) {
            throw new UserException("cannot name " + name + " or its directory in this locale; set LC_ALL=C.UTF-8");
        }
        return Path.of(name);
    }

    /** Returns the nearest file above the working directory, up to the folder with a .git; null if there is none. */
    private static Path above(PortCommand command, Path name) {
        Path here = Path.of("").toAbsolutePath();
        Path top = here;
        while (top != null && !Files.exists(top.resolve(".git"), LinkOption.NOFOLLOW_LINKS)) {
            top = top.getParent();
        }
        if (top == null || Folders.isHomeOrAbove(top)) {
            return null;
        }
        for (Path file = name; !here.equals(top); here = here.getParent()) {
            file = Path.of("..").resolve(file);
            if (isFile(file)) {
                String owner = Folders.otherOwner(file);
                if (owner == null) {
                    return file;
                }
                command.note(file + " is ignored: it belongs to " + owner + "; to use it, name it with --env-file");
            }
        }
        return null;
    }

    /** A folder of that name is passed over. A link counts, even if its file does not exist yet. */
    private static boolean isFile(Path path) {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !Files.isDirectory(path);
    }
}
