///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1
//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS org.junit.platform:junit-platform-launcher:6.1.3
//SOURCES *Test.java Clone.java Script.java Sockets.java RawServer.java Servers.java RealServers.java Namespace.java
//SOURCES ../scripts/check_port.java ../scripts/find_port.java ../scripts/port_status.java ../scripts/health_all.java
//SOURCES ../scripts/devflow_ports.java

import static org.junit.platform.engine.discovery.ClassNameFilter.includeClassNamePatterns;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClasspathRoots;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** Runs every test, or those of the classes that the arguments name. Fails if a test fails, or if there is none. */
class all_tests {

    /** JUnit warns of each link in a temporary folder that it deletes. A logger that nobody keeps loses its level. */
    private static final Logger JUNIT = Logger.getLogger("org.junit.jupiter");

    public static void main(String... args) throws Exception {
        JUNIT.setLevel(Level.SEVERE);
        Path classes = Path.of(all_tests.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
            .selectors(selectClasspathRoots(Set.of(classes)))
            .filters(includeClassNamePatterns(args.length == 0 ? ".*Test" : "(" + String.join("|", args) + ")"))
            .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
            .configurationParameter("junit.jupiter.execution.parallel.mode.default", "concurrent")
            .configurationParameter("junit.jupiter.execution.parallel.config.dynamic.factor", "2")
            .configurationParameter("junit.jupiter.execution.parallel.config.executor-service", "WORKER_THREAD_POOL")
            .configurationParameter("junit.jupiter.testclass.order.default", "org.junit.jupiter.api.ClassOrderer$OrderAnnotation")
            .configurationParameter("junit.jupiter.execution.timeout.default", 300 * Integer.getInteger("fuzz", 1) + " s")
            .build();
        Progress progress = new Progress();
        Runtime.getRuntime().addShutdownHook(new Thread(progress::summarize));
        LauncherFactory.create().execute(request, progress);
        if (progress.getSummary().getTestsFoundCount() == 0) {
            System.err.println("no test class has a name that matches " + String.join(" or ", args));
        }
        progress.getSummary().printFailuresTo(new PrintWriter(System.err, true), 20);
        System.exit(progress.all.failed == 0 && progress.all.passed > 0 ? 0 : 1);
    }

    /** Prints a line for each test class when its last test has finished, and the summary, also after Ctrl-C. */
    private static final class Progress extends SummaryGeneratingListener {

        private final Map<String, Count> results = new ConcurrentHashMap<>();
        private TestPlan plan;
        private int classes;
        private final Count all = new Count();

        @Override
        public void testPlanExecutionStarted(TestPlan testPlan) {
            super.testPlanExecutionStarted(testPlan);
            plan = testPlan;
            classes = (int) testPlan.countTestIdentifiers(Progress::isClass);
        }

        @Override
        public void executionStarted(TestIdentifier test) {
            super.executionStarted(test);
            if (isClass(test)) {
                results.put(test.getUniqueId(), new Count());
            }
        }

        @Override
        public synchronized void executionFinished(TestIdentifier test, TestExecutionResult result) {
            super.executionFinished(test, result);
            Count ofClass = results.computeIfAbsent(classOf(test).getUniqueId(), id -> new Count());
            if (test.isTest() || result.getStatus() != TestExecutionResult.Status.SUCCESSFUL) {
                count(test, result, ofClass);
            }
            if (isClass(test)) {
                classes--;
                System.err.printf("%-24s %4d passed%s%s  %5.1f s   %d classes left%n", test.getDisplayName(), ofClass.passed,
                    ofClass.failed > 0 ? ", " + ofClass.failed + " FAILED" : "", ofClass.skipped > 0 ? ", " + ofClass.skipped + " skipped" : "",
                    (System.nanoTime() - ofClass.start) / 1e9, classes);
            }
        }

        private void count(TestIdentifier test, TestExecutionResult result, Count ofClass) {
            for (Count count : List.of(all, ofClass)) {
                switch (result.getStatus()) {
                    case SUCCESSFUL -> count.passed++;
                    case FAILED -> count.failed++;
                    case ABORTED -> count.skipped++;
                }
            }
            if (result.getStatus() != TestExecutionResult.Status.SUCCESSFUL) {
                tell(result.getStatus() == TestExecutionResult.Status.FAILED ? "FAILED" : "skipped", test, result);
            }
        }

        private void tell(String what, TestIdentifier test, TestExecutionResult result) {
            String reason = result.getThrowable().map(Throwable::getMessage).orElse("").lines().findFirst().orElse("");
            System.err.println(what + ": " + classOf(test).getDisplayName() + " " + test.getDisplayName() + ": " + reason);
        }

        private TestIdentifier classOf(TestIdentifier test) {
            TestIdentifier above = test;
            while (!isClass(above) && plan.getParent(above).isPresent()) {
                above = plan.getParent(above).get();
            }
            return above;
        }

        private static boolean isClass(TestIdentifier test) {
            return test.getSource().filter(ClassSource.class::isInstance).isPresent();
        }

        synchronized void summarize() {
            System.out.printf("%d passed, %d failed, %d skipped%n", all.passed, all.failed, all.skipped);
        }
    }

    /** What became of the tests so far. */
    private static final class Count {
        private final long start = System.nanoTime();
        private int passed;
        private int failed;
        private int skipped;
    }
}
