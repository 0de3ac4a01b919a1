package dev.capstan.worker.data;

import dev.capstan.worker.storage.BoundedText;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;

/** One text, cut into words and numbered as texts are for training. */
final class TextSamples implements FileSamples {
    private final Shape shape;
    private final Map<String, Integer> numbers;

    /** @param shape a sequence, or a bag of words */
    TextSamples(Shape shape, List<String> vocabulary) {
        this.shape = shape;
        numbers = Vocabulary.numbers(vocabulary);
    }

    @Override
    public List<String> mediaTypes() {
        return List.of("text/plain");
    }

    @Override
    public List<float[]> read(ByteBuffer file) {
        var coded = Tokenizer.coded(
                text(file),
                word -> numbers.getOrDefault(word, Vocabulary.UNKNOWN),
                shape instanceof Shape.Tokens(var length, var vocabulary) ? length : Integer.MAX_VALUE);
        var row = new float[shape.inputs()];
        Packed.Words.fill(shape, IntBuffer.wrap(coded), IntUnaryOperator.identity(), row, 0);
        return List.of(row);
    }

    private static String text(ByteBuffer file) {
        try {
            var text = BoundedText.withoutMark(
                    StandardCharsets.UTF_8.newDecoder().decode(file.duplicate()).toString());
            if (Tokenizer.words(text).findFirst().isEmpty()) {
                throw Source.SENT.invalid(Source.SENT.path(), "has no word in it; it must be a text");
            }
            return text;
        } catch (CharacterCodingException e) {
            throw Source.SENT.invalid(
                    Source.SENT.path(),
                    isWide(file)
                            ? "is a text in UTF-16, by the mark at its start; it must be in UTF-8"
                            : "has bytes that are no UTF-8; it must be a text in UTF-8");
        }
    }

    /** Whether it starts with the mark of UTF-16, in one order or the other. */
    private static boolean isWide(ByteBuffer file) {
        if (file.remaining() < Short.BYTES) {
            return false;
        }
        short mark = file.getShort(file.position());
        return mark == (short) 0xfeff || mark == (short) 0xfffe;
    }
}
