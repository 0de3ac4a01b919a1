package dev.capstan.worker.data;

import dev.capstan.protocol.JobFile.Csv;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.commons.csv.CSVRecord;

/**
 * Reads tables, see {@link CsvFiles}: what the network takes is numbers; what it should answer is a class, or numbers
 * as well. Means and deviations of columns are learned if they are to be standardized; the samples stay as they are
 * read.
 */
final class CsvReader {
    private final Source source;
    private final CsvFiles files;
    private final Csv csv;
    private final int units;
    private final Preprocessing like;
    private final Spool spool;
    private final CsvLabels labels;

    private final IntStream.Builder found = IntStream.builder();
    private int rows;
    private CsvColumns columns;
    private Scaling.Learner scaling;
    private Scaling.Learner targetScaling;
    private float[] numbers;
    private float[] targets;
    private ByteBuffer row;

    /**
     * @param units of the output layer; 0 or less if it takes as many classes, or targets, as there are
     * @param like how samples were read before, which these must be like; null to learn it
     */
    CsvReader(Source source, Csv csv, int units, Preprocessing like, Room room) {
        this.source = source;
        files = new CsvFiles(source, "csv", csv.header(), CsvText.delimiter(csv.delimiter()));
        this.csv = csv;
        this.units = units;
        this.like = like;
        spool = new Spool(source.name(source.path()), room);
        labels = CsvLabels.of(source, csv, units, like);
    }

    Learned read() throws IOException {
        checkKind();
        try (spool) {
            files.read(this::add);
            spool.finish();
        }
        var shape = new Shape.Flat(columns.inputs().length);
        if (csv.targets() != null) {
            var samples = new Packed.Targets(shape, columns.targets().length, rows, spool);
            return new Learned(samples, like != null ? like : learned(shape, null));
        }
        var names = labels.names();
        var places = labels.places(names);
        var classes = found.build().map(each -> places[each]).toArray();
        return new Learned(new Packed.Floats(shape, classes, spool), like != null ? like : learned(shape, names));
    }

    private Preprocessing learned(Shape shape, List<String> classes) {
        return new Preprocessing(
                shape,
                classes == null ? List.of() : classes,
                null,
                columns.names(files),
                scaling == null ? null : scaling.learned(),
                classes == null ? columns.targetNames(files) : null,
                scaling == null || classes != null ? null : targetScaling.learned(),
                new TableLayout(
                        csv.delimiter(),
                        files.columns(),
                        IntStream.of(columns.inputs()).boxed().toList()));
    }

    private void checkKind() {
        if (like != null && like.predictsNumbers() && csv.targets() == null) {
            throw source.invalid(
                    source.path(),
                    "names no csv.targetColumns; the network predicts " + Classes.list(like.targets())
                            + ", so name the columns with these numbers");
        }
        if (like != null && !like.predictsNumbers() && csv.targets() != null) {
            throw source.invalid(
                    source.path(),
                    "names csv.targetColumns; the network tells classes apart (" + Classes.list(like.classes())
                            + "), so name the column with the class in csv.labelColumn");
        }
        int wanted = like != null && like.predictsNumbers() ? like.targets().size() : units;
        if (csv.targets() != null && wanted > 0 && csv.targets().size() != wanted) {
            throw source.invalid(
                    source.path(),
                    "names " + csv.targets().size() + " csv.targetColumns; the output layer has " + wanted
                            + " units, and needs one for each");
        }
    }

    private void add(Path file, long number, CSVRecord record) {
        if (columns == null) {
            first(file, record);
        }
        row.clear();
        for (int i = 0; i < columns.inputs().length; i++) {
            numbers[i] = number(file, number, columns.inputs()[i], record);
            row.putFloat(numbers[i]);
        }
        for (int i = 0; i < columns.targets().length; i++) {
            targets[i] = number(file, number, columns.targets()[i], record);
            row.putFloat(targets[i]);
        }
        if (csv.targets() == null) {
            found.add(labels.of(file, number, columns.label(), files, record));
        }
        if (scaling != null) {
            scaling.add(numbers);
            targetScaling.add(targets);
        }
        spool.write(row.array(), row.position());
        rows++;
    }

    private void first(Path file, CSVRecord record) {
        columns = CsvColumns.of(source, file, files, csv, like, record);
        source.checkShape(file, new Shape.Flat(columns.inputs().length), like == null ? null : like.shape());
        numbers = new float[columns.inputs().length];
        targets = new float[columns.targets().length];
        row = ByteBuffer.allocate(Float.BYTES * (columns.inputs().length + columns.targets().length));
        if (like == null && Boolean.TRUE.equals(csv.standardize())) {
            scaling = new Scaling.Learner(numbers.length);
            targetScaling = new Scaling.Learner(targets.length);
        }
    }

    private float number(Path file, long record, int column, CSVRecord values) {
        return number(source, file, record, files, column, values, csv.header());
    }

    /** @throws dev.capstan.worker.outcome.Failure InvalidData if there is no finite number in that column */
    static float number(
            Source source, Path file, long record, CsvFiles files, int column, CSVRecord values, boolean header) {
        var text = values.get(column);
        var number = Numbers.of(text);
        if (number.isEmpty()) {
            throw source.invalid(
                    file,
                    record,
                    files.words(column) + " is \"" + CsvHints.shown(text) + "\"; it must be a finite number"
                            + (record == 1 && !header ? CsvHints.header("csv", values, text) : CsvHints.number(text)));
        }
        return number.get();
    }
}
