//SOURCES ../command/UserException.java Config.java PortMap.java

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the user names: ports, ranges, services, groups, and the variable PORT.
 *
 * @param config null if no target is a name and the services of the ports are not needed
 * @param wholeNames whether a part of a name is refused, because a new line of {@code .env} could change its meaning
 */
record Targets(Config config, boolean wholeNames) {

    /** What a target matches, the best first: the variable, the name, a word of either, or the beginning of a word. */
    private enum Match { VARIABLE, NAME, WORD, BEGINNING, NONE }

    /** Returns the services and ports that the targets name, each once. */
    List<PortMap.Service> resolve(List<String> targets) {
        Set<PortMap.Service> services = new LinkedHashSet<>();
        for (String target : targets) {
            services.addAll(resolve(target));
        }
        return List.copyOf(services);
    }

    List<PortMap.Service> resolve(String target) {
        if (target.equalsIgnoreCase("PORT")) {
            return config.at(config.port());
        }
        if (!isName(target) || target.indexOf(':') > 0) {
            return inRange(PortMap.Range.parse(target));
        }
        PortMap.Group group = PortMap.Group.named(target);
        return group != null ? members(group) : named(target);
    }

    /** Returns whether the target is a name, and not a number, right or wrong. */
    static boolean isName(String target) {
        return !target.isEmpty() && (Character.isLetter(target.charAt(0)) || target.charAt(0) == '_');
    }

    private List<PortMap.Service> inRange(PortMap.Range range) {
        List<PortMap.Service> services = new ArrayList<>();
        for (int port = range.first(); port <= range.last(); port++) {
            services.addAll(config == null ? List.of(PortMap.Service.none(port)) : config.at(port));
        }
        return services;
    }

    private List<PortMap.Service> members(PortMap.Group group) {
        List<PortMap.Service> members = new ArrayList<>();
        for (PortMap.Service service : config.services()) {
            if (service.group() == group) {
                members.add(service);
            }
        }
        return members;
    }

    private List<PortMap.Service> named(String target) {
        String name = canonical(target);
        Match best = Match.NONE;
        List<PortMap.Service> found = new ArrayList<>();
        for (PortMap.Service service : config.services()) {
            Match match = match(service, name);
            if (match.compareTo(best) < 0) {
                best = match;
                found.clear();
            }
            if (match == best && match != Match.NONE) {
                found.add(service);
            }
        }
        boolean isWhole = best == Match.VARIABLE || best == Match.NAME;
        if (isWhole || found.size() == 1 && !wholeNames) {
            return found;
        }
        throw new UserException(found.isEmpty()
            ? "unknown service or group '" + target + "'; use core, mcp, orchestration, grpc, "
                + names(config.services())
            : "'" + target + (found.size() > 1 ? "' matches several services" : "' is not a full service name")
                + "; use " + names(found));
    }

    private static Match match(PortMap.Service service, String name) {
        String words = words(service);
        return service.variables().contains(name + "_PORT") ? Match.VARIABLE
            : canonical(service.name()).equals(name) ? Match.NAME
            : words.contains("_" + name + "_") ? Match.WORD
            : words.contains("_" + name) && name.length() >= 3 ? Match.BEGINNING : Match.NONE;
    }

    private static String canonical(String name) {
        return PortMap.stem(name.strip().toUpperCase(Locale.ROOT).replace('-', '_').replace(' ', '_'));
    }

    /** Returns the words of a service's variable and name, each between underscores. */
    private static String words(PortMap.Service service) {
        return "_" + PortMap.stem(service.variable()) + "_ _" + canonical(service.name()) + "_";
    }

    private static String names(List<PortMap.Service> services) {
        return services.stream().map(PortMap.Service::shortName).collect(Collectors.joining(", "));
    }
}
