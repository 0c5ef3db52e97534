///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES include/command/Line.java include/command/OptionValues.java include/command/PortCommand.java
//SOURCES include/config/Config.java include/config/PortMap.java include/config/Targets.java
//SOURCES include/ports/LocalPorts.java include/ports/OwnerWords.java include/ports/Problems.java
//SOURCES include/ports/Project.java include/ports/ServicePort.java include/ports/Stopping.java

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "check_port", customSynopsis = "check_port [OPTIONS] TARGET...",
    description = "Checks whether a server can use a port. If not, shows which process uses the port and what you can"
        + " do.",
    exitCodeList = {
        "0:every port is available",
        "1:a port is not available",
        "2:no answer: wrong usage or invalid configuration"},
    footer = {
        "  check_port 3005",
        "  check_port --quiet orchestrator && npm start",
        "  check_port --stop --grace=10s orchestrator",
        "  check_port --wait=1m 3100-3199"})
class check_port extends PortCommand {

    @Option(names = {"-v", "--verbose"},
        description = "Show more about each process, and the available ports of ranges and groups.")
    private boolean verbose;
    @Option(names = "--wait", paramLabel = "TIME", arity = "0..1", fallbackValue = "30",
        converter = OptionValues.Seconds.class, preprocessor = OptionValues.AttachedValue.class,
        description = "Wait until the ports are available, at most this time (default 30s).")
    private Duration wait;
    @Option(names = "--stop",
        description = "Stop the project's listeners on the ports, and wait until the ports are available.")
    private boolean stop;
    @Option(names = "--grace", paramLabel = "TIME", converter = OptionValues.Seconds.class,
        description = "With --stop, kill a process that has not stopped after this time (default 5s).")
    private Duration grace;
    @Option(names = "--force",
        description = "With --stop, also stop processes that belong, or may belong, to other programs; no ranges or"
            + " groups.")
    private boolean force;
    @Option(names = "--free", hidden = true)
    private boolean free;

    /** The ports that were named one by one; they are always shown, with their remedies. */
    private final Set<Integer> singles = new HashSet<>();

    public static void main(String... args) {
        main(new check_port(), args);
    }

    @Override
    Report report() throws Exception {
        require(!free, "--free is called --stop now");
        require(!targets.isEmpty(), "no target given; name a port, range, service or group");
        require(stop || !force && grace == null, "--grace and --force require --stop");
        require(wait == null || !stop, "--wait and --stop cannot be combined; --stop waits as well");
        require(!verbose || !json && !quiet && !stop, "--verbose cannot be combined with --json, --quiet or --stop");
        if (quiet && wait == null && !stop) {
            return new Report(areAllAvailable() ? Report.YES : Report.NO, List.of(), null);
        }
        Config config = Config.of(this);
        Targets resolver = new Targets(config, wholeNames || stop);
        Set<PortMap.Service> services = new LinkedHashSet<>();
        for (String target : targets) {
            List<PortMap.Service> named = resolver.resolve(target);
            boolean isSingle = named.get(0).port() == named.get(named.size() - 1).port();
            require(!force || isSingle && PortMap.Group.named(target) == null,
                "--force works only with ports and services, not with " + target);
            services.addAll(named);
            if (isSingle) {
                singles.add(named.get(0).port());
            }
        }
        return stop ? stopping(List.copyOf(services)) : checking(List.copyOf(services), config);
    }

    private Report checking(List<PortMap.Service> services, Config config) throws Exception {
        if (wait != null) {
            Stopping.await(services, wait);
        }
        List<ServicePort> ports = ServicePort.look(services, LocalPorts.read(), Project.of(this));
        boolean areAvailable = true;
        for (ServicePort port : ports) {
            areAvailable &= port.isAvailable();
        }
        if (wait != null && !areAvailable) {
            error("gave up: " + ports.stream().filter(port -> !port.isAvailable())
                .map(port -> "port " + port.service().port() + " is " + port.brief())
                .distinct().collect(Collectors.joining("; ")));
        }
        return new Report(areAvailable ? Report.YES : Report.NO,
            json || quiet ? List.of() : lines(ports, new Problems(config, projectFolder)),
            json ? Map.of("ports", ports.stream().map(ServicePort::fields).toList()) : null);
    }

    private List<Line> lines(List<ServicePort> ports, Problems problems) {
        List<Line> lines = new ArrayList<>();
        Set<Integer> all = new HashSet<>();
        int available = 0; // Two services can have one port.
        for (ServicePort port : ports) {
            boolean isSingle = singles.contains(port.service().port());
            available += all.add(port.service().port()) && port.isAvailable() ? 1 : 0;
            if (verbose || isSingle || !port.isAvailable()) {
                addRow(lines, port);
            }
            for (String remedy : isSingle ? problems.remedies(port) : List.<String>of()) {
                lines.add(Line.of("  " + remedy));
            }
        }
        if (!singles.containsAll(all)) {
            lines.add(count(available, all.size()));
        }
        return lines;
    }

    private void addRow(List<Line> lines, ServicePort port) {
        List<String> owners = OwnerWords.lines(port.owners(), verbose);
        String first = port.verdict() == LocalPorts.Verdict.DENIED
            ? "you are not permitted to bind port " + port.service().port() : owners.isEmpty() ? "" : owners.get(0);
        lines.add(ServicePort.row(port.service(), ServicePort.lowerCase(port.verdict()), port.isAvailable(), first));
        for (int i = 1; i < owners.size(); i++) {
            lines.add(Line.of("  " + owners.get(i)));
        }
    }

    private static Line count(int available, int all) {
        return Line.of(available + " of " + all + " ports are available");
    }

    private Report stopping(List<PortMap.Service> services) throws Exception {
        List<Line> lines = new ArrayList<>();
        boolean areAvailable = true;
        List<Stopping> stoppings = Stopping.stop(services, Project.of(this),
            grace == null ? Duration.ofSeconds(5) : grace, force);
        for (Stopping each : stoppings) {
            PortMap.Service service = each.before.service();
            areAvailable &= each.now.isAvailable();
            if (!each.before.isAvailable() || singles.contains(service.port())) {
                String state = each.now.isAvailable() ? "available"
                    : each.now.verdict() == LocalPorts.Verdict.DENIED ? "denied" : "in use";
                lines.add(ServicePort.row(service, state, each.now.isAvailable(), each.words()));
            }
            if (quiet && !each.now.isAvailable()) {
                error("port " + service.port() + ": " + each.words());
            }
        }
        return new Report(areAvailable ? Report.YES : Report.NO,
            lines.isEmpty() ? List.of(count(stoppings.size(), stoppings.size())) : lines,
            json ? Map.of("ports", stoppings.stream().map(Stopping::fields).toList()) : null);
    }

    /** Returns the answer without owners and, for ports and ranges, without the configuration, to be fast. */
    private boolean areAllAvailable() throws IOException {
        LocalPorts localPorts = LocalPorts.read();
        boolean areAvailable = true;
        for (String target : targets) { // A wrong target is an error, even if a port before it is not available.
            Config config = Targets.isName(target) ? Config.of(this) : null;
            for (PortMap.Service service : new Targets(config, wholeNames).resolve(target)) {
                areAvailable = areAvailable && localPorts.isAvailable(service.port());
            }
        }
        return areAvailable;
    }
}
