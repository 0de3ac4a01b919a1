package dev.capstan.worker.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.FilterReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CodingErrorAction;
import java.nio.file.Path;
import org.apache.commons.csv.CSVException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.io.input.BOMInputStream;

/**
 * The records of comma-separated values (RFC 4180, in UTF-8), one by one: of one file, or of all {@code *.csv} of a
 * folder in the order of their names. All have the same number of columns.
 */
final class CsvFiles {
    private static final CSVFormat FORMAT = CSVFormat.RFC4180
            .builder()
            .setIgnoreEmptyLines(true)
            .setIgnoreSurroundingSpaces(true)
            .get();
    /** A record of more characters than this is a quotation mark that was never closed. */
    private static final int LONGEST_RECORD = 1 << 24;
    /** Stands for bytes that are no UTF-8: half of a character, which no valid text decodes to. */
    private static final char NO_CHARACTER = '\uDC00';

    private final Source source;
    private final boolean header;
    private int columns = -1;

    CsvFiles(Source source, boolean header) {
        this.source = source;
        this.header = header;
    }

    /** What takes the records. */
    interface Taker {
        /** @param number of the record in its file, from 1, the header not counted */
        void take(Path file, long number, CSVRecord record);
    }

    void read(Taker taker) throws IOException {
        var faults = new Faults(source);
        for (var file : DataFiles.tables(source, faults)) {
            faults.look(() -> {
                try (var bytes = DataFiles.open(file)) {
                    readFile(file, bytes, taker);
                }
            });
        }
        faults.check();
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

    /** The column that an index means, which may count from the last, -1. */
    int column(Path file, String option, int index) {
        int column = index < 0 ? columns + index : index;
        if (column < 0 || column >= columns) {
            throw source.invalid(
                    file,
                    1,
                    "it has " + columns + " columns, so " + option + " " + index + " is none of them; it may be "
                            + -columns + " to " + (columns - 1));
        }
        return column;
    }

    private void readFile(Path file, InputStream raw, Taker taker) throws IOException {
        long record = 0;
        var decoder = UTF_8.newDecoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE)
                .replaceWith(String.valueOf(NO_CHARACTER));
        // Spreadsheets put a byte order mark first, which no number starts with.
        try (var bytes = BOMInputStream.builder().setInputStream(raw).get();
                var text = new Bounded(new BufferedReader(new InputStreamReader(bytes, decoder), 1 << 16));
                var parser = FORMAT.parse(text)) {
            var records = parser.iterator();
            if (header && records.hasNext()) {
                records.next();
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

    private void check(Path file, long number, CSVRecord record) {
        if (columns < 0) {
            columns = record.size();
        }
        for (int column = 0; column < record.size(); column++) {
            var text = record.get(column);
            int bad = text.indexOf(NO_CHARACTER);
            while (bad > 0 && Character.isHighSurrogate(text.charAt(bad - 1))) {
                bad = text.indexOf(NO_CHARACTER, bad + 1);
            }
            if (bad >= 0) {
                throw source.invalid(
                        file, number, "column " + column + " has bytes that are no UTF-8; the file must be UTF-8 text");
            }
        }
        if (record.size() != columns) {
            throw source.invalid(file, number, "it has " + record.size() + " columns; the first record has " + columns);
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
