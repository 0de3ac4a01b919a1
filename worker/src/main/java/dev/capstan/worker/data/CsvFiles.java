package dev.capstan.worker.data;

import java.io.FilterReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.csv.CSVException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVRecord;

/**
 * The records of comma-separated values (RFC 4180, see {@link CsvText} for their encoding), one by one: of one file, or
 * of all {@code *.csv} of a folder in the order of their names. All have the same number of columns, and the same names
 * of columns where there are any.
 */
final class CsvFiles {
    /** A record of more characters than this is a quotation mark that was never closed. */
    private static final int LONGEST_RECORD = 1 << 24;

    private final Source source;
    private final String options;
    private final boolean header;
    private final CSVFormat format;
    private final CsvMajority majority = new CsvMajority();
    private int columns = -1;
    private Path first;
    private Header names;

    /**
     * @param options where the job says how to read them, for messages: {@code csv}
     * @param header whether each file's first line names the columns
     * @param delimiter between two columns
     */
    CsvFiles(Source source, String options, boolean header, char delimiter) {
        this.source = source;
        this.options = options;
        this.header = header;
        format = CSVFormat.RFC4180
                .builder()
                .setDelimiter(delimiter)
                .setIgnoreEmptyLines(true)
                .setIgnoreSurroundingSpaces(true)
                .get();
    }

    /** What takes the records. */
    interface Taker {
        /** @param number of the record in its file, from 1, the header not counted */
        void take(Path file, long number, CSVRecord record);
    }

    /** The names of a file's columns. */
    private record Header(Path file, List<String> names) {}

    void read(Taker taker) throws IOException {
        var faults = new Faults(source);
        for (var file : DataFiles.tables(source, faults)) {
            faults.look(() -> {
                try (var bytes = DataFiles.open(file)) {
                    readFile(file, bytes, taker);
                }
            });
        }
        faults.check(majority.hint());
        checkAny();
    }

    /** As {@link #read(Taker)}, of a file that is here, and not on a volume. */
    void read(Path file, InputStream bytes, Taker taker) throws IOException {
        readFile(file, bytes, taker);
        checkAny();
    }

    private void checkAny() {
        if (columns < 0) {
            throw source.invalid(source.path(), "has no records");
        }
    }

    /** Number of columns; known from the first record on. */
    int columns() {
        return columns;
    }

    /** The columns' names; null if the files don't tell them. */
    List<String> names() {
        return names == null ? null : names.names();
    }

    /** A column for messages, with its name if it has one. */
    String words(int column) {
        return "column " + column
                + (names == null ? "" : " (" + CsvHints.shown(names.names().get(column)) + ")");
    }

    /** The column that an index means, which may count from the last, -1. */
    int column(Path file, CSVRecord first, String field, int index) {
        int column = index < 0 ? columns + index : index;
        if (column < 0 || column >= columns) {
            throw source.invalid(
                    file,
                    1,
                    "it has " + columns + (columns == 1 ? " column" : " columns") + ", so " + options + "." + field
                            + " " + index + " is none of them; it may be " + -columns + " to " + (columns - 1)
                            + CsvHints.delimiter(options, first));
        }
        return column;
    }

    /** The column of that name. */
    int column(Path file, String field, String name) {
        if (names == null) {
            throw source.invalid(
                    file,
                    options + "." + field + " has the name \"" + name
                            + "\", and names of columns are known with " + options
                            + ".header: true only; set that if the first line names them, or give the column's index");
        }
        int column = names.names().indexOf(name);
        if (column < 0) {
            throw source.invalid(
                    file,
                    "has no column \"" + name + "\", which " + options + "." + field + " names; its columns are "
                            + Classes.list(names.names()));
        }
        if (column != names.names().lastIndexOf(name)) {
            throw source.invalid(
                    file,
                    "has two columns \"" + name + "\", " + column + " and "
                            + names.names().lastIndexOf(name) + "; give the index of one of them in " + options + "."
                            + field);
        }
        return column;
    }

    /** The column of a name that the network was trained on. */
    int learnedColumn(Path file, String name) {
        int column = names.names().indexOf(name);
        if (column < 0 || column != names.names().lastIndexOf(name)) {
            throw source.invalid(
                    file,
                    "has " + (column < 0 ? "no column" : "two columns") + " \"" + name
                            + "\", which the network takes; its columns are " + Classes.list(names.names())
                            + ", and the same names as in the training data are needed, in any order");
        }
        return column;
    }

    private void readFile(Path file, InputStream raw, Taker taker) throws IOException {
        long record = 0;
        try (var text = new Bounded(CsvText.of(raw));
                var parser = format.parse(text)) {
            var records = parser.iterator();
            if (header && records.hasNext()) {
                header(file, records.next());
                text.startAgain();
            }
            while (records.hasNext()) {
                record++;
                var next = records.next();
                text.startAgain();
                check(file, record, next);
                taker.take(file, record, next);
            }
        } catch (CSVException | RecordTooLong e) {
            throw source.invalid(file, record + 1, e.getMessage());
        } catch (UncheckedIOException e) {
            if (e.getCause() instanceof CSVException || e.getCause() instanceof RecordTooLong) {
                throw source.invalid(file, record + 1, e.getCause().getMessage());
            }
            throw e.getCause();
        }
    }

    private void header(Path file, CSVRecord record) {
        var here = new Header(file, record.toList());
        for (var name : here.names()) {
            if (CsvText.isBroken(name)) {
                throw source.invalid(file, "has bytes that are no UTF-8 in its header; the file must be UTF-8 text");
            }
        }
        majority.add(file, here.names());
        if (names == null) {
            names = here;
        } else if (!names.names().equals(here.names())) {
            throw source.invalid(
                    file,
                    "has another header than " + names.file().getFileName() + ": "
                            + CsvHints.difference(here.names(), names.names())
                            + "; all files of a set must have the same columns in the same order");
        }
    }

    private void check(Path file, long number, CSVRecord record) {
        if (columns < 0) {
            columns = record.size();
            first = file;
        }
        if (!header && number == 1) {
            majority.add(file, record.size());
        }
        if (names != null && names.names().size() != record.size()) {
            throw source.invalid(
                    file,
                    number,
                    "it has " + record.size() + " columns; the header has "
                            + names.names().size()
                            + CsvHints.width(names.names(), record));
        }
        if (names != null && record.toList().equals(names.names())) {
            throw source.invalid(
                    file, number, "it repeats the header, as where files were put one behind the other; leave it out");
        }
        for (int column = 0; column < record.size(); column++) {
            if (CsvText.isBroken(record.get(column))) {
                throw source.invalid(
                        file, number, words(column) + " has bytes that are no UTF-8; the file must be UTF-8 text");
            }
        }
        if (record.size() != columns) {
            throw source.invalid(
                    file,
                    number,
                    "it has " + record.size() + " columns; "
                            + (file.equals(first)
                                    ? "the first record has "
                                    : "the first record of " + first.getFileName() + " has ")
                            + columns);
        }
    }

    private static final class RecordTooLong extends IOException {
        RecordTooLong() {
            super("it is longer than " + LONGEST_RECORD + " characters; is a quotation mark missing?");
        }
    }

    /** Gives up on a record that goes on and on, before it has filled the memory. */
    private static final class Bounded extends FilterReader {
        private long read;

        Bounded(Reader in) {
            super(in);
        }

        void startAgain() {
            read = 0;
        }

        @Override
        public int read() throws IOException {
            count(1);
            return super.read();
        }

        @Override
        public int read(char[] target, int offset, int length) throws IOException {
            int got = super.read(target, offset, length);
            count(got);
            return got;
        }

        private void count(int characters) throws IOException {
            read += characters;
            if (read > LONGEST_RECORD) {
                throw new RecordTooLong();
            }
        }
    }
}
