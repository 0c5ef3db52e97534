import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On a terminal of any width, the rows of services are cut; everything else is what a pipe gets. */
class ScreenTest {

    private static final List<String> FOR_PROGRAMS = List.of("port_status --json", "port_status --plain",
        "port_status --list-not-running vector-memory", "find_port --export mcp grpc", "find_port --count 3 3110");
    private static final List<String> FOR_PEOPLE = List.of("check_port orchestrator 3101 50051", "port_status --all",
        "port_status --verbose --all");

    @TempDir
    Path folder;

    /** Runs each command in a pipe and on a terminal of that width; their output is in the files N.pipe and N.terminal. */
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

    @Test
    void programsReadTheSameBytes() throws Exception {
        run(20, FOR_PROGRAMS);
        for (int i = 0; i < FOR_PROGRAMS.size(); i++) {
            assertFalse(output(i, "pipe").isEmpty(), FOR_PROGRAMS.get(i));
            assertEquals(output(i, "pipe"), output(i, "terminal"), FOR_PROGRAMS.get(i));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {40, 200})
    void onlyRowsAreCut(int columns) throws Exception {
        run(columns, FOR_PEOPLE);
        for (int i = 0; i < FOR_PEOPLE.size(); i++) {
            List<String> pipe = output(i, "pipe").lines().toList();
            List<String> terminal = output(i, "terminal").replaceAll("\u001B\\[[0-9;]*m", "").lines().toList();
            assertEquals(pipe.size(), terminal.size(), FOR_PEOPLE.get(i));
            for (int j = 0; j < pipe.size(); j++) {
                String line = terminal.get(j);
                boolean isRow = line.startsWith("Port ") && FOR_PEOPLE.get(i).equals("port_status --all");
                assertEquals(isRow ? Line.of(pipe.get(j)).fit(columns).toString() : pipe.get(j), line);
                assertEquals(line.stripTrailing(), line);
            }
        }
    }
}
