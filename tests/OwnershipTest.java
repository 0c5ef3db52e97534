import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which processes are of a project. */
class OwnershipTest {

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
    }

    private Boolean isOurs(String where, String executable, String... arguments) {
        return Ownership.of(new Processes.Facts(Long.MAX_VALUE, 1, 0, 'S', 1, 1, false, 0, List.of(arguments),
            where == null ? null : where.replace("P", project.toString()), executable.replace("P", project.toString()), ""),
            new Project(project)).asJson();
    }

    private Boolean isOurs(String where, String command) {
        String[] arguments = command.replace("P", project.toString()).split(" ");
        return isOurs(where, arguments[0].contains("/") ? arguments[0] : "/usr/bin/" + arguments[0], arguments);
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
        assertEquals(ours, isOurs(where, command.replace("P0", folder + "/project-of-another-name")));
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
        assertEquals(false, isOurs("P/clone", "node x"));
        assertEquals(false, isOurs("P/worktree", "node x"));
        assertEquals(false, isOurs("P/of-both", "node x"));
        Files.writeString(project.resolve("of-both/.git"), "modules");
        assertEquals(false, isOurs("P/of-both", "node x"), "no git's file");
        assertEquals(true, isOurs("P/submodule", "node x"));
    }

    @Test
    void linksAreFollowedToWhereThingsAre() throws Exception {
        Files.createSymbolicLink(folder.resolve("current"), project);
        Files.createFile(project.resolve("server.js"));
        assertEquals(true, isOurs(folder + "/current/a", "node x"));
        assertEquals(true, isOurs("/", "node " + folder + "/current/server.js"));
    }
}
