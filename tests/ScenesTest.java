import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Plays the scenes of {@code tests/scenes} and compares what the scripts print with what the files say. A file is a scene:
 * bash that sets it up, {@code ---}, and then commands with both streams and the exit code of each. To add a scene, write the
 * set-up and the commands ({@code $ COMMAND}) and record it; to accept what has changed, record all of them and read the diff:
 *
 * <pre>./jbangw run -Dscenes.record=true tests/all_tests.java ScenesTest</pre>
 */
@Order(2)
class ScenesTest {

    private static final Path SCENES = Script.CLONE.resolve("tests/scenes");

    /** What a scene that cannot be played everywhere says in its set-up, such as {@code # needs root, node}. */
    private static final Pattern NEEDS = Pattern.compile("(?m)^# needs (.*)$");

    /** Process ids, in words, commands and JSON. */
    private static final Pattern PIDS = Pattern.compile(
        "(?m)(?<=\\b(?:pid|process|kill(?: -\\w+)?|renice|--pid|connection of)[ =]|\"(?:pid|parent|started_by_pid)\":)\\d+(?: \\d+)*"
            + "|(?<= \\()\\d+(?=\\)(?: in .*)?$)");

    @TempDir
    Path folder;

    static List<String> scenes() throws IOException {
        try (Stream<Path> files = Files.list(SCENES)) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".txt"))
                .map(name -> name.substring(0, name.length() - 4)).sorted().toList();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("scenes")
    void isPlayedAsItIsRecorded(String name) throws Exception {
        Path file = SCENES.resolve(name + ".txt");
        String recorded = Files.readString(file);
        int end = recorded.indexOf("\n---\n");
        String setUp = recorded.substring(0, end + 1);
        assumeTools(setUp);
        String played = setUp + "---\n" + play(setUp, recorded.substring(end + 5).lines()
            .filter(line -> line.startsWith("$ ")).map(line -> line.substring(2)).toList());
        if (Boolean.getBoolean("scenes.record")) {
            Files.writeString(file, played);
        } else if (!played.equals(recorded)) {
            fail("tests/scenes/" + name + ".txt, recorded (-) and played (+):\n" + diff(file, played));
        }
    }

    private static void assumeTools(String setUp) {
        Matcher needs = NEEDS.matcher(setUp);
        if (needs.find()) {
            for (String need : needs.group(1).split(", *")) {
                assumeTrue(need.equals("root") ? Namespace.IS_ROOT : Servers.isOnPath(need), "the scene needs " + need);
            }
        }
    }

    private String play(String setUp, List<String> commands) throws Exception {
        String script = Files.readString(SCENES.resolve("stage.sh")) + setUp + commands.stream()
            .map(command -> "play '" + command.replace("'", "'\\''") + "'\n").collect(Collectors.joining());
        Script.Result result = Namespace.bash(folder, script).env("scenes", SCENES).env("python", RealServers.PYTHON)
            .env("classpath", System.getProperty("java.class.path")).run();
        assertEquals(0, result.exit(), result.toString());
        return normal(result.out());
    }

    /** With placeholders for what differs from run to run, and each object of a JSON document on a line of its own. */
    private String normal(String text) throws IOException {
        String stable = text.replace(folder.toRealPath().toString(), "FOLDER").replaceAll("/[\\w./-]*/node ", "node ")
            .replaceAll("(?<!within) +\\d+ ms\\b", " N ms").replaceAll("(\"\\w*(?:_ms|seconds)\":)[\\d.]+", "$1N")
            .replaceAll("\\d{4}-\\d\\d-\\d\\dT[\\d:]{8}Z", "TIME")
            .replaceAll("(?m)^(\\w+_seconds\\{.*} )[\\d.E-]+$", "$1N");
        stable = Pattern.compile("(?m)^\\{\".*").matcher(stable)
            .replaceAll(json -> Matcher.quoteReplacement(json.group().replaceAll("(?<=[,\\[])(?=\\{)", "\n  ")));
        Map<String, String> names = new LinkedHashMap<>();
        return PIDS.matcher(stable).replaceAll(pids -> Stream.of(pids.group().split(" "))
            .map(pid -> pid.equals("1") ? pid : names.computeIfAbsent(pid, key -> "PID" + (names.size() + 1)))
            .collect(Collectors.joining(" ")));
    }

    private String diff(Path recorded, String played) throws Exception {
        Path file = Files.writeString(folder.resolve("played.txt"), played);
        return Script.command("diff", "-U", "3", recorded.toString(), file.toString()).run().out().replaceFirst("(?s)^.*?(?=@@)", "");
    }
}
