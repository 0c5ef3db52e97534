//SOURCES ../scripts/include/ports/Stopping.java

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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ports that are freed, and real servers that end, resist, come back, or are not to be ended. */
class StoppingTest {

    private static final String PYTHON = OwnersTest.PYTHON;
    private static final String LISTEN = "listen('127.0.0.1', sys.argv[1]); ";

    @TempDir
    Path folder;

    @TempDir
    Path code;

    private final List<Process> started = new ArrayList<>();

    private Process start(Path where, String... command) throws Exception {
        Process process = new ProcessBuilder(command).directory(where.toFile()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        started.add(process);
        assertEquals("ready", process.inputReader().readLine());
        return process;
    }

    private Process python(Path where, String code, int port) throws Exception {
        return start(where, PYTHON, server(), code, "" + port);
    }

    private String server() throws Exception {
        return Files.writeString(code.resolve("server.py"), OwnersTest.SERVER).toString();
    }

    @AfterEach
    void end() throws Exception {
        OwnersTest.end(started);
    }

    private static Stopping.Result free(int port, Path project, boolean isForced) throws Exception {
        return Stopping.free(List.of(port), project == null ? null : Project.named(project.toString(), ""), Duration.ofMillis(500), isForced)
            .get(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ready()", "signal.signal(signal.SIGTERM, signal.SIG_IGN); ready()", "os.kill(os.getpid(), signal.SIGSTOP)",
        "os.fork() and ready(); signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)",
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork() and os.fork() and ready(); time.sleep(600)"})
    void endsAServerOfThisProjectHoweverItResists(String behaviour) throws Exception {
        int port = Sockets.freePort();
        Process server = python(folder, LISTEN + "print('ready', flush=True); " + behaviour, port);
        assertEquals(Stopping.Outcome.FREED, free(port, folder, false).outcome());
        assertTrue(LocalPorts.read().isAvailable(port));
        assertTrue(server.waitFor(10, java.util.concurrent.TimeUnit.SECONDS));
    }

    /** Half of a refused port's holders would be gone. */
    @Test
    void sparesWhoHasAPortThatIsLeftAlone() throws Exception {
        int own = Sockets.freePort();
        int shared = Sockets.freePort();
        String listen = "import socket; sockets = []\nfor port in [%s]:\n sockets.append(socket.socket());"
            + " sockets[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1);"
            + " sockets[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); sockets[-1].bind(('127.0.0.1', port));"
            + " sockets[-1].listen()\nprint('ready', flush=True)\nimport time; time.sleep(600)";
        Path elsewhere = Files.createDirectory(code.resolve("elsewhere"));
        Process ours = start(folder, PYTHON, "-c", String.format(listen, own + ", " + shared));
        Process stranger = start(elsewhere, PYTHON, "-c", String.format(listen, shared));
        List<Stopping.Result> results = Stopping.free(List.of(own, shared), Project.named(folder.toString(), ""), Duration.ofMillis(500),
            false);
        assertEquals(List.of(Stopping.Outcome.REFUSED, Stopping.Outcome.REFUSED), results.stream().map(Stopping.Result::outcome).toList());
        assertTrue(ours.isAlive() && stranger.isAlive());
        assertEquals(Stopping.Outcome.FREED, free(own, folder, false).outcome());
        assertTrue(stranger.isAlive());
    }

    @Test
    void letsAServerFinishWithinItsGrace() throws Exception {
        int port = Sockets.freePort();
        Process server = python(folder, LISTEN
            + "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.3), print('finished', flush=True), os._exit(0))); ready()", port);
        Script.Result result = Script.of("check_port", "--free", "--grace=30", "" + port, "--project", folder.toString()).run();
        assertEquals(0, result.exit());
        assertEquals("finished", server.inputReader().readLine());
        assertTrue(result.out().startsWith("Port " + port + ": available  stopped pid " + server.pid() + " ("), result.out());
    }

    @Test
    void killsAfterTheGrace() throws Exception {
        int port = Sockets.freePort();
        Process server = python(folder, LISTEN + "signal.signal(signal.SIGTERM, signal.SIG_IGN); ready()", port);
        assertEquals(0, Script.of("check_port", "--free", "--grace=1", "" + port, "--project=" + folder).run().exit());
        assertEquals(128 + 9, server.waitFor());
    }

    @Test
    void endsNobodyIfOneMayNotBeEnded() throws Exception {
        Path other = Files.createDirectory(folder.resolve("other"));
        Path own = Files.createDirectory(folder.resolve("own"));
        int port = Sockets.freePort();
        Process ours = python(own, LISTEN + "ready()", port);
        Process stranger = python(other, "listen('::1', sys.argv[1]); ready()", port);
        Stopping.Result result = free(port, own, false);
        assertEquals(Stopping.Outcome.REFUSED, result.outcome());
        assertEquals(List.of(Stopping.Refusal.OTHER), List.copyOf(result.refusals().values()));
        assertTrue(ours.isAlive() && stranger.isAlive());
        assertEquals(Stopping.Refusal.NOT_KNOWN, free(port, null, false).refusals().values().iterator().next());
        assertEquals(Stopping.Outcome.FREED, free(port, own, true).outcome());
        assertTrue(ours.waitFor(10, java.util.concurrent.TimeUnit.SECONDS) && stranger.waitFor(10, java.util.concurrent.TimeUnit.SECONDS));
    }

    /** Each port for itself; what was stopped, refused and free already is said of each, in text and in JSON. */
    @Test
    void ofSeveralPortsSomeMayBeFreed() throws Exception {
        int free = Sockets.freePorts(3);
        Path other = Files.createDirectory(folder.resolve("other"));
        Path own = Files.createDirectory(folder.resolve("own"));
        Process ours = python(own, LISTEN + "ready()", free);
        Process stranger = python(other, LISTEN + "ready()", free + 1);
        Script.Result result = Script.of("check_port", "--free", "--json", "" + free, "" + (free + 1), "" + (free + 2)).in(folder)
            .env("DEVFLOW_PROJECT", own).run();
        assertEquals(1, result.exit(), result.err());
        List<Map<String, Object>> ports = result.json("ports");
        assertEquals(List.of("freed", List.of((int) ours.pid()), List.of()), fields(ports.get(0)));
        assertEquals(List.of("refused", List.of()), fields(ports.get(1)).subList(0, 2));
        assertTrue(ports.get(1).get("reason").toString().matches("not stopped: pid " + stranger.pid()
            + " \\(.*\\), a stranger's; --force stops it as well"), result.out());
        assertTrue(ports.get(1).get("occupants").toString().contains("pid=" + stranger.pid()), result.out());
        assertEquals(List.of("available", List.of(), List.of()), fields(ports.get(2)));
        assertTrue(stranger.isAlive());
    }

    private static List<Object> fields(Map<String, Object> port) {
        return List.of(port.get("outcome"), port.get("stopped"), port.get("occupants"));
    }

    @ParameterizedTest
    @CsvSource({"3000-3099, the range 3000-3099", "codex, codex", "tracker, tracker", "0, 0", "nothing-of-that-name, nothing-of-that-name"})
    void takesNeitherRangesNorPartsOfNames(String target, String named) throws Exception {
        Script.Result result = Script.of("check_port", "--free", "3006", target).run();
        assertEquals(List.of(2, "", 1L), List.of(result.exit(), result.out(), result.err().lines().count()), result.err());
        assertTrue(result.err().contains(named), result.err());
    }

    @Test
    void whereNothingListensThereIsNothingToDo() throws Exception {
        int port = Sockets.freePort();
        assertEquals(new Script.Result(0, "Port " + port + ": available\n", ""), Script.of("check_port", "--free", "" + port).run());
        assertEquals(new Script.Result(0, "", ""), Script.of("check_port", "--free", "--quiet", "" + port).run());
    }

    @Test
    void endsNeitherItselfNorAPublisherNorALoginsServerEvenIfForced() throws Exception {
        try (var listener = Sockets.listener("127.0.0.1")) {
            Stopping.Result result = free(listener.getLocalPort(), null, true);
            assertEquals(List.of(Stopping.Refusal.OWN_ANCESTOR), List.copyOf(result.refusals().values()));
        }
        for (String name : List.of("docker-proxy", "sshd", "/opt/code-server")) {
            int port = Sockets.freePort();
            Process server = start(folder, "bash", "-c", "exec -a " + name + " \"$@\"", "bash", PYTHON, server(), LISTEN + "ready()",
                "" + port);
            assertEquals(Stopping.Outcome.REFUSED, free(port, folder, true).outcome());
            assertTrue(server.isAlive());
        }
    }

    @Test
    void endsNoServerThatItWasStartedBy() throws Exception {
        Script.Result result = inNamespace("""
            (cd app; $python $server "listen('127.0.0.1', 3005); sys.exit(subprocess.run(sys.argv[1:]).returncode)" \
              sh -c "$java check_port --free --force 3005; exit \\$?") || echo "exit $?"
            """);
        assertTrue(result.out().matches("Port 3005: in use  DevFlow Orchestrator  not stopped: pid \\d+ \\(.*\\),"
            + " by which this command was started\nexit 1\n"), result.toString());
    }

    @Test
    void theFirstProcessOfANamespaceIsNotEndedFromWithinAndIsFromOutside() throws Exception {
        Script.Result result = inNamespace("""
            mkfifo go
            exec 3< <(cd app; exec unshare --pid --fork --mount-proc $python $server "listen('127.0.0.1', 3005)
            print(subprocess.run(['sh', '-c', os.environ['java'] + ' check_port --free --force 3005']).returncode, flush=True)
            ready()" 2>/dev/null)
            read -r -u 3 words; read -r -u 3 code; echo "$words $code"; read -r -u 3 _
            check_port --free --project app 3005
            """);
        assertTrue(result.out().matches("Port 3005: in use  DevFlow Orchestrator  not stopped: pid 1 \\(.*\\),"
            + " the first process of this container or machine 1\nPort 3005: available  DevFlow Orchestrator  stopped pid \\d+ \\(.*\n"),
            result.toString());
    }

    private Script.Result inNamespace(String script) throws Exception {
        Files.createDirectory(folder.resolve("app"));
        return OwnersTest.inNamespace(folder, server(), """
            umask 022
            chmod 755 . app
            as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
            nobody() {
              [ -e "$root/classes" ] || { mkdir "$root/classes"; cp -r ${classes//:/ } "$root/classes"; chmod -R a+rX "$root/classes"; }
              as_nobody ${java%% *} -XX:-UsePerfData -cp "$root/classes/$name:$root/classes/*" "$@"
            }
            perl='$s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => shift, Listen => 5) or die; $| = 1;
              print "ready\n"; sleep 600'
            root=$PWD
            name=${classes%%:*}; name=${name##*/}
            """ + script);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--force"})
    void aServerOfAnotherUserIsEndedByRootOnly(String force) throws Exception {
        assumeTrue(Namespace.IS_ROOT, "this user cannot be another");
        Script.Result result = inNamespace("""
            : >app/.env
            exec 3< <(cd app; as_nobody perl -MIO::Socket::INET -e "$perl" 3005)
            read -r -u 3 _
            in=$PWD/app server "os.setuid(1); listen('127.0.0.1', 3006); ready()"
            in=$PWD/app server "listen('127.0.0.1', 3101); ready()"
            cd app
            nobody check_port --free 3005 3006 3101 $force || echo "exit $?"
            check_port --free 3006 3101 $force
            """.replace("$force", force));
        assertEquals("""
            Port 3005: available  DevFlow Orchestrator  stopped pid PID (COMMAND)
            Port 3006: in use  Token Optimizer  not stopped: a process of daemon that this user may not see, which cannot be seen from here
            Port 3101: in use  Codex MCP Server  not stopped: a process of root that this user may not see, which cannot be seen from here
            exit 1
            Port 3006: available  Token Optimizer  stopped pid PID (COMMAND)
            Port 3101: available  Codex MCP Server  stopped pid PID (COMMAND)
            """, result.out().replaceAll("pid \\d+ \\(.*\\)", "pid PID (COMMAND)"), result.err());
    }

    /** The worker can be seen, and root's part in its socket cannot. */
    @Test
    void aWorkerOfRootsMasterIsNotEndedByItsUser() throws Exception {
        assumeTrue(Namespace.IS_ROOT, "this user cannot be another");
        Script.Result result = inNamespace("""
            : >app/.env
            exec 3< <(cd app; exec $python $server "listen('127.0.0.1', 3005).set_inheritable(True)
            if os.fork() == 0:
                os.setgid(65534); os.setuid(65534)
                os.execlp('sh', 'sh', '-c', 'echo ready; exec sleep 600')
            os.wait(); print('ended', flush=True)")
            read -r -u 3 _
            cd app
            nobody check_port --free --force --grace=0.5 3005 || echo "exit $?"
            check_port --free 3005
            """);
        assertEquals("""
            Port 3005: in use  DevFlow Orchestrator  not stopped: pid PID (COMMAND), \
            whose parent, another user's process, may have the socket as well
            exit 1
            Port 3005: available  DevFlow Orchestrator  stopped pid PID (COMMAND)
            """, result.out().replaceAll("pid \\d+ \\(.*\\)", "pid PID (COMMAND)"), result.err());
    }

    /** Two processes have one socket, neither started the other, and one is a stranger: what had started both has ended. */
    @ParameterizedTest
    @CsvSource({"other, REFUSED", "own/services, FREED"})
    void endsNoStrangerThatSharesASocketOfOurs(String folderOfOther, Stopping.Outcome outcome) throws Exception {
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
        long[] pids = {Long.parseLong(starter.inputReader().readLine()), Long.parseLong(starter.inputReader().readLine())};
        starter.waitFor();
        assertEquals(outcome, free(port, own, false).outcome());
        boolean isRefused = outcome == Stopping.Outcome.REFUSED;
        assertTrue(!isRefused || Processes.read().of(pids[1]).isRunning());
        assertEquals(isRefused ? Stopping.Outcome.FREED : Stopping.Outcome.AVAILABLE, free(port, own, true).outcome());
    }

    @Test
    void endsNoConnectionAndNothingThatIsOnlyBound() throws Exception {
        try (var server = Sockets.listener("127.0.0.1"); var client = new java.net.Socket("127.0.0.1", server.getLocalPort());
             var bound = Sockets.bound()) {
            assertEquals(Stopping.Outcome.NOT_LISTENING, free(client.getLocalPort(), null, true).outcome());
            assertEquals(Stopping.Outcome.NOT_LISTENING,
                free(((java.net.InetSocketAddress) bound.getLocalAddress()).getPort(), null, true).outcome());
        }
        assertEquals(Stopping.Outcome.AVAILABLE, free(Sockets.freePort(), null, false).outcome());
    }

    /** The clients of a server that ends keep their connections, and what those leave behind is no server. */
    @Test
    void endsNeitherClientsNorWhatAConnectionLeaves() throws Exception {
        Script.Result result = inNamespace("""
            python3 -c "
            import socket
            server, client = socket.create_server(('127.0.0.1', 0)), socket.socket()
            client.bind(('127.0.0.1', 50051)); client.connect(server.getsockname())
            accepted = server.accept()[0]
            client.close(); accepted.recv(1); accepted.close()"
            check_port --free --force 50051 || echo "exit $?"
            in=$PWD/app server "listen('127.0.0.1', 3101); ready()"
            exec 4< <(exec $python -c "import socket, time
            s = socket.create_connection(('127.0.0.1', 3101))
            print('connected', flush=True)
            try: s.recv(1)
            except OSError: print('alive', flush=True)")
            read -r -u 4 _
            check_port --free --project app 3101
            read -r -u 4 client; echo "$client"
            """);
        assertEquals("""
            Port 50051: in use  CC-Tools gRPC Server  nothing listens on it, so nothing was stopped: \
            what a finished connection left, free within a minute
            exit 1
            Port 3101: available  Codex MCP Server  stopped pid PID (COMMAND)
            alive
            """, result.out().replaceAll("pid \\d+ \\(.*\\)", "pid PID (COMMAND)"), result.err());
    }

    /** In the loop the server has a name that only the shell knows, in the other it stands as it is. */
    @ParameterizedTest
    @ValueSource(strings = {"start() { $SERVER; }; while :; do start; done", "while :; do $SERVER; done", "until $SERVER; do :; done"})
    void saysWhoCameBackAndWhoStartedIt(String loop) throws Exception {
        int port = Sockets.freePort();
        String command = PYTHON + " " + server() + " \"" + LISTEN + "ready()\" " + port;
        Process shell = start(folder, "bash", "-c", loop.replace("$SERVER", command));
        Script free = Script.of("check_port", "--free", "" + port, "--project", folder.toString());
        Script.Result result = free.run();
        for (int i = 0; i < 20 && result.exit() == 0; i++) { // On a busy machine it may need more than a second to come back.
            assertEquals("ready", shell.inputReader().readLine());
            result = free.run();
        }
        assertEquals(1, result.exit(), result.out());
        assertTrue(result.out().matches("Port " + port + ": in use  stopped pid (\\d+) \\(.*\\), but it came back as pid (?!\\1)\\d+"
            + " \\(.*\\), started by .*\\(pid " + shell.pid() + "\\)\n"), result.out());
    }

    @Test
    void whoCameBackIsStillOurs() throws Exception {
        int port = Sockets.freePort();
        Process shell = start(folder, "bash", "-c", "while :; do " + PYTHON + " " + server() + " \"" + LISTEN + "ready()\" " + port
            + "; done");
        Stopping.Result result = free(port, folder, false);
        for (int i = 0; i < 20 && result.outcome() == Stopping.Outcome.FREED; i++) {
            assertEquals("ready", shell.inputReader().readLine());
            result = free(port, folder, false);
        }
        assertEquals(Stopping.Outcome.CAME_BACK, result.outcome());
        assertEquals(Ownership.OURS, result.now().get(0).ownership());
    }

    @Test
    void aNumberThatAnotherProcessHasNowIsNotSignalled() throws Exception {
        Process process = new ProcessBuilder("sleep", "600").start();
        started.add(process);
        Processes.Facts now = Processes.read().of(process.pid());
        Stopping.signal(new Processes.Facts(now.pid(), now.parent(), now.startTime() - 1, now.state(), now.group(), now.session(),
            now.isForked(), now.uid(), now.arguments(), now.workingDirectory(), now.executable(), now.controlGroup()),
            handle -> fail("signalled"));
        List<Long> signalled = new ArrayList<>();
        Stopping.signal(now, handle -> signalled.add(handle.pid()));
        assertEquals(List.of(process.pid()), signalled);
        process.destroyForcibly().waitFor();
        Stopping.signal(now, handle -> fail("signalled"));
    }

    /** The kernel hides what a program with capabilities of its own has open, even from the user who started it. */
    @Test
    void aServerWithCapabilitiesIsSaidNotToBeSeen() throws Exception {
        assumeTrue(Namespace.IS_ROOT && Servers.isOnPath("setcap") && Servers.isOnPath("perl"), "this user cannot give capabilities");
        Script.Result result = inNamespace("""
            cp "$(command -v perl)" capable
            setcap cap_net_raw+ep capable || exit 77
            exec 3< <(cd app; as_nobody ../capable -MIO::Socket::INET -e "$perl" 3005)
            read -r -u 3 _
            cd app
            nobody check_port 3005 || echo "exit $?"
            nobody check_port --free --force 3005 || echo "exit $?"
            """);
        assumeTrue(result.exit() != 77, "this file system keeps no capabilities");
        assertEquals("""
            Port 3005: listening  DevFlow Orchestrator  on 127.0.0.1: a process of nobody that this user may not see; cannot tell whose
              to free it: stop what this finds: sudo ss -ltnp 'sport = :3005'
              to move the service: set ORCHESTRATOR_PORT in .env
            exit 1
            Port 3005: in use  DevFlow Orchestrator  not stopped: a process of nobody that this user may not see, \
            which cannot be seen from here
            exit 1
            """, result.out(), result.err());
    }
}
