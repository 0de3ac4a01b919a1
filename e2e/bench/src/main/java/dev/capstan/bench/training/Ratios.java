package dev.capstan.bench.training;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Ratios of pairs that were measured one after the other. */
public record Ratios(List<Double> values) {
    private static final double OUTSIDE = 0.1;

    /** Round by round, how many times as fast as the other. */
    public static Ratios of(List<Double> fast, List<Double> other) {
        return new Ratios(IntStream.range(0, fast.size())
                .mapToObj(i -> fast.get(i) / other.get(i))
                .toList());
    }

    Ratios times(double factor) {
        return new Ratios(values.stream().map(each -> factor * each).toList());
    }

    public double median() {
        var sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /** The lower end of the median's 90 % interval. */
    double low() {
        return values.stream().sorted().toList().get(outside(values.size()));
    }

    /** Its upper end. */
    double high() {
        return values.stream().sorted().toList().get(values.size() - 1 - outside(values.size()));
    }

    public double width() {
        return high() - low();
    }

    /**
     * How many of the smallest, and of the largest, may be left out: each ratio is above the median as likely as below,
     * whatever they are distributed like. Of fewer than five the interval is all of them, and less sure.
     */
    static int outside(int count) {
        double chance = Math.pow(0.5, count);
        double sum = chance;
        int left = 0;
        while (2 * sum <= OUTSIDE) {
            left++;
            chance *= (double) (count - left + 1) / left;
            sum += chance;
        }
        return Math.max(0, left - 1);
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%.2f (%.2f to %.2f)", median(), low(), high());
    }
}
