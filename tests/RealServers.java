import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** For tests that start real servers, which are ended after each test. */
abstract class RealServers {

    /** Python; runs its first argument, in which {@code listen} opens listeners and {@code ready} waits for ever. */
    private static final String SERVER = """
        import os, signal, socket, subprocess, sys, time
        'x'.encode('idna')
        sockets = []
        def listen(address, port):
            server = socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if ':' in address:
                server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            server.bind(socket.getaddrinfo(address, int(port))[0][4])
            server.listen()
            sockets.append(server)
            return server
        def ready():
            print('ready', flush=True)
            while True:
                time.sleep(600)
        exec(sys.argv.pop(1))
        """;

    /** The interpreter itself: a shell script that looks for it would be another process with another name. */
    static final String PYTHON = interpreter();

    @TempDir
    Path folder;

    @TempDir
    Path code;

    private final List<Process> started = new ArrayList<>();

    private static String interpreter() {
        try {
            return Script.command("python3", "-c", "import sys; print(sys.executable)").run().out().strip();
        } catch (Exception e) {
            return "python3";
        }
    }

    String server() throws Exception {
        return Files.writeString(code.resolve("server.py"), SERVER).toString();
    }

    /** Returns when it says that it is ready. Its errors go to a file: a shell tells there of each process that was killed. */
    Process start(Path where, String... command) throws Exception {
        Path errors = code.resolve("errors");
        Process process = new ProcessBuilder(command).directory(where.toFile())
            .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile())).start();
        started.add(process);
        String line = process.inputReader().readLine();
        while (line != null && !line.equals("ready")) {
            line = process.inputReader().readLine();
        }
        assertEquals("ready", line, Files.readString(errors));
        return process;
    }

    Process python(Path where, String program, int port) throws Exception {
        return start(where, PYTHON, server(), program, "" + port);
    }

    @AfterEach
    void end() throws Exception {
        for (Process process : started) {
            List<ProcessHandle> children = process.descendants().toList(); // The parent first, or it starts them again.
            process.destroyForcibly().waitFor();
            children.forEach(ProcessHandle::destroyForcibly);
        }
    }

    /** In the script, {@code server CODE} starts a server in {@code $in}; {@code $classes} is the class path, ours first. */
    Script.Result inNamespace(String script) throws Exception {
        String own = Path.of(Owner.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
        String run = "server() { exec 3< <(cd \"${in:-/}\"; exec -a \"${as:-python3}\" $python $server \"$@\"); read -r -u 3 _; }\n";
        return Namespace.bash(folder, run + script).env("server", server()).env("python", PYTHON)
            .env("classes", own + ":" + System.getProperty("java.class.path"))
            .env("PYTHONHOME", Path.of(PYTHON).getParent().getParent()).run();
    }
}
