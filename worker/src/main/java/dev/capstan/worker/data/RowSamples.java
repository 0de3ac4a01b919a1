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
    private final int classes;

    RowSamples(int inputs, int classes) {
        this.inputs = inputs;
        this.classes = classes;
    }

    @Override
    public List<String> mediaTypes() {
        return List.of("text/csv");
    }

    @Override
    public List<float[]> read(ByteBuffer file) {
        var table = new Table();
        try {
            new CsvFiles(Source.SENT, false)
                    .read(Source.SENT.path(), new ByteArrayInputStream(FileSamples.bytes(file)), table::add);
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory fails", e);
        }
        return table.samples();
    }

    /** What was read so far, as numbers: as texts it could be thirty times as long as the file. */
    private final class Table {
        private final List<float[]> rows = new ArrayList<>();
        private CSVRecord names;

        void add(Path path, long number, CSVRecord record) {
            if (number == 1) {
                checkColumns(record.size());
                if (record.stream().noneMatch(each -> CsvReader.number(each).isPresent())) {
                    names = record;
                    return;
                }
            }
            var row = new float[record.size()];
            for (int column = 0; column < row.length; column++) {
                row[column] = CsvReader.number(Source.SENT, path, number, column, record.get(column));
            }
            rows.add(row);
        }

        List<float[]> samples() {
            if (rows.isEmpty()) {
                throw invalid("has the names of columns, and no row of numbers");
            }
            int columns = rows.getFirst().length;
            if (columns == inputs) {
                return rows;
            }
            int label = label(columns);
            return rows.stream().map(row -> without(label, row)).toList();
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
                    .allMatch(row -> row[column] >= 0 && row[column] < classes && row[column] == (int) row[column]);
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
