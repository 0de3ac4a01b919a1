package dev.capstan.worker.data;

import java.text.Normalizer;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.ToIntFunction;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Cuts text into words: letters and digits of any script, in lower case and composed (Unicode's form NFC), with the
 * apostrophes between them. All else separates. Scripts that put no spaces between words come out as long words.
 */
final class Tokenizer {
    private static final Pattern WORD =
            Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N}\\p{M}]*+(?:'[\\p{L}\\p{N}\\p{M}]++)*+");

    private Tokenizer() {}

    static Stream<String> words(String text) {
        var plain = Normalizer.normalize(text, Normalizer.Form.NFC)
                .toLowerCase(Locale.ROOT)
                .replace('\u2019', '\'');
        return WORD.matcher(plain).results().map(match -> match.group());
    }

    /**
     * A text as a network sees it; without any word it is one unknown word.
     *
     * @param numbers of each word, of those that are cut off, too
     * @param most words that are taken
     */
    static int[] coded(String text, ToIntFunction<String> numbers, int most) {
        var coded = words(text).mapToInt(numbers).toArray();
        return coded.length == 0
                ? new int[] {Vocabulary.UNKNOWN}
                : coded.length > most ? Arrays.copyOf(coded, most) : coded;
    }
}
