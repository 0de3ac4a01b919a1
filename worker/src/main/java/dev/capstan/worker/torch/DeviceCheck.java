package dev.capstan.worker.torch;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Layer.Padding;
import dev.capstan.protocol.Layer.PoolingType;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.step.Batch;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Whether the device that this worker has computes what a CPU computes, and how fast. Its networks are those that
 * {@code e2e/gpu/pytorch.py} has by the same names.
 */
public final class DeviceCheck {
    private static final int CLASSES = 10;
    private static final int ROWS = 256;
    /** Of gradients, by their Euclidean norms: both round to 24 bits, and add up in another order. */
    private static final double SAME_GRADIENT = 1e-5;
    /** Of what the steps change. Adam makes much of the sign of a small number, and a maximum of which is larger. */
    private static final double SAME_CHANGE = 0.02;

    /** @param steps after which parameters are compared */
    private record Model(String name, int steps, Shape shape, List<Layer> hidden) {}

    private static final List<Model> MODELS = List.of(
            new Model(
                    "wide",
                    20,
                    new Shape.Flat(784),
                    List.of(new Layer.Dense(1024, "relu"), new Layer.Dense(1024, "relu"))),
            new Model(
                    "lenet",
                    5,
                    new Shape.Image(28, 28, 1),
                    List.of(
                            new Layer.Convolution(20, 5, 1, Padding.VALID, "relu"),
                            new Layer.Pooling(PoolingType.MAX, 2, 2),
                            new Layer.Convolution(50, 5, 1, Padding.VALID, "relu"),
                            new Layer.Pooling(PoolingType.MAX, 2, 2),
                            new Layer.Dense(500, "relu"))),
            new Model(
                    "normalized",
                    5,
                    new Shape.Image(28, 28, 1),
                    List.of(
                            new Layer.Convolution(16, 3, 1, Padding.SAME, "identity"),
                            new Layer.BatchNormalization(0.9, 1e-3),
                            new Layer.Dropout(0.2),
                            new Layer.GlobalPooling(PoolingType.AVERAGE))),
            new Model(
                    "lstm",
                    20,
                    new Shape.Tokens(32, 1000),
                    List.of(new Layer.Embedding(64), new Layer.Lstm(64, "tanh", false))),
            new Model(
                    "encoder",
                    20,
                    new Shape.Tokens(32, 1000),
                    List.of(
                            new Layer.Embedding(128),
                            new Layer.Positions(),
                            new Layer.Residual(List.of(new Layer.LayerNormalization(1e-5), new Layer.Attention(4))),
                            new Layer.Residual(List.of(
                                    new Layer.LayerNormalization(1e-5),
                                    new Layer.Dense(512, "relu"),
                                    new Layer.Dense(128, "identity"))),
                            new Layer.GlobalPooling(PoolingType.AVERAGE))));

    private DeviceCheck() {}

    /**
     * Computes on the device that this process has.
     *
     * @param seconds for which each model is trained to measure its speed; 0 for not at all
     * @param tell gets a line for each model
     * @return the device, as a report has it
     * @throws Failure WorkerError if it computes something else, or can't be used
     */
    public static String run(double seconds, Consumer<String> tell) {
        return run(Device.given(), seconds, tell);
    }

    static String run(Device device, double seconds, Consumer<String> tell) {
        for (var model : MODELS) {
            tell.accept(compared(model, device, seconds));
        }
        return device.toString();
    }

    private static String compared(Model model, Device device, double seconds) {
        var training = new Training(
                        1, ROWS, new Optimizer.Adam(0.001, 0.9, 0.999, 1e-8), null, 0, 0, null, 0, null, null, 42)
                .by(Training.Engine.LIBTORCH);
        var onCpu = network(model, training);
        var onDevice = network(model, training);
        var begun = onCpu.parameters().dup();
        var reference = engine(onCpu, Device.CPU);
        var engine = engine(onDevice, device);
        var expected = filled(reference.stage().batch(ROWS, model.shape()), model.shape());
        var found = filled(engine.stage().batch(ROWS, model.shape()), model.shape());
        reference.stage().computeGradient(expected, 1);
        engine.stage().computeGradient(found, 1);
        double gradient = distance(onCpu.gradients(), onDevice.gradients())
                / onCpu.gradients().norm2Number().doubleValue();
        for (int step = 1; step <= model.steps(); step++) {
            step(reference, expected, step);
            step(engine, found, step);
        }
        double change = distance(onCpu.parameters(), onDevice.parameters()) / distance(begun, onCpu.parameters());
        var line = String.format(
                Locale.ROOT,
                "%s: gradient off by %.1e, %d steps by %.1e of their change",
                model.name(),
                gradient,
                model.steps(),
                change);
        demand(line, gradient, change);
        return seconds == 0
                ? line
                : line
                        + String.format(
                                Locale.ROOT,
                                "; %.0f samples/s, one core of the CPU %.0f",
                                speed(engine, found, seconds),
                                speed(reference, expected, seconds));
    }

    /** What is no number is no small one either. */
    static void demand(String line, double gradient, double change) {
        if (!(gradient <= SAME_GRADIENT && change <= SAME_CHANGE)) {
            throw new Failure(
                    Reason.WorkerError,
                    line + ", where at most " + SAME_GRADIENT + " and " + SAME_CHANGE + " are rounding");
        }
    }

    private static Network network(Model model, Training training) {
        var layers = new ArrayList<>(model.hidden());
        layers.add(new Layer.Output(CLASSES, "softmax", "mcxent"));
        var classes = IntStream.range(0, CLASSES).mapToObj(Integer::toString).toList();
        return Networks.create(
                new JobFile.Model(layers, null, null, null),
                training,
                new Preprocessing(model.shape(), classes, null),
                null);
    }

    private static Computing engine(Network network, Device device) {
        try {
            var decision = new Engines.Decision(Training.Engine.LIBTORCH, "it is checked");
            return Engines.libTorch(network, Plan.of(network), decision, device);
        } catch (Plan.NotCovered e) {
            throw new AssertionError("its layers are LibTorch's", e);
        }
    }

    private static Batch filled(Batch batch, Shape shape) {
        var random = new Random(1);
        for (int i = 0; i < batch.inputs().capacity(); i++) {
            batch.inputs()
                    .put(
                            i,
                            shape instanceof Shape.Tokens(var longest, var vocabulary)
                                    ? 1 + random.nextInt(vocabulary - 1)
                                    : random.nextFloat());
        }
        for (int i = 0; batch.mask() != null && i < batch.mask().capacity(); i++) {
            batch.mask().put(i, 1);
        }
        for (int row = 0; row < batch.rows(); row++) {
            batch.targets().put(row * CLASSES + row % CLASSES, 1);
        }
        return batch;
    }

    private static void step(Computing engine, Batch batch, long seed) {
        engine.stage().computeGradient(batch, seed);
        engine.optimizer().update(batch.rows());
    }

    private static double speed(Computing engine, Batch batch, double seconds) {
        long start = System.nanoTime();
        long samples = 0;
        double passed;
        do {
            step(engine, batch, 1);
            samples += batch.rows();
            passed = (System.nanoTime() - start) / 1e9;
        } while (passed < seconds);
        return samples / passed;
    }

    private static double distance(INDArray one, INDArray other) {
        return one.sub(other).norm2Number().doubleValue();
    }
}
