package dev.capstan.worker.compress.prune;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Layer.Padding;
import dev.capstan.protocol.Layer.PoolingType;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.model.Structure;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Networks of all layers that a job may name, with weights and inputs drawn at random. */
final class RandomNetworks {
    /** Of 0, sigmoid and softplus make something else than 0. */
    private static final List<String> ACTIVATIONS =
            List.of("relu", "sigmoid", "tanh", "softplus", "identity", "elu", "leakyrelu", "hardsigmoid", "gelu");

    private static final int CLASSES = 3;

    private final Random random;

    RandomNetworks(long seed) {
        random = new Random(seed);
    }

    record Drawn(Shape shape, List<Layer> layers, Network network) {}

    Drawn draw() {
        return switch (random.nextInt(3)) {
            case 0 -> rows();
            case 1 -> images();
            default -> words();
        };
    }

    private Drawn rows() {
        var layers = new ArrayList<Layer>();
        dense(layers, 1 + random.nextInt(3));
        return made(new Shape.Flat(3 + random.nextInt(6)), layers);
    }

    private Drawn images() {
        var layers = new ArrayList<Layer>();
        int convolutions = 1 + random.nextInt(3);
        for (int i = 0; i < convolutions; i++) {
            layers.add(new Layer.Convolution(
                    2 + random.nextInt(5),
                    1 + random.nextInt(3),
                    1 + (i == 0 ? random.nextInt(2) : 0),
                    random.nextBoolean() ? Padding.SAME : Padding.VALID,
                    activation()));
            if (random.nextBoolean()) {
                layers.add(normalization());
            }
            if (i == 0 && random.nextBoolean()) {
                layers.add(new Layer.Pooling(pooling(), 2, 1));
            }
            if (random.nextInt(4) == 0) {
                layers.add(new Layer.Dropout(0.3));
            }
        }
        if (random.nextInt(3) == 0) {
            layers.add(new Layer.GlobalPooling(pooling()));
        }
        dense(layers, random.nextInt(3));
        return made(new Shape.Image(11 + random.nextInt(3), 11 + random.nextInt(3), 1 + random.nextInt(3)), layers);
    }

    private Drawn words() {
        var layers = new ArrayList<Layer>();
        int width = 2 + random.nextInt(5);
        layers.add(new Layer.Embedding(width));
        if (random.nextBoolean()) {
            sequences(layers, width);
        }
        int more = random.nextInt(3);
        for (int i = 0; i < more; i++) {
            if (random.nextInt(3) == 0) {
                layers.add(new Layer.Dropout(0.3));
            }
            layers.add(new Layer.Lstm(2 + random.nextInt(5), activation(), true));
        }
        layers.add(
                random.nextBoolean()
                        ? new Layer.GlobalPooling(pooling())
                        : new Layer.Lstm(2 + random.nextInt(5), activation(), false));
        dense(layers, random.nextInt(2));
        return made(new Shape.Tokens(4 + random.nextInt(4), 9), layers);
    }

    /** Layers of which DL4J makes a graph. */
    private void sequences(List<Layer> layers, int width) {
        switch (random.nextInt(4)) {
            case 0 -> layers.add(new Layer.Positions());
            case 1 -> layers.add(new Layer.LayerNormalization(1e-2));
            case 2 -> layers.add(new Layer.Attention(1));
            default -> layers.add(new Layer.BidirectionalLstm(3, "tanh"));
        }
        layers.add(new Layer.Dense(width, activation()));
        layers.add(new Layer.Residual(List.of(
                new Layer.Conv1d(2 + random.nextInt(5), 3, activation()), new Layer.Dense(width, activation()))));
    }

    private void dense(List<Layer> layers, int count) {
        for (int i = 0; i < count; i++) {
            layers.add(new Layer.Dense(2 + random.nextInt(7), activation()));
            if (random.nextBoolean()) {
                layers.add(normalization());
            }
            if (random.nextInt(4) == 0) {
                layers.add(new Layer.Dropout(0.3));
            }
        }
    }

    private static Layer normalization() {
        return new Layer.BatchNormalization(0.9, 1e-5);
    }

    private PoolingType pooling() {
        return random.nextBoolean() ? PoolingType.MAX : PoolingType.AVERAGE;
    }

    private String activation() {
        return ACTIVATIONS.get(random.nextInt(ACTIVATIONS.size()));
    }

    private Drawn made(Shape shape, List<Layer> layers) {
        layers.add(new Layer.Output(CLASSES, "softmax", "mcxent"));
        var network = network(shape, layers);
        draw(network);
        return new Drawn(shape, layers, network);
    }

    static Network network(Shape shape, List<Layer> layers) {
        return Networks.create(
                new JobFile.Model(layers, null, null, null),
                Fixtures.training(1, 4, Fixtures.ADAM, 7),
                new Preprocessing(shape, List.of("a", "b", "c"), null),
                null);
    }

    /** Draws all parameters anew; variances are above 0, as they are where a network has been trained. */
    void draw(Network network) {
        for (long i = 0; i < network.parameters().length(); i++) {
            network.parameters().putScalar(i, random.nextGaussian() * 0.5);
        }
        for (var part : network.structure().parts()) {
            for (var tensor : part.tensors()) {
                if (tensor.name().equals("var")) {
                    for (int i = 0; i < tensor.length(); i++) {
                        network.parameters().putScalar(tensor.offset() + i, 0.5 + random.nextDouble());
                    }
                }
            }
        }
    }

    INDArray inputs(Shape shape, int rows) {
        var inputs = Nd4j.zeros(rows, shape.inputs());
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < shape.inputs(); j++) {
                inputs.putScalar(
                        i,
                        j,
                        shape instanceof Shape.Tokens(var length, var vocabulary)
                                ? j > i ? 0 : 1 + random.nextInt(vocabulary - 1)
                                : random.nextGaussian());
            }
        }
        return inputs;
    }

    static INDArray mask(Shape shape, INDArray inputs) {
        return shape instanceof Shape.Tokens ? inputs.gt(0).castTo(inputs.dataType()) : null;
    }

    /** Any number of each group's units, but never all of them. */
    List<BitSet> units(Structure structure) {
        return structure.units().stream()
                .map(each -> {
                    var removed = new BitSet();
                    if (each.fixed() == null) {
                        for (int i = 0; i < each.count(); i++) {
                            removed.set(i, random.nextBoolean());
                        }
                        removed.clear(random.nextInt(each.count()));
                    }
                    return removed;
                })
                .toList();
    }
}
