import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The document's common port conflicts, played with real servers: what every script says of them, and does. */
class ConflictsTest {

    /**
     * Bash; {@code project NAME} makes a repository with a start script and a {@code .env}, {@code start NAME SERVICE} runs
     * its server on the service's port, {@code judge SERVICE OPTION…} prints the answers of the scripts on one line.
     */
    private static final String PLAY = """
        port() { if [ "$1" = orchestrator ]; then echo 3005; else echo 3101; fi; }
        git() { command git -c user.name=t -c user.email=t@localhost -c init.defaultBranch=main -c protocol.file.allow=always "$@" >&2; }
        project() {
          mkdir -p "$1"
          printf '%s\\n' 'import socket, sys, time' 's = socket.create_server(("127.0.0.1", int(sys.argv[1])))' \\
            'print("ready", flush=True)' 'time.sleep(600)' >"$1/server.py"
          printf '%s\\n' '#!/bin/sh' 'cd "$(dirname "$0")" || exit' 'exec python3 server.py "$1"' >"$1/start.sh"
          chmod +x "$1/start.sh"
          : >"$1/.env"
          [ "${2:-}" = plain ] || { git -C "$1" init -q; git -C "$1" add . ; git -C "$1" commit -qm x; }
        }
        started() { exec 3< <(exec "$@"); read -r -u 3 _; }
        start() { started "$1/start.sh" "$(port "$2")"; }
        judge() { $java 'ConflictsTest$Judge' "$@"; }
        """;

    /** One JVM for the answers of all scripts: as processes of their own, they would take many times as long. */
    static final class Judge {
        private Judge() { }

        public static void main(String... args) throws Exception {
            PortCommand.Report check = report("check_port", "--json", args);
            Map<?, ?> port = (Map<?, ?>) ((List<?>) check.document().get("ports")).get(0);
            Set<Object> ours = new LinkedHashSet<>();
            ((List<?>) port.get("occupants")).forEach(owner -> ours.add(((Map<?, ?>) owner).get("ours")));
            System.out.print("check " + check.exitCode() + " " + ours);
            PortCommand.Report status = report("port_status", "--check --json", args);
            boolean isTaken = status.document().get("problems").toString().contains("kind=taken");
            System.out.print(", status " + status.exitCode() + (isTaken ? " taken" : ""));
            System.out.print(", running " + report("port_status", "--running", args).exitCode());
            PortCommand.Report find = report("find_port", "--color=auto", args);
            System.out.print(", find " + find.exitCode() + " " + (find.exitCode() == 0 ? find.lines().get(0) : ""));
            System.out.print(", stop " + report("check_port", "--stop", args).exitCode());
            if (report("check_port", "--json", args).exitCode() == 1) {
                System.out.print(", force " + report("check_port", "--stop --force", args).exitCode());
            }
            System.out.println();
        }

        private static PortCommand.Report report(String script, String options, String... args) throws Exception {
            return CommonRulesTest.parsed(script, (options + " " + String.join(" ", args)).split(" ")).report();
        }
    }

    @TempDir
    Path folder;

    private String play(String script) throws Exception {
        assumeTrue(Servers.isOnPath("git"), "git is not installed");
        Script.Result result = Namespace.bash(folder, PLAY + script).run();
        assertEquals(0, result.exit(), result.err());
        return result.out();
    }

    /** Returns what the scripts answer if the server belongs to the project, to another program, or is unknown. */
    private static String answers(String whose, String service) {
        boolean isStatic = service.equals("orchestrator");
        String elsewhere = isStatic ? "1 " : "0 3105";
        return switch (whose) {
            case "ours" -> "check 1 [true], status 0, running 0, find 0 " + (isStatic ? 3005 : 3101) + ", stop 0\n";
            case "other" -> "check 1 [false], status 1 taken, running 1, find " + elsewhere + ", stop 1, force 0\n";
            default -> "check 1 [null], status 0, running 0, find " + elsewhere + ", stop 1, force 0\n";
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"orchestrator", "codex-mcp"})
    void aDocumentedPortInUseByAnotherProgramAndByItsOwnService(String service) throws Exception {
        assertEquals(answers("other", service) + answers("ours", service), play("""
            project app
            project other
            start other %1$s
            (cd app; judge %1$s)
            start app %1$s
            (cd app; judge %1$s)
            """.formatted(service)));
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', delimiter = '|', value = {
        "start app orchestrator; cd copy                                              | orchestrator | other",
        "git -C app worktree add -q wt; start app/wt codex-mcp; cd app                | codex-mcp    | other",
        "git -C app worktree add -q wt; start app/wt orchestrator; cd app/wt; : >.env | orchestrator | ours",
        "git -C app submodule --quiet add ../copy lib; start app/lib codex-mcp; cd app | codex-mcp   | ours",
        "mkdir -p app/sub/deep; : >app/sub/.env; start app codex-mcp; cd app/sub      | codex-mcp    | ours",
        "started sh -c 'cd / && exec python3 $0 3005 $1' \"$PWD/copy/server.py\" \"$PWD/app/.env\"; cd app | orchestrator | other"})
    void checkoutsAreToldApart(String situation, String service, String whose) throws Exception {
        assertEquals(answers(whose, service), play("project app\nproject copy\n" + situation + "\njudge " + service));
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', delimiter = '|', value = {
        "mkdir linked; mv app/.env linked; ln -s ../linked/.env app/.env; start app codex-mcp; cd app; judge codex-mcp      | ours",
        "project linked; ln -sf ../linked/.env app/.env; start linked codex-mcp; cd app; judge codex-mcp                    | other",
        "mkdir conf; : >conf/dev.env; start app codex-mcp; cd app; judge codex-mcp --env-file ../conf/dev.env               | other",
        "mkdir conf; : >conf/dev.env; start app codex-mcp; judge codex-mcp --env-file conf/dev.env --project app            | ours",
        "start app codex-mcp; export DEVFLOW_PROJECT=$PWD/app; cd /; judge codex-mcp                                        | ours",
        "export DEVFLOW_PROJECT=$PWD; start app codex-mcp; cd app; judge codex-mcp --project .                              | ours",
        "rm app/.env; start app codex-mcp; cd app; judge codex-mcp                                                          | unknown"})
    void theProjectIsThatOfTheEnvFileInUseOrTheOneThatIsNamed(String script, String whose) throws Exception {
        assertEquals(answers(whose, "codex-mcp"), play("project app\n" + script));
    }

    @Test
    void aRepositoryInAHomeIsNoProject() throws Exception {
        assertEquals(answers("other", "orchestrator") + answers("ours", "codex-mcp") + answers("unknown", "codex-mcp"), play("""
            project home
            project home/app plain
            project home/other plain
            export HOME=$PWD/home
            start home/other orchestrator
            (cd home/app; judge orchestrator)
            start home/app codex-mcp
            (cd home/app; judge codex-mcp)
            start home/app codex-mcp
            (cd home; judge codex-mcp)
            """));
    }
}
