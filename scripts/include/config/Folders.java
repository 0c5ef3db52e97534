import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Who owns a file, and which folders are homes. */
final class Folders {

    private Folders() { }

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

    /** Returns whether the folder is a home, or contains a home. */
    static boolean isHomeOrAbove(Path folder) {
        List<Path> homes = new ArrayList<>(List.of(Path.of("/home/user"), Path.of("/Users/user")));
        try {
            homes.add(Path.of(System.getProperty("user.home")));
            homes.add(Path.of(String.valueOf(System.getenv("HOME"))));
            String users = new String(Files.readAllBytes(Path.of("/etc/passwd")), StandardCharsets.UTF_8);
            for (String user : users.split("\n")) { // name:password:number:group:comment:home:shell
                String[] fields = user.split(":");
                if (fields.length > 5 && fields[2].matches("0|[1-9]\\d{3,4}") && !fields[2].equals("65534")) {
                    homes.add(Path.of(fields[5]));
                }
            }
        } catch (IOException | InvalidPathException e) {
            // The other homes are known.
        }
        Path place = real(folder);
        homes.removeIf(home -> !home.isAbsolute() || home.getParent() == null || !real(home).startsWith(place));
        return !homes.isEmpty();
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
