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

    /** What a socket does with its port. */
    enum Kind {
        /** It listens. */
        LISTENER,
        /** It is one end of a connection, in whatever state. */
        CONNECTION,
        /** It is what a finished connection leaves for a minute. */
        TIME_WAIT,
        /** Binding fails, yet no socket is listed: one that is bound and does not listen. */
        UNKNOWN
    }

    /** An address of 4 or 16 bytes as RFC 5952 writes it: {@code ::1}, not {@code 0:0:0:0:0:0:0:1}. */
    static String text(byte[] address) {
        boolean isMapped = address.length == 16 && address[10] == -1 && address[11] == -1;
        for (int i = 0; isMapped && i < 10; i++) {
            isMapped = address[i] == 0;
        }
        if (address.length == 4 || isMapped) {
            int first = address.length - 4;
            return (address[first] & 0xFF) + "." + (address[first + 1] & 0xFF) + "." + (address[first + 2] & 0xFF) + "."
                + (address[first + 3] & 0xFF);
        }
        return text6(address);
    }

    private static String text6(byte[] address) {
        int longest = 0;
        int from = -1;
        for (int group = 0; group < 8; group++) {
            int zeros = 0;
            while (group + zeros < 8 && group(address, group + zeros) == 0) {
                zeros++;
            }
            if (zeros > Math.max(longest, 1)) {
                longest = zeros;
                from = group;
            }
        }
        StringBuilder text = new StringBuilder();
        for (int group = 0; group < 8; group++) {
            if (group == from) {
                text.append("::");
                group += longest - 1;
            } else {
                text.append(text.isEmpty() || text.charAt(text.length() - 1) == ':' ? "" : ":")
                    .append(Integer.toHexString(group(address, group)));
            }
        }
        return text.toString();
    }

    private static int group(byte[] address, int group) {
        return (address[2 * group] & 0xFF) << 8 | address[2 * group + 1] & 0xFF;
    }
}
