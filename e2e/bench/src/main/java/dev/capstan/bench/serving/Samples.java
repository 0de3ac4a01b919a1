package dev.capstan.bench.serving;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** Figures of one thing, a round each. */
record Samples(List<Double> values) {
    /** Of an even number of them, the lower of the two in the middle. */
    double median() {
        return values.stream().sorted().toList().get((values.size() - 1) / 2);
    }

    static <T> Samples of(List<T> rounds, ToDoubleFunction<T> figure) {
        return new Samples(rounds.stream().mapToDouble(figure).boxed().toList());
    }

    /** Round by round, how many times as much as the other. */
    Samples over(Samples other) {
        return new Samples(IntStream.range(0, values.size())
                .mapToObj(each -> values.get(each) / other.values.get(each))
                .toList());
    }

    /** Round by round, how much more than the other. */
    Samples minus(Samples other) {
        return new Samples(IntStream.range(0, values.size())
                .mapToObj(each -> values.get(each) - other.values.get(each))
                .toList());
    }

    /** The median, with the smallest and the largest. */
    String spread(String format) {
        return String.format(
                Locale.ROOT,
                format + " (" + format + " to " + format + ")",
                median(),
                values.stream().min(Double::compare).orElseThrow(),
                values.stream().max(Double::compare).orElseThrow());
    }
}
