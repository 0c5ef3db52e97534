//SOURCES UserException.java

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.Callable;

/**
 * Replaces a file's content so that whoever reads it, and whatever happens meanwhile, sees the old content or the new
 * one: written beside it, flushed to disk and renamed. Mode and owner stay, and a symbolic link stays a link.
 */
final class AtomicFile {

    private static final String SUFFIX = ".devflow-ports-";
    private static final int MAX_SYMLINKS = 40; // as Linux has it (path_resolution(7))
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
    private static final Set<StandardOpenOption> NEW = Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);

    private AtomicFile() { }

    /**
     * Does the work while no other process of this user does such work; others wait. The lock is kept in the user's
     * cache, so that no other folder is littered, and ends with the process, however that ends.
     */
    static <T> T locked(Callable<T> work) throws Exception {
        try (FileChannel channel = lockFile()) {
            channel.lock();
            return work.call();
        }
    }

    private static FileChannel lockFile() {
        String home = absolute(System.getenv("HOME"), System.getProperty("user.home"));
        String cache = absolute(System.getenv("XDG_CACHE_HOME"), home + "/.cache");
        try {
            Path folder = Path.of(cache, "devflow-ports");
            Files.createDirectories(folder);
            return FileChannel.open(folder.resolve("env.lock"), StandardOpenOption.WRITE, StandardOpenOption.CREATE);
        } catch (IOException | InvalidPathException e) {
            throw new UserException("cannot keep a lock in " + cache + "; set XDG_CACHE_HOME to a directory of your own");
        }
    }

    /** A relative path is to be ignored (XDG Base Directory Specification). */
    private static String absolute(String path, String otherwise) {
        return path != null && new File(path).isAbsolute() ? path : otherwise;
    }

    /**
     * Replaces the content, {@link #locked}.
     *
     * @throws UserException if that cannot be done; the file is then as it was
     */
    static void replace(Path file, byte[] content) {
        try {
            Path target = target(file);
            replace(target, beside(target), content);
        } catch (IOException e) {
            throw UserException.of(e, "cannot write " + file);
        }
    }

    /** Removes what processes that were killed while writing have left beside the file. */
    static void clearAway(Path file) {
        try {
            Path target = target(file);
            String prefix = target.getFileName() + SUFFIX;
            try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(target.getParent(),
                    path -> path.getFileName().toString().startsWith(prefix))) {
                for (Path leftover : leftovers) {
                    String pid = leftover.getFileName().toString().substring(prefix.length());
                    if (pid.matches("[0-9]{1,18}") && ProcessHandle.of(Long.parseLong(pid)).isEmpty()) {
                        Files.deleteIfExists(leftover);
                    }
                }
            }
        } catch (IOException e) {
            // If it is in the way of writing, that will be told.
        }
    }

    /** A name of this process's own: another user's does not take part in the lock. */
    private static Path beside(Path target) {
        return target.resolveSibling(target.getFileName() + SUFFIX + ProcessHandle.current().pid());
    }

    private static void replace(Path target, Path beside, byte[] content) throws IOException {
        PosixFileAttributes old = attributes(target);
        if (Files.exists(target) && (!Files.isRegularFile(target) || !Files.isWritable(target))) {
            throw new FileSystemException(target.toString(), null, "it is read-only, or no regular file");
        }
        try {
            try (FileChannel channel = old == null ? FileChannel.open(beside, NEW)
                    : FileChannel.open(beside, NEW, PosixFilePermissions.asFileAttribute(OWNER_ONLY))) {
                for (ByteBuffer rest = ByteBuffer.wrap(content); rest.hasRemaining(); ) {
                    channel.write(rest);
                }
                if (old != null) {
                    keepOwnerAndMode(beside, old);
                }
                channel.force(true);
            }
            Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(beside);
        }
        flush(target.getParent());
    }

    /** The file itself, behind symbolic links; they may lead to a file that is yet to be made. */
    private static Path target(Path file) throws IOException {
        if (Files.exists(file)) {
            return file.toRealPath();
        }
        Path target = file.toAbsolutePath();
        for (int links = 0; Files.isSymbolicLink(target) && links < MAX_SYMLINKS; links++) {
            target = target.resolveSibling(Files.readSymbolicLink(target));
        }
        return target;
    }

    /** The attributes of POSIX; null where there is no file or no POSIX. */
    private static PosixFileAttributes attributes(Path file) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
        return view == null || Files.notExists(file) ? null : view.readAttributes();
    }

    private static void keepOwnerAndMode(Path file, PosixFileAttributes old) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
        PosixFileAttributes fresh = view.readAttributes();
        if (!fresh.owner().equals(old.owner())) {
            view.setOwner(old.owner());
        }
        if (!fresh.group().equals(old.group())) {
            view.setGroup(old.group());
        }
        view.setPermissions(old.permissions());
    }

    /** Makes the renaming last through a power failure, on systems that let a folder be flushed. */
    private static void flush(Path folder) {
        try (FileChannel channel = FileChannel.open(folder)) {
            channel.force(true);
        } catch (IOException e) {
            // The content is on disk, under the old name or the new one.
        }
    }
}
