import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which processes belong to a project. In command lines, P is the project's folder, and {@code _} a blank in an argument. */
class OwnershipTest {

    private static final String ID = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    @TempDir
    Path temporary;

    private Path project;

    @BeforeEach
    void makeProject() throws Exception {
        project = Files.createDirectories(temporary.toRealPath().resolve("proj"));
        Files.createDirectories(project.resolve(".git"));
        for (String file : List.of("server.js", "hook.js", "manage.py", "run.sh", "app.jar", "lib/a.jar", "bin/server", "app.rb",
                "router.php", "main.ts", "nginx.conf", ".env", "a/b/x")) {
            Files.createDirectories(project.resolve(file).getParent());
            Files.createFile(project.resolve(file));
        }
    }

    private Ownership ownership(long pid, String folder, String controlGroup, String... arguments) {
        String executable = arguments[0].contains("/") ? arguments[0] : "/usr/bin/" + arguments[0];
        Processes.Facts process = new Processes.Facts(pid, 1, 0, 'S', 1, "root", List.of(arguments), folder, executable,
            controlGroup);
        return Ownership.of(process, new Project(project), Processes.read());
    }

    private Ownership ownership(String folder, String command) {
        String[] arguments = Arrays.stream(command.replace("P", project.toString()).split(" "))
            .map(argument -> argument.replace('_', ' ')).toArray(String[]::new);
        return ownership(Long.MAX_VALUE, folder == null ? null : folder.replace("P", project.toString()), "", arguments);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
        # The working directory or the executable lies in the project, whatever the command line says.
        python3 -m http.server 3005                                          | P           | OURS
        node server.js                                                       | P/a/b       | OURS
        npm run dev                                                          | P           | OURS
        node --require /p/preflight.cjs --import file:///p/loader.mjs app.ts | P           | OURS
        npm exec vite --port 3005                                            | P           | OURS
        next-server (v14.2.3)                                                | P           | OURS
        node P/node_modules/.bin/esbuild --serve=3005                        | P           | OURS
        gunicorn: master [app:app]                                           | P           | OURS
        python3 -c from_multiprocessing.spawn_import_spawn_main --fork       | P           | OURS
        postgres -D P/data                                                   | P/data      | OURS
        redis-server *:6379                                                  | P           | OURS
        P/bin/server --port 3005                                             | /           | OURS
        # The first argument that is no option lies there.
        node P/server.js                                                     | /           | OURS
        node P/server.js 3005                                                | /           | OURS
        node ../server.js                                                    | P/a         | OURS
        node proj/server.js                                                  | P/..        | OURS
        node --max-old-space-size=512 P/server.js 3005                       | /           | OURS
        python3.11 -u -W ignore P/manage.py                                  | /           | UNKNOWN
        bash -x P/run.sh                                                     | /           | OURS
        ruby -w P/app.rb                                                     | /           | OURS
        vim P/.env                                                           | /           | OURS
        node -r P/hook.js P/server.js                                        | /           | OURS
        # An option without = may have the first argument as its value.
        node -r dotenv/config P/server.js                                    | /           | UNKNOWN
        node --inspect P/server.js 3005                                      | /           | UNKNOWN
        node -r P/hook.js /srv/x.js                                          | /           | UNKNOWN
        python3 -m uvicorn app:app --reload                                  | /srv        | OTHER
        nginx -p P -c nginx.conf                                             | /           | OTHER
        php -S 127.0.0.1:80 -t P P/router.php                                | /           | OTHER
        # A jar, or an entry of a class path.
        java -Xmx1g -jar P/app.jar --server.port=3005                        | /           | OURS
        java -cp /x.jar:P/lib/a.jar Main                                     | /           | OURS
        java -classpath P/lib/a.jar Main                                     | /           | OURS
        java -cp /x.jar Main P/app.jar                                       | /           | OTHER
        java -jar /x.jar                                                     | /           | OTHER
        # What lies there is no regular file, or is not the first argument.
        bun run P/main.ts                                                    | /           | OTHER
        deno run --allow-net P/main.ts                                       | /           | OTHER
        ls P                                                                 | /           | OTHER
        node P/missing.js                                                    | /           | OTHER
        node /srv/x.js P/.env                                                | /           | OTHER
        sh -c node_P/server.js                                               | /           | OTHER
        nginx: master process nginx -c P/nginx.conf                          | /           | OTHER
        node server.js                                                       | P0          | OTHER
        node server.js                                                       | P/..        | OTHER
        sshd: root@pts/0                                                     | /           | OTHER
        /usr/lib/code-server/lib/node /usr/lib/code-server                   | /root       | OTHER
        tsx                                                                  | /           | OTHER
        # It cannot be told.
        node P/server.js                                                     | -           | UNKNOWN
        docker-proxy -proto tcp -host-port 3005                              | P           | UNKNOWN
        ssh -L 3005:localhost:3005 h                                         | P           | UNKNOWN
        kubectl port-forward svc/x 3005                                      | P           | UNKNOWN
        /lib/systemd/systemd --user                                          | /           | UNKNOWN
        """)
    void aProcessBelongsToTheProjectByItsFolderOrItsProgram(String command, String folder, Ownership expected) {
        assertEquals(expected, ownership(folder == null ? null : folder.replace("P0", project + "-of-another-name"), command));
    }

    @Test
    void theFirstProcessAndAnotherContainersProcessAreUnknown() {
        assertEquals(Ownership.UNKNOWN, ownership(1, project.toString(), "", "node", "server.js"));
        assertEquals(Ownership.UNKNOWN, ownership(Long.MAX_VALUE, project.toString(), "/docker/" + ID, "node", "server.js"));
        assertEquals(Ownership.OURS, ownership(Long.MAX_VALUE, project.toString(), "/system.slice/x.service", "node", "x"));
    }

    @Test
    void aFolderWithTheMarkOfDeletedOnesIsAnotherFolder() throws Exception {
        assertEquals(Ownership.OURS, ownership(project + "/gone (deleted)", "node x"));
        assertEquals(Ownership.OURS, ownership("/", project + "/bin/server_(deleted)"));
        assertEquals(Ownership.OURS, ownership(project + " (deleted)", "node x"), "the project's folder was made anew");
        Files.createDirectory(Path.of(project + " (deleted)"));
        assertEquals(Ownership.OTHER, ownership(project + " (deleted)", "node server.js"));
    }

    @Test
    void anotherCheckoutBelowTheProjectIsAnotherProjectUnlessItIsASubmodule() throws Exception {
        for (String name : List.of("clone/.git", "worktree", "submodule", "of-both")) {
            Files.createDirectories(project.resolve(name));
        }
        Files.writeString(project.resolve("clone/.git/HEAD"), "ref: refs/heads/main\n");
        Files.writeString(project.resolve("worktree/.git"), "gitdir: " + project + "/.git/worktrees/worktree\n");
        Files.writeString(project.resolve("submodule/.git"), "gitdir: ../.git/modules/libs/submodule\n");
        Files.writeString(project.resolve("of-both/.git"), "gitdir: ../.git/modules/sub/worktrees/of-both\n");
        assertEquals(Ownership.OTHER, ownership("P/clone", "node x"));
        assertEquals(Ownership.OTHER, ownership("P/worktree", "node x"));
        assertEquals(Ownership.OTHER, ownership("P/of-both", "node x"));
        assertEquals(Ownership.OURS, ownership("P/submodule", "node x"));
    }

    @Test
    void linksAreFollowed() throws Exception {
        Path current = Files.createSymbolicLink(temporary.toRealPath().resolve("current"), project);
        assertEquals(Ownership.OURS, ownership(current + "/a", "node x"));
        assertEquals(Ownership.OURS, ownership("/", "node " + current + "/server.js"));
    }
}
