//SOURCES Line.java

import java.util.List;
import java.util.Map;

/** The answer of a script, made of facts that were gathered before. */
interface Report {

    /** The exit codes, as grep has them. */
    int YES = 0;
    int NO = 1;
    /** There is no answer: wrong usage, invalid configuration, an internal error. */
    int UNKNOWN = 2;

    int exitCode();

    default List<Line> lines() {
        return List.of();
    }

    /** Returns the JSON document as maps, lists, texts and numbers; null for none. */
    default Map<String, Object> document() {
        return null;
    }

    /** Returns whether other programs read the lines, so that no line is coloured. */
    default boolean isPlain() {
        return false;
    }

    /** Returns why the answer is no, for standard error, also with {@code --quiet}; null for nothing. */
    default String conclusion() {
        return null;
    }

    /** An answer that is its exit code alone. */
    record Silent(int exitCode) implements Report { }
}
