import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.Gson;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Beside the readers of {@code .env} that Node's and Python's programs use. */
class EnvFileReadersTest {

    private static final int FILES = 1_000;

    private static final String NODE = """
        const dotenv = require('dotenv'), fs = require('fs');
        console.log(JSON.stringify([...Array(%d).keys()].map(i => dotenv.parse(fs.readFileSync(`${i}`)).A_PORT ?? null)));
        """.formatted(FILES);

    private static final String PYTHON = """
        import dotenv, json
        print(json.dumps([dotenv.dotenv_values(str(i), interpolate=False).get('A_PORT') for i in range(%d)]))
        """.formatted(FILES);

    private static final String[] PIECES = {
        "A_PORT=3012", "A_PORT = 3013 ", "export A_PORT=3014", "A_PORT='3015'", "A_PORT=\"3016\" # it's", "\u00A0A_PORT=3017",
        "A_PORT=\u00A03018\u00A0", "A_PORT=3019\u3000# wide", "A_PORT=\u2003'3020'", "export\u00A0A_PORT=3021", "A_PORT=3022\t#",
        "\fA_PORT=3023", "NOTE='it\\'s", "NOTE=\"say \\\"", "2FA_KEY='first", "2FA_KEY=\"first", "'", "\"", "it's", "say \"", "'#",
        "\" # end", "DIR='C:\\'", "DIR=\"C:\\\\\"", "B=it's", "B= # none", "B=\"\"", "B='a' b", "=", "# it's \"", "A_PORT",
        "A PORT=1", "A-PORT=2", "X=1'", "A_PORT= # later", "A_PORT=''", "B= 'x'", "B='x'#y", "B=\"a'b\"", "\\", "A.B='"};

    private static final String[] ENDS = {"\n", "\n", "\n", "\r\n", "\r", "\n\n"};

    @TempDir
    Path folder;

    @Test
    void hasTheValueOnWhichTheyAgreeAndWritesWhatTheyRead() throws Exception {
        assumeTrue(Servers.isOnPath("npm") && Servers.isOnPath("python3"), "needs npm and python3");
        assumeTrue(Script.command("python3", "-c", "import dotenv").run().exit() == 0, "needs python-dotenv");
        assumeTrue(Script.command("npm", "install", "--prefix", folder.toString(), "--fetch-retries=0", "--no-audit", "dotenv@16")
            .run().exit() == 0, "npm cannot fetch dotenv");
        String[] hints = new String[FILES];
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        for (int i = 0; i < FILES; i++) {
            StringBuilder text = new StringBuilder();
            for (int pieces = 1 + random.nextInt(7); pieces > 0; pieces--) {
                text.append(PIECES[random.nextInt(PIECES.length)]).append(ENDS[random.nextInt(ENDS.length)]);
            }
            Files.writeString(folder.resolve("" + i), text);
        }
        List<Object> node = values("node", "-e", NODE);
        List<Object> python = values("python3", "-c", PYTHON);
        Set<Integer> agreed = new LinkedHashSet<>();
        for (int i = 0; i < FILES; i++) {
            Path file = folder.resolve("" + i);
            hints[i] = "seed " + seed + ":\n" + Files.readString(file).replace("\r", "\\r");
            EnvFile ours = EnvFile.read(file);
            if (Objects.equals(node.get(i), python.get(i))) {
                EnvFile.Entry entry = ours.entries().get("A_PORT");
                assertEquals(node.get(i), entry == null ? null : entry.value(), hints[i]);
                agreed.add(i);
            }
            Files.write(file, ours.with(Map.of("A_PORT", "4000")).bytes());
        }
        assertTrue(agreed.size() > FILES / 2, agreed.size() + " of " + FILES);
        node = values("node", "-e", NODE);
        python = values("python3", "-c", PYTHON);
        int readByBoth = 0;
        for (int i : agreed) {
            assertEquals("4000", node.get(i), hints[i]);
            readByBoth += "4000".equals(python.get(i)) ? 1 : 0;
        }
        // python-dotenv leaves out a line whose quote is not closed, and what it took for a part of it.
        assertTrue(readByBoth > agreed.size() * 0.9, readByBoth + " of " + agreed.size());
    }

    private List<Object> values(String... command) throws Exception {
        Script.Result result = Script.command(command).in(folder).env("LC_ALL", "C.UTF-8").run();
        assertEquals(0, result.exit(), result.err());
        return Arrays.asList(new Gson().fromJson(result.out(), Object[].class));
    }
}
