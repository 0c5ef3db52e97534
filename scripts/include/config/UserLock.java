//SOURCES ../command/UserException.java

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A lock across all processes of this user; it ends with the process, however that ends. */
final class UserLock {

    private static final long PATIENCE = 1000; // milliseconds of silent waiting

    private UserLock() { }

    /** Does the work under the lock. A long wait for it is noted, with the process that has it. */
    static <T> T locked(Consumer<String> note, Callable<T> work) throws Exception {
        Path file = file();
        try (FileChannel channel = open(file)) {
            CountDownLatch isHad = new CountDownLatch(1);
            Thread notice = new Thread(() -> sayWait(file, channel, isHad, note));
            notice.setDaemon(true);
            notice.start();
            channel.lock();
            isHad.countDown(); // To interrupt a thread that reads from the channel would close it, and end the lock.
            channel.truncate(0).write(ByteBuffer.wrap(pid().getBytes()));
            return work.call();
        }
    }

    /** This process's number, as Linux tells it; Java's handle of the process would start threads. */
    private static String pid() throws IOException {
        File self = new File("/proc/self");
        return self.exists() ? self.getCanonicalFile().getName() : String.valueOf(ProcessHandle.current().pid());
    }

    private static void sayWait(Path file, FileChannel channel, CountDownLatch isHad, Consumer<String> note) {
        try {
            if (isHad.await(PATIENCE, TimeUnit.MILLISECONDS)) {
                return;
            }
            // Not through a channel of its own: to close that would end a lock that has come by then (fcntl(2)).
            byte[] pid = new byte[20];
            int length = channel.read(ByteBuffer.wrap(pid), 0);
            note.accept("waiting for process " + new String(pid, 0, Math.max(length, 0))
                + ", which is writing ports, too (lock: " + file + ")");
        } catch (InterruptedException | IOException e) {
            // It cannot be said who has it.
        }
    }

    private static FileChannel open(Path file) {
        try {
            Files.createDirectories(file.getParent());
            return FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
        } catch (IOException e) {
            throw new UserException("cannot keep a lock in " + file.getParent() + "; set XDG_CACHE_HOME to a directory of your own");
        }
    }

    /** In the user's cache, so that no other folder is littered; root with another user's home leaves that home alone. */
    private static Path file() {
        String xdg = System.getenv("XDG_CACHE_HOME");
        for (String cache : new String[] {xdg, System.getenv("HOME") + "/.cache", System.getProperty("user.home") + "/.cache"}) {
            // A relative path is to be ignored (XDG Base Directory Specification).
            if (cache != null && new File(cache).isAbsolute() && isOwn(cache)) {
                return Path.of(cache, "devflow-ports", "env.lock");
            }
        }
        throw new UserException("no place for a lock; set XDG_CACHE_HOME to a directory of your own");
    }

    private static boolean isOwn(String folder) {
        try {
            Path existing = Path.of(folder, "devflow-ports");
            while (Files.notExists(existing)) {
                existing = existing.getParent();
            }
            String owner = Files.getOwner(existing).getName();
            return owner.equals("root") || owner.equals(System.getProperty("user.name"));
        } catch (IOException | InvalidPathException e) {
            return true; // what is wrong with it will be told when it is used
        }
    }
}
