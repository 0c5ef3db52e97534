//SOURCES ../command/UserException.java

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Ports from first to last, both included, as the user writes them: {@code 3005} or {@code 3100-3199}. */
record PortRange(int first, int last) {

    static final int HIGHEST = 65535;

    boolean contains(int port) {
        return first <= port && port <= last;
    }

    int size() {
        return last - first + 1;
    }

    @Override
    public String toString() {
        return first + "-" + last;
    }

    /**
     * The port or range that a text names.
     *
     * @throws UserException if it names neither
     */
    static PortRange parse(String text) {
        int dash = text.indexOf('-', 1);
        if (dash < 0 || !isPort(text.substring(0, dash)) || !isPort(text.substring(dash + 1))) {
            int port = parsePort(text);
            return new PortRange(port, port);
        }
        PortRange range = new PortRange(parsePort(text.substring(0, dash)), parsePort(text.substring(dash + 1)));
        if (range.size() < 1) {
            throw new UserException("the range " + text + " is reversed; write " + range.last + "-" + range.first);
        }
        return range;
    }

    /**
     * The port that a text names: decimal, 1-65535, without sign or leading zero.
     *
     * @throws UserException if it names none
     */
    static int parsePort(String text) {
        if (!isPort(text)) {
            throw new UserException("'" + text + "' is not a port; write " + suggestion(text));
        }
        return Integer.parseInt(text);
    }

    /** Whether {@link #parsePort} would take it. */
    static boolean isPort(String text) {
        if (text.isEmpty() || text.length() > 5 || text.charAt(0) == '0') {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return Integer.parseInt(text) <= HIGHEST;
    }

    /** How to write what other programs write as {@code 3100..3199}, {@code 3005,3006} or {@code localhost:3005}. */
    static String suggestion(String text) {
        String anyNumber = "a number from 1 to " + HIGHEST;
        if (text.matches("[0-9]+ *(-|\\.\\.+|:|–|—|~) *[0-9]+")) {
            String[] ends = text.split("[^0-9]+");
            return isPort(ends[0]) && isPort(ends[1]) ? "a range as " + ends[0] + "-" + ends[1] : anyNumber;
        }
        if (text.matches("[0-9]+([ ,;+&|]+[0-9]+)+[,;]?")) {
            return "several ports with spaces between: " + String.join(" ", text.split("[^0-9]+"));
        }
        Matcher one = Pattern.compile("(?:.*:)?([0-9]+)(?:/.*)?").matcher(text);
        return one.matches() && isPort(one.group(1)) ? "the port alone: " + one.group(1) : anyNumber;
    }
}
