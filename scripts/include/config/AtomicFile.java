//SOURCES ../command/UserException.java FileRights.java UserLock.java

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/**
 * Replaces a file's content so that whoever reads it, and whatever happens meanwhile, sees the old content or the new
 * one: written in a folder beside it that is closed to others, flushed to disk and renamed, provided that the file is
 * still the one that was read. Owner, mode and access control list stay, and a symbolic link stays a link.
 */
final class AtomicFile {

    /** Another program has changed the file since it was read; what that wrote is in the file. */
    static final class ChangedException extends IOException {
        private static final long serialVersionUID = 1;

        ChangedException(Path file) {
            super(file.toString());
        }
    }

    private static final String SUFFIX = ".devflow-ports-";
    private static final long OLD = 600_000; // milliseconds after which no process works on a temporary file any more
    private static final long QUIET = 25; // milliseconds without a change after which a writer has finished
    private static final int EMPTY_ROUNDS = 8; // as many times as long for a file just emptied
    private static final int ATTEMPTS = 20;
    private static final Charset BYTES = StandardCharsets.ISO_8859_1; // one char a byte
    private static final int MAX_SYMLINKS = 40; // as Linux has it (path_resolution(7))

    private AtomicFile() { }

    /**
     * Does the work while no other process of this user does such work, and anew where it ends with a
     * {@link ChangedException}. The note tells of a long wait.
     */
    static <T> T locked(Consumer<String> note, Callable<T> work) throws Exception {
        return UserLock.locked(note, () -> {
            for (int attempt = 1; ; attempt++) {
                try {
                    return work.call();
                } catch (ChangedException e) {
                    if (attempt == ATTEMPTS) {
                        throw new UserException("another program keeps changing " + e.getMessage() + "; try again when that has finished");
                    }
                    Thread.sleep(ThreadLocalRandom.current().nextInt(5 * attempt));
                }
            }
        });
    }

    /**
     * Replaces the content, {@link #locked}; {@code read} is what was read of the file, or null if there was none.
     *
     * @throws ChangedException if the file is another now, and so has to be read again
     * @throws UserException if it cannot be replaced; the file is then as it was
     */
    static void replace(Path file, byte[] read, byte[] content) throws ChangedException {
        boolean isReplaced;
        try {
            Path target = target(file);
            isReplaced = read == null ? create(target, text(content)) : swap(file, target, text(read), text(content));
        } catch (FileAlreadyExistsException | NoSuchFileException e) {
            if (e instanceof NoSuchFileException && read == null) {
                throw UserException.of(e, "cannot write " + file);
            }
            isReplaced = false; // made or removed since it was read
        } catch (IOException e) {
            throw UserException.of(!isMountPoint(file) ? e : FileRights.refusal("it is a mount point, which cannot be replaced;"
                + " write the file that is mounted there, or name another with --env-file"), "cannot write " + file);
        } catch (InterruptedException e) {
            throw new UserException("cannot write " + file + ": interrupted");
        }
        if (!isReplaced) {
            throw new ChangedException(file);
        }
    }

    /** Makes the file. */
    private static boolean create(Path target, String content) throws IOException {
        Path folder = folder(target);
        Path fresh = folder.resolve("new");
        try {
            write(fresh, content, StandardOpenOption.CREATE_NEW);
            Files.createLink(target, fresh); // unlike a rename, never over a file
        } catch (FileSystemException | UnsupportedOperationException e) {
            if (Files.notExists(fresh)) {
                throw e;
            }
            write(target, content, StandardOpenOption.CREATE_NEW); // A file system without links, or the file is there by now.
        } finally {
            remove(folder);
        }
        flush(target.getParent());
        return true;
    }

    /** Replaces the file if it has the expected content, and has it at the last look; otherwise false. */
    private static boolean swap(Path file, Path target, String expected, String content) throws IOException, InterruptedException {
        Map<String, Object> old = FileRights.identity(target);
        if (!(Boolean) old.get("isRegularFile") || !Files.isWritable(target)) {
            throw FileRights.refusal("it is read-only, or no regular file");
        }
        try (FileChannel channel = FileChannel.open(target)) {
            Path folder = folder(target);
            try {
                Path fresh = folder.resolve("new");
                if (!read(channel).equals(expected) || !FileRights.copy(target, old, fresh)) {
                    return false;
                }
                write(fresh, content, StandardOpenOption.TRUNCATE_EXISTING);
                // A JVM's first renaming takes long: let it be one that nobody can come between.
                fresh = Files.move(fresh, folder.resolve("fresh"), StandardCopyOption.ATOMIC_MOVE);
                if (!read(channel).equals(expected) || !target.equals(target(file)) || !FileRights.identity(target).equals(old)) {
                    return false;
                }
                Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                remove(folder);
            }
            flush(target.getParent());
            String last = settled(channel);
            if (!last.equals(expected)) {
                carryOver(file, target, expected, last, content);
            }
            return last.equals(expected);
        }
    }

    /** Puts what was written to the old file at the last moment into the place of what was made from its content before. */
    private static void carryOver(Path file, Path target, String before, String last, String ours)
            throws IOException, InterruptedException {
        String merged;
        String now;
        do {
            now = Files.readString(target, BYTES);
            merged = now.startsWith(ours) ? last + now.substring(ours.length())
                : last.startsWith(before) ? now + last.substring(before.length()) : null;
            if (merged == null) {
                Path saved = folder(target).resolve("saved");
                write(saved, last, StandardOpenOption.CREATE_NEW);
                throw FileRights.refusal("two programs rewrote it at once; the text of one is in " + saved);
            }
        } while (!swap(file, target, now, merged));
    }

    /** What has been written to the file once its writer has stopped; a second at most. */
    private static String settled(FileChannel channel) throws IOException, InterruptedException {
        String last = read(channel);
        int quiet = 0;
        for (int round = 0; round < 40 && quiet < (last.isEmpty() ? EMPTY_ROUNDS : 1); round++) {
            Thread.sleep(QUIET);
            String now = read(channel);
            quiet = now.equals(last) ? quiet + 1 : 0;
            last = now;
        }
        return last;
    }

    private static String read(FileChannel channel) throws IOException {
        return text(Channels.newInputStream(channel.position(0)).readAllBytes());
    }

    private static String text(byte[] bytes) {
        return new String(bytes, BYTES);
    }

    private static void write(Path file, String content, OpenOption how) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, how)) {
            Channels.newOutputStream(channel).write(content.getBytes(BYTES));
            channel.force(true);
        }
    }

    /** A folder beside the file under a name of its own, closed to others. Leftovers of killed processes go, if old and ours. */
    private static Path folder(Path target) throws IOException {
        String prefix = target.getFileName() + SUFFIX;
        Path folder = Files.createDirectory(target.resolveSibling(prefix + Long.toHexString(ThreadLocalRandom.current().nextLong())),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(target.getParent(),
                path -> path.getFileName().toString().startsWith(prefix))) {
            for (Path leftover : leftovers) {
                if (System.currentTimeMillis() - Files.getLastModifiedTime(leftover).toMillis() > OLD
                        && Files.getOwner(leftover).equals(Files.getOwner(folder))) {
                    remove(leftover);
                }
            }
        } catch (IOException e) {
            // If it is in the way of writing, that will be told.
        }
        return folder;
    }

    private static void remove(Path folder) {
        for (Path leftover : new Path[] {folder.resolve("new"), folder.resolve("fresh"), folder}) {
            try {
                Files.deleteIfExists(leftover);
            } catch (IOException e) {
                // Another process of ours was first, or a text was saved there.
            }
        }
    }

    /** The file itself, behind symbolic links; they may lead to a file that is yet to be made. */
    private static Path target(Path file) throws IOException {
        Path target = file.toAbsolutePath();
        for (int links = 0; Files.isSymbolicLink(target) && links < MAX_SYMLINKS; links++) {
            target = target.resolveSibling(Files.readSymbolicLink(target));
        }
        return target;
    }

    private static boolean isMountPoint(Path file) {
        try {
            String name = " " + file.toRealPath().toString().replace(" ", "\\040") + " ";
            return Files.readString(Path.of("/proc/self/mountinfo")).contains(name);
        } catch (IOException e) {
            return false;
        }
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
