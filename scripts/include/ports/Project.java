//SOURCES ../command/PortCommand.java ../command/UserException.java ../config/EnvFile.java

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

/** The project that the services belong to: a folder. */
record Project(Path folder) {

    /** No project is one of these folders, contains one, or lies in one that ends with a slash. */
    private static final String[] SHARED = {"/usr", "/usr/local", "/etc", "/var", "/opt", "/srv", "/mnt", "/tmp",
        "/usr/bin/", "/usr/sbin/", "/usr/lib/", "/usr/libexec/", "/usr/local/bin/", "/usr/local/sbin/", "/bin/",
        "/sbin/", "/lib/", "/lib64/", "/proc/", "/dev/", "/sys/", "/run/", "/boot/"};

    /** Returns the project of a command, or null. Unless it is named, it is looked for only when it is asked for. */
    static Supplier<Project> of(PortCommand command) {
        boolean isOption = command.projectFolder != null;
        String name = isOption ? command.projectFolder : System.getenv("DEVFLOW_PROJECT");
        if (name == null || name.isEmpty()) {
            return () -> around(EnvFile.locate(command));
        }
        Project project = named(name, isOption ? "--project " : "DEVFLOW_PROJECT=");
        return () -> project;
    }

    /** Returns the project in the folder of that name. */
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
    boolean contains(Path place) {
        Path inner = EnvFile.real(place);
        boolean isInside = inner.startsWith(folder);
        for (; isInside && !inner.equals(folder); inner = inner.getParent()) {
            Path git = inner.resolve(".git");
            String text = text(git);
            isInside = !Files.exists(git) || text.contains("/modules/") && !text.matches("(?s).*/worktrees/[^/]*");
        }
        return isInside;
    }

    /** Returns what is in a regular file, up to the length that a .git file can have. */
    private static String text(Path file) {
        try (InputStream in = Files.isRegularFile(file) ? Files.newInputStream(file) : InputStream.nullInputStream()) {
            return new String(in.readNBytes(5000), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
