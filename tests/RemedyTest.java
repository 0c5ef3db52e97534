import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said to be done about supervisors and what the kernel chose: processes are made up, since most supervisors cannot be had. */
class RemedyTest {

    private static Processes.Facts process(long pid, long uid, String... arguments) {
        return new Processes.Facts(pid, 1, 0, 'S', pid, pid, false, uid, List.of(arguments), "/", "/usr/bin/" + arguments[0], "");
    }

    private static Owners.Owner owner(TcpSocket.Kind kind, Keeper keeper, Ownership ownership, String... arguments) {
        return new Owners.Owner(new TcpSocket(kind, "127.0.0.1", 50051, 1000, 7, null), List.of(process(20, 1000, arguments)),
            List.of(), "jo", keeper, false, ownership, false, 1000);
    }

    private static String remedy(Keeper keeper) {
        Owners.Owner owner = owner(TcpSocket.Kind.LISTENER, keeper, Ownership.OTHER, "node", "server.js");
        return Remedy.lines(new LocalPorts.State(50051, LocalPorts.Verdict.LISTENING, List.of()), List.of(owner)).stream()
            .map(line -> line.toString().strip()).collect(Collectors.joining(" / "));
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {
        "SUPERVISORD,  web:1,      to free it: supervisorctl stop web:1",
        "SUPERVISORD,  -,          to free it: supervisorctl status / then supervisorctl stop NAME",
        "PM2,          3,          to free it: pm2 stop 3",
        "PM2,          -,          to free it: pm2 list / then pm2 stop ID",
        "CIRCUSD,      -,          to free it: circusctl list / then circusctl stop NAME",
        "RUNSV,        /etc/sv/w,  to free it: sv down /etc/sv/w",
        "RUNSV,        -,          to free it: its folder: sudo readlink /proc/10/cwd / then sudo sv down FOLDER",
        "S6_SUPERVISE, /run/s6/a b, to free it: s6-svc -d '/run/s6/a b'",
        "S6_SUPERVISE, -,          to free it: its folder: sudo readlink /proc/10/cwd / then sudo s6-svc -d FOLDER",
        "SUPERVISE,    /service/w, to free it: svc -d /service/w",
        "SUPERVISE,    -,          to free it: its folder: sudo readlink /proc/10/cwd / then sudo svc -d FOLDER",
        "NODEMON,      -,          to free it: kill 10 20",
        "GUNICORN,     -,          to free it: kill 10 20",
        "FOREVER,      -,          to free it: kill 10 20",
        "UWSGI,        -,          to free it: kill 10 20",
        "LOOP,         -,          to free it: kill 10 20"})
    void aSupervisorIsToldToStopItsProgram(Keeper.Supervisor supervisor, String task, String remedy) {
        assertEquals(remedy, remedy(new Keeper(Keeper.Kind.SUPERVISOR, supervisor, "x", task, 10)));
    }

    @Test
    void eachSupervisorIsKnownByItsProgram() {
        Set<Keeper.Supervisor> named = EnumSet.noneOf(Keeper.Supervisor.class);
        for (String program : List.of("supervisord", "pm2", "circusd", "runsv", "s6-supervise", "supervise", "nodemon", "gunicorn",
                "forever", "uwsgi")) {
            named.add(Keeper.Supervisor.named(program));
        }
        assertEquals(EnumSet.complementOf(EnumSet.of(Keeper.Supervisor.LOOP)), named);
        for (String program : List.of("loop", "node", "", "s6_supervise", "runsvdir")) {
            assertEquals(null, Keeper.Supervisor.named(program), program);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "CONNECTION, OURS,     node x.js,             true",
        "TIME_WAIT,  UNKNOWN,  node x.js,             true",
        "UNKNOWN,    UNKNOWN,  node x.js,             false",
        "LISTENER,   OTHER, node x.js,             true",
        "LISTENER,   OTHER, node x.js 150051,      true",
        "LISTENER,   OTHER, node x.js --port=50051, false",
        "LISTENER,   OTHER, node x.js :50051/,     false",
        "LISTENER,   OURS,     node x.js,             false",
        "LISTENER,   UNKNOWN,  node x.js,             false"})
    void aPortThatIsNotNamedMayBeTheKernelsChoice(TcpSocket.Kind kind, Ownership ownership, String command, boolean mayBe) {
        assertEquals(mayBe, owner(kind, null, ownership, command.split(" ")).mayBeChosenByKernel());
    }
}
