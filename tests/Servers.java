import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Real servers as processes of their own, ready when they are returned, gone when they are closed. */
record Servers(Process process) implements AutoCloseable {

    /** Node's HTTP server; it answers every request with this status and body. */
    static Servers node(String address, int port, int status, String body) throws Exception {
        return start("node", "-e", """
            const [address, port, status, body] = process.argv.slice(1);
            require('http').createServer((_, response) => response.writeHead(+status).end(body))
              .listen(+port, address, () => console.log('ready'));
            """, address, String.valueOf(port), String.valueOf(status), body);
    }

    /** Makes an authority with its key, {@code ca.pem}, and a {@code key} and {@code cert} for localhost in that folder. */
    static void certify(Path folder) throws Exception {
        assumeTrue(isOnPath("openssl"), "openssl is not installed");
        Script.Result made = Script.command("sh", "-ec", """
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out csr -subj /CN=localhost
            printf 'subjectAltName=DNS:localhost\\n' >names
            openssl x509 -req -in csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out cert
            cat ca.key >>ca.pem
            """).in(folder).run();
        if (made.exit() != 0) {
            throw new AssertionError(made.err());
        }
    }

    /** Node's HTTPS server, with the certificate and the key that the folder has. */
    static Servers nodeTls(String address, int port, Path folder) throws Exception {
        return start("node", "-e", """
            const [address, port, folder] = process.argv.slice(1);
            const read = name => require('fs').readFileSync(`${folder}/${name}`);
            require('https').createServer({key: read('key'), cert: read('cert')}, (_, response) => response.end('{"status": "UP"}'))
              .listen(+port, address, () => console.log('ready'));
            """, address, String.valueOf(port), folder.toString());
    }

    /** The folder with these packages of npm, which are fetched once. */
    static synchronized Path npm(String... packages) throws Exception {
        assumeTrue(isOnPath("npm"), "npm is not installed");
        Path folder = Path.of(System.getProperty("java.io.tmpdir"), "devflow-test-npm-" + System.getProperty("user.name"));
        Files.createDirectories(folder);
        Script.Result install = Script.command("npm", "install", "--silent", "--no-fund", "--no-audit", "--prefer-offline",
            "--fetch-retries=0", "--fetch-timeout=20000", "--prefix", folder.toString()).with(packages).run();
        assumeTrue(install.exit() == 0, "npm cannot fetch packages: " + install.err());
        return folder.resolve("node_modules");
    }

    static Servers start(String... command) throws Exception {
        assumeTrue(isOnPath(command[0]), command[0] + " is not installed");
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String line = new BufferedReader(process.inputReader()).readLine();
        if (!"ready".equals(line)) {
            process.destroyForcibly();
            throw new AssertionError("did not start: " + Arrays.toString(command));
        }
        return new Servers(process);
    }

    static boolean isOnPath(String program) {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }
}
