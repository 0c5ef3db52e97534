import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Command lines as people write them: {@code |} ends an argument, and each secret contains SECRET. */
class SecretsTest {

    private static String masked(String line) {
        return OwnerWords.command(List.of(line.split("\\|")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"node|s.js|--password|SECRET", "x|--password|my SECRET words", "x|--password=SECRET",
        "x|--password=my SECRET words", "x|-password|SECRET", "x|--pass|SECRET", "x|--db-pwd=SECRET", "x|TOKEN=SECRET",
        "x|GITHUB_TOKEN=SECRET", "env|PGPASSWORD=SECRET|psql", "x|DB_PASS=SECRET", "x|dbPassword=SECRET", "x|--api-key|SECRET",
        "x|--apiKey=SECRET", "x|API_KEY: SECRET", "x|MY_ACCESS_KEY=SECRET", "x|--client-secret|SECRET", "x|--jwt_secret=SECRET",
        "x|--credentials|SECRET", "x|--auth|admin:SECRET", "curl|-H|Authorization: Bearer SECRET", "x|-H 'authorization: SECRET'",
        "curl|-H|X-Api-Key: a SECRET", "curl|-H|Cookie: sid=SECRET; a=b", "x|Bearer|SECRET", "x|say Basic SECRET==",
        "x|https://u:SECRET@h/", "x|https://u:a/SECRET@h/", "x|redis://:SECRET@h:6379", "x|--url=postgres://u:SECRET@h:5432/db",
        "x|http://h/?a=1&token=SECRET&b=2", "java|-Ddb.password=SECRET|-jar|a.jar", "redis-server|--requirepass|SECRET",
        "sh|-c|PGPASSWORD=SECRET psql -h db", "sh|-c|start --password SECRET --x", "x|{\"password\":\"a SECRET\",\"a\":1}",
        "x|{'apiKey': 'SECRET'}", "openssl|-passin|pass:SECRET"})
    void masksASecretWhereverItStands(String line) {
        assertFalse(masked(line).contains("SECRET"), () -> masked(line));
        assertEquals(line.substring(0, line.indexOf('|')), masked(line).split(" ")[0]);
    }

    @ParameterizedTest
    @ValueSource(strings = {"node|/app/auth/server.js", "x|--max-tokens|5", "x|--keyboard|us", "git|clone|git@github.com:a/b.git",
        "x|--no-password|--x", "x|--no-password|y", "x|--author|me", "x|--author=me", "TOKEN_OPTIMIZER_PORT=3006|node|s.js",
        "x|--token-file=/run/t", "x|--password-stdin", "x|--tokenizer=fast", "x|--passthrough=1", "x|PWD=/home/a",
        "x|http://auth:3000/x", "x|http://localhost:3000/@vite/client", "x|--secret-name|app", "x|--key=/etc/a.pem",
        "vim|/home/a/token", "x|--auth-type|basic|--port|5", "docker-proxy|-proto|tcp|-host-port|3005", "python3|-m|http.server|3005",
        "ssh|-p|22|h", "nginx: master process"})
    void leavesTheRestAsItIs(String line) {
        assertEquals(line.replace('|', ' '), masked(line));
    }

    @Test
    void showsTheFirstThousandCharacters() {
        assertEquals("x " + "a".repeat(998), masked("x|" + "a".repeat(998)));
        assertEquals("x " + "a".repeat(998) + "…", masked("x|" + "a".repeat(999)));
        assertEquals("x " + "a".repeat(997) + "😀…", masked("x|" + "a".repeat(997) + "😀 y"), "no half of a character");
        assertEquals("x " + "a".repeat(980) + " http://u:***…", masked("x|" + "a".repeat(980) + "|http://u:SECRETSECRET@h/"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sk-", "://:", "eyJaaaa", ".", "a:", "--token ", "\"", "bearer ", "pass", "-", "//a:b"})
    void isFastForAHostileCommandLine(String part) {
        for (List<String> arguments : List.of(List.of("x", part.repeat(43_000)), Collections.nCopies(43_000, part))) {
            ThreadMXBean thread = ManagementFactory.getThreadMXBean(); // The time of day includes what other tests use.
            long start = thread.getCurrentThreadCpuTime();
            OwnerWords.command(arguments);
            long millis = (thread.getCurrentThreadCpuTime() - start) / 1_000_000;
            assertTrue(millis < 100, () -> part + ": " + millis + " ms");
        }
    }
}
