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
}
