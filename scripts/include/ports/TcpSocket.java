import java.util.List;

/**
 * A TCP socket of this machine.
 *
 * @param address the local address as text, with a scope if it is link-local
 * @param uid the user who created the socket; -1 if unknown
 * @param id the kernel's number of the socket, the same in all processes that have it open; 0 if none has
 * @param holders the pids of the processes that have it open; null if they are yet to be looked up
 */
record TcpSocket(Kind kind, String address, int port, long uid, long id, List<Long> holders) {

    /** UNKNOWN is a bound socket: no table shows it. What a finished connection leaves for a minute is in TIME_WAIT. */
    enum Kind { LISTENER, CONNECTION, TIME_WAIT, UNKNOWN }
}
