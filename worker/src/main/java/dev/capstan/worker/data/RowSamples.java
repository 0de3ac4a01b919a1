package dev.capstan.worker.data;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.csv.CSVRecord;

/**
 * Rows of values, as for training: the model's numbers, perhaps with the label or whatever else stood beside them
 * there, which is left out of account. A first row without any number names the columns.
 */
final class RowSamples implements FileSamples {
    private static final Set<String> LABELS = Set.of("label", "class", "target", "y");

    private final int inputs;
    private final List<String> classes;
    /** What the label may be, where it is a number. */
    private final Set<Float> labels;

    private final List<String> columns;
    private final TableLayout trained;

    RowSamples(Preprocessing preprocessing) {
        inputs = preprocessing.shape().inputs();
        classes = preprocessing.predictsNumbers() ? List.of() : preprocessing.classes();
        labels = Stream.concat(
                        IntStream.range(0, classes.size()).mapToObj(each -> (float) each),
                        classes.stream().flatMap(each -> Numbers.of(each).stream()))
                .collect(Collectors.toSet());
        columns = preprocessing.columns();
        trained = preprocessing.table();
    }

    @Override
    public List<String> mediaTypes() {
        return List.of("text/csv");
    }

    @Override
    public List<float[]> read(ByteBuffer file) {
        var bytes = FileSamples.bytes(file);
        try {
            var table = new Table(delimiter(bytes));
            table.files.read(Source.SENT.path(), new ByteArrayInputStream(bytes), table::add);
            return table.samples();
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory fails", e);
        }
    }

    /** That of training if it is there, and else a comma. */
    private char delimiter(byte[] file) throws IOException {
        char wanted = CsvText.delimiter(trained == null ? null : trained.delimiter());
        try (var lines = new BufferedReader(CsvText.of(new ByteArrayInputStream(file)))) {
            var line = lines.readLine();
            while (line != null && line.isBlank()) {
                line = lines.readLine();
            }
            return line != null && line.indexOf(wanted) >= 0 ? wanted : ',';
        }
    }

    /** What was read so far, as numbers: as texts it could be thirty times as long as the file. */
    private final class Table {
        private final CsvFiles files;
        private final List<float[]> rows = new ArrayList<>();
        private List<String> names;
        /** Of each of the model's columns, where it is; null if names don't tell. */
        private int[] places;

        Table(char delimiter) {
            files = new CsvFiles(Source.SENT, "csv", false, delimiter);
        }

        void add(Path path, long number, CSVRecord record) {
            if (number == 1) {
                var texts = record.toList();
                if (texts.stream().noneMatch(each -> Numbers.of(each).isPresent())) {
                    names = texts;
                    if (columns != null && texts.containsAll(columns)) {
                        places = columns.stream().mapToInt(texts::indexOf).toArray();
                    }
                }
                if (places == null && isWiderTable(record.size())) {
                    places = trained.places();
                }
                if (places == null) {
                    checkColumns(record.size());
                }
                if (names != null) {
                    return;
                }
            }
            var row = new float[places == null ? record.size() : places.length];
            for (int i = 0; i < row.length; i++) {
                int column = places == null ? i : places[i];
                row[i] = isName(record.get(column))
                        ? Float.NaN
                        : CsvReader.number(Source.SENT, path, number, files, column, record, true);
            }
            rows.add(row);
        }

        /** Whether a cell that may be the label is one; it stands as NaN, which no number is. */
        private boolean isName(String text) {
            return places == null && classes.contains(text) && Numbers.of(text).isEmpty();
        }

        List<float[]> samples() {
            if (rows.isEmpty()) {
                throw invalid("has the names of columns, and no row of numbers");
            }
            int columns = rows.getFirst().length;
            if (columns == inputs) {
                rows.forEach(Table::checkNumbers);
                return rows;
            }
            var kept = withoutLabel(columns);
            var samples = rows.stream().map(row -> picked(kept, row)).toList();
            samples.forEach(Table::checkNumbers);
            return samples;
        }

        private static void checkNumbers(float[] row) {
            for (float each : row) {
                if (Float.isNaN(each)) {
                    throw invalid("has the name of a class in a column that the model takes a number from");
                }
            }
        }

        /** Where the model's numbers are beside a label. */
        private int[] withoutLabel(int columns) {
            boolean asTrained = trained != null && trained.width() == columns;
            int label = asTrained && names == null && mayBeLabel(trained.rest()) ? trained.rest() : label(columns);
            return asTrained && label == trained.rest()
                    ? trained.places()
                    : IntStream.range(0, columns)
                            .filter(column -> column != label)
                            .toArray();
        }

        private int label(int columns) {
            for (int column = 0; names != null && column < columns; column++) {
                if (LABELS.contains(names.get(column).toLowerCase(Locale.ROOT))) {
                    return column;
                }
            }
            boolean first = mayBeLabel(0);
            boolean last = mayBeLabel(columns - 1);
            if (first == last) {
                throw invalid("has " + columns + " columns, one more than the " + inputs + " that the model takes, and "
                        + (first ? "both the first and the last" : "neither the first nor the last")
                        + " may be the label: leave it out, or name it label in a first row");
            }
            return first ? 0 : columns - 1;
        }

        private boolean mayBeLabel(int column) {
            return rows.stream().allMatch(row -> Float.isNaN(row[column]) || labels.contains(row[column] + 0f));
        }
    }

    /** Whether rows lie as in training, with more beside the model's numbers than a label that may be anywhere. */
    private boolean isWiderTable(int width) {
        return trained != null
                && trained.width() == width
                && width > inputs
                && (width > inputs + 1 || classes.isEmpty());
    }

    private void checkColumns(int width) {
        boolean besideALabel = !classes.isEmpty() && width == inputs + 1;
        if (width != inputs && !besideALabel) {
            throw invalid("has " + width + (width == 1 ? " column" : " columns") + "; the model takes " + inputs
                    + (inputs == 1 ? " number" : " numbers") + " a row"
                    + (classes.isEmpty() ? "" : ", and a label beside them may be left in")
                    + (trained == null || trained.width() <= inputs + 1 && !classes.isEmpty()
                            ? ""
                            : ", or the rows may have all " + trained.width() + " columns of the training data"));
        }
    }

    private static float[] picked(int[] columns, float[] row) {
        var picked = new float[columns.length];
        for (int i = 0; i < columns.length; i++) {
            picked[i] = row[columns[i]];
        }
        return picked;
    }

    private static RuntimeException invalid(String problem) {
        return Source.SENT.invalid(Source.SENT.path(), problem);
    }
}
