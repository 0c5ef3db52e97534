import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What stands in the README, the catalog and .env.example against what the scripts are and do. */
class ReadmeTest {

    private static final Set<String> COMMON = Set.of("--env-file", "--project", "--json", "--quiet", "--color", "--help", "--version");

    private static final List<String> SCRIPTS = List.of("check_port", "find_port", "port_status", "health_all");

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
        StringWriter out = new StringWriter();
        OptionValues.parse(CommonRulesTest.named(script), out, "--help");
        String help = out.toString();
        Set<String> options = matches("(?m)^ +(?:-\\w, )?(--[a-z-]+)", help.substring(help.indexOf("Options:")));
        options.removeAll(COMMON);
        assertEquals(options, matches("(?m)^\\| (?:`-\\w`, )?`(--[a-z-]+)[^|]*\\|", section(script)));
        String codes = section(script).substring(section(script).indexOf("Exit code:"));
        assertEquals(matches("(?m)^  (\\d)   ", help.substring(help.indexOf("Exit codes:"))),
            matches("(?<=Exit code:|, )\\s*(\\d) ", codes), help);
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
            String[] words = command.group(1).trim().split(" ");
            assertTrue(CommonRulesTest.parsed(words[0], Arrays.copyOfRange(words, 1, words.length)).report().exitCode() < 2, command.group(1));
            count++;
        }
        assertTrue(count >= 4, "only " + count + " commands found");
    }

    /** The start script of the README is bash, and calls functions that there are. */
    @Test
    void theStartScriptIsRight() throws Exception {
        Matcher script = Pattern.compile("(?s)```bash\\n(#!.*?)```").matcher(section("In a start script"));
        assertTrue(script.find());
        Script.Result syntax = Script.command("bash", "-n", Files.writeString(folder.resolve("start"), script.group(1)).toString()).run();
        assertEquals(new Script.Result(0, "", ""), syntax);
        Set<String> called = matches("(devflow_\\w+|check_port_available|find_available_port)", section("In a start script"));
        assertTrue(called.size() >= 8, called::toString);
        String file = Script.CLONE.resolve("scripts/devflow-ports.sh").toString();
        Script.Result defined = Script.command("bash", "-c", ". \"$0\"; declare -F \"$@\"", file).with(called.toArray(String[]::new)).run();
        assertEquals(String.join("\n", called) + "\n", defined.out(), defined.err());
    }

    /** The field names of docs/json.md are those of the documents. */
    @Test
    void theJsonFieldsAreThoseOfTheDocuments() throws Exception {
        String documented = Files.readString(Script.CLONE.resolve("docs/json.md"));
        try (var listener = Sockets.listener("127.0.0.1")) {
            for (String script : SCRIPTS) {
                String target = script.equals("find_port") ? "codex-mcp" : "" + listener.getLocalPort();
                List<?> rows = (List<?>) CommonRulesTest.parsed(script, "--json", target).report().document()
                    .get(script.equals("health_all") ? "endpoints" : "ports");
                for (Object field : ((Map<?, ?>) rows.get(0)).keySet()) {
                    assertTrue(documented.contains("`" + field + "`"), script + " has an undocumented field " + field);
                }
            }
        }
    }

    @Test
    void theExampleHasEveryVariableWithItsDefault() throws Exception {
        EnvFile example = EnvFile.read(Script.CLONE.resolve(".env.example"));
        Map<String, String> expected = new Config(EnvFile.read(folder.resolve("none")), Map.of()).services().stream()
            .collect(Collectors.toMap(PortMap.Service::variable, service -> "" + service.port()));
        assertEquals(expected, example.entries().values().stream().collect(Collectors.toMap(EnvFile.Entry::name, EnvFile.Entry::value)));
    }

    @Test
    void theMapHoldsTheDocumentedServices() throws Exception {
        assertEquals("""
            core 3002 DB_MANAGER_PORT active /health Database Manager: SQLite database service
            core 3003 VECTOR_MEMORY_PORT active /health Vector Memory Service: Embedding and vector operations
            core 3004 MODEL_REGISTRY_PORT active /health Model Registry: AI model management
            core 3005 ORCHESTRATOR_PORT active /health DevFlow Orchestrator: Main orchestration service
            core 3006 TOKEN_OPTIMIZER_PORT active /health Token Optimizer: Context optimization
            mcp 3101 CODEX_MCP_PORT active null Codex MCP Server: OpenAI Codex integration
            mcp 3102 GEMINI_MCP_PORT reserved null Gemini MCP Server: Google Gemini integration
            mcp 3103 QWEN_MCP_PORT reserved null Qwen MCP Server: Qwen model integration
            mcp 3104 SYNTHETIC_MCP_PORT reserved null Synthetic MCP Server: Synthetic.new integration
            orchestration 3200 REAL_DREAM_TEAM_ORCHESTRATOR_PORT active /health Real Dream Team Orchestrator: Multi-model orchestration
            orchestration 3201 CLI_INTEGRATION_MANAGER_PORT active /health CLI Integration Manager: CLI integration service
            orchestration 3202 PLATFORM_STATUS_TRACKER_PORT failed null Platform Status Tracker: Real-time status monitoring
            grpc 50051 CCTOOLS_GRPC_PORT active null CC-Tools gRPC Server: Cross-component communication
            """,
            PortMap.SERVICES.stream().map(service -> String.join(" ",
                ServicePort.lowerCase(service.group()), "" + service.port(), service.variable(),
                ServicePort.lowerCase(service.status()), service.health(), service.name() + ": " + service.description()) + "\n")
                .collect(Collectors.joining()));
    }

    @ParameterizedTest
    @CsvSource({"core, 3000-3099, static, HIGH", "mcp, 3100-3199, dynamic, MEDIUM", "orchestration, 3200-3299, dynamic, MEDIUM",
        "grpc, 50000-59999, auto-increment, LOW"})
    void theRangesAreTheDocumentedOnes(String name, String range, String strategy, PortMap.Priority priority) throws Exception {
        PortMap.Group group = PortMap.Group.valueOf(name.toUpperCase());
        assertEquals(List.of(range, strategy, priority),
            List.of(group.range.toString(), ServicePort.lowerCase(group.strategy).replace('_', '-'), group.priority));
        assertTrue(readme().contains("| " + name + " | " + range + " | " + strategy), name);
    }

    @Test
    void theCatalogHasTheFourScripts() throws Exception {
        Map<?, ?> aliases = (Map<?, ?>) new Gson()
            .fromJson(Files.readString(Script.CLONE.resolve("jbang-catalog.json")), Map.class).get("aliases");
        assertEquals(Set.copyOf(SCRIPTS), aliases.keySet());
        for (Map.Entry<?, ?> alias : aliases.entrySet()) {
            assertTrue(Files.exists(Script.CLONE.resolve("" + ((Map<?, ?>) alias.getValue()).get("script-ref"))), alias::toString);
        }
    }
}
