package dev.capstan.worker.data;

import dev.capstan.protocol.JobFile.Text;
import dev.capstan.protocol.JobFile.Text.Encoding;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.commons.csv.CSVRecord;

/**
 * Reads text out of comma-separated values, see {@link CsvFiles}: one column is the text, one the class, which may be a
 * word. A text without any word counts as one unknown word in a sequence, and as nothing in a bag of words.
 */
final class TextReader {
    private final Source source;
    private final CsvFiles files;
    private final Text text;
    private final Classes.Named classes;
    private final Preprocessing like;
    private final Room room;
    private final Spool spool;

    /** Words that are learned, or that were. */
    private final Vocabulary vocabulary = new Vocabulary();

    private final Map<String, Integer> known = new HashMap<>();

    private final IntStream.Builder labels = IntStream.builder();
    private final LongStream.Builder ends = LongStream.builder();
    private long words;
    private boolean anyWord;
    private boolean begun;
    private int textColumn;
    private int labelColumn;
    private ByteBuffer row = ByteBuffer.allocate(Integer.BYTES * 1024);

    /** @param like how to read; null to learn it */
    TextReader(Source source, Text text, Classes.Named classes, Preprocessing like, Room room) {
        this.source = source;
        files = new CsvFiles(source, "text", text.header(), CsvText.delimiter(text.delimiter()));
        this.text = text;
        this.classes = classes;
        this.like = like;
        this.room = room;
        spool = new Spool(source.name(source.path()), room);
        if (like != null) {
            source.checkShape(source.path(), shape(), like.shape());
            known.putAll(Vocabulary.numbers(like.vocabulary()));
        }
    }

    Learned read() throws IOException {
        try (spool) {
            files.read(this::add);
            spool.finish();
        }
        if (!anyWord) {
            throw source.invalid(
                    source.path(),
                    "has no word in column " + textColumn + " of any record; is text.textColumn " + text.textColumn()
                            + " the text's?");
        }
        var names = classes.names();
        var places = classes.renumbered(names);
        var found = labels.build().map(label -> places[label]).toArray();
        var learned = like != null ? like.vocabulary() : vocabulary.mostFrequent(text.vocabularySize());
        IntUnaryOperator numbers = IntUnaryOperator.identity();
        if (like == null) {
            var renumbered = vocabulary.renumbered(learned);
            numbers = number -> renumbered[number];
        }
        var shape = shape();
        return new Learned(
                new Packed.Words(shape, found, spool, ends.build().toArray(), numbers),
                new Preprocessing(shape, names, learned));
    }

    /** By the job's own numbers, not by how many words there are: models whose sizes the user writes depend on it. */
    private Shape shape() {
        return switch (text.encoding()) {
            case SEQUENCE -> new Shape.Tokens(text.maxLength(), Vocabulary.FIRST + text.vocabularySize());
            case BAG_OF_WORDS -> new Shape.Flat(text.vocabularySize());
        };
    }

    private void add(Path file, long number, CSVRecord record) {
        if (!begun) {
            first(file, record);
        }
        var label = record.get(labelColumn);
        if (label.isEmpty()) {
            throw source.invalid(
                    file, number, files.words(labelColumn) + ", the label, is empty; every text needs one");
        }
        labels.add(classes.of(file, number, label));
        var coded = Tokenizer.coded(record.get(textColumn), this::coded, most());
        if (row.capacity() < Integer.BYTES * coded.length) {
            row = ByteBuffer.allocate(2 * Integer.BYTES * coded.length);
        }
        row.clear();
        row.asIntBuffer().put(coded);
        if (vocabulary.bytes() > room.tables()) {
            throw room.full(source.name(file) + ", record " + number + ": there are " + vocabulary.size()
                    + " different words so far, more than fit");
        }
        spool.write(row.array(), Integer.BYTES * coded.length);
        words += coded.length;
        ends.add(words);
    }

    private int coded(String word) {
        anyWord = true;
        return like == null ? vocabulary.count(word) : known.getOrDefault(word, Vocabulary.UNKNOWN);
    }

    /** All words of a bag count. */
    private int most() {
        return text.encoding() == Encoding.BAG_OF_WORDS ? Integer.MAX_VALUE : text.maxLength();
    }

    private void first(Path file, CSVRecord record) {
        textColumn = files.column(file, record, "textColumn", text.textColumn());
        labelColumn = files.column(file, record, "labelColumn", text.labelColumn());
        if (textColumn == labelColumn) {
            throw source.invalid(
                    file,
                    1,
                    "it has " + record.size() + " columns, so text.textColumn " + text.textColumn()
                            + " and text.labelColumn " + text.labelColumn() + " are the same one; they must be two");
        }
        begun = true;
    }
}
