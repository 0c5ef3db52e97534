import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A network and processes of its own, where DevFlow's documented ports are free until the test takes them. Linux lets
 * only root make one; elsewhere these tests are skipped. What still runs when the script ends, is ended with it.
 */
final class Namespace {

    /** Python; has sockets {@code bind} or {@code listen} on ports, or {@code connect}, which makes them source ports. */
    private static final String HOLDER = """
        import socket, sys, time
        sockets = []
        def tcp():
            sockets.append(socket.socket())
            return sockets[-1]
        for port in range(int(sys.argv[2]), int(sys.argv[3]) + 1):
            if sys.argv[1] != 'connect':
                tcp().bind(('127.0.0.1', port))
                if sys.argv[1] == 'listen':
                    sockets[-1].listen()
            else:
                server, client = tcp(), tcp()
                server.bind(('127.0.0.1', 0))
                server.listen()
                client.bind(('127.0.0.1', port))
                client.connect(server.getsockname())
        print('ready', flush=True)
        time.sleep(600)
        """;

    private Namespace() { }

    /** A bash script; in it, {@code bound}, {@code listen} and {@code connect FIRST LAST} take ports until the end. */
    static Script bash(Path folder, String script) throws Exception {
        String[] unshare = {"unshare", "--net", "--pid", "--fork", "--mount-proc"};
        assumeTrue(Servers.isOnPath("unshare") && Servers.isOnPath("ip") && Servers.isOnPath("python3")
            && Script.command("true").under(unshare).run().exit() == 0, "needs root, unshare, ip and python3");
        Path holder = Files.writeString(folder.resolve("holder.py"), HOLDER);
        return Script.command("bash", "-c", """
            set -eu
            ip link set lo up
            hold() { exec 3< <(exec python3 "$holder" "$@"); read -r -u 3 _; }
            bound() { hold bind "$@"; }
            listen() { hold listen "$@"; }
            connect() { hold connect "$@"; }
            for script in check_port find_port port_status health_all; do
              eval "$script() { $java $script \\"\\$@\\"; }"
            done
            """ + script)
            .env("holder", holder).env("java", String.join(" ", Script.JAVA)).under(unshare).in(folder);
    }
}
