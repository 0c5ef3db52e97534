import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said to be done about each kind of owner. The processes are made up, since most supervisors cannot be had here. */
class RemedyTest {

    private static final long ANN = 1000;
    private static final Config CONFIG = new Config(EnvFile.read(Path.of(".env")), Map.of());

    private static Processes.Facts process(long pid, String name, char state) {
        return new Processes.Facts(pid, 1, 0, state, pid, "ann", List.of(name, "x"), "/srv", "/usr/bin/" + name, "");
    }

    private static Owner owner(LocalPorts.Kind kind, String name, List<Long> pids, Supervisor supervisor, Project.Ownership ownership,
                               long starter, long viewer) {
        List<Processes.Facts> processes = new ArrayList<>();
        pids.forEach(pid -> processes.add(process(Math.abs(pid), name, pid < 0 ? 'T' : 'S')));
        return new Owner(new LocalPorts.TcpSocket(kind, "127.0.0.1", 50051, ANN, 7), processes, List.of(), "ann",
            supervisor == null ? List.of() : List.of(supervisor), ownership, Set.of(starter), viewer != 0 && viewer != ANN);
    }

    private static String remedy(PortMap.Service service, LocalPorts.Verdict verdict, Owner... owners) {
        return String.join(" / ", new Problems(CONFIG, null).remedies(new ServicePort(service, verdict, List.of(owners))));
    }

    /** STOPPED_TOO is a restarter that is stopped together with its program. */
    private static Supervisor supervisor(String kind, String name, String task) {
        boolean isStoppedToo = "STOPPED_TOO".equals(kind);
        return kind == null ? null
            : new Supervisor(isStoppedToo ? Supervisor.Kind.RESTARTER : Supervisor.Kind.valueOf(kind), name, task, 5, isStoppedToo);
    }

    /** Pids that are negative are of paused processes. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", value = {
        "node         | 8        | -                | -            | -   | to free the port: kill 8",
        "nginx        | 11 12 13 | -                | -            | -   | to free the port: kill 11 12 13",
        "node         | 8 -9     | -                | -            | -   | to free the port: kill 8 9; kill -CONT 9",
        "server       | 1        | -                | -            | -   | to free the port: do not kill 1: server is the first"
            + " process of this machine, container or session; stop its socket unit, or the container from outside",
        "systemd      | 900      | -                | -            | -   | to free the port: do not kill 900: systemd is the first"
            + " process of this machine, container or session; stop its socket unit, or the container from outside",
        "node         | 8        | CONTAINER        | docker       | ab1 | to free the port: docker stop ab1",
        "node         | 8        | CONTAINER        | podman       | ab1 | to free the port: podman stop ab1",
        "node         | 8        | CONTAINER        | container    | ab1 | to free the port: stop the container ab1",
        "docker-proxy | 8        | DOCKER           | docker-proxy | -   | to free the port: stop the container that this command shows:"
            + " docker ps --filter publish=50051",
        "podman       | 8        | PODMAN           | containers-rootlessport | - | to free the port: stop the container that this command"
            + " shows: podman port --all",
        "sshd         | 8        | -                | -            | -   | to free the port: do not kill 8: sshd belongs to a terminal,"
            + " an editor or a login; close its tunnel or program there",
        "ssh          | 8        | TUNNEL           | ssh          | -   | to free the port: stop the tunnel of ssh (pid 5)",
        "nginx        | 8        | UNIT             | a b.service  | -   | to free the port: systemctl stop 'a b.service'",
        "nginx        | 8        | USER_UNIT        | x.service    | -   | to free the port: systemctl --user -M ann@ stop x.service",
        "node         | 14       | STOPPED_TOO      | node --watch | -   | to free the port: kill 5 14",
        "node         | 14       | RESTARTER        | pm2          | 3   | to free the port: pm2 stop 3",
        "node         | 14       | RESTARTER        | pm2          | -   | to free the port: stop the program in pm2 (pid 5), which restarts it",
        "node         | 14       | RESTARTER        | concurrently | -   | to free the port: stop the program in concurrently (pid 5), which restarts it"})
    void eachListenerHasTheFirstRemedyThatApplies(String name, String pids, String kind, String supervisor, String task, String remedy) {
        List<Long> all = List.of(pids.split(" ")).stream().map(Long::valueOf).toList();
        Owner owner = owner(LocalPorts.Kind.LISTENER, name, all, supervisor(kind, supervisor, task), Project.Ownership.OTHER, 0, ANN);
        assertEquals(remedy, remedy(PortMap.Service.none(50051), LocalPorts.Verdict.LISTENING, owner, owner));
    }

    @Test
    void theParentOfThisCommandIsNotToBeKilled() {
        assertEquals("to free the port: do not kill 16: bash started this command; stop bash from another terminal",
            remedy(PortMap.Service.none(50051), LocalPorts.Verdict.LISTENING,
                owner(LocalPorts.Kind.LISTENER, "bash", List.of(16L), null, Project.Ownership.OURS, 16, ANN)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", value = {
        "LISTENER   | 8 | to free the port: ask ann, or: sudo kill 8",
        "LISTENER   | - | to free the port: stop the process that this command finds: sudo ss -ltnp 'sport = :50051'",
        "CONNECTION | 8 | to free the port: wait until the connection is closed",
        "TIME_WAIT  | - | to free the port: wait, at most a minute",
        "UNKNOWN    | - | to free the port: stop the program that bound the port"})
    void anotherUsersProcessAndWhatDoesNotListen(LocalPorts.Kind kind, Long pid, String remedy) {
        Owner owner = owner(kind, "node", pid == null ? List.of() : List.of(pid), null, Project.Ownership.OTHER, 0, 1001);
        assertEquals(remedy, remedy(PortMap.Service.none(50051), LocalPorts.Verdict.LISTENING, owner));
    }

    @Test
    void rootIsNotToldToLookForWhatRootCannotSee() {
        assertEquals("to free the port: stop the process where it runs, in another container or namespace",
            remedy(PortMap.Service.none(50051), LocalPorts.Verdict.LISTENING,
                owner(LocalPorts.Kind.LISTENER, "", List.of(), null, Project.Ownership.UNKNOWN, 0, 0)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", value = {
        "CODEX_MCP_PORT    | OURS    | -                | Codex MCP Server is running; to stop it: jbang check_port@devflow --stop codex-mcp",
        "QWEN_MCP_PORT     | OURS    | -                | Qwen MCP Server is running; to stop it: jbang check_port@devflow --stop qwen-mcp",
        "CODEX_MCP_PORT    | OURS    | STOPPED_TOO      | Codex MCP Server is running; to stop it: jbang check_port@devflow --stop codex-mcp",
        "CODEX_MCP_PORT    | OURS    | RESTARTER        | Codex MCP Server is running; to stop it: stop the program in x (pid 5), which restarts it",
        "CODEX_MCP_PORT    | OTHER   | -                | to free the port: kill 8 / to move the service: jbang find_port@devflow --write codex-mcp",
        "CCTOOLS_GRPC_PORT | UNKNOWN | -                | to free the port: kill 8 / to move the service: jbang find_port@devflow --write cctools-grpc"})
    void aServiceIsStoppedIfItIsOursAndMovedIfItIsNot(String variable, Project.Ownership ownership, String kind, String remedy) {
        Owner owner = owner(LocalPorts.Kind.LISTENER, "node", List.of(8L), supervisor(kind, "x", null), ownership, 0, ANN);
        // jbangw, which runs the tests, is what printed commands begin with then.
        assertEquals(remedy.replaceAll("jbang (\\w+)@devflow", Matcher.quoteReplacement(Invocation.program("NAME")).replace("NAME", "$1")),
            remedy(service(variable), LocalPorts.Verdict.LISTENING, owner));
    }

    /** 3006 is Token Optimizer's. Which port it is depends on what listens on this machine. */
    @Test
    void aStaticServiceIsSetToAPortThatNoServiceIsConfiguredToUse() {
        Owner owner = owner(LocalPorts.Kind.LISTENER, "node", List.of(8L), null, Project.Ownership.OTHER, 0, ANN);
        String remedy = remedy(service("ORCHESTRATOR_PORT"), LocalPorts.Verdict.LISTENING, owner);
        assertEquals("to free the port: kill 8 / to move the service: set ORCHESTRATOR_PORT=PORT in .env",
            remedy.replaceFirst("=30(0[7-9]|[1-9]\\d)", "=PORT"));
        assertEquals("to bind the port: run as root / to move the service: set ORCHESTRATOR_PORT=PORT in the environment",
            remedy(service("ORCHESTRATOR_PORT").with(80, PortMap.ENVIRONMENT, null, List.of()), LocalPorts.Verdict.DENIED)
                .replaceFirst("=30\\d\\d", "=PORT"));
    }

    @Test
    void eachServiceIsToldAPortOfItsOwn() {
        Problems problems = new Problems(CONFIG, null);
        List<String> settings = Stream.of("ORCHESTRATOR_PORT", "TOKEN_OPTIMIZER_PORT", "ORCHESTRATOR_PORT")
            .map(variable -> problems.move(service(variable)).replaceAll("\\D", "")).toList();
        assertEquals(settings.get(0), settings.get(2));
        assertNotEquals(settings.get(0), settings.get(1));
    }

    @Test
    void allWaysAreNamedAndEachOnce() {
        Owner two = owner(LocalPorts.Kind.LISTENER, "node", List.of(8L, 9L), null, Project.Ownership.OTHER, 0, ANN);
        Owner container = owner(LocalPorts.Kind.LISTENER, "node", List.of(7L), supervisor("CONTAINER", "docker", "ab1"),
            Project.Ownership.UNKNOWN, 0, ANN);
        Owner nodemon = owner(LocalPorts.Kind.LISTENER, "node", LongStream.of(9, 14).boxed().toList(),
            supervisor("STOPPED_TOO", "nodemon", null), Project.Ownership.OTHER, 0, ANN);
        assertEquals("to free the port: docker stop ab1 / and: kill 5 8 9 14",
            remedy(PortMap.Service.none(50051), LocalPorts.Verdict.LISTENING, two, container, nodemon, container));
        Owner own = owner(LocalPorts.Kind.LISTENER, "node", List.of(3L), null, Project.Ownership.OURS, 0, ANN);
        assertTrue(remedy(service("CODEX_MCP_PORT"), LocalPorts.Verdict.LISTENING, own, two).startsWith("to free the port: kill 8 9 / "));
    }

    private static PortMap.Service service(String variable) {
        return PortMap.SERVICES.stream().filter(service -> service.variable().equals(variable)).findFirst().orElseThrow();
    }

    // The supervisors. The control groups are texts: no systemd and no container engine runs where the tests do.

    private static final String ID = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {
        "/system.slice/nginx.service,                                             UNIT nginx.service",
        "/system.slice/system-app.slice/app@1.service,                            UNIT app@1.service",
        "/system.slice/app.service/worker,                                        UNIT app.service",
        "/user.slice/user-1000.slice/user@1000.service/app.slice/x.service,       USER_UNIT x.service",
        "/user.slice/user-1000.slice/user@1000.service,                           -",
        "/user.slice/user-1000.slice/user@1000.service/app.slice/app-x-1.scope,   -",
        "/user.slice/user-1000.slice/session-3.scope,                             -",
        "/init.scope, -", "/, -", "'', -",
        "/system.slice/docker-ID.scope,                                           CONTAINER docker 0123456789ab",
        "/docker/ID,                                                              CONTAINER docker 0123456789ab",
        "/docker/ID/sub,                                                          CONTAINER docker 0123456789ab",
        "/machine.slice/libpod-ID.scope,                                          CONTAINER podman 0123456789ab",
        "/machine.slice/libpod-ID.scope/container,                                CONTAINER podman 0123456789ab",
        "/machine.slice/libpod-conmon-ID.scope,                                   -",
        "/user.slice/user@1000.service/user.slice/libpod-ID.scope,                CONTAINER podman 0123456789ab",
        "/kubepods.slice/kubepods-pod1.slice/cri-containerd-ID.scope,             CONTAINER container 0123456789ab",
        "/kubepods/besteffort/pod1/ID,                                            CONTAINER container 0123456789ab"})
    void aControlGroupNamesAUnitOrAContainer(String path, String expected) {
        Supervisor supervisor = Supervisor.inControlGroup(path.replace("ID", ID));
        assertEquals(expected, supervisor == null ? null
            : supervisor.kind() + " " + supervisor.name() + (supervisor.task() == null ? "" : " " + supervisor.task()));
    }

    @ParameterizedTest
    @CsvSource({"'9:name=systemd:/a.service;4:memory:/some/longer/path;0::/', /a.service", "0::/b.service, /b.service", "'', ''"})
    void systemdsOwnHierarchyCounts(String lines, String path) {
        assertEquals(path, Processes.controlGroup(lines.replace(';', '\n')));
    }

    private static Processes.Facts commandLine(long pid, long session, String... arguments) {
        return new Processes.Facts(pid, 1, 0, 'S', session, "root", List.of(arguments), "/", null, "");
    }

    @ParameterizedTest
    @CsvSource({"10, 10, nginx, true", "10, 12, gnome-terminal-server, false", "0, 0, x, false"}) // A namespace hides sessions.
    void aTerminalsUnitDoesNotSuperviseWhatRunsInTheTerminal(long first, long session, String name, boolean isInSession) {
        List<Processes.Facts> ancestors = List.of(commandLine(11, session, "bash"), commandLine(10, first, name), commandLine(2, 2, "systemd"));
        assertEquals(isInSession, Supervisor.isInSessionOfUnit(commandLine(12, session, "node"), ancestors));
    }

    /** The command lines are those of the real programs; {@code |} ends an argument. */
    @ParameterizedTest
    @CsvSource(nullValues = "-", delimiter = ';', value = {
        "node|--watch|app.js;                                                       node --watch",
        "node|--env-file=.env|--inspect=0|--enable-source-maps|--watch|app.js;      node --watch",
        "node|dev.js|--watch;                                                       -",
        "node|--enable-source-maps|dev.js|--watch;                                  -",
        "bun|run|--watch|app.ts;                                                    bun watch",
        "tsx|--tsconfig|x.json|watch|app.ts;                                        tsx watch",
        "node|/p/node_modules/tsx/dist/cli.mjs|watch|app.ts;                        tsx watch",
        "node|/p/node_modules/.bin/nest|start|--debug|0.0.0.0:9229|--watch;         nest watch",
        "node|/p/node_modules/.bin/nest|start|api|-w;                               nest watch",
        "bun|--hot|app.ts;                                                          bun watch",
        "/usr/bin/node|-r|fs|-C|dev|--watch|app.js;                                 node --watch",
        "node|--watch-path=./src|app.js;                                            node --watch",
        "node|/p/node_modules/.bin/tsx|watch|app.ts;                                tsx watch",
        "node|/p/node_modules/.bin/nodemon|--exec|npm exec -- node app.js;          nodemon",
        "node|/p/node_modules/nodemon/bin/nodemon.js|app.js;                        nodemon",
        "node|/p/node_modules/.bin/ts-node-dev|--respawn|app.ts;                    ts-node-dev",
        "/usr/bin/node|/p/node_modules/forever/bin/monitor|app.js;                  forever",
        "entr|-n|-r|node|app.js;                                                    entr",
        "node|/p/node_modules/.bin/concurrently|--restart-tries|5|node app.js;      concurrently",
        "PM2|v7.0.4:|God|Daemon|(/root/.pm2);                                       pm2",
        "/usr/bin/python3|/usr/bin/supervisord|-c|svd.conf;                         supervisord",
        "runsv|sv/app;                                                              runsv",
        "s6-supervise|s6/app;                                                       s6-supervise",
        "foreman:|master;                                                           foreman",
        "python3|/usr/local/bin/honcho|start;                                       honcho",
        "bash; -", "node; -", "npm|run|dev; -",
        "node|/p/node_modules/.bin/tsx|app.ts;                                      -",
        "node|server.js|watch;                                                      -",
        "node|app.js|nodemon;                                                       -",
        "/usr/bin/python3|/usr/bin/gunicorn|app:app;                                -",
        "bash|/root/start.sh;                                                       -"})
    void aSupervisorIsKnownByItsName(String commandLine, String name) {
        assertEquals(name, Supervisor.restarter(commandLine(5, 5, commandLine.split("\\|"))));
    }
}
