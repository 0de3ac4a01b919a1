package dev.capstan.worker.data;

import java.text.Normalizer;
import java.util.Locale;
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
}
