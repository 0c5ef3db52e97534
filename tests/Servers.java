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

    /** Python's HTTP server; it answers every request with 200 and OK. */
    static Servers python(String address, int port) throws Exception {
        return start("python3", "-c", """
            import http.server, socket, sys
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    self.send_response(200)
                    self.end_headers()
                    self.wfile.write(b'OK')
                def log_message(self, *args):
                    pass
            class Server(http.server.ThreadingHTTPServer):
                address_family = socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET
            server = Server((sys.argv[1], int(sys.argv[2])), Handler)
            print('ready', flush=True)
            server.serve_forever()
            """, address, String.valueOf(port));
    }

    /** Node's HTTPS server, with the certificate and the key that the folder has. */
    static Servers nodeTls(String address, int port, Path folder) throws Exception {
        return start("node", "-e", """
            const [address, port, folder] = process.argv.slice(1);
            const read = name => require('fs').readFileSync(`${folder}/${name}`);
            require('https').createServer({key: read('key'), cert: read('cert')}, (request, response) =>
              response.end(JSON.stringify({status: request.socket.servername === 'localhost' ? 'UP' : 'no SNI'})))
              .listen(+port, address, () => console.log('ready'));
            """, address, String.valueOf(port), folder.toString());
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
