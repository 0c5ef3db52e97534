import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A network and processes of its own, where DevFlow's documented ports are free until the test takes them. Linux lets root
 * make one, and where it has user namespaces, everyone; elsewhere these tests are skipped. What still runs when the script
 * ends, is ended with it.
 */
final class Namespace {

    /** Whether this user is root. */
    static final boolean IS_ROOT = "root".equals(System.getProperty("user.name"));

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
                server.bind(('127.0.0.1', (port + 20000) % 60000)) # none of those that are to be taken
                server.listen()
                client.bind(('127.0.0.1', port))
                client.connect(server.getsockname())
        print('ready', flush=True)
        time.sleep(600)
        """;

    private Namespace() { }

    /** The command that runs another one as root of namespaces of its own. */
    static String[] unshare(String... kinds) throws Exception {
        List<String> command = new ArrayList<>(List.of("unshare"));
        if (!IS_ROOT) {
            command.add("--map-root-user");
        }
        command.addAll(List.of(kinds));
        String[] unshare = command.toArray(String[]::new);
        assumeTrue(Servers.isOnPath("unshare") && Script.command("true").under(unshare).run().exit() == 0,
            "this machine lets this user make no namespaces");
        return unshare;
    }

    /**
     * A bash script in that folder; in it, {@code bound}, {@code listen} and {@code connect FIRST LAST} take ports until the
     * end: as another program, in the folder {@code /}; {@code until_taken PORT} waits, {@code owner PORT} prints a pid.
     */
    static Script bash(Path folder, String script) throws Exception {
        assumeTrue(Servers.isOnPath("ip") && Servers.isOnPath("python3"), "ip or python3 is not installed");
        return Script.bash("""
            set -eu
            ip link set lo up
            hold() { exec 3< <(cd / && exec python3 -c "$holder" "$@"); read -r -u 3 _; }
            bound() { hold bind "$@"; }
            listen() { hold listen "$@"; }
            connect() { hold connect "$@"; }
            until_taken() { until ss -ltnH "sport = :$1" | grep -q .; do sleep 0.05; done; }
            owner() { ss -ltnpH "sport = :$1" | sed 's/.*pid=\\([0-9]*\\).*/\\1/'; }
            for script in check_port find_port port_status health_all; do
              eval "$script() { $java $script \\"\\$@\\"; }"
            done
            """ + script)
            .env("holder", HOLDER).env("java", String.join(" ", Script.JAVA))
            .under(unshare("--net", "--pid", "--fork", "--mount-proc")).in(folder);
    }
}
