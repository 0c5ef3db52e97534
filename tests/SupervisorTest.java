import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The control groups are texts: no systemd and no container engine runs where the tests do. */
class SupervisorTest {

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

    private static Processes.Facts process(long pid, long session, String... arguments) {
        return new Processes.Facts(pid, 1, 0, 'S', session, "root", List.of(arguments), "/", null, "");
    }

    @ParameterizedTest
    @CsvSource({"10, 10, nginx, true", "10, 12, gnome-terminal-server, false", "0, 0, x, false"}) // A namespace hides sessions.
    void aTerminalsUnitDoesNotSuperviseWhatRunsInTheTerminal(long first, long session, String name, boolean isInSession) {
        List<Processes.Facts> ancestors = List.of(process(11, session, "bash"), process(10, first, name), process(2, 2, "systemd"));
        assertEquals(isInSession, Supervisor.isInSessionOfUnit(process(12, session, "node"), ancestors));
    }

    /** The command lines are those of the real programs; {@code |} ends an argument. */
    @ParameterizedTest
    @CsvSource(nullValues = "-", delimiter = ';', value = {
        "node|--watch|app.js;                                                       node --watch",
        "node|--env-file=.env|--inspect=0|--enable-source-maps|--watch|app.js;      node --watch",
        "node|dev.js|--watch;                                                       -",
        "/usr/bin/node|-r|fs|--watch|app.js;                                        node --watch",
        "node|--watch-path=./src|app.js;                                            node --watch",
        "node|/p/node_modules/.bin/tsx|watch|app.ts;                                tsx watch",
        "node|/p/node_modules/.bin/nodemon|--exec|npm exec -- node app.js;          nodemon",
        "node|/p/node_modules/nodemon/bin/nodemon.js|app.js;                        nodemon",
        "node|/p/node_modules/.bin/ts-node-dev|--respawn|app.ts;                    ts-node-dev",
        "node|/p/node_modules/.bin/forever|app.js;                                  forever",
        "/usr/bin/node|/p/node_modules/forever/bin/monitor|app.js;                  forever",
        "entr|-n|-r|node|app.js;                                                    entr",
        "node|/p/node_modules/.bin/concurrently|--restart-tries|5|node app.js;      concurrently",
        "PM2|v7.0.4:|God|Daemon|(/root/.pm2);                                       pm2",
        "/usr/bin/python3|/usr/bin/supervisord|-c|svd.conf;                         supervisord",
        "runsv|sv/app;                                                              runsv",
        "s6-supervise|s6/app;                                                       s6-supervise",
        "foreman:|master;                                                           foreman",
        "python3|/usr/local/bin/honcho|start;                                       honcho",
        "npm|run|dev;                                                               -",
        "node|/p/node_modules/.bin/tsx|app.ts;                                      -",
        "node|server.js|watch;                                                      -",
        "node|app.js|nodemon;                                                       -",
        "/usr/bin/python3|/usr/bin/gunicorn|app:app;                                -",
        "bash|/root/start.sh;                                                       -"})
    void aSupervisorIsKnownByItsName(String commandLine, String name) {
        assertEquals(name, Supervisor.restarter(process(5, 5, commandLine.split("\\|"))));
    }
}
