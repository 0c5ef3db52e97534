//SOURCES Ownership.java Processes.java Supervisor.java TcpSocket.java

import java.util.List;

/**
 * A socket on a port, and the processes that have it open.
 *
 * @param processes first the one whose parent does not have the socket; empty if they cannot be seen
 * @param ancestors of the first process, parent first
 * @param user who runs the first process or, if it cannot be seen, created the socket; null if unknown
 * @param supervisor of the first process; null if there is none
 * @param ownership whether the socket belongs to the project: that of its first process
 * @param startedUs whether one of the processes is this program, or started it
 * @param viewer the user who runs this program
 */
record Owner(TcpSocket socket, List<Processes.Facts> processes, List<Processes.Facts> ancestors, String user,
             Supervisor supervisor, Ownership ownership, boolean startedUs, long viewer) {

    TcpSocket.Kind kind() {
        return socket.kind();
    }

    boolean isListener() {
        return socket.kind() == TcpSocket.Kind.LISTENER;
    }

    /** Returns the first process; null if none can be seen. */
    Processes.Facts process() {
        return processes.isEmpty() ? null : processes.get(0);
    }

    /** Returns the nearest ancestor that is no shell; null if there is none. */
    Processes.Facts starter() {
        return Supervisor.starter(ancestors);
    }

    boolean isViewedByRoot() {
        return viewer == 0;
    }

    /** Returns whether the process, or the socket of one that cannot be seen, is another user's; root may stop all. */
    boolean isAnotherUsers() {
        long user = process() == null || process().uid() < 0 ? socket.uid() : process().uid();
        return viewer != 0 && viewer != user;
    }

    /** Returns whether another owner is the same process or, if neither can be seen, the same user's. */
    boolean isSameProcess(Owner other) {
        return process() == null ? other.process() == null && socket.uid() == other.socket.uid()
            : other.process() != null && process().pid() == other.process().pid();
    }
}
