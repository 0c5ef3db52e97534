import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which folder is the project. */
class ProjectTest {

    @TempDir
    Path temporary;

    private Path folder;
    private Path project;

    @BeforeEach
    void make() throws Exception {
        folder = temporary.toRealPath();
        project = Files.createDirectories(folder.resolve("proj"));
        checkout(project);
        Files.createDirectories(project.resolve("a/b"));
        Files.createFile(project.resolve("a/.env"));
    }

    private static void checkout(Path place) throws Exception {
        Files.writeString(Files.createDirectories(place.resolve(".git")).resolve("HEAD"), "ref: refs/heads/main\n");
    }

    private static Path around(Path envFile) {
        Project found = Project.around(envFile);
        return found == null ? null : found.folder();
    }

    @Test
    void isTheNearestCheckoutAtOrAboveTheEnvFile() throws Exception {
        assertEquals(project, around(project.resolve("a/.env")));
        checkout(project.resolve("a"));
        assertEquals(project.resolve("a"), around(project.resolve("a/.env")));
        Files.createFile(folder.resolve(".env"));
        assertEquals(folder, around(folder.resolve(".env")), "without a checkout, its own folder");
        assertNull(around(project.resolve(".env")), "no .env, no project");
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

    @Test
    void aLinkToAnEnvFileIsNotFollowed() throws Exception {
        Files.createFile(folder.resolve("shared.env"));
        Files.createSymbolicLink(project.resolve("a/b/.env"), folder.resolve("shared.env"));
        assertEquals(project, around(project.resolve("a/b/.env")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/home", "/usr", "/usr/bin", "/usr/lib", "/etc", "/var", "/opt", "/srv", "/mnt", "/tmp", "/bin", "/lib",
        "/proc", "/proc/1", "/usr/local", "/usr/sbin", "/run", "/dev", "/sys", "/sys/fs", "HOME", "/dev/null", "/none", "FILE"})
    void someFoldersAreNoProject(String name) {
        String place = name.replace("HOME", System.getProperty("user.home")).replace("FILE", project + "/a/.env");
        UserException refusal = assertThrows(UserException.class, () -> Project.named(place, "--project "));
        assertTrue(refusal.getMessage().startsWith("--project " + place + " is not a project's folder; name "), refusal.getMessage());
        assertNull(around(Path.of("/dev/null")));
    }

    @Test
    void aNamedFolderNeedsNoCheckout() {
        assertEquals(project.resolve("a/b"), Project.named(project.resolve("a/b").toString(), "").folder());
    }
}
