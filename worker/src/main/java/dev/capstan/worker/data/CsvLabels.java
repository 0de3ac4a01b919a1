package dev.capstan.worker.data;

import dev.capstan.protocol.JobFile.Csv;
import dev.capstan.protocol.JobFile.Csv.Labels;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.commons.csv.CSVRecord;

/** What stands in a table's column with the class: numbers from 0 on, or names. */
sealed interface CsvLabels {
    /**
     * @param units of the output layer; 0 or less if it takes as many classes as there are
     * @param like what the classes were learned from; null to learn them
     */
    static CsvLabels of(Source source, Csv csv, int units, Preprocessing like) {
        var known = like == null ? null : like.classes();
        // Numbers that stand for names would be right by chance.
        return csv.labels() == Labels.NAMES || known != null && !Classes.areNumbers(known)
                ? new Names(source, new Classes.Named(source, known, units))
                : new Whole(source, csv.header(), new Classes.Numbered(source, units));
    }

    /** The class of a record, by its number; names have numbers in the order in which they were seen first. */
    int of(Path file, long record, int column, CsvFiles files, CSVRecord values);

    /** All classes' names in the order of the output's units; known when all records are. */
    List<String> names();

    /** For each number that {@link #of} gave, its place among the names. */
    int[] places(List<String> names);

    /** Whole numbers from 0 on. */
    record Whole(Source source, boolean header, Classes.Numbered classes) implements CsvLabels {
        @Override
        public int of(Path file, long record, int column, CsvFiles files, CSVRecord values) {
            return classes.of(
                    file,
                    record,
                    values.get(column),
                    record == 1 && !header ? CsvHints.header("csv", values, values.get(column)) : "");
        }

        @Override
        public List<String> names() {
            return classes.names();
        }

        @Override
        public int[] places(List<String> names) {
            return IntStream.range(0, names.size()).toArray();
        }
    }

    /** Names, whatever they are. */
    record Names(Source source, Classes.Named classes) implements CsvLabels {
        @Override
        public int of(Path file, long record, int column, CsvFiles files, CSVRecord values) {
            var name = values.get(column);
            if (CsvHints.isNoLabel(name)) {
                throw source.invalid(
                        file,
                        record,
                        files.words(column) + ", the label, is " + (name.isEmpty() ? "empty" : '"' + name + '"')
                                + "; every record needs one");
            }
            return classes.of(file, record, name);
        }

        @Override
        public List<String> names() {
            return classes.names();
        }

        @Override
        public int[] places(List<String> names) {
            return classes.renumbered(names);
        }
    }
}
