import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real servers that are stopped, resist, come back, or are not to be stopped. */
class StoppingTest extends RealServers {

    private static final String LISTEN = "listen('127.0.0.1', sys.argv[1]); ";

    private static Stopping stop(int port, Path project, boolean isForced) throws Exception {
        return stop(project, Duration.ofMillis(500), isForced, port).get(0);
    }

    private static List<Stopping> stop(Path project, Duration grace, boolean isForced, Integer... ports) throws Exception {
        return Stopping.stop(Stream.of(ports).map(PortMap.Service::none).toList(),
            project == null ? null : Project.named(project.toString(), ""), grace, isForced);
    }

    private static String withoutPids(String text) {
        return text.replaceAll("\\S*python\\S* .*?\\(pid \\d+\\)", "PYTHON").replaceAll("perl .*?\\(pid \\d+\\)", "PERL");
    }

    private boolean isRunning(long pid) {
        Processes.Facts process = new Processes().of(pid);
        return process != null && process.isRunning();
    }

    /** The first word says how many processes are signalled. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "1 | ready()",
        "1 | signal.signal(signal.SIGTERM, signal.SIG_IGN); ready()",
        "1 | os.kill(os.getpid(), signal.SIGSTOP)",
        "2 | os.fork() and ready(); signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)",
        "3 | signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork() and os.fork() and ready(); time.sleep(600)"})
    void stopsAServerOfThisProjectHoweverItResists(int signalled, String behaviour) throws Exception {
        int port = Sockets.freePort();
        Process server = python(folder, LISTEN + "print('ready', flush=True); " + behaviour, port);
        Stopping stopping = stop(port, folder, false);
        assertEquals(Stopping.Outcome.FREED, stopping.outcome());
        assertEquals(signalled, stopping.signalled.size());
        assertTrue(LocalPorts.read().isAvailable(port));
        assertTrue(server.waitFor(10, TimeUnit.SECONDS));
    }

    /** The workers of a server that was killed have the port, and none of them is the parent of another. */
    @Test
    void sendsSigtermToEachOrphanedWorkerAndNamesEach() throws Exception {
        int port = Sockets.freePort();
        Process server = python(folder, LISTEN + """
            pids = []
            for i in range(3):
                pids.append(os.fork())
                if pids[-1] == 0:
                    signal.signal(signal.SIGTERM, lambda *_: (open('saved%d' % i, 'w').close(), os._exit(0)))
                    time.sleep(600)
            time.sleep(0.2)
            print('ready', *pids, sep='\\n', flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
            """, port);
        List<String> pids = server.inputReader().lines().limit(3).toList();
        server.waitFor();
        Stopping stopping = stop(folder, Duration.ofSeconds(30), false, port).get(0);
        assertEquals(3, pids.size());
        pids.forEach(pid -> assertTrue(stopping.words().contains("(pid " + pid + ")"), stopping.words()));
        for (int i = 0; i < 3; i++) {
            assertTrue(Files.exists(folder.resolve("saved" + i)));
        }
    }

    /** On SIGTERM, the server hands its socket to a process of another program. */
    @Test
    void judgesAgainAfterTheGraceAndKillsNobodyIfAnotherProgramHasTheSocket() throws Exception {
        int port = Sockets.freePort();
        Path own = Files.createDirectory(folder.resolve("own"));
        Path other = Files.createDirectory(folder.resolve("other"));
        Process heir = start(other, PYTHON, "-c", """
            import socket, time
            pipe = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            pipe.bind('pipe')
            print('ready', flush=True)
            sockets = socket.recv_fds(pipe, 1, 1)
            time.sleep(600)
            """);
        Process server = python(own, """
            server = listen('127.0.0.1', sys.argv[1])
            def pass_on(*_):
                pipe = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                pipe.connect('../other/pipe')
                socket.send_fds(pipe, [b'x'], [server.fileno()])
                os._exit(0)
            signal.signal(signal.SIGTERM, pass_on)
            ready()
            """, port);
        Stopping stopping = stop(port, own, false);
        assertEquals(Stopping.Outcome.STILL_IN_USE, stopping.outcome());
        assertTrue(stopping.words().matches("(?s)told .* \\(pid " + server.pid() + "\\) to stop; still in use by .* \\(pid " + heir.pid()
            + "\\) in .*/other"), stopping.words());
        assertTrue(heir.isAlive() && !isRunning(server.pid()));
    }

    /** Two processes have one socket, and neither started the other. */
    @ParameterizedTest
    @CsvSource({"other, REFUSED", "own/services, FREED"})
    void judgesEveryProcessThatHasTheSocket(String folderOfOther, Stopping.Outcome outcome) throws Exception {
        Path own = Files.createDirectory(folder.resolve("own"));
        Path other = Files.createDirectory(folder.resolve(folderOfOther));
        int port = Sockets.freePort();
        Process starter = start(own, PYTHON, server(), LISTEN + """
            pids = []
            for place in ('.', sys.argv[2]):
                pids.append(os.fork())
                if pids[-1] == 0:
                    os.chdir(place)
                    time.sleep(600)
                time.sleep(0.05)
            print('ready', *pids, sep='\\n', flush=True)
            """, "" + port, other.toString());
        List<String> pids = starter.inputReader().lines().limit(2).toList();
        starter.waitFor();
        assertEquals(outcome, stop(port, own, false).outcome());
        boolean isRefused = outcome == Stopping.Outcome.REFUSED;
        pids.forEach(pid -> assertEquals(isRefused, isRunning(Long.parseLong(pid))));
        assertEquals(isRefused ? Stopping.Outcome.FREED : Stopping.Outcome.AVAILABLE, stop(port, own, true).outcome());
    }

    /** A refused port does not protect a process that has another port as well. */
    @Test
    void judgesEachPortByItself() throws Exception {
        int first = Sockets.freePorts(3);
        Path other = Files.createDirectory(folder.resolve("other"));
        Path own = Files.createDirectory(folder.resolve("own"));
        Process ours = python(own, LISTEN + "ready()", first);
        Process others = python(other, LISTEN + "ready()", first + 1);
        List<Stopping> all = stop(own, Duration.ofMillis(500), false, first, first + 1, first + 2);
        assertEquals(List.of(Stopping.Outcome.FREED, Stopping.Outcome.REFUSED, Stopping.Outcome.AVAILABLE),
            all.stream().map(Stopping::outcome).toList());
        assertEquals(List.of(ours.pid()), all.get(0).fields().get("stopped"));
        assertTrue(all.get(1).words().matches("not stopped: .* \\(pid " + others.pid()
            + "\\) in .*/other belongs to another program; --force stops it too"), all.get(1).words());
        assertTrue(others.isAlive() && ours.waitFor(10, TimeUnit.SECONDS));
    }

    @Test
    void namesTheWayToHaveAnUnknownServerStopped() throws Exception {
        int port = Sockets.freePort();
        Process server = python(folder, LISTEN + "ready()", port);
        Script.Result result = Script.of("check_port", "--stop", "--quiet", "" + port).run();
        assertEquals(List.of(1, ""), List.of(result.exit(), result.out()));
        assertTrue(result.err().matches("ERROR: port " + port + ": not stopped: .* \\(pid " + server.pid() + "\\) in .* may belong to"
            + " another program; use --project DIR to name the project, or --force to stop the process\n"), result.err());
    }

    @Test
    void stopsNeitherItselfNorAPublisherNorALoginEvenIfForced() throws Exception {
        try (var listener = Sockets.listener("127.0.0.1")) {
            assertTrue(stop(listener.getLocalPort(), null, true).words().endsWith(" from another terminal"));
        }
        Map<String, String> names = Map.of("docker-proxy", "the container or the tunnel", "sshd", "program there", "/opt/code-server", "program there");
        for (String name : names.keySet()) {
            int port = Sockets.freePort();
            Process server = start(folder, "bash", "-c", "exec -a " + name + " \"$@\"", "bash", PYTHON, server(), LISTEN + "ready()", "" + port);
            assertTrue(stop(port, folder, true).words().endsWith(names.get(name)), name);
            assertTrue(server.isAlive());
        }
    }

    @Test
    void stopsNoProcessThatStartedThisCommandAndNoFirstProcess() throws Exception {
        Script.Result result = inNamespace("""
            mkdir app
            (cd app; $python $server "listen('127.0.0.1', 3005); sys.exit(subprocess.run(sys.argv[1:]).returncode)" \
              sh -c "$java check_port --stop --force 3005; exit \\$?") || echo "exit $?"
            mkfifo go
            exec 3< <(cd app; exec unshare --pid --fork --mount-proc $python $server "listen('127.0.0.1', 3005)
            print(subprocess.run(['sh', '-c', os.environ['java'] + ' check_port --stop --force 3005']).returncode, flush=True)
            ready()" 2>/dev/null)
            read -r -u 3 words; read -r -u 3 code; echo "$words $code"; read -r -u 3 _
            check_port --stop --project app 3005
            """);
        assertEquals("""
            Port 3005: in use  DevFlow Orchestrator  not stopped: PYTHON in APP started this command; stop python3 from another terminal
            exit 1
            Port 3005: in use  DevFlow Orchestrator  not stopped: PYTHON in APP is the first process of this machine, container\
             or session; stop its socket unit, or the container from outside 1
            Port 3005: available  DevFlow Orchestrator  stopped PYTHON
            """, withoutPids(result.out()).replace(folder.toRealPath().resolve("app").toString(), "APP"), result.err());
    }

    @Test
    void onlyRootStopsAServerOfAnotherUserEvenIfForced() throws Exception {
        assumeTrue(Namespace.IS_ROOT, "this user cannot be another");
        Script.Result result = inNamespace("""
            umask 022
            mkdir app
            chmod 755 . app
            : >app/.env
            mkdir classes; cp -r ${classes//:/ } classes; chmod -R a+rX classes
            name=${classes%%:*}
            nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
            exec 3< <(cd app; $nobody perl -MIO::Socket::INET -e '$| = 1; print "ready\n"; sleep 600
              if $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 3005, Listen => 5)')
            read -r -u 3 _
            in=$PWD/app server "os.setuid(1); listen('127.0.0.1', 3006); ready()"
            in=$PWD/app server "listen('127.0.0.1', 3101); ready()"
            cd app
            $nobody ${java%% *} -XX:-UsePerfData -cp "../classes/${name##*/}:../classes/*" check_port --stop 3005 3006 3101 --force \
              || echo "exit $?"
            check_port --stop 3006 3101
            """);
        assertEquals("""
            Port 3005: available  DevFlow Orchestrator  stopped PERL
            Port 3006: in use  Token Optimizer  not stopped: a process of daemon that cannot be seen; \
            stop the process that this command finds: sudo ss -ltnp 'sport = :3006'
            Port 3101: in use  Codex MCP Server  not stopped: a process of root that cannot be seen; \
            stop the process that this command finds: sudo ss -ltnp 'sport = :3101'
            exit 1
            Port 3006: available  Token Optimizer  stopped PYTHON
            Port 3101: available  Codex MCP Server  stopped PYTHON
            """, withoutPids(result.out()), result.err());
    }

    /** Nor what does not listen: the rest of a range is stopped. */
    @Test
    void leavesTheClientsOfAServerAlone() throws Exception {
        Script.Result result = inNamespace("""
            mkdir app
            in=$PWD/app server "listen('127.0.0.1', 3101); ready()"
            exec 4< <(exec $python -c "import socket
            s = socket.create_connection(('127.0.0.1', 3101))
            print('connected', flush=True)
            try: s.recv(1)
            except OSError: print('alive', flush=True)")
            read -r -u 4 _
            check_port --stop --project app 3101
            read -r -u 4 client; echo "$client"
            in=$PWD/app server "listen('127.0.0.1', 50052); ready()"
            bound 50053 50053
            check_port --stop 50051-50054 --project app || echo "exit $?"
            """);
        assertEquals("""
            Port 3101: available  Codex MCP Server  stopped PYTHON
            alive
            Port 50052: available  stopped PYTHON
            Port 50053: in use  nothing listens, so nothing was stopped: a bound socket that does not listen; \
            the kernel does not show its owner
            exit 1
            """, withoutPids(result.out()), result.err());
    }

    /** A second SIGTERM would make some servers quit without saving. */
    @Test
    void leavesToItsParentAWorkerWithASocketOfItsOwn() throws Exception {
        int port = Sockets.freePort();
        python(folder, """
            def share():
                server = socket.socket()
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                server.bind(('127.0.0.1', int(sys.argv[1])))
                server.listen()
                sockets.append(server)
            read, write = os.pipe()
            worker = os.fork()
            if worker == 0:
                share()
                signal.signal(signal.SIGTERM, lambda *_: open('signals', 'a').write('x'))
                os.write(write, b'x')
                while not os.path.exists('signals') and os.getppid() > 1:
                    time.sleep(0.1)
                time.sleep(0.3)
                os._exit(0)
            os.read(read, 1)
            share()
            signal.signal(signal.SIGTERM, lambda *_: (os.kill(worker, signal.SIGTERM), os.wait(), os._exit(0)))
            ready()
            """, port);
        assertEquals(Stopping.Outcome.FREED, stop(folder, Duration.ofSeconds(30), false, port).get(0).outcome());
        assertEquals("x", Files.readString(folder.resolve("signals")));
    }

    /** A server without SO_REUSEADDR leaves connections that keep others from the port, but nothing that came back. */
    @Test
    void whatAFinishedServerLeavesHasNotComeBack() throws Exception {
        Script.Result result = inNamespace("""
            mkdir app
            in=$PWD/app server "server = socket.socket()
            server.bind(('127.0.0.1', 3101))
            server.listen()
            client = socket.create_connection(server.getsockname())
            accepted = server.accept()[0]
            signal.signal(signal.SIGTERM, lambda *_: (accepted.close(), client.close(), os._exit(0)))
            ready()"
            check_port --stop --grace=500ms --project app 3101 || echo "exit $?"
            """);
        assertEquals("""
            Port 3101: in use  Codex MCP Server  told PYTHON to stop; still in use by a closed connection, which \
            releases the port within a minute
            exit 1
            """, withoutPids(result.out()), result.err());
    }

    /** In the second case, the nearer supervisor restarts one program, and is stopped with it. */
    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', value = {"while :; do eval \"$1\"; done, honcho",
        "while :; do (exec -a nodemon bash -c \"$1; :\"); done, honcho \\(pid \\d+\\) and nodemon"})
    void saysWhoCameBackAndWhoStartedIt(String loop, String starter) throws Exception {
        int port = Sockets.freePort();
        String command = PYTHON + " " + server() + " \"" + LISTEN + "ready()\" " + port;
        Process shell = start(folder, "bash", "-c", "exec -a honcho bash -c \"$1\" bash \"$2\"", "bash", loop, command);
        Stopping stopping = stop(port, folder, false);
        for (int i = 0; i < 20 && stopping.outcome() == Stopping.Outcome.FREED; i++) { // On a busy machine it needs more time.
            assertTrue(stopping.words().contains("; honcho (pid " + shell.pid() + ") may start it again"), stopping.words());
            assertEquals("ready", shell.inputReader().readLine());
            stopping = stop(port, folder, false);
        }
        assertTrue(stopping.words().matches("stopped .*\\(pid (\\d+)\\), but it came back as .*\\(pid (?!\\1)\\d+\\), started by " + starter
            + " \\(pid \\d+\\)"), stopping.words());
    }

    @Test
    void doesNotSignalAReusedPid() throws Exception {
        Process process = start(folder, "sh", "-c", "echo ready; exec sleep 600");
        Processes.Facts now = new Processes().of(process.pid());
        Stopping.signal(new Processes.Facts(now.pid(), now.parent(), now.startTime() - 1, now.state(), now.session(), now.user(),
            now.arguments(), now.workingDirectory(), now.executable(), now.controlGroup()), handle -> fail("signalled"));
        List<Long> signalled = new ArrayList<>();
        Stopping.signal(now, handle -> signalled.add(handle.pid()));
        assertEquals(List.of(process.pid()), signalled);
        process.destroyForcibly().waitFor();
        Stopping.signal(now, handle -> fail("signalled"));
    }
}
