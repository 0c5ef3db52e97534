import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real processes of every kind that own a port: which are found, and that the printed command frees the port. */
class OwnersTest extends RealServers {

    /** Two hundred listeners of four processes, on every kind of address. */
    private static final String LISTENERS = """
        import os, socket, sys, time
        addresses = ['127.0.0.1', '127.0.0.2', '0.0.0.0', '::1', '::']
        sockets = []
        os.setuid(int(sys.argv[1]))
        for i in range(50):
            address = addresses[i % 5]
            sockets.append(socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET))
            if address == '::':
                sockets[-1].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, i % 2)
            sockets[-1].bind((address, 0))
            sockets[-1].listen()
        print('ready', flush=True)
        time.sleep(600)
        """;

    private static ServicePort look(int port) throws Exception {
        return ServicePort.look(List.of(PortMap.Service.none(port)), LocalPorts.read(), null).get(0);
    }

    private static Owner owner(int port) throws Exception {
        List<Owner> owners = look(port).owners();
        assertEquals(1, owners.size());
        return owners.get(0);
    }

    /** Runs the command that is printed as the remedy, and waits until the port is available. */
    private static void obey(int port) throws Exception {
        Problems problems = new Problems(new Config(EnvFile.read(Path.of("missing.env")), Map.of()), null);
        String remedy = problems.remedies(look(port)).get(0).replace("to free the port: ", "");
        assertTrue(remedy.startsWith("kill "), remedy);
        assertEquals(0, Script.command("sh", "-c", remedy.replaceFirst("kill ", "kill -0 ").replaceFirst(";.*", "")).run().exit(), remedy);
        Script.Result kill = Script.command("sh", "-c", remedy).run(); // The supervisor may have ended its program before kill reaches it.
        assertTrue(kill.exit() == 0 || kill.err().contains("No such process"), () -> remedy + kill);
        for (int i = 0; i < 600 && !LocalPorts.read().isAvailable(port); i++) {
            Thread.sleep(50);
        }
        assertTrue(LocalPorts.read().isAvailable(port), remedy);
    }

    @Test
    void theParentComesFirstEvenIfItsWorkerHasALowerPid() throws Exception {
        Script.Result result = inNamespace("""
            echo 300 >/proc/sys/kernel/ns_last_pid
            server "listen('127.0.0.1', 3005)
            open('/proc/sys/kernel/ns_last_pid', 'w').write('100')
            if os.fork() and os.fork(): ready()
            time.sleep(600)"
            check_port 3005 || true
            """);
        assertTrue(result.out().matches("(?s).* \\(pid 30\\d\\) in /\n.*: kill 30\\d 10\\d 10\\d\n.*"), result.toString());
    }

    /** The kill of a parent alone frees no port that its children share; in the second case, the parent is gone before. */
    @ParameterizedTest
    @ValueSource(strings = {
        "listen('127.0.0.1', sys.argv[1]); os.fork() and os.fork() and ready(); time.sleep(600)",
        "gone = listen('127.0.0.1', sys.argv[1]); os.fork() and os.fork() and os.fork() and ready(); time.sleep(600)",
        "s = listen('::1', sys.argv[1]); s.set_inheritable(True); subprocess.Popen(['sleep', '600'], close_fds=False); ready()",
        "listen('0.0.0.0', sys.argv[1]); os.kill(os.getpid(), signal.SIGSTOP) if os.fork() == 0 else ready()"})
    void allProcessesThatShareTheSocketAreStopped(String program) throws Exception {
        int port = Sockets.freePort();
        Process server = python(folder, program, port);
        List<ProcessHandle> all = new ArrayList<>(server.descendants().toList());
        try {
            if (program.startsWith("gone")) {
                server.destroyForcibly().waitFor();
            } else {
                all.add(server.toHandle());
                assertEquals(server.pid(), owner(port).process().pid());
            }
            assertEquals(all.size(), owner(port).processes().size());
            obey(port);
        } finally {
            all.forEach(ProcessHandle::destroyForcibly);
        }
    }

    /** The programs start their server in ways of their own: through a shell, through npm, as a daemon. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "node --watch app.js                                                     | true node --watch",
        "node BIN/tsx watch app.js                                               | true tsx watch",
        "node BIN/nodemon --quiet --exec 'npm exec -- node app.js'               | true nodemon",
        "node BIN/nodemon --quiet --exec 'node --watch app.js'                   | true nodemon, true node --watch",
        "node BIN/concurrently --raw --restart-tries 5 'node app.js' 'sleep 600' | false concurrently",
        "node BIN/concurrently --raw 'node --watch app.js' 'sleep 600'           | false concurrently, true node --watch",
        "node BIN/concurrently --raw 'timeout 600 node app.js'                    | false concurrently",
        "npm exec -- node app.js                                                 | ''",
        "while :; do node app.js; done                                           | ''"})
    void aSupervisorIsFoundBehindShellsAndNpm(String command, String expected) throws Exception {
        assumeTrue(Servers.isOnPath("node") && Servers.isOnPath("npm"), "node is not installed");
        Path bin = command.contains("BIN") ? Servers.npm("nodemon@3", "tsx@4", "concurrently@9").resolve(".bin") : folder;
        int port = Sockets.freePort();
        Files.writeString(folder.resolve("app.js"), """
            require('http').createServer().listen(%d, '127.0.0.1', () => console.log('\\nready'));
            """.formatted(port));
        start(folder, "bash", "-c", command.replace("BIN", bin.toString()) + "; true");
        Owner owner = owner(port);
        List<Supervisor> supervisors = owner.supervisors();
        assertEquals("[" + expected + "]", supervisors.stream().map(each -> each.isStoppedToo() + " " + each.name()).toList().toString());
        assertTrue(supervisors.stream().noneMatch(each -> each.pid() == owner.process().pid()));
        if (expected.startsWith("true")) {
            obey(port);
        }
    }

    @Test
    void noFileThatACommandLineNamesIsOpened() throws Exception {
        assumeTrue(Servers.isOnPath("perl"), "perl is not installed");
        Script.Result result = inNamespace("""
            mkfifo fifo
            for file in fifo /dev/zero /dev/stdin; do
              port=$((${port:-3004} + 1))
              exec 3< <(exec perl -MIO::Socket::INET -e '$| = 1; $0 = "sh $ARGV[0] start"; if (!fork) { $0 = "node $ARGV[0]";
                $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $ARGV[1], Listen => 5); print "ready\n";
                sleep 600 } sleep 600' $file $port)
              read -r -u 3 _
            done
            timeout 60 $java check_port --project . 3005-3007 < <(sleep 600) || true
            """);
        for (String file : List.of("fifo", "/dev/zero", "/dev/stdin")) {
            assertTrue(result.out().matches("(?s).*  node " + file + " \\(pid \\d+\\), of this project\n.*"), result.toString());
        }
    }

    @Test
    void procAndLsofShowTheSameProcesses() throws Exception {
        assumeTrue(Servers.isOnPath("lsof"), "lsof is not installed");
        int port = Sockets.freePort();
        Process server = python(folder, "listen('::1', sys.argv[1]); ready()", port);
        List<String> descriptions = new ArrayList<>();
        for (LocalPorts ports : List.of(LocalPorts.read(), new LocalPorts(false))) {
            assertEquals(LocalPorts.Verdict.LISTENING, ports.verdict(port));
            Owner owner = Owner.of(Set.of(port), ports, null).get(port).get(0);
            descriptions.add(owner.socket().kind() + " " + owner.socket().address() + " " + owner.process() + " " + owner.isAnotherUsers());
        }
        assertEquals(descriptions.get(0), descriptions.get(1));
        Processes.Facts read = new Processes().of(server.pid());
        Processes.Facts asked = Processes.ask(server.toHandle());
        assertEquals(List.of(read.pid(), read.parent(), read.user(), read.workingDirectory(), read.executable(), read.arguments().size()),
            List.of(asked.pid(), asked.parent(), asked.user(), asked.workingDirectory(), asked.executable(), asked.arguments().size()));
    }

    @Test
    void ssSeesTheSamePortsAddressesAndProcesses() throws Exception {
        assumeTrue(Servers.isOnPath("ss"), "ss is not installed");
        Script.Result result = Namespace.bash(folder, """
            for user in $users; do exec 3< <(exec python3 -c "$listeners" $user); read -r -u 3 _; done
            ss -ltnpeH >ss
            check_port --json 1-65535 || true
            sed 's/^/ss /' ss
            """).env("listeners", LISTENERS).env("users", Namespace.IS_ROOT ? "0 0 1 65534" : "0 0 0 0").run();
        String[] outputs = result.out().split("\n", 2);
        Set<String> ours = new TreeSet<>();
        for (JsonElement row : JsonParser.parseString(outputs[0]).getAsJsonObject().getAsJsonArray("ports")) {
            for (JsonElement listener : row.getAsJsonObject().getAsJsonArray("listeners")) {
                JsonObject fields = listener.getAsJsonObject();
                ours.add(fields.get("address").getAsString() + " " + row.getAsJsonObject().get("port") + " " + fields.get("pid")
                    + " " + fields.get("user").getAsString());
            }
        }
        Set<String> theirs = new TreeSet<>();
        Matcher line = Pattern.compile("ss LISTEN +\\d+ +\\d+ +\\[?([^ %\\]]+)]?:(\\d+) .*pid=(\\d+),\\S+(?: uid:(\\d+))? .*")
            .matcher(outputs[1]);
        while (line.find()) {
            theirs.add((line.group(1).equals("*") ? "::" : line.group(1)) + " " + line.group(2) + " " + line.group(3)
                + " " + Processes.userName(line.group(4) == null ? 0 : Long.parseLong(line.group(4))));
        }
        assertEquals(200, theirs.size(), outputs[1]);
        assertEquals(theirs, ours, result.err());
    }

    // Command lines as people write them: | ends an argument, and each secret contains SECRET.

    private static String masked(String line) {
        return OwnerWords.command(List.of(line.split("\\|")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"node|s.js|--password|SECRET", "x|--password|my SECRET words", "x|--password=SECRET",
        "x|--password=my SECRET words", "x|-password|SECRET", "x|--pass|SECRET", "x|--db-pwd=SECRET", "x|TOKEN=SECRET",
        "x|GITHUB_TOKEN=SECRET", "env|PGPASSWORD=SECRET|psql", "x|DB_PASS=SECRET", "x|dbPassword=SECRET", "x|--api-key|SECRET",
        "x|--apiKey=SECRET", "x|API_KEY: SECRET", "x|MY_ACCESS_KEY=SECRET", "x|--client-secret|SECRET", "x|--jwt_secret=SECRET",
        "x|--credentials|SECRET", "x|--auth|admin:SECRET", "curl|-H|Authorization: Bearer SECRET", "x|-H 'authorization: SECRET'",
        "curl|-H|X-Api-Key: a SECRET", "curl|-H|Cookie: sid=SECRET; a=b", "x|Bearer|SECRET", "x|say Basic SECRET==",
        "x|https://u:SECRET@h/", "x|https://u:a/SECRET@h/", "x|redis://:SECRET@h:6379", "x|--url=postgres://u:SECRET@h:5432/db",
        "x|http://h/?a=1&token=SECRET&b=2", "java|-Ddb.password=SECRET|-jar|a.jar", "redis-server|--requirepass|SECRET",
        "sh|-c|PGPASSWORD=SECRET psql -h db", "sh|-c|start --password SECRET --x", "x|{\"password\":\"a SECRET\",\"a\":1}",
        "x|{'apiKey': 'SECRET'}", "openssl|-passin|pass:SECRET"})
    void masksASecretWhereverItStands(String line) {
        assertFalse(masked(line).contains("SECRET"), () -> masked(line));
        assertEquals(line.substring(0, line.indexOf('|')), masked(line).split(" ")[0]);
    }

    @ParameterizedTest
    @ValueSource(strings = {"node|/app/auth/server.js", "x|--max-tokens|5", "x|--keyboard|us", "git|clone|git@github.com:a/b.git",
        "x|--no-password|--x", "x|--no-password|y", "x|--author|me", "x|--author=me", "TOKEN_OPTIMIZER_PORT=3006|node|s.js",
        "x|--token-file=/run/t", "x|--password-stdin", "x|--tokenizer=fast", "x|--passthrough=1", "x|PWD=/home/a",
        "x|http://auth:3000/x", "x|http://localhost:3000/@vite/client", "x|--secret-name|app", "x|--key=/etc/a.pem",
        "vim|/home/a/token", "x|--auth-type|basic|--port|5", "docker-proxy|-proto|tcp|-host-port|3005", "python3|-m|http.server|3005",
        "ssh|-p|22|h", "nginx: master process"})
    void leavesTheRestAsItIs(String line) {
        assertEquals(line.replace('|', ' '), masked(line));
    }

    @Test
    void showsTheFirstThousandCharacters() {
        assertEquals("x " + "a".repeat(998), masked("x|" + "a".repeat(998)));
        assertEquals("x " + "a".repeat(998) + "…", masked("x|" + "a".repeat(999)));
        assertEquals("x " + "a".repeat(997) + "😀…", masked("x|" + "a".repeat(997) + "😀 y"), "no half of a character");
        assertEquals("x " + "a".repeat(980) + " http://u:***…", masked("x|" + "a".repeat(980) + "|http://u:SECRETSECRET@h/"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sk-", "://:", "eyJaaaa", ".", "a:", "--token ", "\"", "bearer ", "pass", "-", "//a:b"})
    void isFastForAHostileCommandLine(String part) {
        for (List<String> arguments : List.of(List.of("x", part.repeat(43_000)), Collections.nCopies(43_000, part))) {
            ThreadMXBean thread = ManagementFactory.getThreadMXBean(); // The time of day includes what other tests use.
            long start = thread.getCurrentThreadCpuTime();
            OwnerWords.command(arguments);
            long millis = (thread.getCurrentThreadCpuTime() - start) / 1_000_000;
            assertTrue(millis < 100, () -> part + ": " + millis + " ms");
        }
    }
}
