import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a terminal of any width shows is what a pipe gets: nothing is cut, and what programs read is not even wrapped. */
class ScreenTest {

    private static final List<String> FOR_PROGRAMS = List.of("port_status --json", "port_status --plain", "check_port --json core mcp",
        "find_port --export mcp grpc", "find_port --json codex-mcp", "find_port --count 3 3110", "health_all --json grpc");
    private static final List<String> FOR_PEOPLE = List.of("check_port orchestrator 3101 50051", "port_status --all", "port_status --map",
        "health_all --all");

    @TempDir
    Path folder;

    /** Runs each command in a pipe and on a terminal of that width; what it printed is in the files N.pipe and N.terminal. */
    private void run(int columns, List<String> commands) throws Exception {
        assumeTrue(Servers.isOnPath("script"), "script is not installed");
        StringBuilder script = new StringBuilder("""
            echo DASHBOARD_PORT=3150 >.env
            listen 3005 3005; listen 3101 3101; listen 3201 3201; connect 50051 50051
            """);
        for (int i = 0; i < commands.size(); i++) {
            script.append("$java ").append(commands.get(i)).append(" >").append(i).append(".pipe 2>/dev/null || [ $? -eq 1 ]\n")
                .append("script -qec \"stty cols ").append(columns).append(" -onlcr; $java ").append(commands.get(i))
                .append(" 2>/dev/null\" /dev/null >").append(i).append(".terminal || [ $? -eq 1 ]\n");
        }
        Script.Result result = Namespace.bash(folder, script.toString()).env("TERM", "xterm").run();
        assertEquals(0, result.exit(), result.err());
    }

    private String output(int i, String where) throws Exception {
        return Files.readString(folder.resolve(i + "." + where));
    }

    @ParameterizedTest
    @ValueSource(ints = {20, 40, 80, 200})
    void whatProgramsReadIsTheSameToTheByte(int columns) throws Exception {
        run(columns, FOR_PROGRAMS);
        for (int i = 0; i < FOR_PROGRAMS.size(); i++) {
            assertFalse(output(i, "pipe").isEmpty(), FOR_PROGRAMS.get(i));
            assertEquals(output(i, "pipe"), output(i, "terminal"), FOR_PROGRAMS.get(i));
            if (FOR_PROGRAMS.get(i).contains("--json")) {
                assertFalse(JSON.std.mapFrom(output(i, "terminal")).isEmpty());
            }
        }
    }

    /** But for the colours, the blanks, and the latencies. */
    @ParameterizedTest
    @ValueSource(ints = {20, 40, 80, 200})
    void whatPeopleReadIsWholeAndNoWiderThanTheTerminal(int columns) throws Exception {
        run(columns, FOR_PEOPLE);
        for (int i = 0; i < FOR_PEOPLE.size(); i++) {
            String terminal = output(i, "terminal").replaceAll("\u001B\\[[0-9;]*m", "");
            assertEquals(text(output(i, "pipe")), text(terminal), FOR_PEOPLE.get(i));
            for (String row : terminal.lines().toList()) {
                boolean isCommand = row.matches(" +(jbang|sudo|kill) .*");
                assertTrue(Line.width(row) <= columns || isCommand, columns + " columns: " + row);
                assertEquals(row.stripTrailing(), row);
            }
        }
    }

    private static String text(String output) {
        return output.replaceAll("\\s+", "").replaceAll("\\d+ms", "");
    }
}
