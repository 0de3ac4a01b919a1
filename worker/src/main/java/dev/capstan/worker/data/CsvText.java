package dev.capstan.worker.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import org.apache.commons.io.ByteOrderMark;
import org.apache.commons.io.input.BOMInputStream;

/**
 * The text of a file: UTF-8, or what a byte order mark says, which spreadsheets put first. What is no text in that
 * encoding leaves a mark, so that whoever comes upon it can say where it is.
 */
final class CsvText {
    private static final int BUFFER = 1 << 16;
    /** Stands for bytes that are no text: half of a character, which no valid text decodes to. */
    private static final char NO_CHARACTER = '\uDC00';

    private CsvText() {}

    static Reader of(InputStream raw) throws IOException {
        var bytes = BOMInputStream.builder()
                .setInputStream(raw)
                .setByteOrderMarks(ByteOrderMark.UTF_8, ByteOrderMark.UTF_16LE, ByteOrderMark.UTF_16BE)
                .get();
        var decoder = (bytes.hasBOM() ? Charset.forName(bytes.getBOMCharsetName()) : UTF_8)
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE);
        if (!bytes.hasBOM() || bytes.hasBOM(ByteOrderMark.UTF_8)) {
            decoder.replaceWith(String.valueOf(NO_CHARACTER));
        }
        return new BufferedReader(new InputStreamReader(bytes, decoder), BUFFER);
    }

    /** The character between two columns that a job asks for; null stands for a comma. */
    static char delimiter(String option) {
        return option == null ? ',' : option.charAt(0);
    }

    /** Whether there were bytes that are no text. */
    static boolean isBroken(String text) {
        int bad = text.indexOf(NO_CHARACTER);
        while (bad > 0 && Character.isHighSurrogate(text.charAt(bad - 1))) {
            bad = text.indexOf(NO_CHARACTER, bad + 1);
        }
        return bad >= 0;
    }
}
