package dev.capstan.worker.data;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.apache.commons.csv.CSVRecord;

/** What a table that can't be read as it is said to be probably is; clauses for the end of a sentence. */
final class CsvHints {
    private static final int LONGEST_SHOWN = 40;
    private static final Pattern DECIMAL_COMMA = Pattern.compile("[+-]?[0-9]+,[0-9]+");
    private static final List<String> DELIMITERS = List.of(";", "\t", "|", ",");

    private CsvHints() {}

    /** A name or a cell, cut to a length that a sentence can hold. */
    static String shown(String text) {
        return text.length() <= LONGEST_SHOWN ? text : text.substring(0, LONGEST_SHOWN - 1) + "…";
    }

    /** Of a record with one column: what seems to lie between its columns; empty if nothing does. */
    static String delimiter(String options, CSVRecord record) {
        if (record.size() != 1) {
            return "";
        }
        return DELIMITERS.stream()
                .filter(record.get(0)::contains)
                .findFirst()
                .map(each -> each.equals("\t") ? "\\t" : each)
                .map(each -> "; its columns seem to be separated by \"" + each + "\": set " + options + ".delimiter: \""
                        + each + "\"")
                .orElse("");
    }

    /**
     * Of the first record of a file that is said to have no header: whether it seems to be one; and else what the cell
     * seems to be.
     */
    static String header(String options, CSVRecord record, String cell) {
        boolean names = record.stream()
                .noneMatch(each -> isMissing(each) || Numbers.of(each).isPresent());
        return names ? "; the record seems to name the columns: set " + options + ".header: true" : number(cell);
    }

    /** Of a cell that is no number: what it seems to be. */
    static String number(String cell) {
        if (isMissing(cell)) {
            return ", and there is no value: fill it in, or leave the record out";
        }
        if (cell.equalsIgnoreCase("true") || cell.equalsIgnoreCase("false")) {
            return "; write 1 for true, and 0 for false";
        }
        return DECIMAL_COMMA.matcher(cell).matches() ? ", whose decimals come after a point" : "";
    }

    /** Of a label that is no class: what it seems to be. */
    static String label(String cell) {
        if (isMissing(cell)) {
            return ", and there is no value: fill it in, or leave the record out";
        }
        var number = Numbers.of(cell);
        if (number.isEmpty()) {
            return "; if classes have names, set csv.labels: names";
        }
        return number.get() == Math.rint(number.get())
                ? "; write it without a point, or set csv.labels: names"
                : "; to predict numbers, name the column in csv.targetColumns instead";
    }

    /** Of a record of another width than the header: what seems to be the matter. */
    static String width(List<String> header, CSVRecord record) {
        int more = record.size() - header.size();
        if (more == 1 && record.get(record.size() - 1).isEmpty()) {
            return "; its last column is empty: is there a delimiter at the end of the line?";
        }
        return more == 1 ? "; if the first one has the names of rows, give it a name in the header, too" : "";
    }

    /** Whether a label says that nobody knows the class. */
    static boolean isNoLabel(String text) {
        return text.isEmpty() || text.equals("?") || text.equalsIgnoreCase("nan");
    }

    /** Whether a cell says that there is no value. */
    static boolean isMissing(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "", "?", "na", "n/a", "nan", "null", "none", "-" -> true;
            default -> false;
        };
    }

    /** The first of two headers' differences. */
    static String difference(List<String> here, List<String> there) {
        if (here.size() != there.size()) {
            return here.size() + " columns, not " + there.size();
        }
        int column = 0;
        while (here.get(column).equals(there.get(column))) {
            column++;
        }
        return "column " + column + " is \"" + shown(here.get(column)) + "\", not \"" + shown(there.get(column)) + "\"";
    }
}
