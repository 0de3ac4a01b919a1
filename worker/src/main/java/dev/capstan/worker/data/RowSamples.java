package dev.capstan.worker.data;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.commons.csv.CSVRecord;

/**
 * Rows of comma-separated values, as for training: the model's numbers, and perhaps the label among them, which is left
 * out of account. A first row without any number names the columns.
 */
final class RowSamples implements FileSamples {
    private static final Set<String> LABELS = Set.of("label", "class", "target", "y");

    private final int inputs;
    private final List<String> classes;
    private final List<String> columns;

    /** @param columns names of the columns that the model takes; null if nothing tells */
    RowSamples(int inputs, List<String> classes, List<String> columns) {
        this.inputs = inputs;
        this.classes = classes;
        this.columns = columns;
    }

    @Override
    public List<String> mediaTypes() {
        return List.of("text/csv");
    }

    @Override
    public List<float[]> read(ByteBuffer file) {
        var table = new Table();
        try {
            table.files.read(Source.SENT.path(), new ByteArrayInputStream(FileSamples.bytes(file)), table::add);
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory fails", e);
        }
        return table.samples();
    }

    /** What was read so far, as numbers: as texts it could be thirty times as long as the file. */
    private final class Table {
        private final CsvFiles files = new CsvFiles(Source.SENT, "csv", false, ',');
        private final List<float[]> rows = new ArrayList<>();
        private List<String> names;
        /** Of each of the model's columns, where it is; null if names don't tell. */
        private int[] places;

        void add(Path path, long number, CSVRecord record) {
            if (number == 1) {
                var texts = record.toList();
                if (texts.stream().noneMatch(each -> Numbers.of(each).isPresent())) {
                    names = texts;
                    if (columns != null && texts.containsAll(columns)) {
                        places = columns.stream().mapToInt(texts::indexOf).toArray();
                    }
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
            int label = label(columns);
            var samples = rows.stream().map(row -> without(label, row)).toList();
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
            return rows.stream()
                    .allMatch(row -> Float.isNaN(row[column])
                            || row[column] >= 0 && row[column] < classes.size() && row[column] == (int) row[column]);
        }
    }

    private void checkColumns(int columns) {
        if (columns != inputs && columns != inputs + 1) {
            throw invalid("has " + columns + (columns == 1 ? " column" : " columns") + "; the model takes " + inputs
                    + (inputs == 1 ? " number" : " numbers") + " a row, and a label beside them may be left in");
        }
    }

    private static float[] without(int column, float[] row) {
        var rest = new float[row.length - 1];
        System.arraycopy(row, 0, rest, 0, column);
        System.arraycopy(row, column + 1, rest, column, rest.length - column);
        return rest;
    }

    private static RuntimeException invalid(String problem) {
        return Source.SENT.invalid(Source.SENT.path(), problem);
    }
}
