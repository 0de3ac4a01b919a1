package dev.capstan.worker.data;

import dev.capstan.protocol.JobFile.Column;
import dev.capstan.protocol.JobFile.Csv;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.commons.csv.CSVRecord;

/**
 * Which columns of a table are what.
 *
 * @param inputs what the network takes, in its order
 * @param label the class; -1 if there is none
 * @param targets the numbers that the network is to predict; none if it tells classes apart
 */
record CsvColumns(int[] inputs, int label, int[] targets) {
    /** What tools call a column of which nobody has said a name. */
    private static final Pattern ROW_NUMBER = Pattern.compile("|Unnamed: \\d+");

    /**
     * @param like how samples were read before; null if these are the first
     * @param first record of the file
     * @throws dev.capstan.worker.outcome.Failure InvalidData if there are no such columns
     */
    static CsvColumns of(Source source, Path file, CsvFiles files, Csv csv, Preprocessing like, CSVRecord first) {
        if (files.columns() < 2) {
            throw source.invalid(
                    file,
                    1,
                    "it has 1 column; it needs a label and at least one number" + CsvHints.delimiter("csv", first));
        }
        var targets = csv.targets() == null ? new int[0] : all(file, files, "targetColumns", csv.targets(), first);
        int label = csv.targets() != null
                ? -1
                : csv.labelName() != null
                        ? files.column(file, "labelColumn", csv.labelName())
                        : files.column(file, first, "labelColumn", csv.labelColumn());
        var inputs = inputs(file, files, csv, like, first, label, targets);
        if (csv.columns() == null && like == null && files.names() != null) {
            checkNames(source, file, files, inputs);
        }
        check(source, file, files, inputs, label, targets);
        return new CsvColumns(inputs, label, targets);
    }

    private static int[] inputs(
            Path file, CsvFiles files, Csv csv, Preprocessing like, CSVRecord first, int label, int[] targets) {
        if (csv.columns() != null) {
            return all(file, files, "columns", csv.columns(), first);
        }
        if (like != null && like.columns() != null && files.names() != null) {
            return like.columns().stream()
                    .mapToInt(name -> files.learnedColumn(file, name))
                    .toArray();
        }
        return IntStream.range(0, files.columns())
                .filter(column -> column != label && IntStream.of(targets).noneMatch(target -> target == column))
                .toArray();
    }

    /** The number of a row says nothing, and of a table that is sorted by its classes all too much. */
    private static void checkNames(Source source, Path file, CsvFiles files, int[] inputs) {
        for (int column : inputs) {
            var name = files.names().get(column);
            if (ROW_NUMBER.matcher(name).matches()) {
                throw source.invalid(
                        file,
                        "has no name for column " + column + (name.isEmpty() ? "" : " but \"" + name + "\"")
                                + ", which most often has the rows' numbers, as pandas writes them without index=False;"
                                + " take it out, or list the columns to learn from in csv.columns");
            }
        }
    }

    private static int[] all(Path file, CsvFiles files, String field, List<Column> columns, CSVRecord first) {
        return columns.stream()
                .mapToInt(each -> each.name() != null
                        ? files.column(file, field, each.name())
                        : files.column(file, first, field, each.index()))
                .toArray();
    }

    private static void check(Source source, Path file, CsvFiles files, int[] inputs, int label, int[] targets) {
        if (inputs.length == 0) {
            throw source.invalid(
                    file,
                    1,
                    "it has " + files.columns() + " columns, and csv.targetColumns names all of them; at least one must"
                            + " be left to predict from");
        }
        var seen = new HashSet<Integer>();
        for (int column : inputs) {
            if (!seen.add(column)) {
                throw source.invalid(file, files.words(column) + " is named twice in csv.columns; name it once");
            }
        }
        if (seen.contains(label)) {
            throw source.invalid(
                    file,
                    files.words(label) + " is both what the network takes and csv.labelColumn, what it should tell;"
                            + " name another one");
        }
        var both = new HashSet<Integer>();
        for (int column : targets) {
            if (seen.contains(column) || !both.add(column)) {
                throw source.invalid(
                        file,
                        files.words(column)
                                + (seen.contains(column)
                                        ? " is both what the network takes and one of csv.targetColumns, what it should"
                                                + " predict; leave it out of one of them"
                                        : " is named twice in csv.targetColumns; name it once"));
            }
        }
    }

    /** The names of what the network takes; null if there are none by which each could be found again. */
    List<String> names(CsvFiles files) {
        if (files.names() == null) {
            return null;
        }
        var names = IntStream.of(inputs).mapToObj(files.names()::get).toList();
        return names.stream().distinct().count() == names.size()
                        && names.stream().noneMatch(String::isEmpty)
                ? names
                : null;
    }

    /** The names of what it predicts, or their columns' indices. */
    List<String> targetNames(CsvFiles files) {
        return IntStream.of(targets)
                .mapToObj(column -> files.names() == null
                        ? "column " + column
                        : files.names().get(column))
                .toList();
    }
}
