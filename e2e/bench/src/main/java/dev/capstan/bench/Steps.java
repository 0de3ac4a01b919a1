package dev.capstan.bench;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Layer.Padding;
import dev.capstan.protocol.Layer.PoolingType;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Training.Engine;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.step.Batch;
import dev.capstan.worker.torch.Computing;
import dev.capstan.worker.torch.Engines;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * The worker's step by either engine, in turns: gradient and update of batches drawn at random, in processor time of
 * the one thread that computes.
 */
final class Steps {
    /** Of processor time, by one engine in one round. */
    private static final double SECONDS = 1;

    private enum Model {
        IRIS(new Shape.Flat(4), 16, new Layer.Dense(16, "relu"), output(3)),
        MLP(new Shape.Flat(784), 32, new Layer.Dense(128, "relu"), output(10)),
        WIDE(new Shape.Flat(784), 64, new Layer.Dense(1024, "relu"), new Layer.Dense(1024, "relu"), output(10)),
        SMALL_CNN(
                new Shape.Image(28, 28, 1),
                64,
                new Layer.Convolution(16, 3, 1, Padding.VALID, "relu"),
                pooling(),
                new Layer.Convolution(32, 3, 1, Padding.VALID, "relu"),
                pooling(),
                new Layer.Dense(64, "relu"),
                output(10)),
        LENET(
                new Shape.Image(28, 28, 1),
                64,
                new Layer.Convolution(20, 5, 1, Padding.VALID, "relu"),
                pooling(),
                new Layer.Convolution(50, 5, 1, Padding.VALID, "relu"),
                pooling(),
                new Layer.Dense(500, "relu"),
                output(10)),
        LSTM(new Shape.Tokens(28, 5002), 128, new Layer.Embedding(32), new Layer.Lstm(32, "tanh", false), output(3)),
        WIDE_LSTM(
                new Shape.Tokens(32, 1000), 32, new Layer.Embedding(64), new Layer.Lstm(64, "tanh", false), output(10));

        private final Shape shape;
        private final int batch;
        private final List<Layer> layers;

        Model(Shape shape, int batch, Layer... layers) {
            this.shape = shape;
            this.batch = batch;
            this.layers = List.of(layers);
        }

        private int classes() {
            return ((Layer.Output) layers.getLast()).units();
        }
    }

    private static Layer output(int units) {
        return new Layer.Output(units, "softmax", "mcxent");
    }

    private static Layer pooling() {
        return new Layer.Pooling(PoolingType.MAX, 2, 2);
    }

    private Steps() {}

    /** Arguments: the file for the samples, and how many rounds. */
    public static void main(String[] arguments) throws Exception {
        Native.load(Map.of());
        int rounds = Integer.parseInt(arguments[1]);
        try (var csv = new Csv(Path.of(arguments[0]), "model,round,dl4j_micros_a_step,libtorch_micros_a_step")) {
            for (var model : Model.values()) {
                measure(model, rounds, csv);
            }
        }
    }

    private static void measure(Model model, int rounds, Csv csv) {
        var engines = new ArrayList<Computing>();
        var batches = new ArrayList<Batch>();
        for (var each : Engine.values()) {
            var engine = engine(model, each);
            engines.add(engine);
            batches.add(batch(model, engine));
            micros(engine, batches.getLast());
        }
        var ratios = new ArrayList<Double>();
        var libTorch = new ArrayList<Double>();
        for (int round = 0; round < rounds; round++) {
            var micros = new double[engines.size()];
            for (int i = 0; i < engines.size(); i++) {
                int turn = round % 2 == 0 ? i : engines.size() - 1 - i;
                micros[turn] = micros(engines.get(turn), batches.get(turn));
            }
            double fast = micros[Engine.LIBTORCH.ordinal()];
            double own = micros[Engine.DEEPLEARNING4J.ordinal()];
            csv.row("%s,%d,%.1f,%.1f", model, round, own, fast);
            ratios.add(own / fast);
            libTorch.add(fast);
        }
        System.out.printf(
                Locale.ROOT,
                "%s: batch %d, %.0f µs a step by LibTorch, %.2f times as fast as by DL4J (%.2f to %.2f)%n",
                model.name().toLowerCase(Locale.ROOT),
                model.batch,
                Csv.median(libTorch),
                Csv.median(ratios),
                ratios.stream().mapToDouble(each -> each).min().orElseThrow(),
                ratios.stream().mapToDouble(each -> each).max().orElseThrow());
    }

    private static Computing engine(Model model, Engine engine) {
        var adam = new Optimizer.Adam(0.001, 0.9, 0.999, 1e-8);
        var training =
                new dev.capstan.protocol.Training(1, model.batch, adam, null, 0, 0, null, 0, null, null, 42).by(engine);
        var network = Networks.create(
                new JobFile.Model(model.layers, null, null, null),
                training,
                new Preprocessing(
                        model.shape,
                        IntStream.range(0, model.classes())
                                .mapToObj(Integer::toString)
                                .toList(),
                        null),
                null);
        return Engines.ready(network, new Engines.Decision(engine, "the benchmark asks for it"));
    }

    private static Batch batch(Model model, Computing engine) {
        var batch = engine.stage().batch(model.batch, model.shape);
        var random = new Random(1);
        int inputs = model.shape.inputs();
        for (int row = 0; row < model.batch; row++) {
            int length = model.shape instanceof Shape.Tokens ? inputs / 4 + random.nextInt(inputs * 3 / 4) : inputs;
            for (int i = 0; i < inputs; i++) {
                int place = row * inputs + i;
                if (model.shape instanceof Shape.Tokens(var longest, var vocabulary)) {
                    batch.inputs().put(place, i < length ? 1 + random.nextInt(vocabulary - 1) : 0);
                    batch.mask().put(place, i < length ? 1 : 0);
                } else {
                    batch.inputs().put(place, random.nextFloat());
                }
            }
            batch.targets().put(row * model.classes() + random.nextInt(model.classes()), 1);
        }
        return batch;
    }

    private static double micros(Computing engine, Batch batch) {
        var threads = ManagementFactory.getThreadMXBean();
        long start = threads.getCurrentThreadCpuTime();
        long spent = 0;
        int steps = 0;
        while (spent < SECONDS * 1e9) {
            engine.stage().computeGradient(batch, steps + 1);
            engine.optimizer().update(batch.rows());
            steps++;
            spent = threads.getCurrentThreadCpuTime() - start;
        }
        return spent / 1e3 / steps;
    }
}
