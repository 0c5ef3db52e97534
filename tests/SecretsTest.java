import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Command lines as people write them; arguments are separated by {@code |}, and what is secret has SECRET in it. */
class SecretsTest {

    private static String mask(String line) {
        return Secrets.mask(List.of(line.split("\\|")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"node|s.js|--password|SECRET", "x|--password=SECRET", "x|--password=my SECRET words", "x|-password|SECRET",
        "x|--pass|SECRET", "x|--pwd=SECRET", "x|TOKEN=SECRET", "x|GITHUB_TOKEN=SECRET", "env|PGPASSWORD=SECRET|psql", "x|DB_PASS=SECRET",
        "x|dbPassword=SECRET", "x|dbPass:SECRET", "x|--api-key|SECRET", "x|--apiKey=SECRET", "x|API_KEY: SECRET",
        "x|MY_ACCESS_KEY=SECRET", "x|--client-secret|SECRET", "x|--jwt_secret=SECRET", "x|--credentials|SECRET",
        "x|--auth|admin:SECRET", "curl|-H|Authorization: Bearer SECRET", "curl|-H|authorization: basic SECRET==",
        "curl|-H|X-Api-Key: a SECRET",
        "curl|-H|Cookie: sid=SECRET; a=b", "curl|-u|me:SECRET", "curl|-ume:SECRET", "x|Bearer|SECRET", "x|https://u:SECRET@h/",
        "x|https://u:a/SECRET@h/", "x|redis://:SECRET@h:6379", "x|--url=postgres://u:SECRET@h:5432/db",
        "x|http://h/?a=1&token=SECRET&b=2", "java|-Ddb.password=SECRET|-jar|a.jar", "mysql|-pSECRET", "/usr/bin/mysqldump|-p|SECRET",
        "redis-server|--requirepass|SECRET", "redis-cli|-a|SECRET", "sshpass|-p|SECRET|ssh|h", "sh|-c|PGPASSWORD=SECRET psql -h db",
        "sh|-c|start --password SECRET --x", "title --token SECRET", "x|{\"password\":\"SECRET\",\"a\":1}", "x|{'apiKey': 'SECRET'}",
        "x|ghp_SECRET1234567890", "x|--key=github_pat_SECRET123456", "x|sk-SECRET1234567890", "x|sk_live_SECRET1234",
        "x|AKIASECRETSECRETS123",
        "x|eyJSECRETSECRET.eyJx.y-z", "x|xoxb-SECRET-123456", "x|glpat-SECRET123456", "openssl|-passin|pass:SECRET"})
    void areMaskedWhereverTheyStand(String line) {
        assertFalse(mask(line).contains("SECRET"), () -> mask(line));
        assertEquals(line.substring(0, line.indexOf('|') < 0 ? 5 : line.indexOf('|')), mask(line).split(" ")[0]);
    }

    @ParameterizedTest
    @ValueSource(strings = {"node|/app/auth/server.js", "x|--max-tokens|5", "x|--keyboard|us", "git|clone|git@github.com:a/b.git",
        "x|--no-password|--x", "x|--no-password|y", "x|--author|me", "x|--author=me", "TOKEN_OPTIMIZER_PORT=3006|node|s.js",
        "x|--token-file=/run/t", "x|--password-stdin", "x|--tokenizer=fast", "x|--passthrough=1", "x|--bypass=1", "x|--compass=north",
        "x|PWD=/home/a", "x|http://auth:3000/x", "x|http://localhost:3000/@vite/client", "x|/usr/lib/x|task-runner-123456",
        "x|--disk-usage|90", "x|--secret-name|app", "x|--key=/etc/a.pem", "vim|/home/a/token", "x|--auth-type|basic|--port|5",
        "docker-proxy|-proto|tcp|-host-port|3005", "python3|-m|http.server|3005", "ssh|-p|22|h", "npm|run|dev", "nginx: master process"})
    void nothingElseIs(String line) {
        assertEquals(line.replace('|', ' '), mask(line));
    }
}
