import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LocalPortsTest {

    private static LocalPorts.Verdict verdict(int port) throws Exception {
        return LocalPorts.read().verdict(port);
    }

    /** Once the listener is closed: what another test starts at that moment has it, too, until it runs its own program. */
    private static LocalPorts.Verdict verdictWithoutListener(int port) throws Exception {
        LocalPorts.Verdict verdict = verdict(port);
        for (int i = 0; i < 500 && verdict == LocalPorts.Verdict.LISTENING; i++) {
            Thread.sleep(20);
            verdict = verdict(port);
        }
        return verdict;
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1, INET", "127.0.0.2, INET", "0.0.0.0, INET", "::1, INET6", "::, INET6"})
    void seesAListenerOnAnyAddress(String address, StandardProtocolFamily family) throws Exception {
        assumeTrue(LocalPorts.read().hasTables, "only Linux has all of 127.0.0.0/8");
        int port = Sockets.freePort();
        try (ServerSocketChannel listener = ServerSocketChannel.open(family)) {
            listener.bind(new InetSocketAddress(InetAddress.getByName(address), port));
            LocalPorts ports = LocalPorts.read();
            assertEquals(LocalPorts.Verdict.LISTENING, ports.verdict(port));
            assertEquals(List.of(address), ports.sockets(port).stream().map(LocalPorts.TcpSocket::address).toList());
        }
        assertEquals(LocalPorts.Verdict.AVAILABLE, verdictWithoutListener(port));
    }

    @Test
    void timeWaitIsNoConflict() throws Exception {
        int port = Sockets.freePort();
        try (ServerSocket server = Sockets.listener("127.0.0.1", port);
             Socket client = new Socket("127.0.0.1", port); Socket accepted = server.accept()) {
            accepted.close(); // The side that closes first keeps the port in TIME_WAIT.
            assertEquals(-1, client.getInputStream().read());
        }
        assertEquals(LocalPorts.Verdict.AVAILABLE, verdictWithoutListener(port));
    }

    @Test
    void twoThatTryAtOnceDoNotSeeEachOther() throws Exception {
        int port = Sockets.freePort();
        Callable<Set<LocalPorts.Verdict>> often = () -> {
            Set<LocalPorts.Verdict> verdicts = EnumSet.noneOf(LocalPorts.Verdict.class);
            for (int i = 0; i < 300; i++) {
                verdicts.add(verdict(port));
            }
            return verdicts;
        };
        ExecutorService both = Executors.newFixedThreadPool(2);
        for (Future<Set<LocalPorts.Verdict>> verdicts : both.invokeAll(List.of(often, often))) {
            assertEquals(EnumSet.of(LocalPorts.Verdict.AVAILABLE), verdicts.get());
        }
        both.shutdown();
    }

    @Test
    void parsesTheKernelsRows() throws Exception {
        assumeTrue(ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN, "these rows are of such a machine");
        assertEquals(new LocalPorts.TcpSocket(LocalPorts.Kind.LISTENER, "127.0.0.2", 3002, 1000, -1),
            LocalPorts.TcpSocket.parse("   0: 0200007F:0BBA 00000000:0000 0A 00000000:00000000 00:00000000"
                + " 00000000  1000        0 18446744073709551615 1 0000000000000000 100 0 0 10 0"));
        assertEquals(new LocalPorts.TcpSocket(LocalPorts.Kind.LISTENER, "fd00:3002::1", 8080, 0, 7),
            LocalPorts.TcpSocket.parse("  12: 023000FD000000000000000001000000:1F90"
                + " 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7 1 0 100 0 0 10 0"));
    }

    @ParameterizedTest
    @CsvSource({"0A, 5, LISTENER", "01, 5, CONNECTION", "02, 5, CONNECTION", "08, 5, CONNECTION", "03, 0, CONNECTION", "06, 0, TIME_WAIT",
        "05, 0, TIME_WAIT"})
    void tellsAListenerFromAConnectionAndFromWhatIsLeftOfOne(String state, long inode, LocalPorts.Kind kind) throws Exception {
        assertEquals(kind, LocalPorts.TcpSocket.parse("1: 0100007F:0BBA 0100007F:C350 " + state + " 0:0 00:0 0 0 0 " + inode + " 1").kind());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1:", "1: 0100007F 0 0A 0:0 00:0 0 0 0 5", "1: 0100007:0BBA 0:0 0A 0:0 00:0 0 0 0 5",
        "1: 0100007F:0BBA 0:0 0A 0:0 00:0 0 0 0 x"})
    void concludesNothingFromAMalformedRow(String row) {
        assertThrows(IOException.class, () -> LocalPorts.TcpSocket.parse(row));
    }

    @ParameterizedTest
    @CsvSource({"0:0:0:0:0:0:0:0, ::", "0:0:0:0:0:0:0:1, ::1", "fd00:3002:0:0:0:0:0:1, fd00:3002::1", "1:0:0:2:0:0:0:3, 1::2:0:0:0:3",
        "1:0:2:3:4:5:6:7, 1:0:2:3:4:5:6:7", "fe80:0:0:0:1:0:0:0, fe80::1:0:0:0", "10:0:0:0:0:0:0:10, 10::10",
        "1:0:0:2:0:0:3:4, 1::2:0:0:3:4", "::ffff:127.0.0.1, 127.0.0.1", "127.0.0.1, 127.0.0.1"})
    void leavesOutTheFirstZerosOfAnAddress(String address, String text) throws Exception {
        assertEquals(text, Addresses.text(InetAddress.getByName(address)));
    }
}
