import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The control groups are texts: no systemd and no container engine runs where the tests do. */
class KeeperTest {

    private static final String ID = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private static String keeper(String path) {
        Keeper keeper = Keeper.inControlGroup(path);
        return keeper == null ? "" : keeper.kind() + " " + keeper.name() + (keeper.task() == null ? "" : " " + keeper.task());
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {
        "/system.slice/nginx.service,                                             UNIT nginx.service",
        "/system.slice/system-app.slice/app@1.service,                            UNIT app@1.service",
        "/system.slice/app.service/worker,                                        UNIT app.service",
        "/user.slice/user-1000.slice/user@1000.service/app.slice/x.service,       USER_UNIT x.service",
        "/user.slice/user-1000.slice/user@1000.service,                           -",
        "/user.slice/user-1000.slice/user@1000.service/app.slice/app-x-1.scope,   -",
        "/user.slice/user-1000.slice/user@1000.service/app.slice/vte-spawn-a.scope, -",
        "/user.slice/user-1000.slice/session-3.scope,                             -",
        "/init.scope, -", "/, -", "'', -",
        "/system.slice/docker.service,                                            UNIT docker.service",
        "/system.slice/docker-ID.scope,                                           CONTAINER docker 0123456789ab",
        "/docker/ID,                                                              CONTAINER docker 0123456789ab",
        "/docker/ID/sub,                                                          CONTAINER docker 0123456789ab",
        "/machine.slice/libpod-ID.scope,                                          CONTAINER podman 0123456789ab",
        "/machine.slice/libpod-ID.scope/container,                                CONTAINER podman 0123456789ab",
        "/machine.slice/libpod-conmon-ID.scope,                                   -",
        "/user.slice/user@1000.service/user.slice/libpod-ID.scope,                CONTAINER podman 0123456789ab",
        "/kubepods.slice/kubepods-pod1.slice/cri-containerd-ID.scope,             CONTAINER crictl 0123456789ab",
        "/kubepods/besteffort/pod1/ID,                                            CONTAINER crictl 0123456789ab"})
    void aControlGroupNamesAUnitOrAContainer(String path, String keeper) {
        assertEquals(keeper == null ? "" : keeper, keeper(path.replace("ID", ID)));
    }

    @Test
    void systemdsOwnHierarchyCounts() {
        assertEquals("/a.service", Processes.controlGroup("9:name=systemd:/a.service\n4:memory:/some/longer/path\n0::/\n"));
        assertEquals("/b.service", Processes.controlGroup("0::/b.service\n"));
        assertEquals("", Processes.controlGroup(""));
    }

    private static Processes.Facts process(long pid, long session, String... arguments) {
        return new Processes.Facts(pid, 1, 0, 'S', pid, session, false, 0, List.of(arguments), "/", null, "");
    }

    @Test
    void aTerminalsUnitIsNoKeeperOfWhatRunsInIt() {
        assertTrue(Keeper.isInSessionOf(process(10, 10, "nginx"), process(11, 10, "nginx")));
        assertFalse(Keeper.isInSessionOf(process(10, 10, "gnome-terminal-server"), process(12, 12, "node")));
        assertFalse(Keeper.isInSessionOf(process(10, 0, "x"), process(12, 0, "node")), "a namespace hides sessions");
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', value = {
        "while true; do node server.js; sleep 1; done, true", "until /usr/bin/node server.js; do sleep 1; done, true",
        "for ((;;)); do exec node x.js; done, true", "for i in 1 2; do node $i/server.js & done; wait, false",
        "while read -r d; do node $d/server.js >log 2>&1 & done, false", "while :; do node server.js >log 2>&1; done, true",
        "for i in a b; do x; done; while :; do node y; done, true", "for i in a b; do node server.js; done, false",
            "while :|do|  ./server.js|done, true",
        "node server.js, false", "while ! curl localhost:3005; do sleep 1; done; node server.js, false",
        "node server.js & until nc -z localhost 3005; do sleep 1; done, false", "# while true do node done|node x, false"})
    void aLoopIsOneThatRunsTheServer(String script, boolean repeats) {
        assertEquals(repeats, Keeper.repeats(script.replace('|', '\n'), process(5, 5, "/usr/bin/node", "server.js")));
    }
}
