//SOURCES Line.java

import java.util.List;
import java.util.Map;

/** What a script answers: made of facts that are gathered already, in the form in which it is wanted. */
interface Report {

    /** The exit codes, as grep has them. */
    int YES = 0;
    int NO = 1;
    /** There is no answer: wrong usage, unusable configuration, an internal error. */
    int UNKNOWN = 2;

    /** One of the exit codes. */
    int exitCode();

    /** The answer for people. */
    List<Line> lines();

    /** The answer for programs: maps, lists, texts and numbers. */
    Map<String, Object> document();

    /** Whether programs read the lines as well, so that they are printed to the byte: never coloured, never wrapped. */
    default boolean isPlain() {
        return false;
    }

    /** What there is to say on standard error once it is printed, or null. */
    default String conclusion() {
        return null;
    }

    /** An answer that is its exit code alone. */
    record Silent(int exitCode) implements Report {

        @Override
        public List<Line> lines() {
            return List.of();
        }

        @Override
        public Map<String, Object> document() {
            return null;
        }
    }
}
