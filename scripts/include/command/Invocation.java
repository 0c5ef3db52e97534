import java.nio.file.Path;

/**
 * Formats commands so that they run when they are pasted. A command begins with the jbangw that was typed, or with that
 * of the clone whose functions are in use; else with jbang, because JBang does not tell a script how it was called.
 *
 * @param envFile the {@code .env} in use, as seen from the working directory
 * @param project the {@code --project} that was given, or null
 */
record Invocation(String envFile, String project) {

    static final String DEFAULT_ENV_FILE = ".env";

    /** Returns the command that calls a script for the same {@code .env} and project. */
    String command(String script, String arguments) {
        String file = printedPath(envFile);
        return program(script) + " " + arguments
            + (file.equals(DEFAULT_ENV_FILE) ? "" : " --env-file " + quoted(file))
            + (project == null ? "" : " --project " + quoted(printedPath(project)));
    }

    /** Returns whether a function of a start script was called, and not one of the four scripts. */
    static boolean isFunction() {
        return System.getenv("DEVFLOW_PORTS_FUNCTION") != null;
    }

    /** Returns the path to print: absolute in a start script, because its reader may be in another folder. */
    static String printedPath(String file) {
        return isFunction() ? Path.of(file).toAbsolutePath().normalize().toString() : file;
    }

    /** Returns the words that call a script: its name alone, if a link on the {@code PATH} was called. */
    static String program(String script) {
        String jbangw = System.getenv("DEVFLOW_PORTS_JBANGW");
        return jbangw == null ? "jbang " + script + "@devflow"
            : jbangw.isEmpty() ? script : quoted(jbangw) + " " + script;
    }

    /** Returns the word as a shell reads it back. */
    static String quoted(String word) {
        return word.matches("[A-Za-z0-9_@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
