import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** A fault that the user can correct; the message is one line that says what failed, where, and what to do. */
final class UserException extends RuntimeException {
    static final String OUT_OF_DESCRIPTORS = "too many open files; raise the limit (ulimit -n)";
    private static final long serialVersionUID = 1;

    UserException(String message) {
        super(message, null, false, false);
    }

    static UserException of(IOException cause, String what) {
        String reason = cause instanceof AccessDeniedException ? "permission denied"
            : cause instanceof NoSuchFileException ? "no such file or directory"
            : cause instanceof FileSystemException file && file.getReason() != null ? file.getReason()
            : String.valueOf(cause.getMessage());
        return new UserException(isOutOfDescriptors(cause) ? OUT_OF_DESCRIPTORS : what + ": " + reason);
    }

    /** Returns whether the system refused to open another file or socket (EMFILE). */
    static boolean isOutOfDescriptors(Throwable failure) {
        return String.valueOf(failure.getMessage()).contains("Too many open files");
    }
}
