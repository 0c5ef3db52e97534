import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What stands in the README, the catalog and .env.example against what the scripts are and do. */
class ReadmeTest {

    private static final Set<String> COMMON = Set.of("--env-file", "--project", "--json", "--quiet", "--color", "--help", "--version");

    @TempDir
    Path folder;

    private static String readme() throws Exception {
        return Files.readString(Script.CLONE.resolve("README.md"));
    }

    private static String section(String title) throws Exception {
        Matcher section = Pattern.compile("(?ms)^## " + title + "$(.*?)(?=^## |\\z)").matcher(readme());
        assertTrue(section.find(), "no section " + title);
        return section.group(1);
    }

    private static Set<String> matches(String pattern, String text) {
        return Pattern.compile(pattern).matcher(text).results().map(match -> match.group(1)).collect(Collectors.toCollection(TreeSet::new));
    }

    @ParameterizedTest
    @ValueSource(strings = {"check_port", "find_port", "port_status", "health_all"})
    void theOptionTableIsTheHelp(String script) throws Exception {
        String help = Script.of(script, "--help").run().out();
        Set<String> options = matches("(?m)^ +(?:-\\w, )?(--[a-z-]+)", help.substring(help.indexOf("Options:")));
        options.removeAll(COMMON);
        assertEquals(options, matches("(?m)^\\| (?:`-\\w`, )?`(--[a-z-]+)[^|]*\\|", section(script)));
        List<String> codes = new ArrayList<>();
        Matcher code = Pattern.compile("(?m)^  (\\d)   ").matcher(help.substring(help.indexOf("Exit codes:")));
        while (code.find()) {
            codes.add(code.group(1));
        }
        assertEquals(codes, new ArrayList<>(matches("(?<=Exit code:|, )\\s*(\\d) ",
            section(script).substring(section(script).indexOf("Exit code:")))), help);
    }

    @Test
    void theCommonOptionsAreThoseOfEveryScript() throws Exception {
        assertEquals(new TreeSet<>(COMMON), matches("`(--[a-z-]+)(?: [A-Z]+)?`", section("Common to all four").lines()
            .filter(line -> line.startsWith("| `")).collect(Collectors.joining())));
    }

    /** Every command of the README is one that the script takes: nothing in it is wrong usage. */
    @Test
    void theCommandsAreRight() throws Exception {
        Matcher command = Pattern.compile("(?m)^\\$ .*?\\./jbangw ((?:check_port|find_port|port_status|health_all)[^)&|#\"\\n]*)")
            .matcher(readme());
        int count = 0;
        while (command.find()) {
            List<String> words = List.of(command.group(1).trim().split(" "));
            Script.Result result = Script.of(words.get(0),
                words.subList(1, words.size()).stream().map(word -> word.startsWith("--wait") ? "--wait=0.2" : word)
                .toArray(String[]::new)).env("XDG_CACHE_HOME", folder).in(folder).run();
            assertTrue(result.exit() < 2, command.group(1) + ": " + result.err());
            count++;
        }
        assertTrue(count >= 5, "only " + count + " commands found");
    }

    /** The start script of the README is bash, and calls functions that there are. */
    @Test
    void theStartScriptIsRight() throws Exception {
        Matcher script = Pattern.compile("(?s)```bash\\n(#!.*?)```").matcher(section("In a start script"));
        assertTrue(script.find());
        Script.Result syntax = Script.command("bash", "-n", Files.writeString(folder.resolve("start"), script.group(1)).toString()).run();
        assertEquals(new Script.Result(0, "", ""), syntax);
        String functions = Files.readString(Script.CLONE.resolve("scripts/devflow-ports.sh"));
        Set<String> called = matches("(devflow_\\w+|check_port_available|find_available_port)", section("In a start script"));
        assertTrue(called.size() >= 8, called::toString);
        for (String function : called) {
            assertTrue(functions.contains("\n" + function + "()"), function);
        }
    }

    /** The field names of docs/json.md are those of the documents. */
    @Test
    void theJsonFieldsAreThoseOfTheDocuments() throws Exception {
        String documented = Files.readString(Script.CLONE.resolve("docs/json.md"));
        String port = "" + Sockets.freePort();
        try (var listener = Sockets.listener("127.0.0.1")) {
            for (String[] call : new String[][] {{"check_port", "ports"}, {"find_port", "ports"}, {"port_status", "ports"},
                {"health_all", "endpoints"}}) {
                String target = call[0].equals("find_port") ? "codex-mcp" : "" + listener.getLocalPort();
                Map<String, Object> row = Script.of(call[0], "--json", target).env("CODEX_MCP_PORT", port).run().json(call[1]).get(0);
                for (String field : row.keySet()) {
                    assertTrue(documented.contains("`" + field + "`"), call[0] + " has an undocumented field " + field);
                }
            }
        }
    }

    @Test
    void theExampleHasEveryVariableWithItsDefault() throws Exception {
        EnvFile example = EnvFile.read(Script.CLONE.resolve(".env.example"));
        Map<String, String> expected = new Config(EnvFile.read(folder.resolve("none")), Map.of()).services().stream()
            .collect(Collectors.toMap(PortMap.Service::variable, service -> "" + service.port()));
        assertEquals(expected, example.entries().stream().collect(Collectors.toMap(EnvFile.Entry::name, EnvFile.Entry::value)));
    }

    @Test
    void theRangesAreThoseOfTheMap() throws Exception {
        for (PortMap.Group group : PortMap.Group.values()) {
            String name = ServicePort.lowerCase(group);
            assertTrue(readme().contains("| " + name + " | " + group.range + " | "
                + (group.strategy == PortMap.Strategy.STATIC
                ? "static" : group.strategy == PortMap.Strategy.DYNAMIC ? "dynamic" : "auto-increment")), name);
        }
    }

    @Test
    void theCatalogHasTheFourScripts() throws Exception {
        Map<?, ?> aliases = (Map<?, ?>) JSON.std.mapFrom(Files.readString(Script.CLONE.resolve("jbang-catalog.json"))).get("aliases");
        assertEquals(Set.of("check_port", "find_port", "port_status", "health_all"), aliases.keySet());
        for (Map.Entry<?, ?> alias : aliases.entrySet()) {
            assertTrue(Files.exists(Script.CLONE.resolve("" + ((Map<?, ?>) alias.getValue()).get("script-ref"))), alias::toString);
        }
    }
}
