package dev.capstan.worker.data;

import dev.capstan.protocol.JobFile.Csv;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.commons.csv.CSVRecord;

/** Reads comma-separated values, see {@link CsvFiles}: one column is the class, all others are numbers. */
final class CsvReader {
    private final Source source;
    private final CsvFiles files;
    private final Csv csv;
    private final Classes.Numbered classes;
    private final Shape like;
    private final Spool spool;

    private final IntStream.Builder labels = IntStream.builder();
    private Shape shape;
    private ByteBuffer row;
    private int labelColumn;

    /** @param like what a sample must be; null if any will do */
    CsvReader(Source source, Csv csv, Classes.Numbered classes, Shape like, Room room) {
        this.source = source;
        files = new CsvFiles(source, csv.header());
        this.csv = csv;
        this.classes = classes;
        this.like = like;
        spool = new Spool(source.name(source.path()), room);
    }

    Samples read() throws IOException {
        try (spool) {
            files.read(this::add);
            spool.finish();
        }
        return new Packed.Floats(shape, labels.build().toArray(), spool);
    }

    private void add(Path file, long number, CSVRecord record) {
        if (shape == null) {
            first(file, record.size());
        }
        row.clear();
        for (int column = 0; column < record.size(); column++) {
            if (column != labelColumn) {
                row.putFloat(number(source, file, number, column, record.get(column)));
            }
        }
        labels.add(classes.of(file, number, record.get(labelColumn)));
        spool.write(row.array(), row.position());
    }

    private void first(Path file, int columns) {
        if (columns < 2) {
            throw source.invalid(file, 1, "it has 1 column; it needs a label and at least one number");
        }
        labelColumn = files.column(file, "csv.labelColumn", csv.labelColumn());
        shape = new Shape.Flat(columns - 1);
        source.checkShape(file, shape, like);
        row = ByteBuffer.allocate(Float.BYTES * shape.inputs());
    }

    /** @throws dev.capstan.worker.outcome.Failure InvalidData if the text is no finite number */
    static float number(Source source, Path file, long record, int column, String text) {
        var number = number(text);
        if (number.isEmpty()) {
            throw source.invalid(file, record, "column " + column + " is \"" + text + "\"; it must be a finite number");
        }
        return number.get();
    }

    /** Empty if the text is no finite number. */
    static Optional<Float> number(String text) {
        try {
            // parseFloat takes "1f" and "0x1p3" too, which no CSV writer means.
            if (!text.isEmpty()
                    && (Character.isDigit(text.charAt(text.length() - 1)) || text.endsWith("."))
                    && text.indexOf('x') < 0
                    && text.indexOf('X') < 0) {
                float value = Float.parseFloat(text);
                return Float.isFinite(value) ? Optional.of(value) : Optional.empty();
            }
        } catch (NumberFormatException e) {
            // As every other text that is no number.
        }
        return Optional.empty();
    }
}
