//SOURCES ../command/PortCommand.java ../command/UserException.java Folders.java

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A lock across all processes of this user; it ends with the process, however that ends. */
final class EnvLock {

    private EnvLock() { }

    /** Waits for the lock, which ends when the channel is closed. After a second, says which process has the lock. */
    static FileChannel take(PortCommand command) throws IOException, InterruptedException {
        Path file = file();
        FileChannel channel = open(file);
        for (long start = System.nanoTime(); channel.tryLock() == null; Thread.sleep(10)) {
            if (System.nanoTime() - start > 1_000_000_000) {
                ByteBuffer pid = ByteBuffer.allocate(20);
                channel.read(pid, 0); // to close a second channel would release this process's lock (fcntl(2))
                command.note("waiting for process " + new String(pid.array(), 0, pid.position())
                    + ", which is also writing ports (lock: " + file + ")");
            }
        }
        channel.truncate(0).write(ByteBuffer.wrap(String.valueOf(ProcessHandle.current().pid()).getBytes()));
        return channel;
    }

    private static FileChannel open(Path file) {
        try {
            Files.createDirectories(file.getParent());
            return FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
        } catch (IOException e) {
            throw new UserException("cannot lock " + file + "; set XDG_CACHE_HOME to a folder of your own");
        }
    }

    /** Returns a file in this user's cache. Root with another user's home leaves that home alone. */
    private static Path file() {
        String xdg = System.getenv("XDG_CACHE_HOME"); // counts only if absolute (XDG Base Directory Specification)
        String home = System.getenv("HOME");
        boolean isOwn = home != null && Folders.otherOwner(Path.of(home)) == null;
        String cache = (isOwn ? home : System.getProperty("user.home")) + "/.cache";
        return Path.of(xdg != null && xdg.startsWith("/") ? xdg : cache, "devflow-ports", "env.lock");
    }
}
