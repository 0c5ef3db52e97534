//SOURCES ../command/UserException.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** Paths that the user names, who owns a file, and which folders are homes. */
final class Folders {

    private Folders() { }

    /** Returns the path of that name. In the locale C, Java would take a name that is not ASCII for another name. */
    static Path named(String name) {
        String place = name.startsWith("/") ? name : System.getProperty("user.dir") + name;
        boolean isAscii = !"UTF-8".equals(System.getProperty("sun.jnu.encoding"));
        try {
            if (place.indexOf('\uFFFD') < 0 && !(isAscii && place.indexOf('?') >= 0)) {
                return Path.of(name);
            }
        } catch (InvalidPathException e) {
            // The name cannot be written in this locale.
        }
        throw new UserException("cannot name " + name + " or its directory in this locale; set LC_ALL=C.UTF-8");
    }

    /** Returns who owns the file, or the link, if that is neither this user nor root; else null. */
    static String otherOwner(Path path) {
        try {
            Path self = Path.of("/proc/self"); // Java has no name for a user that /etc/passwd does not have
            String user = Files.exists(self) ? Files.getOwner(self).getName() : System.getProperty("user.name");
            String owner = Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).getName();
            return owner.equals(user) || owner.equals("root") ? null : owner;
        } catch (IOException e) {
            return "an unknown user";
        }
    }

    /** Returns whether the folder is a home, or contains a home: this user's, root's, or one in /home or /Users. */
    static boolean isHomeOrAbove(Path folder) {
        Path place = real(folder);
        String name = String.valueOf(place.getFileName());
        String[] homes = {System.getProperty("user.home"), String.valueOf(System.getenv("HOME")), "/root",
            "/home/" + name, "/Users/" + name};
        for (String home : homes) {
            // HOME=/ is that of a system account without a home.
            if (home.startsWith("/") && home.length() > 1 && real(Path.of(home)).startsWith(place)) {
                return true;
            }
        }
        return false;
    }

    /** Returns the path without links, as far as it exists. */
    static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path.toAbsolutePath().normalize();
        }
    }
}
