import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
}
