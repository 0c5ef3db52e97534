import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/**
 * One TCP socket of this machine.
 *
 * @param address the local address as text, with a scope where it is link-local
 * @param uid the user who made it, -1 where that is not told
 * @param id the kernel's number for it, the same in all processes that share it; 0 where no process has it any more
 * @param holders the processes that have it; null where that has yet to be found out
 */
record TcpSocket(Kind kind, String address, int port, long uid, long id, List<Long> holders) {

    /**
     * What a socket does with its port: it listens; is one end of a connection, in whatever state; is what a finished
     * connection leaves for a minute; or is bound and does not listen, so that no table has it.
     */
    enum Kind { LISTENER, CONNECTION, TIME_WAIT, UNKNOWN }

    /** An address of 4 or 16 bytes as RFC 5952 writes it: {@code ::1}, not {@code 0:0:0:0:0:0:0:1}. */
    static String text(byte[] address) throws UnknownHostException {
        String text = InetAddress.getByAddress(address).getHostAddress();
        String groups = ":" + text + ":";
        for (int zeros = text.indexOf(':') < 0 ? 0 : 8; zeros > 1; zeros--) {
            String run = ":0".repeat(zeros) + ":";
            int at = groups.indexOf(run);
            if (at >= 0) {
                return groups.substring(Math.min(at, 1), at) + "::" + text.substring(Math.min(at + run.length() - 1, text.length()));
            }
        }
        return text;
    }
}
