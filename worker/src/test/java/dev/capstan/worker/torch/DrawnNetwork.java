package dev.capstan.worker.torch;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Layer.Padding;
import dev.capstan.protocol.Layer.PoolingType;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Training;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.step.Batch;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A network of the layers that LibTorch computes, of sizes and options drawn at random.
 *
 * @param classWeights null if all classes count alike
 */
record DrawnNetwork(Shape shape, List<Layer> layers, double[] classWeights) {
    static final int CLASSES = 3;

    private static final List<String> ACTIVATIONS = List.of(
            "identity",
            "relu",
            "relu6",
            "leakyrelu",
            "elu",
            "selu",
            "gelu",
            "mish",
            "cube",
            "hardsigmoid",
            "sigmoid",
            "hardtanh",
            "softplus",
            "softsign",
            "swish",
            "tanh");

    static DrawnNetwork of(long seed) {
        var random = new Random(seed);
        var layers = new ArrayList<Layer>();
        var shape = switch ((int) (seed % 3)) {
            case 0 -> rows(random, layers);
            case 1 -> images(random, layers);
            default -> words(random, layers);
        };
        boolean entropy = random.nextInt(3) > 0;
        layers.add(
                entropy
                        ? new Layer.Output(
                                CLASSES, "softmax", random.nextBoolean() ? "mcxent" : "negativeloglikelihood")
                        : new Layer.Output(
                                CLASSES,
                                "tanh",
                                List.of("mse", "mean_absolute_error", "l1", "l2")
                                        .get(random.nextInt(4))));
        boolean weighted = entropy && random.nextInt(3) == 0;
        return new DrawnNetwork(shape, layers, weighted ? new double[] {0.5, 2, 1.25} : null);
    }

    private static Shape rows(Random random, List<Layer> layers) {
        dense(random, layers, 1 + random.nextInt(3));
        return new Shape.Flat(3 + random.nextInt(6));
    }

    private static Shape images(Random random, List<Layer> layers) {
        int convolutions = 1 + random.nextInt(2);
        for (int i = 0; i < convolutions; i++) {
            layers.add(new Layer.Convolution(
                    2 + random.nextInt(5),
                    1 + random.nextInt(3),
                    1 + random.nextInt(2),
                    random.nextBoolean() ? Padding.SAME : Padding.VALID,
                    activation(random)));
            if (random.nextInt(3) == 0) {
                layers.add(normalization());
            }
            if (random.nextBoolean()) {
                layers.add(new Layer.Pooling(pooling(random), 2, 1 + random.nextInt(2)));
            }
            if (random.nextInt(4) == 0) {
                layers.add(new Layer.Dropout(0.3));
            }
        }
        if (random.nextInt(3) == 0) {
            layers.add(new Layer.GlobalPooling(pooling(random)));
        }
        dense(random, layers, random.nextInt(3));
        return new Shape.Image(17 + random.nextInt(4), 17 + random.nextInt(4), 1 + random.nextInt(3));
    }

    private static Shape words(Random random, List<Layer> layers) {
        int units = 2 * (1 + random.nextInt(3));
        layers.add(new Layer.Embedding(units));
        if (random.nextBoolean()) {
            sequences(random, layers, units);
        }
        int more = random.nextInt(3);
        for (int i = 0; i < more; i++) {
            if (random.nextInt(3) == 0) {
                layers.add(new Layer.Dropout(0.3));
            }
            layers.add(new Layer.Lstm(2 + random.nextInt(5), "tanh", true));
        }
        layers.add(
                random.nextBoolean()
                        ? new Layer.GlobalPooling(pooling(random))
                        : new Layer.Lstm(2 + random.nextInt(5), "tanh", false));
        dense(random, layers, random.nextInt(2));
        return new Shape.Tokens(4 + random.nextInt(4), 9);
    }

    /** Layers of which DL4J makes a graph. */
    private static void sequences(Random random, List<Layer> layers, int units) {
        int width = units;
        if (random.nextBoolean()) {
            layers.add(new Layer.Positions());
        }
        for (int i = random.nextInt(4); i >= 0; i--) {
            switch (random.nextInt(7)) {
                case 0 -> {
                    width = 2 * (1 + random.nextInt(3));
                    layers.add(new Layer.Dense(width, activation(random)));
                }
                case 1 -> {
                    width = 2 * (1 + random.nextInt(3));
                    layers.add(new Layer.Conv1d(width, 1 + 2 * random.nextInt(3), activation(random)));
                }
                case 2 -> {
                    int half = 1 + random.nextInt(3);
                    width = 2 * half;
                    layers.add(new Layer.BidirectionalLstm(half, "tanh"));
                }
                case 3 -> layers.add(new Layer.LayerNormalization(1e-2));
                case 4 -> layers.add(new Layer.Attention(1 + random.nextInt(2)));
                default -> layers.add(new Layer.Residual(block(random, width)));
            }
        }
    }

    /** Layers that give as many numbers as they get. */
    private static List<Layer> block(Random random, int width) {
        return switch (random.nextInt(5)) {
            case 0 -> List.of(new Layer.Lstm(width, "tanh", true));
            case 1 -> List.of(new Layer.Conv1d(width, 3, activation(random)));
            case 2 -> List.of(new Layer.BidirectionalLstm(width / 2, "tanh"), new Layer.LayerNormalization(1e-2));
            case 3 -> List.of(new Layer.LayerNormalization(1e-2), new Layer.Attention(2));
            default ->
                List.of(
                        new Layer.LayerNormalization(1e-2),
                        new Layer.Dense(5, activation(random)),
                        new Layer.Dense(width, "identity"));
        };
    }

    private static void dense(Random random, List<Layer> layers, int count) {
        for (int i = 0; i < count; i++) {
            layers.add(new Layer.Dense(2 + random.nextInt(7), activation(random)));
            if (random.nextInt(3) == 0) {
                layers.add(normalization());
            } else if (random.nextInt(3) == 0) {
                // Two numbers that are nearly one are told apart by their last bits.
                layers.add(new Layer.LayerNormalization(0.1));
            }
            if (random.nextInt(4) == 0) {
                layers.add(new Layer.Dropout(0.3));
            }
        }
    }

    private static Layer normalization() {
        return new Layer.BatchNormalization(0.8, 1e-3);
    }

    private static PoolingType pooling(Random random) {
        return random.nextBoolean() ? PoolingType.MAX : PoolingType.AVERAGE;
    }

    private static String activation(Random random) {
        return ACTIVATIONS.get(random.nextInt(ACTIVATIONS.size()));
    }

    /** The network, its parameters as a training begins with them. */
    Network network(Training training) {
        return Networks.create(
                new JobFile.Model(layers, null, null, null),
                training,
                new Preprocessing(shape, List.of("a", "b", "c"), null),
                classWeights);
    }

    static Training training(Optimizer optimizer, double l2) {
        return new Training(2, 8, optimizer, null, 0, l2, null, 0, null, null, 3).by(Training.Engine.LIBTORCH);
    }

    /** Fills a batch with samples drawn at random, of lengths drawn at random if they are words. */
    void fill(Batch batch, Random random) {
        for (int i = 0; i < batch.rows(); i++) {
            int length = shape instanceof Shape.Tokens ? 1 + random.nextInt(shape.inputs()) : shape.inputs();
            for (int j = 0; j < shape.inputs(); j++) {
                int place = i * shape.inputs() + j;
                if (shape instanceof Shape.Tokens(var longest, var vocabulary)) {
                    batch.inputs().put(place, j < length ? 1 + random.nextInt(vocabulary - 1) : 0);
                    batch.mask().put(place, j < length ? 1 : 0);
                } else {
                    batch.inputs().put(place, (float) (0.5 * random.nextGaussian()));
                }
            }
            int label = random.nextInt(CLASSES);
            for (int j = 0; j < CLASSES; j++) {
                batch.targets().put(i * CLASSES + j, j == label ? 1 : 0);
            }
        }
    }
}
