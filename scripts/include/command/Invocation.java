import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How this run was called, and so how a command is written that runs when it is pasted: by the jbangw that was typed, by
 * that of the clone whose functions are in use, or else by JBang, which does not tell a script how it was named.
 *
 * @param envFile the {@code --env-file} that was given; null, or the default, for none
 */
record Invocation(String envFile) {

    static final String DEFAULT_ENV_FILE = ".env";
    private static final String START_SCRIPT = "./devflow-start.sh";
    private static final String JBANGW = System.getenv("DEVFLOW_PORTS_JBANGW");

    /** Returns whether a function of a start script was called, and not one of the four scripts. */
    static boolean isFunction() {
        return System.getenv("DEVFLOW_PORTS_FUNCTION") != null;
    }

    /** The command that calls a script for the same {@code .env}. */
    String command(String script, String arguments) {
        String words = program(script) + " " + arguments;
        return fileName().equals(DEFAULT_ENV_FILE) ? words : words + " --env-file " + quoted(fileName());
    }

    /** The {@code .env} in use, as it is named where this is read. */
    String fileName() {
        return seen(envFile == null ? DEFAULT_ENV_FILE : envFile);
    }

    /** The command that starts the services; null where no start script lies in the working directory. */
    static String start() {
        return Files.isExecutable(Path.of(START_SCRIPT)) ? quoted(seen(START_SCRIPT)) + " start" : null;
    }

    /** Who reads what a start script prints may be in another folder. */
    private static String seen(String file) {
        return isFunction() ? Path.of(file).toAbsolutePath().normalize().toString() : file;
    }

    /** Where the options of a script are explained. */
    static String help(String script) {
        return "see " + program(script) + " --help";
    }

    /** Returns the words that call a script: its name alone, if a link on the {@code PATH} was called. */
    static String program(String script) {
        return JBANGW == null ? "jbang " + script + "@devflow" : JBANGW.isEmpty() ? script : quoted(JBANGW) + " " + script;
    }

    /** A word as the shell reads it back. */
    static String quoted(String word) {
        return word.matches("[A-Za-z0-9_@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
