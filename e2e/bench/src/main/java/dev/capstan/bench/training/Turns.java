package dev.capstan.bench.training;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Several ways of training one model, measured in turns: all that disturbs one disturbs the next as well. */
final class Turns implements AutoCloseable {
    /** Of the clock, by each way before anything counts: a JVM compiles what runs often. */
    private static final double WARM_UP = 8;

    private final Model model;
    private final Csv csv;
    private final List<Crew> crews = new ArrayList<>();
    private final Map<String, Way> ways = new LinkedHashMap<>();

    /** A way of training, and what it took in each round. */
    private record Way(Crew crew, String line, int workers, List<Double> perSecond, List<Double> perCpuSecond) {}

    /** Where raw figures go. */
    interface Csv {
        void row(Model model, String way, int workers, double perSecond, double perCpuSecond);
    }

    Turns(Model model, Csv csv) {
        this.model = model;
        this.csv = csv;
    }

    /** Adds a way of a crew's, which is closed with this. */
    Turns add(String name, int workers, Crew crew, String line) {
        if (!crews.contains(crew)) {
            crews.add(crew);
        }
        ways.put(name, new Way(crew, line, workers, new ArrayList<>(), new ArrayList<>()));
        return this;
    }

    Turns add(String name, int workers, Crew crew) {
        return add(name, workers, crew, "");
    }

    /**
     * Has each trained in turns, for so many rounds at least, and then until it is enough or there were three times as
     * many.
     */
    Turns run(int rounds, BooleanSupplier enough) throws IOException {
        for (var way : ways.values()) {
            for (double warm = 0; warm < WARM_UP; ) {
                warm += way.crew().train(way.line()).seconds();
            }
        }
        var order = new ArrayList<>(ways.entrySet());
        for (int round = 0; round < rounds || round < 3 * rounds && !enough.getAsBoolean(); round++) {
            for (var each : round % 2 == 0 ? order : order.reversed()) {
                var way = each.getValue();
                var took = way.crew().train(way.line());
                double samples = (double) model.steps() * model.batch() * way.workers();
                way.perSecond().add(samples / took.seconds());
                way.perCpuSecond().add(samples / took.computed());
                csv.row(
                        model,
                        each.getKey(),
                        way.workers(),
                        way.perSecond().getLast(),
                        way.perCpuSecond().getLast());
            }
        }
        return this;
    }

    /** Samples in a second of the clock, over all workers. */
    List<Double> perSecond(String way) {
        return ways.get(way).perSecond();
    }

    /** Samples in a second of a processor. */
    List<Double> perCpuSecond(String way) {
        return ways.get(way).perCpuSecond();
    }

    Ratios byClock(String way, String other) {
        return Ratios.of(perSecond(way), perSecond(other));
    }

    Ratios byProcessor(String way, String other) {
        return Ratios.of(perCpuSecond(way), perCpuSecond(other));
    }

    double megabytes(String way) throws IOException {
        return ways.get(way).crew().megabytes();
    }

    @Override
    public void close() {
        crews.forEach(Crew::close);
    }
}
