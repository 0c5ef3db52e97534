import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two hundred listeners of four processes, on every kind of address, as ss sees them and as check_port does. */
class BesideSsTest {

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

    @TempDir
    Path folder;

    @Test
    void theSamePortsAddressesAndProcesses() throws Exception {
        assumeTrue(Servers.isOnPath("ss"), "ss is not installed");
        Script.Result result = Namespace.bash(folder, """
            for user in $users; do exec 3< <(exec python3 -c "$listeners" $user); read -r -u 3 _; done
            ss -ltnpeH >ss
            check_port --json 1-65535 || true
            sed 's/^/ss /' ss
            """).env("listeners", LISTENERS).env("users", Namespace.IS_ROOT ? "0 0 1 65534" : "0 0 0 0").run();
        String[] outputs = result.out().split("\n", 2);
        Set<String> ours = new TreeSet<>();
        for (Map<String, Object> row : new Script.Result(0, outputs[0], "").json("ports")) {
            for (Object listener : (Iterable<?>) row.get("listeners")) {
                Map<?, ?> fields = (Map<?, ?>) listener;
                ours.add(fields.get("address") + " " + row.get("port") + " " + fields.get("pid") + " " + fields.get("user"));
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
}
