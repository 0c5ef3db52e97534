///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS org.junit.platform:junit-platform-launcher:6.1.3
//SOURCES *Test.java Clone.java Script.java Sockets.java RawServer.java Servers.java Namespace.java
//SOURCES ../scripts/check_port.java ../scripts/find_port.java ../scripts/port_status.java ../scripts/health_all.java

import static org.junit.platform.engine.discovery.ClassNameFilter.includeClassNamePatterns;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClasspathRoots;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Set;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Runs every test, or those of the classes that the arguments name. Fails if a test does, or if there is none. */
class all_tests {

    public static void main(String... args) throws Exception {
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
        SummaryGeneratingListener listener = new SummaryGeneratingListener() {
            @Override
            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                super.executionFinished(test, result);
                if (result.getStatus() == TestExecutionResult.Status.ABORTED) {
                    System.err.println("skipped: " + test.getSource().filter(MethodSource.class::isInstance)
                        .map(source -> ((MethodSource) source).getClassName() + " ").orElse("") + test.getDisplayName() + ": "
                        + result.getThrowable().map(Throwable::getMessage).orElse(""));
                }
            }
        };
        LauncherFactory.create().execute(request, listener);
        TestExecutionSummary summary = listener.getSummary();
        if (summary.getTestsFoundCount() == 0) {
            System.err.println("no test class has a name that matches " + String.join(" or ", args));
        }
        summary.printFailuresTo(new PrintWriter(System.err, true), 20);
        System.out.printf("%d passed, %d failed, %d skipped%n", summary.getTestsSucceededCount(),
            summary.getTotalFailureCount(), summary.getTestsSkippedCount() + summary.getTestsAbortedCount());
        System.exit(summary.getTotalFailureCount() == 0 && summary.getTestsSucceededCount() > 0 ? 0 : 1);
    }
}
