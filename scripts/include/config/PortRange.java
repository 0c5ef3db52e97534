//SOURCES ../command/UserException.java

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

    /** Returns the port or range that a text names. */
    static PortRange parse(String text) {
        int dash = text.indexOf('-', 1);
        boolean isRange = dash > 0 && isPort(text.substring(0, dash)) && isPort(text.substring(dash + 1));
        int first = parsePort(isRange ? text.substring(0, dash) : text);
        PortRange range = new PortRange(first, isRange ? parsePort(text.substring(dash + 1)) : first);
        if (range.size() < 1) {
            throw new UserException("the range " + text + " is reversed; use " + range.last + "-" + range.first);
        }
        return range;
    }

    /** Returns the port that a text names: decimal, 1-65535, without sign or leading zero. */
    static int parsePort(String text) {
        if (!isPort(text)) {
            throw new UserException("'" + text + "' is not a port; use " + suggestion(text));
        }
        return Integer.parseInt(text);
    }

    static boolean isPort(String text) {
        boolean isNumber = !text.isEmpty() && text.length() <= 5 && text.charAt(0) != '0';
        for (int i = 0; isNumber && i < text.length(); i++) {
            isNumber = text.charAt(i) >= '0' && text.charAt(i) <= '9';
        }
        return isNumber && Integer.parseInt(text) <= HIGHEST;
    }

    /** Returns how to write what other programs write as 3100..3199, 3005,3006 or localhost:3005. */
    private static String suggestion(String text) {
        String[] numbers = text.split("[^0-9]+");
        if (text.matches("[0-9]+ *(-|\\.\\.+|:|–|—|~) *[0-9]+") && isPort(numbers[0]) && isPort(numbers[1])) {
            return numbers[0] + "-" + numbers[1];
        }
        if (numbers.length > 1 && text.matches("[0-9 ,;+&|]+")) {
            return String.join(" ", numbers);
        }
        String port = text.replaceFirst("^(?:.*:)?([0-9]+)(?:/.*)?$", "$1");
        boolean hasHost = text.matches("[\\w.-]+:[0-9]+(/.*)?");
        String url = !hasHost ? "" : ", or with health_all http://" + text + (text.contains("/") ? "" : "/");
        return isPort(port) ? port + url : "a number from 1 to " + HIGHEST;
    }
}
