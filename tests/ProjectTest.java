import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which folder is the project, and which processes are of it. */
class ProjectTest {

    @TempDir
    Path temporary;

    private Path folder;
    private Path project;

    @BeforeEach
    void make() throws Exception {
        folder = temporary.toRealPath();
        project = Files.createDirectories(folder.resolve("proj"));
        Files.createDirectories(project.resolve(".git"));
        Files.createDirectories(project.resolve("a/b"));
        Files.createFile(project.resolve("a/.env"));
    }

    private static Path folder(Project project) {
        return project == null ? null : project.folder();
    }

    @Test
    void theNearestRepositoryAtOrAboveTheEnvFile() throws Exception {
        assertEquals(project, folder(Project.of(null, project.resolve("a/.env"))));
        Files.createDirectories(project.resolve("a/.git"));
        assertEquals(project.resolve("a"), folder(Project.of("", project.resolve("a/.env"))));
        Files.createFile(folder.resolve(".env"));
        assertEquals(folder, folder(Project.of(null, folder.resolve(".env"))), "without a repository, its own folder");
        assertNull(Project.of(null, project.resolve(".env")), "no .env, no project");
        assertNull(Project.of(null, null));
    }

    @Test
    void aLinkToAnEnvFileIsNotFollowed() throws Exception {
        Files.createFile(folder.resolve("shared.env"));
        Files.createSymbolicLink(project.resolve("a/b/.env"), folder.resolve("shared.env"));
        assertEquals(project, folder(Project.of(null, project.resolve("a/b/.env"))));
    }

    @Test
    void neverARootAHomeOrAFolderOfHomes() throws Exception {
        for (String name : List.of("/", "/home", System.getProperty("user.home"))) {
            if (Files.isDirectory(Path.of(name))) {
                assertThrows(UserException.class, () -> Project.of(name, null), name);
            }
        }
        assertThrows(UserException.class, () -> Project.of(folder.resolve("none").toString(), null));
        assertEquals(project, folder(Project.of(project.toString(), null)));
    }

    private Boolean contains(String where, String executable, String... arguments) {
        return new Project(project).contains(new Processes.Facts(Long.MAX_VALUE, 1, 0, 'S', 1, 1, false, 0, List.of(arguments),
            where == null ? null : where.replace("P", project.toString()), executable.replace("P", project.toString()), ""));
    }

    private Boolean contains(String where, String command) {
        String[] arguments = command.replace("P", project.toString()).split(" ");
        return contains(where, arguments[0].contains("/") ? arguments[0] : "/usr/bin/" + arguments[0], arguments);
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {
        "P,              python3 -m http.server,                 true",
        "P/a/b,          vim x,                                  true",
        "P/gone (deleted), node x,                               true",
        "/,              node P/server.js,                       true",
        "/,              node --inspect -r P0/x P/server.js --x, true",
        "P/..,           node proj/server.js,                    true",
        "/,              python3.11 -u -W ignore P/manage.py,    true",
        "/,              bash -x P/run.sh,                       true",
        "/,              java -Xmx1g -jar P/target/app.jar,      true",
        "/,              java -cp /x.jar:P/classes Main,         true",
        "/,              java --class-path P/classes Main,       true",
        "/,              java --class-path=/x:P/classes Main,    true",
        "/,              ruby -w -I /lib P/app.rb,               true",
        "/,              php -S 127.0.0.1:80 -t /x P/router.php, true",
        "/,              perl -e x P/app.pl,                     false",
        "/,              P/bin/server --port 3005,               true",
        "/,              vim P/.env,                             false",
        "/,              node /srv/x.js P/.env,                  false",
        "/,              node -e x P/server.js,                  false",
        "/,              python3 -m x P/y.py,                    false",
        "/,              bash -c P/run.sh,                       false",
        "/,              java -cp /x.jar Main P/x.jar,           false",
        "/,              java -jar /x.jar -cp P/x,               false",
        "P0,             node x,                                 false",
        "P/..,           node server.js,                         false",
        "-,              node P/server.js,                       -"})
    void whatWorksThereOrRunsFromThere(String where, String command, Boolean ours) {
        assertEquals(ours, contains(where, command.replace("P0", folder + "/project-of-another-name")));
    }

    @Test
    void anotherCheckoutBelowIsNotOursAndASubmoduleIs() throws Exception {
        for (String name : List.of("clone", "worktree", "submodule", "of-both")) {
            Files.createDirectories(project.resolve(name));
        }
        Files.createDirectory(project.resolve("clone/.git"));
        Files.writeString(project.resolve("worktree/.git"), "gitdir: " + project + "/.git/worktrees/worktree\n");
        Files.writeString(project.resolve("submodule/.git"), "gitdir: ../.git/modules/libs/submodule\n");
        Files.writeString(project.resolve("of-both/.git"), "gitdir: ../.git/modules/sub/worktrees/of-both\n");
        assertEquals(false, contains("P/clone", "node x"));
        assertEquals(false, contains("P/worktree", "node x"));
        assertEquals(false, contains("P/of-both", "node x"));
        Files.writeString(project.resolve("of-both/.git"), "modules");
        assertEquals(false, contains("P/of-both", "node x"), "no git's file");
        assertEquals(true, contains("P/submodule", "node x"));
    }

    @Test
    void linksAreFollowedToWhereThingsAre() throws Exception {
        Files.createSymbolicLink(folder.resolve("current"), project);
        Files.createFile(project.resolve("server.js"));
        assertEquals(true, contains(folder + "/current/a", "node x"));
        assertEquals(true, contains("/", "node " + folder + "/current/server.js"));
    }
}
