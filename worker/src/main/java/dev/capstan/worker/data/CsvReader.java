package dev.capstan.worker.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.capstan.protocol.JobFile.Csv;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.csv.CSVException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.io.input.BOMInputStream;

/**
 * Reads comma-separated values (RFC 4180): one file, or all {@code *.csv} of a folder in the order of their names. One
 * column is the class, all others are numbers.
 */
final class CsvReader {
    private static final CSVFormat FORMAT = CSVFormat.RFC4180
            .builder()
            .setIgnoreEmptyLines(true)
            .setIgnoreSurroundingSpaces(true)
            .get();

    private final Source source;
    private final Csv csv;
    private final int classes;

    private final List<float[]> rows = new ArrayList<>();
    private final List<Integer> labels = new ArrayList<>();
    private int columns = -1;
    private int labelColumn;

    CsvReader(Source source, Csv csv, int classes) {
        this.source = source;
        this.csv = csv;
        this.classes = classes;
    }

    Samples read() throws IOException {
        for (var file : files()) {
            readFile(file);
        }
        if (rows.isEmpty()) {
            throw source.invalid(source.path(), "has no records");
        }
        return new Samples.Numbers(
                rows.toArray(float[][]::new),
                labels.stream().mapToInt(Integer::intValue).toArray(),
                columns - 1);
    }

    private List<Path> files() throws IOException {
        if (!Files.exists(source.path())) {
            throw new NoSuchFileException(source.path().toString());
        }
        if (!Files.isDirectory(source.path())) {
            return List.of(source.path());
        }
        try (var files = Files.list(source.path())) {
            var found = files.filter(file -> file.toString().endsWith(".csv"))
                    .sorted()
                    .toList();
            if (found.isEmpty()) {
                throw source.invalid(source.path(), "has no file *.csv");
            }
            return found;
        }
    }

    private void readFile(Path file) throws IOException {
        long record = 0;
        // Spreadsheets put a byte order mark first, which no number starts with.
        try (var bytes = BOMInputStream.builder()
                        .setInputStream(Files.newInputStream(file))
                        .get();
                var parser = FORMAT.parse(new BufferedReader(new InputStreamReader(bytes, UTF_8), 1 << 16))) {
            var records = parser.iterator();
            if (csv.header() && records.hasNext()) {
                records.next();
            }
            while (records.hasNext()) {
                record++;
                add(file, record, records.next());
            }
        } catch (CSVException e) {
            throw source.invalid(file, record + 1, e.getMessage());
        } catch (UncheckedIOException e) {
            if (e.getCause() instanceof CSVException) {
                throw source.invalid(file, record + 1, e.getCause().getMessage());
            }
            throw e.getCause();
        }
    }

    private void add(Path file, long number, CSVRecord record) {
        if (columns < 0) {
            fixColumns(file, record.size());
        }
        if (record.size() != columns) {
            throw source.invalid(file, number, "it has " + record.size() + " columns; the first record has " + columns);
        }
        var row = new float[columns - 1];
        for (int column = 0, input = 0; column < columns; column++) {
            if (column != labelColumn) {
                row[input++] = number(file, number, column, record.get(column));
            }
        }
        labels.add(label(file, number, record.get(labelColumn)));
        rows.add(row);
    }

    private void fixColumns(Path file, int found) {
        labelColumn = csv.labelColumn() < 0 ? found + csv.labelColumn() : csv.labelColumn();
        if (found < 2) {
            throw source.invalid(file, 1, "it has 1 column; it needs a label and at least one number");
        }
        if (labelColumn < 0 || labelColumn >= found) {
            throw source.invalid(
                    file,
                    1,
                    "it has " + found + " columns, so csv.labelColumn " + csv.labelColumn()
                            + " is none of them; it may be " + -found + " to " + (found - 1));
        }
        columns = found;
    }

    private float number(Path file, long record, int column, String text) {
        try {
            // parseFloat takes "1f" and "0x1p3" too, which no CSV writer means.
            if (!text.isEmpty() && (Character.isDigit(text.charAt(text.length() - 1)) || text.endsWith("."))) {
                float value = Float.parseFloat(text);
                if (Float.isFinite(value)) {
                    return value;
                }
            }
        } catch (NumberFormatException e) {
            // Told below, as every other text that is no number.
        }
        throw source.invalid(file, record, "column " + column + " is \"" + text + "\"; it must be a finite number");
    }

    private int label(Path file, long record, String text) {
        try {
            int label = Integer.parseInt(text);
            if (label >= 0 && label < classes) {
                return label;
            }
        } catch (NumberFormatException e) {
            // Told below, as every other text that is no class.
        }
        throw source.invalid(file, record, Source.labelOutOfRange('"' + text + '"', classes));
    }
}
