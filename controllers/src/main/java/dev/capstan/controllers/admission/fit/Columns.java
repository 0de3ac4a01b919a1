package dev.capstan.controllers.admission.fit;

import java.util.Arrays;

/**
 * An amount of each resource on each node: one array a resource, by its number, one row a node. A resource of which no
 * node has any shares its column of zeros with all others like it: thousands of jobs may ask for what no node has.
 */
final class Columns {
    private long[] nothing;
    private long[][] columns = new long[0][];

    /** @param capacity for so many rows */
    Columns(int capacity) {
        nothing = new long[capacity];
    }

    /** The first index is the resource, the second the row; what isn't {@link #own} is not to be written to. */
    long[][] all() {
        return columns;
    }

    /** From now on this resource has a column of its own. */
    void own(int resource) {
        if (columns[resource] == nothing) {
            columns[resource] = new long[nothing.length];
        }
    }

    /** Nobody has any of this resource. */
    void clear(int resource) {
        columns[resource] = nothing;
    }

    /** There are so many resources now. */
    void cover(int resources) {
        int known = columns.length;
        if (resources > known) {
            columns = Arrays.copyOf(columns, Math.max(resources, 2 * known));
            Arrays.fill(columns, known, columns.length, nothing);
        }
    }

    /** There is room for so many rows now. */
    void grow(int capacity) {
        var shorter = nothing;
        nothing = new long[capacity];
        for (int i = 0; i < columns.length; i++) {
            columns[i] = columns[i] == shorter ? nothing : Arrays.copyOf(columns[i], capacity);
        }
    }

    /** A copy of the first rows, to be written to where the column is one of its own; where not, only zeros. */
    long[][] copy(int rows) {
        return Arrays.stream(columns)
                .map(column -> column == nothing ? nothing : Arrays.copyOf(column, rows))
                .toArray(long[][]::new);
    }

    long bytes() {
        return Arrays.stream(columns).filter(column -> column != nothing).count() * nothing.length * Long.BYTES;
    }
}
