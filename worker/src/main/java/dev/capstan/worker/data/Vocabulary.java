package dev.capstan.worker.data;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Counts words, to find the most frequent ones. */
final class Vocabulary {
    /** Number of every word that the vocabulary lacks. */
    static final int UNKNOWN = 1;
    /** Number of the vocabulary's first word. */
    static final int FIRST = 2;

    /** What a word takes of the heap besides its letters: two objects, an entry, a number and a count. */
    private static final int BYTES_A_WORD = 120;

    private final Map<String, Integer> seen = new HashMap<>();
    private long[] counts = new long[1 << 10];
    private long bytes;

    /** The number of each word. */
    static Map<String, Integer> numbers(List<String> words) {
        var numbers = new HashMap<String, Integer>();
        words.forEach(word -> numbers.put(word, FIRST + numbers.size()));
        return numbers;
    }

    /**
     * Counts a word once more.
     *
     * @return its number in the order in which words were seen first, from {@link #FIRST} on
     */
    int count(String word) {
        int place = seen.computeIfAbsent(word, each -> seen.size());
        if (place == counts.length) {
            counts = Arrays.copyOf(counts, 2 * place);
        }
        if (counts[place]++ == 0) {
            bytes += BYTES_A_WORD + (long) Character.BYTES * word.length();
        }
        return FIRST + place;
    }

    /** Roughly what all different words take of the heap. */
    long bytes() {
        return bytes;
    }

    /** How many different words there are. */
    int size() {
        return seen.size();
    }

    /** The most frequent words, the most frequent one first; of two as frequent ones, the first by the alphabet. */
    List<String> mostFrequent(int size) {
        return seen.keySet().stream()
                .sorted(Comparator.<String>comparingLong(word -> -counts[seen.get(word)])
                        .thenComparing(Comparator.naturalOrder()))
                .limit(size)
                .toList();
    }

    /** For each number that {@link #count} gave, the word's number among these words. */
    int[] renumbered(List<String> words) {
        var numbers = new int[FIRST + seen.size()];
        Arrays.fill(numbers, UNKNOWN);
        for (int i = 0; i < words.size(); i++) {
            numbers[FIRST + seen.get(words.get(i))] = FIRST + i;
        }
        return numbers;
    }
}
