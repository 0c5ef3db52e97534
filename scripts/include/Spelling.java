import java.util.Comparator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Which words the user may have meant. */
final class Spelling {

    private Spelling() { }

    /** The two known words that are most like this one, if they differ in no more than a third of it. */
    static Stream<String> nearest(String word, Stream<String> known) {
        return known.filter(candidate -> distance(candidate, word) <= (word.length() + 1) / 3)
            .sorted(Comparator.comparingInt(candidate -> distance(candidate, word)))
            .limit(2);
    }

    /** How many characters must be inserted, removed or replaced to make one of the other (Levenshtein). */
    private static int distance(String a, String b) {
        int[] row = IntStream.rangeClosed(0, b.length()).toArray();
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0]++;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(diagonal, row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
