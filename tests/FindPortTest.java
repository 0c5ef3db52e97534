import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FindPortTest {

    @TempDir
    Path folder;

    @Test
    void printsTheFirstAvailablePortAlone() throws Exception {
        int base = Sockets.freePorts(4);
        try (ServerSocket one = Sockets.listener("::1", base); ServerSocket two = Sockets.listener("127.0.0.1", base + 1)) {
            assertEquals(new Script.Result(0, base + 2 + "\n", ""), Script.of("find_port", "" + base, "" + (base + 3)).run());
            assertEquals(new Script.Result(0, base + 2 + "\n", ""), Script.of("find_port", base + "-" + (base + 3)).run());
            assertEquals(new Script.Result(0, base + 3 + "\n", ""), Script.of("find_port", "" + (base + 3), "" + (base + 3)).run());
        }
    }

    @Test
    void noneIsEmptyAndExit1() throws Exception {
        try (SocketChannel held = Sockets.bound()) {
            String port = "" + ((InetSocketAddress) held.getLocalAddress()).getPort();
            assertEquals(new Script.Result(1, "", "ERROR: No available ports in range " + port + "-" + port + "\n"),
                Script.of("find_port", port, port).run());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "3100 3099", "3100 65536", "3100 x", "03100", "3100 3199 3200", "-- -5"})
    void wrongUsageIsExit2(String arguments) throws Exception {
        Script.Result result = Script.of("find_port", arguments.split(" ")).run();
        assertEquals(List.of(2, "", 1L), List.of(result.exit(), result.out(), result.err().lines().count()), result.err());
    }

    @Test
    void argumentsAreNotEvaluated() throws Exception {
        Script.Result result = Script.of("find_port", "x[$(touch evaluated)]+3105", "3106").in(folder).run();
        assertEquals(2, result.exit());
        assertEquals(0, Files.list(folder).count());
    }

    @Test
    void withoutMaxTheGroupEndsTheSearch() throws Exception {
        assertEquals(new Script.Result(1, "", "ERROR: No available ports in range 3150-3199\n"),
            Namespace.bash(folder, "listen 3150 3199; find_port 3150").run());
        assertEquals("3300\n", Namespace.bash(folder, "listen 3250 3299; find_port 3300").run().out());
    }

    @Test
    void json() throws Exception {
        int port = Sockets.freePort();
        Script.Result result = Script.of("find_port", "--json", "" + port, "" + port).run();
        assertEquals(0, result.exit());
        assertEquals(port, result.json("ports").get(0).get("port"));
        assertEquals("none", result.json("ports").get(0).get("status"));
    }
}
