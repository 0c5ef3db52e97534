//SOURCES ../scripts/include/ports/Stopping.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real processes of every kind on a port: who is named, whose it is said to be, and that the remedy frees the port. */
class OwnersTest {

    /** Python; a server on every address:port given, that does first what {@code first} says and then waits. */
    static final String SERVER = """
        import os, signal, socket, subprocess, sys, time
        'x'.encode('idna')
        sockets = []
        def listen(address, port, reuse=False):
            server = socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if reuse:
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if ':' in address:
                server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            server.bind(socket.getaddrinfo(address, int(port))[0][4])
            server.listen()
            sockets.append(server)
            return server
        def ready():
            print('ready', flush=True)
            while True:
                time.sleep(600)
        exec(sys.argv.pop(1))
        """;

    /** Not a shell script that looks for it, which would be another process with another name. */
    static final String PYTHON = interpreter();

    private static String interpreter() {
        try {
            return Script.command("python3", "-c", "import sys; print(sys.executable)").run().out().strip();
        } catch (Exception e) {
            return "python3";
        }
    }

    /** What a script would say of a port, for a test that runs in a namespace or as another user. */
    static final class Ask {
        private Ask() { }

        public static void main(String... args) throws Exception {
            LocalPorts ports = LocalPorts.read();
            for (String port : args) {
                LocalPorts.State state = ports.state(Integer.parseInt(port));
                List<Owners.Owner> owners = Owners.of(List.of(state), ports, null).getOrDefault(state.port(), List.of());
                OwnerWords.lines(state, owners, false).forEach(System.out::println);
                System.err.println(OwnerWords.brief(state, owners));
                System.out.println(ServicePort.joined(Remedy.lines(state, owners))
                    + (Owners.areUnrelated(owners) ? " [unrelated]" : ""));
                Line reservation = Remedy.reservation(state.port(), owners, EphemeralPorts.read());
                System.out.print(reservation == null ? "" : reservation.toString().strip() + "\n");
            }
        }
    }

    private static final String ASK = "ask() { $java 'OwnersTest$Ask' \"$@\"; }\n"
        + "server() { exec 3< <(cd \"${in:-/}\"; exec -a \"${as:-python3}\" $python $server \"$@\"); read -r -u 3 _; }\n";

    @TempDir
    Path folder;

    @TempDir
    Path code;

    private final List<Process> started = new ArrayList<>();

    private Process start(Path where, String... command) throws Exception {
        Process process = new ProcessBuilder(command).directory(where.toFile()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        started.add(process);
        assertEquals("ready", new BufferedReader(process.inputReader()).readLine());
        return process;
    }

    private Process python(Path where, String code, Object... args) throws Exception {
        List<String> command = new ArrayList<>(List.of(PYTHON, server(), code));
        for (Object arg : args) {
            command.add(arg.toString());
        }
        return start(where, command.toArray(String[]::new));
    }

    @org.junit.jupiter.api.AfterEach
    void end() throws Exception {
        end(started);
    }

    static void end(List<Process> started) throws Exception {
        for (Process process : started) {
            List<ProcessHandle> children = process.descendants().toList(); // The parent first, or it starts them again.
            process.destroyForcibly().waitFor();
            children.forEach(ProcessHandle::destroyForcibly);
        }
    }

    private String server() throws Exception {
        return Files.writeString(code.resolve("server.py"), SERVER).toString();
    }

    private static List<Owners.Owner> owners(int port, Project project) throws Exception {
        LocalPorts ports = LocalPorts.read();
        return Owners.of(List.of(ports.state(port)), ports, project).getOrDefault(port, List.of());
    }

    private static String remedy(int port) throws Exception {
        LocalPorts ports = LocalPorts.read();
        LocalPorts.State state = ports.state(port);
        return ServicePort.joined(Remedy.lines(state, Owners.of(List.of(state), ports, null).getOrDefault(port, List.of())));
    }

    private static void obey(int port) throws Exception {
        String remedy = remedy(port);
        assertTrue(remedy.startsWith("to free it: "), remedy);
        assertEquals(0, Script.command("sh", "-c", remedy.substring("to free it: ".length())).run().exit(), remedy);
        awaitAvailable(port, remedy);
    }

    static void awaitAvailable(int port, String hint) throws Exception {
        for (int i = 0; i < 600 && !LocalPorts.read().isAvailable(port); i++) {
            Thread.sleep(50);
        }
        assertTrue(LocalPorts.read().isAvailable(port), hint);
    }

    private Script.Result inNamespace(String script) throws Exception {
        return inNamespace(folder, server(), script);
    }

    /** In the script, {@code server CODE} starts one in the folder {@code $in}; {@code $classes} is the class path, our own first. */
    static Script.Result inNamespace(Path folder, String server, String script) throws Exception {
        String own = Path.of(Owners.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
        String classes = own + ":" + System.getProperty("java.class.path");
        return Namespace.bash(folder, ASK + script).env("server", server).env("python", PYTHON).env("classes", classes)
            .env("PYTHONHOME", Path.of(PYTHON).getParent().getParent()).run();
    }

    @Test
    void namesTheMasterOfAForkingServerEvenIfItsWorkerHasALowerNumber() throws Exception {
        Script.Result result = inNamespace("""
            echo 300 >/proc/sys/kernel/ns_last_pid
            server "listen('127.0.0.1', 3005)
            open('/proc/sys/kernel/ns_last_pid', 'w').write('100')
            if os.fork() and os.fork(): ready()
            time.sleep(600)"
            ask 3005
            """);
        assertTrue(result.out().matches("(?s)pid 30\\d \\(root\\) and 2 workers on 127.0.0.1 in /: python3.*\n"
            + "to free it: kill 30\\d 10\\d 10\\d\n"),
            result.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "listen('127.0.0.1', sys.argv[1]); os.fork() and os.fork() and ready(); time.sleep(600)",
        "s = listen('::1', sys.argv[1]); s.set_inheritable(True); subprocess.Popen(['sleep', '600'], close_fds=False); ready()",
        "listen('0.0.0.0', sys.argv[1]); os.kill(os.getpid(), signal.SIGSTOP) if os.fork() == 0 else ready()",
        "import multiprocessing as m; listen('127.0.0.1', sys.argv[1]); m.Process(target=time.sleep, args=(600,)).start(); ready()"})
    void aServerWhoseChildrenShareItsSocketIsFreedAsToldAtOnce(String code) throws Exception {
        int port = Sockets.freePort();
        Process server = python(folder, code, port);
        List<Owners.Owner> owners = owners(port, null);
        assertEquals(1, owners.size());
        assertEquals(server.pid(), owners.get(0).process().pid());
        List<ProcessHandle> all = server.descendants().toList();
        try {
            obey(port);
        } finally {
            all.forEach(ProcessHandle::destroyForcibly);
        }
    }

    @Test
    void nodesClusterIsNamedByItsPrimaryAndFreedAsTold() throws Exception {
        assumeTrue(Servers.isOnPath("node"), "node is not installed");
        int port = Sockets.freePort();
        Path script = Files.writeString(folder.resolve("cluster.js"), """
            const cluster = require('cluster');
            if (cluster.isPrimary) { cluster.fork().on('listening', () => console.log('ready')); cluster.fork(); }
            else require('http').createServer(() => {}).listen(%d, '127.0.0.1');
            """.formatted(port));
        Process server = start(folder, "node", script.toString());
        assertEquals(server.pid(), owners(port, null).get(0).process().pid());
        obey(port);
    }

    @Test
    void aStoppedServerIsSaidToBeAndFreedAsTold() throws Exception {
        int port = Sockets.freePort();
        Process server = python(folder, "listen('127.0.0.1', sys.argv[1]); ready()", port);
        Script.command("sh", "-c", "kill -STOP " + server.pid()).run();
        assertTrue(owners(port, null).get(0).process().isStopped());
        assertEquals("to free it: kill " + server.pid() + "; kill -CONT " + server.pid(), remedy(port));
        obey(port);
    }

    @ParameterizedTest
    @ValueSource(strings = {"os.fork() and ready(); time.sleep(600)",
        "sockets[0].set_inheritable(True); subprocess.Popen(['sleep', '600'], close_fds=False); ready()"})
    void aLeftoverChildIsSaidToBeOne(String code) throws Exception {
        int port = Sockets.freePort();
        Process server = python(folder, "listen('127.0.0.1', sys.argv[1]); " + code, port);
        while (server.children().count() == 0) {
            Thread.sleep(20);
        }
        ProcessHandle child = server.children().findFirst().orElseThrow();
        try {
            assertFalse(owners(port, null).get(0).isLeftover());
            server.destroyForcibly().waitFor();
            Owners.Owner owner = owners(port, null).get(0);
            assertEquals(child.pid(), owner.process().pid());
            assertTrue(owner.isLeftover(), owner.toString());
            assertEquals("to free it: kill " + child.pid(), remedy(port));
            obey(port);
        } finally {
            child.destroyForcibly();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"while :; do \"$@\"; done", "until $python $server \"$code\" $port; do sleep 0; done",
        "while sleep 0.1\ndo\n  $python $server \"$code\" $port\ndone",
        "while true; do sh -c '\"$@\"; true' sh \"$@\"; sleep 0.1; done"})
    void aShellsLoopIsNamedAndStoppedWithItsServer(String loop) throws Exception {
        int port = Sockets.freePort();
        Process shell = start(folder, shell(loop, port));
        Owners.Owner owner = owners(port, null).get(0);
        assertEquals(Keeper.Kind.SUPERVISOR, owner.keeper().kind());
        assertEquals(shell.pid(), owner.keeper().pid());
        obey(port);
    }

    private String[] shell(String script, int port) throws Exception {
        String code = "listen('127.0.0.1', sys.argv[1]); ready()";
        String text = script.replace("$python", PYTHON).replace("$server", server()).replace("$code", code).replace("$port", "" + port);
        return new String[] {"bash", "-c", text, "bash", PYTHON, server(), code, "" + port};
    }

    @ParameterizedTest
    @ValueSource(strings = {"$python $server \"$code\" $port; true", "while false; do curl x; done; $python $server \"$code\" $port; true"})
    void aScriptThatStartsAServerOnceIsNoLoop(String script) throws Exception {
        int port = Sockets.freePort();
        start(folder, shell(script, port));
        assertEquals(null, owners(port, null).get(0).keeper());
        obey(port);
    }

    @Test
    void theFirstProcessOfANamespaceIsNeverToBeKilled() throws Exception {
        Script.Result result = inNamespace("""
            unshare --pid --fork --mount-proc $python $server "listen('127.0.0.1', 3005); subprocess.run(sys.argv[1:])" \
              $java 'OwnersTest$Ask' 3005
            """);
        assertTrue(result.out().matches("(?s)pid 1 \\(root\\) on 127.0.0.1 in \\S+: \\S*python3.*to free it: do not kill 1: .*"),
            result.toString());
        assertFalse(result.out().contains("kill 1\n"), result.out());
    }

    @Test
    void thePublisherOfAContainersPortIsNotToBeKilled() throws Exception {
        Script.Result result = inNamespace("""
            for address in 127.0.0.1 ::1; do as=docker-proxy server "listen('$address', 3005); ready()"; done
            as=/usr/bin/rootlessport server "listen('127.0.0.1', 3006); ready()"
            ask 3005 3006 | grep -v '^pid'
            """);
        assertEquals("""
              kept by docker-proxy, which publishes a container's port
              kept by docker-proxy, which publishes a container's port
            to free it: docker ps --filter publish=3005; then docker stop ID
              kept by rootlessport, which publishes a container's port
            to free it: podman port --all; then podman stop ID
            """, result.out(), result.err());
    }

    @Test
    void twoServersThatHaveNothingToDoWithEachOtherAreToldFromWorkers() throws Exception {
        Script.Result result = inNamespace("""
            server "listen('127.0.0.1', 3005); ready()"; server "listen('::1', 3005); ready()"
            for i in 1 2; do server "listen('0.0.0.0', 50051, True); ready()"; done
            server "listen('0.0.0.0', 3006, True)
            if os.fork() == 0: listen('0.0.0.0', 3006, True)
            ready()"
            server "[listen('127.0.0.1', 3007, True) for i in range(3)]; ready()"
            server "[os.fork() or (listen('0.0.0.0', 3008, True), time.sleep(600)) for i in range(2)]
            time.sleep(0.5)
            ready()"
            ask 3005 50051 3006 3007 3008 | grep -o -e '^to free it' -e 'unrelated' -e ' on [^ ]* in' | tr '\\n' ';'
            """);
        assertEquals(" on 127.0.0.1 in; on ::1 in;to free it;unrelated; on 0.0.0.0 in; on 0.0.0.0 in;to free it;unrelated;"
            + " on 0.0.0.0 in; on 0.0.0.0 in;to free it; on 127.0.0.1 in;to free it; on 0.0.0.0 in; on 0.0.0.0 in;to free it;",
            result.out(), result.err());
    }

    @Test
    void aLinkLocalAddressHasItsInterface() throws Exception {
        Script.Result result = inNamespace("""
            ip link add name v0 type veth peer name v1
            ip link set v0 up; ip link set v1 up
            ip -6 addr add fe80::1/64 dev v0 nodad
            server "s = socket.socket(socket.AF_INET6); s.bind(('fe80::1', 3005, 0, socket.if_nametoindex('v0'))); s.listen(); ready()"
            ask 3005 | grep -o 'on [^ ]* in'
            """);
        assertEquals("on fe80::1%v0 in\n", result.out(), result.err());
    }

    @Test
    void aConnectionsProcessIsNamedAndThePortsReservationTold() throws Exception {
        Script.Result result = inNamespace("""
            echo 8080,9000-9010 >/proc/sys/net/ipv4/ip_local_reserved_ports
            connect 50051 50051
            bound 3005 3005
            ask 50051 3005
            """);
        assertTrue(result.out().matches("(?s)a connection of pid \\d+ \\(root\\) from 127.0.0.1 in \\S+: \\S*python3 "
            + ".*connect 50051 50051\n"
            + "to free it: wait until the connection ends, or take another port\n"
            + "port 50051 is one that the kernel gives to connections; to keep it: "
            + "sudo sysctl -w net.ipv4.ip_local_reserved_ports=8080,9000-9010,50051\n"
            + "a socket that does not listen; the kernel does not say whose\nto free it: .*"), result.toString());
    }

    @Test
    void whatAFinishedConnectionLeavesIsSaidToBeFreeSoon() throws Exception {
        Script.Result result = inNamespace("""
            python3 -c "
            import socket
            server, client = socket.socket(), socket.socket()
            server.bind(('127.0.0.1', 0)); server.listen()
            client.bind(('127.0.0.1', 50051)); client.connect(server.getsockname())
            accepted = server.accept()[0]
            client.close(); accepted.recv(1); accepted.close()"
            ask 50051
            """);
        assertEquals("left by a finished connection, free within a minute\nto free it: wait: it is free by itself within a minute\n"
            + "port 50051 is one that the kernel gives to connections; to keep it: "
            + "sudo sysctl -w net.ipv4.ip_local_reserved_ports=50051\n", result.out(), result.err());
        assertEquals("in use by what a finished connection left, free within a minute\n", result.err());
    }

    @Test
    void aProcessOfAnotherNamespaceIsSaidNotToBeVisible() throws Exception {
        Script.Result result = inNamespace("""
            server "listen('127.0.0.1', 3005); ready()"
            unshare --pid --fork --mount-proc $java 'OwnersTest$Ask' 3005
            """);
        assertEquals("on 127.0.0.1: a process of root, not visible from here: another container?\n"
            + "to free it: stop it where it runs, in another container or namespace\n", result.out(), result.err());
    }

    @Test
    void anotherUsersServerIsSaidToBeThatUsersAndOnesOwnIsNamed() throws Exception {
        assumeTrue(Namespace.IS_ROOT, "this user cannot be another");
        Path classes = Files.createDirectories(folder.resolve("classes"));
        Path jar = Path.of(Owners.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        Script.command("cp", "-r", jar.toString(), classes.toString()).run();
        Script.command("chmod", "-R", "a+rX", folder.toString(), code.toString()).run();
        Script.Result result = Namespace.bash(folder, ASK + """
            [ "$(stat -c %a /tmp)" = 1777 ]
            as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
            server "listen('127.0.0.1', 3005); ready()"
            server "listen('127.0.0.1', 3006); ready()"
            server "os.setuid(65534); listen('::1', 3006); ready()"
            as_nobody ${java%% *} -XX:-UsePerfData -cp "$jar" 'OwnersTest$Ask' 3005 3006
            """).env("server", server()).env("python", PYTHON)
            .env("PYTHONHOME", Path.of(PYTHON).getParent().getParent()).env("jar", classes.resolve(jar.getFileName())).run();
        assertTrue(result.out().startsWith("on 127.0.0.1: a process of root that this user may not see\n"
            + "to free it: ask root to stop it, or find it with sudo ss -ltnp 'sport = :3005'\n"
            + "on 127.0.0.1: a process of root that this user may not see\n"), result.toString());
        assertTrue(result.out().endsWith(" [unrelated]\n"), result.toString());
    }

    @Test
    void bothSourcesNameTheSameProcesses() throws Exception {
        assumeTrue(Servers.isOnPath("lsof"), "lsof is not installed");
        int port = Sockets.freePorts(4);
        python(folder, "listen('127.0.0.1', sys.argv[1]); listen('::1', int(sys.argv[1]) + 1); listen('0.0.0.0', int(sys.argv[1]) + 2);"
            + "listen('::', int(sys.argv[1]) + 3); ready()", port);
        for (int i = 0; i < 4; i++) {
            List<List<Map<String, Object>>> answers = new ArrayList<>();
            for (LocalPorts ports : List.of(LocalPorts.read(), LocalPorts.withoutTables())) {
                LocalPorts.State state = ports.state(port + i);
                assertEquals(LocalPorts.Verdict.LISTENING, state.verdict());
                answers.add(OwnerWords.json(Owners.of(List.of(state), ports, null).get(port + i), true));
            }
            for (List<Map<String, Object>> answer : answers) { // The JDK tells a program by its full path.
                answer.get(0).remove("command");
                answer.get(0).computeIfPresent("started_by", (key, command) -> command.toString().replaceFirst(".* ", ""));
            }
            assertEquals(answers.get(0), answers.get(1));
        }
    }

    @Test
    void aServersProcessTellsWhatAWaitingScriptAsks() throws Exception {
        Process server = new ProcessBuilder("sh", "-c", "sh -c 'sleep 0.3; exit 7' & echo $!; exec sleep 600").start();
        try {
            long child = Long.parseLong(new BufferedReader(server.inputReader()).readLine());
            for (int i = 0; i < 600 && isRunning(child); i++) {
                Thread.sleep(20);
            }
            assertFalse(isRunning(child));
            assertEquals(7, Processes.exitStatus(child));
            assertTrue(isRunning(server.pid()));
            assertTrue(Processes.read().isDescendant(child, server.pid()));
            assertFalse(Processes.read().isDescendant(server.pid(), child));
        } finally {
            server.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
    }

    private static boolean isRunning(long pid) {
        Processes.Facts process = Processes.read().of(pid);
        return process != null && process.isRunning();
    }
}
