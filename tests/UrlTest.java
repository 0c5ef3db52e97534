import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The four scripts by every address that JBang takes: a path, a catalog's folder, a catalog's URL, and a script's own. */
class UrlTest {

    private static final List<String> SCRIPTS = List.of("check_port", "find_port", "port_status", "health_all");

    @TempDir
    static Path home;

    @TempDir
    Path elsewhere;

    @BeforeAll
    static void fetchJbang() throws Exception {
        assertEquals(0, jbangw("--version").run().exit());
    }

    private static Script jbangw(String... args) {
        return Script.command(Script.CLONE.resolve("jbangw").toString()).with(args).env("HOME", home).env("XDG_CACHE_HOME", "")
            .env("PATH", JbangTest.PATH);
    }

    /** Each must tell of this port, which is free. */
    private void assertAnswers(List<String> scripts, String before, String after) throws Exception {
        String port = "" + Sockets.freePort();
        for (String script : scripts) {
            Script.Result result = jbangw(before + script + after, port).in(elsewhere).run();
            assertEquals(script.equals("health_all") ? 1 : 0, result.exit(), before + script + after + ": " + result.err());
            assertTrue(result.out().contains(port), before + script + after + ": " + result);
        }
    }

    @Test
    void aPathAndACatalogsFolderAreAddresses() throws Exception {
        assertAnswers(List.of("check_port"), Script.CLONE + "/scripts/", ".java");
        assertEquals(0, jbangw("catalog", "add", "--name", "devflow", Script.CLONE.toString()).in(elsewhere).run().exit());
        assertAnswers(SCRIPTS, "", "@devflow");
    }

    @Test
    void fromTheWebEachFileIsFetchedOnce() throws Exception {
        List<String> fetched = Collections.synchronizedList(new ArrayList<>());
        HttpServer web = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        web.createContext("/", exchange -> {
            Path file = Script.CLONE.resolve(exchange.getRequestURI().getPath().substring(1));
            boolean exists = Files.isRegularFile(file);
            if (exists) {
                fetched.add(exchange.getRequestURI().getPath().substring(1));
            }
            exchange.sendResponseHeaders(exists ? 200 : 404, exists ? Files.size(file) : -1);
            if (exists) {
                Files.copy(file, exchange.getResponseBody());
            }
            exchange.close();
        });
        web.start();
        try {
            String url = "http://localhost:" + web.getAddress().getPort() + "/";
            assertEquals(0, jbangw("catalog", "add", "--global", "--name", "webflow", url + "jbang-catalog.json").run().exit());
            assertAnswers(SCRIPTS, "", "@webflow");
            assertAnswers(List.of("check_port"), url + "scripts/", ".java");
        } finally {
            web.stop(0);
        }
        List<String> sources = fetched.stream().filter(file -> file.startsWith("scripts/")).sorted().toList();
        assertEquals(sources.stream().distinct().toList(), sources, "each once");
        try (Stream<Path> includes = Files.walk(Script.CLONE.resolve("scripts/include"))) {
            for (Path include : includes.filter(file -> file.toString().endsWith(".java")).toList()) {
                assertTrue(new HashSet<>(sources).contains(Script.CLONE.relativize(include).toString()), include + " belongs to no script");
            }
        }
    }
}
