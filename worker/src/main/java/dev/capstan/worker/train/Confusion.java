package dev.capstan.worker.train;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How often a model took which class for which. */
public final class Confusion {
    /** More rows and columns are nothing that anybody reads. */
    private static final int MOST_SHOWN = 100;

    private final int classes;
    private final long[] right;
    private final long[] there;
    private final long[] answered;
    private final Map<Long, Integer> mistaken = new HashMap<>();
    private long samples;

    Confusion(int classes) {
        this.classes = classes;
        right = new long[classes];
        there = new long[classes];
        answered = new long[classes];
    }

    void add(int label, int answer) {
        samples++;
        there[label]++;
        answered[answer]++;
        if (label == answer) {
            right[label]++;
        } else if (classes <= MOST_SHOWN) {
            mistaken.merge((long) label * classes + answer, 1, Integer::sum);
        }
    }

    /** How many bytes {@link #write} writes. */
    int bytes() {
        int shown = classes <= MOST_SHOWN ? classes * classes : 0;
        return Math.addExact(Long.BYTES + shown * Integer.BYTES, Math.multiplyExact(classes, 3 * Long.BYTES));
    }

    void write(ByteBuffer out) {
        out.putLong(samples);
        for (var each : new long[][] {right, there, answered}) {
            for (long count : each) {
                out.putLong(count);
            }
        }
        for (long place = 0; classes <= MOST_SHOWN && place < (long) classes * classes; place++) {
            out.putInt(mistaken.getOrDefault(place, 0));
        }
    }

    /** Adds what {@link #write} wrote, of as many classes. */
    void add(ByteBuffer in) {
        samples += in.getLong();
        for (var each : new long[][] {right, there, answered}) {
            for (int i = 0; i < classes; i++) {
                each[i] += in.getLong();
            }
        }
        for (long place = 0; classes <= MOST_SHOWN && place < (long) classes * classes; place++) {
            int count = in.getInt();
            if (count > 0) {
                mistaken.merge(place, count, Integer::sum);
            }
        }
    }

    /** Number of samples that were told right. */
    long right() {
        long sum = 0;
        for (long each : right) {
            sum += each;
        }
        return sum;
    }

    /** Share of the samples that were told right. */
    double accuracy() {
        return (double) right() / samples;
    }

    /**
     * The mean of F1, the harmonic mean of precision and recall, over all classes that there are samples or answers of
     * (macro F1): a class counts as much as any other, however few samples it has.
     */
    double f1() {
        double sum = 0;
        int seen = 0;
        for (int i = 0; i < classes; i++) {
            if (there[i] + answered[i] > 0) {
                sum += 2.0 * right[i] / (there[i] + answered[i]);
                seen++;
            }
        }
        return sum / seen;
    }

    /** Samples of each class by the class that they were taken for; empty if there are too many classes to show. */
    public List<List<Integer>> matrix() {
        var rows = new ArrayList<List<Integer>>();
        for (int label = 0; label < classes && classes <= MOST_SHOWN; label++) {
            var row = new ArrayList<Integer>();
            for (int answer = 0; answer < classes; answer++) {
                row.add(
                        label == answer
                                ? (int) right[label]
                                : mistaken.getOrDefault((long) label * classes + answer, 0));
            }
            rows.add(List.copyOf(row));
        }
        return List.copyOf(rows);
    }
}
