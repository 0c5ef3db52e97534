import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;

/** Whose a file is and who may read and write it: copies that, or refuses where a copy would let in others. */
final class FileRights {

    private static final String IDENTITY = "unix:fileKey,size,lastModifiedTime,ctime,mode,uid,gid,isRegularFile";

    /** Copies a file with its access control list, and looks whether that came through; 3 says that this cannot be seen here. */
    private static final String COPY = """
        export LC_ALL=C PATH="$PATH:/usr/bin:/bin"
        rights() { ls -ld "$1" | cut -d' ' -f1; command -v getfacl >/dev/null && getfacl -cpn "$1"; }
        case $(ls --version 2>&1; uname; command -v getfacl) in *coreutils*|*Darwin*|*BSD*|*getfacl) ;; *) [ "$3" = 0 ] || exit 3 ;; esac
        cp -p "$1" "$2" && [ "$(rights "$1")" = "$(rights "$2")" ]
        """;

    private FileRights() { }

    /** Makes a file with the owner, mode and access control list of the old one; false if that is another by now. */
    static boolean copy(Path target, Map<String, Object> old, Path fresh) throws IOException, InterruptedException {
        // The group's bits are the mask of a list: without them it lets nobody in.
        String group = String.valueOf((Integer) old.get("mode") & 070);
        Process copying = new ProcessBuilder("/bin/sh", "-c", COPY, "sh", target.toString(), fresh.toString(), group)
            .redirectErrorStream(true).start();
        String message = new String(copying.getInputStream().readAllBytes()).strip();
        int status = copying.waitFor();
        if (!identity(target).equals(old)) {
            return false;
        }
        if (status == 3) {
            throw refusal("no ls or getfacl here shows whether it has an access control list; install acl, or chmod g= it");
        }
        Map<String, Object> now = Files.exists(fresh) ? identity(fresh) : Map.of();
        boolean isWhole = old.get("size").equals(now.get("size"));
        if ((isWhole || status == 0) && !now.get("uid").equals(old.get("uid"))) {
            throw refusal("it belongs to " + Files.getOwner(target).getName() + ", and would be yours afterwards; let its owner or"
                + " root write it, or make it yours first: cp " + target + " " + target + ".new && mv " + target + ".new " + target);
        }
        if (!isWhole && status != 0) {
            throw refusal(message.substring(message.lastIndexOf(": ") + 1).strip());
        }
        if (status != 0 || !old.get("gid").equals(now.get("gid")) || !old.get("mode").equals(now.get("mode"))) {
            throw refusal("its group, mode or access control list cannot be kept; let root write it, or name another with --env-file");
        }
        return true;
    }

    /** Why a file is left alone. */
    static FileSystemException refusal(String reason) {
        return new FileSystemException(null, null, reason);
    }

    /** What tells that a file is the same, unchanged, and whose it is; of a symbolic link, its own. */
    static Map<String, Object> identity(Path file) throws IOException {
        return Files.readAttributes(file, IDENTITY, LinkOption.NOFOLLOW_LINKS);
    }
}
