package dev.capstan.worker.data;

import java.util.List;

/**
 * How the rows of the table lay that a model was trained on, for those that come without names of columns.
 *
 * @param delimiter between two columns; null for a comma
 * @param width how many columns there were
 * @param inputs which of them the model takes, in its order
 */
public record TableLayout(String delimiter, int width, List<Integer> inputs) {
    /** @throws IllegalArgumentException if there are no such columns */
    public TableLayout {
        if (delimiter != null && delimiter.length() != 1) {
            throw new IllegalArgumentException("a table's delimiter is one character");
        }
        if (inputs == null || inputs.stream().anyMatch(each -> each == null || each < 0 || each >= width)) {
            throw new IllegalArgumentException("its table of " + width + " columns hasn't those that the model takes");
        }
    }

    /** The one column that the model takes nothing from; -1 if there are several of them, or none. */
    int rest() {
        if (inputs.size() != width - 1) {
            return -1;
        }
        int column = 0;
        while (inputs.contains(column)) {
            column++;
        }
        return column;
    }

    int[] places() {
        return inputs.stream().mapToInt(Integer::intValue).toArray();
    }
}
