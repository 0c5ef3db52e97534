//SOURCES ../command/PortCommand.java ../command/UserException.java EnvFile.java

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;

/** Writes {@code .env} so that its readers see the old content or the new one. Removes nothing but what it has made. */
final class EnvWriter {

    interface Work<T> {
        T on(EnvFile file) throws Exception;
    }

    private EnvWriter() { }

    /**
     * Reads the file of a command, does the work, and writes the file that the work has changed, all under a lock.
     * Starts again if another program has changed the file meanwhile. If writing fails, the file stays as it was.
     */
    static <T> T update(PortCommand command, Work<T> work, Function<T, EnvFile> changed) throws Exception {
        FileChannel lock = lock();
        try {
            for (int attempt = 1; attempt <= 20; attempt++) {
                EnvFile file = EnvFile.of(command);
                if (file.text().isEmpty()) { // perhaps for an instant only: an editor or Git is about to fill it
                    Thread.sleep(100);
                    file = EnvFile.of(command);
                }
                T result = work.on(file);
                if (changed.apply(result) == file || write(command, file, changed.apply(result).bytes())) {
                    return result;
                }
                Thread.sleep(ThreadLocalRandom.current().nextInt(5 * attempt));
            }
            throw new UserException("cannot write " + EnvFile.locate(command)
                + ": another program keeps changing it; try again when that program has finished");
        } finally {
            lock.close();
        }
    }

    /** Returns false if the file is no longer the one that was read. */
    private static boolean write(PortCommand command, EnvFile file, byte[] content) {
        try {
            Path target = target(file.path());
            if (!file.isAbsent()) {
                return replace(file, target, content);
            }
            create(target, content);
            command.note("created " + target.getFileName() + " in " + target.getParent().toRealPath());
            return true;
        } catch (FileAlreadyExistsException | NoSuchFileException e) {
            return false; // another program has made or removed it
        } catch (IOException e) {
            boolean isMountPoint = String.valueOf(e.getMessage()).endsWith("Device or resource busy");
            throw UserException.of(!isMountPoint ? e : refusal("it is a mount point; write the file that is mounted"
                + " there, or name another file with --env-file"), "cannot write " + file.path());
        }
    }

    private static boolean replace(EnvFile file, Path target, byte[] content) throws IOException {
        Map<String, Object> old = attributes(target, "dev,ino,uid,gid,mode");
        Files.newByteChannel(target, StandardOpenOption.WRITE).close(); // fails if the file is read-only
        // Git usually ignores such names, so a folder that a killed process leaves is not committed.
        String name = ".env." + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ".local";
        Path folder = Files.createDirectory(target.resolveSibling(name),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path copy = folder.resolve("copy");
        try {
            Files.copy(target, copy, StandardCopyOption.COPY_ATTRIBUTES);
            if (!attributes(copy, "uid,gid,mode").equals(attributes(target, "uid,gid,mode"))) {
                throw refusal("its owner, group and mode cannot be kept; run find_port as root, or name another file"
                    + " with --env-file");
            }
            Files.write(copy, content, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.SYNC);
            // The first renaming of a JVM takes long, so the first one changes nothing.
            Files.move(copy, copy, StandardCopyOption.ATOMIC_MOVE);
            if (!target.equals(target(file.path())) || !attributes(target, "dev,ino,uid,gid,mode").equals(old)
                    || !Files.readString(target, StandardCharsets.ISO_8859_1).equals(file.text())) {
                return false;
            }
            Files.move(copy, target, StandardCopyOption.ATOMIC_MOVE);
            return true;
        } finally {
            copy.toFile().delete();
            folder.toFile().delete();
        }
    }

    private static void create(Path target, byte[] content) throws IOException {
        if (Files.isDirectory(target) || !Files.isDirectory(target.getParent())) {
            throw refusal(Files.isDirectory(target) ? "it is a folder" : target.getParent() + " is not a folder");
        }
        Files.createFile(target);
        try { // append, because another program may write to the file as soon as it exists
            Files.write(target, content, StandardOpenOption.APPEND, StandardOpenOption.SYNC);
        } catch (IOException e) {
            Files.delete(target);
            throw e;
        }
    }

    /** Returns the file behind symbolic links; it need not exist. */
    private static Path target(Path file) throws IOException {
        Path target = file.toAbsolutePath();
        for (int links = 0; Files.isSymbolicLink(target) && links < 40; links++) {
            target = target.resolveSibling(Files.readSymbolicLink(target));
        }
        return target;
    }

    private static Map<String, Object> attributes(Path file, String names) throws IOException {
        return Files.readAttributes(file, "unix:" + names, LinkOption.NOFOLLOW_LINKS);
    }

    private static FileSystemException refusal(String reason) {
        return new FileSystemException(null, null, reason);
    }

    /** Waits for the lock; closing the channel releases it. */
    private static FileChannel lock() throws InterruptedException {
        Path file = lockFile();
        try {
            Files.createDirectories(file.getParent());
            FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
            for (int tries = 0; channel.tryLock() == null; tries++) {
                if (tries == 3_000) {
                    throw new UserException("another process has locked " + file + " for 30 s; stop that process, or"
                        + " try again when it has finished");
                }
                Thread.sleep(10);
            }
            return channel;
        } catch (IOException e) {
            throw new UserException("cannot lock " + file + "; set XDG_CACHE_HOME to a folder of your own");
        }
    }

    /**
     * Returns a file in this user's cache; XDG_CACHE_HOME counts only if absolute, as its specification says. Root with
     * another user's HOME leaves that home alone.
     */
    private static Path lockFile() {
        String xdg = System.getenv().getOrDefault("XDG_CACHE_HOME", "");
        String home = System.getenv("HOME");
        boolean isOwn = home != null && EnvFile.otherOwner(Path.of(home)) == null;
        String cache = (isOwn ? home : System.getProperty("user.home")) + "/.cache";
        return Path.of(xdg.startsWith("/") ? xdg : cache, "devflow-ports", "env.lock");
    }
}
