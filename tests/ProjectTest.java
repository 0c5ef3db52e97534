import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which folder is the project, and which processes belong to it. In command lines, P is the project's folder. */
class ProjectTest {

    @TempDir
    Path temporary;

    private Path folder;
    private Path project;

    @BeforeEach
    void make() throws Exception {
        folder = temporary.toRealPath();
        project = folder.resolve("proj");
        for (String file : List.of(".git/HEAD", "a/.env", "server.js", "hook.js", "manage.py", "app.jar", "lib/a.jar", "bin/server",
                "router.php", "main.ts", "nginx.conf", "a/b/x")) {
            Files.createDirectories(project.resolve(file).getParent());
            Files.createFile(project.resolve(file));
        }
    }

    // Which folder is the project.

    private static Path around(Path envFile) {
        Project found = Project.around(envFile);
        return found == null ? null : found.folder();
    }

    @Test
    void isTheNearestCheckoutAtOrAboveTheEnvFile() throws Exception {
        assertEquals(project, around(project.resolve("a/.env")));
        Files.createFile(folder.resolve(".env"));
        assertEquals(folder, around(folder.resolve(".env")), "without a checkout, its own folder");
        assertNull(around(project.resolve(".env")), "no .env, no project");
        Files.createSymbolicLink(project.resolve("a/b/.env"), folder.resolve(".env"));
        assertEquals(project, around(project.resolve("a/b/.env")), "links are not followed");
    }

    @ParameterizedTest
    @CsvSource({
        "mkdir .git,                                                                false",
        "mkdir .git && touch .git/HEAD,                                             true",
        "echo gitdir: ../.git/worktrees/a >.git,                                    true",
        "touch .git,                                                                false",
        "mkfifo .git,                                                               false",
        "mkdir .git && touch .git/HEAD && chown 1234 .git,                          false",
        "ln -s ../.git .git,                                                        true",
        "ln -s ../.git .git && chown -h 1234 .git,                                  false"})
    void aGitFolderCountsIfItIsACheckoutOfThisUserOrRoot(String command, boolean counts) throws Exception {
        assumeTrue(Namespace.IS_ROOT || !command.contains("chown"), "needs root");
        assertEquals(0, Script.command("bash", "-c", command).in(project.resolve("a")).run().exit());
        assertEquals(counts ? project.resolve("a") : project, around(project.resolve("a/.env")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/home", "/usr", "/usr/bin", "/usr/lib", "/etc", "/var", "/opt", "/srv", "/mnt", "/tmp", "/bin", "/lib",
        "/proc", "/proc/1", "/usr/local", "/usr/sbin", "/run", "/dev", "/sys", "/sys/fs", "HOME", "/dev/null", "/none", "FILE"})
    void someFoldersAreNoProject(String name) {
        String place = name.replace("HOME", System.getProperty("user.home")).replace("FILE", project + "/a/.env");
        UserException refusal = assertThrows(UserException.class, () -> Project.named(place, "--project "));
        assertTrue(refusal.getMessage().startsWith("--project " + place + " is not a project's folder; name "), refusal.getMessage());
        assertNull(around(Path.of("/dev/null")));
        assertEquals(project.resolve("a/b"), Project.named(project.resolve("a/b").toString(), "").folder(), "it needs no checkout");
    }

    // Which processes belong to the project.

    /** A blank in an argument is written {@code _}. */
    private Project.Ownership ownership(String folder, String command) {
        String[] arguments = Arrays.stream(command.replace("P", project.toString()).split(" "))
            .map(argument -> argument.replace('_', ' ')).toArray(String[]::new);
        return ownership(Long.MAX_VALUE, folder == null ? null : folder.replace("P", project.toString()), "", arguments);
    }

    private Project.Ownership ownership(long pid, String folder, String controlGroup, String... arguments) {
        String executable = arguments[0].contains("/") ? arguments[0] : "/usr/bin/" + arguments[0];
        Processes.Facts process = new Processes.Facts(pid, 1, 0, 'S', 1, "root", List.of(arguments), folder, executable, controlGroup);
        return Project.ownership(process, new Project(project), new Processes());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
        # The working directory or the executable lies in the project, whatever the command line says.
        python3 -m http.server 3005                                          | P           | OURS
        node server.js                                                       | P/a/b       | OURS
        node --require /p/preflight.cjs --import file:///p/loader.mjs app.ts | P           | OURS
        gunicorn: master [app:app]                                           | P           | OURS
        P/bin/server --port 3005                                             | /           | OURS
        # The first argument that is no option lies there.
        node P/server.js                                                     | /           | OURS
        node ../server.js                                                    | P/a         | OURS
        node proj/server.js                                                  | P/..        | OURS
        node --max-old-space-size=512 P/server.js 3005                       | /           | OURS
        python3.11 -u -W ignore P/manage.py                                  | /           | UNKNOWN
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
        java -cp /x.jar Main P/app.jar                                       | /           | OTHER
        # What lies there is no regular file, or is not the first argument.
        bun run P/main.ts                                                    | /           | OTHER
        node P/missing.js                                                    | /           | OTHER
        node /srv/x.js P/a/.env                                              | /           | OTHER
        sh -c node_P/server.js                                               | /           | OTHER
        nginx: master process nginx -c P/nginx.conf                          | /           | OTHER
        node server.js                                                       | P0          | OTHER
        node server.js                                                       | P/..        | OTHER
        # It cannot be told.
        node P/server.js                                                     | -           | UNKNOWN
        docker-proxy -proto tcp -host-port 3005                              | P           | UNKNOWN
        ssh -L 3005:localhost:3005 h                                         | P           | UNKNOWN
        kubectl port-forward svc/x 3005                                      | P           | UNKNOWN
        supervisord -n                                                       | P           | UNKNOWN
        /lib/systemd/systemd --user                                          | /           | UNKNOWN
        """)
    void aProcessBelongsToTheProjectByItsFolderOrItsProgram(String command, String folder, Project.Ownership expected) {
        assertEquals(expected, ownership(folder == null ? null : folder.replace("P0", project + "-of-another-name"), command));
    }

    @ParameterizedTest
    @CsvSource({"1, '', UNKNOWN", "9999999, /docker/ID, UNKNOWN", "9999999, /system.slice/x.service, OURS"})
    void theFirstProcessAndAnotherContainersProcessAreUnknown(long pid, String controlGroup, Project.Ownership expected) {
        String group = controlGroup.replace("ID", "0123456789abcdef".repeat(4));
        assertEquals(expected, ownership(pid, project.toString(), group, "node", "server.js"));
    }

    @Test
    void aFolderWithTheMarkOfDeletedOnesIsAnotherFolder() throws Exception {
        assertEquals(Project.Ownership.OURS, ownership(project + "/gone (deleted)", "node x"));
        assertEquals(Project.Ownership.OURS, ownership("/", project + "/bin/server_(deleted)"));
        assertEquals(Project.Ownership.OURS, ownership(project + " (deleted)", "node x"), "the project's folder was made anew");
        Files.createDirectory(Path.of(project + " (deleted)"));
        assertEquals(Project.Ownership.OTHER, ownership(project + " (deleted)", "node server.js"));
    }

    @ParameterizedTest
    @CsvSource({
        "mkdir .git && touch .git/HEAD,                            OTHER",
        "echo gitdir: /p/.git/worktrees/inner >.git,               OTHER",
        "echo gitdir: ../.git/modules/tree >.git; install -D /dev/null ../.git/modules/tree/commondir, OTHER",
        "echo gitdir: ../.git/modules/worktrees/inner >.git,       OURS",
        "echo gitdir: ../.git/worktrees/tree/modules/sub >.git,    OURS",
        "echo gitdir: ../.git/modules/libs/inner >.git,            OURS"})
    void anotherCheckoutBelowTheProjectIsAnotherProjectUnlessItIsASubmodule(String command, Project.Ownership expected) throws Exception {
        Script.command("bash", "-c", command).in(Files.createDirectory(project.resolve("inner"))).run();
        assertEquals(expected, ownership("P/inner", "node x"));
    }

    @Test
    void linksAreFollowed() throws Exception {
        Path current = Files.createSymbolicLink(folder.resolve("current"), project);
        assertEquals(Project.Ownership.OURS, ownership(current + "/a", "node x"));
        assertEquals(Project.Ownership.OURS, ownership("/", "node " + current + "/server.js"));
    }
}
