package dev.capstan.bench.training;

import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Layer.Padding;
import dev.capstan.protocol.Layer.PoolingType;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Training.Engine;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What is trained: {@code peers/pytorch.py} has the same by the same names. */
enum Model {
    MLP(32, 400, new Shape.Flat(784), new Layer.Dense(128, "relu")),
    WIDE(64, 30, new Shape.Flat(784), new Layer.Dense(1024, "relu"), new Layer.Dense(1024, "relu")),
    LENET(
            64,
            16,
            new Shape.Image(28, 28, 1),
            new Layer.Convolution(20, 5, 1, Padding.VALID, "relu"),
            new Layer.Pooling(PoolingType.MAX, 2, 2),
            new Layer.Convolution(50, 5, 1, Padding.VALID, "relu"),
            new Layer.Pooling(PoolingType.MAX, 2, 2),
            new Layer.Dense(500, "relu")),
    LSTM(32, 60, new Shape.Tokens(32, 1000), new Layer.Embedding(64), new Layer.Lstm(64, "tanh", false)),
    ENCODER(
            32,
            12,
            new Shape.Tokens(32, 1000),
            new Layer.Embedding(128),
            new Layer.Positions(),
            added(new Layer.Attention(4)),
            added(new Layer.Dense(512, "relu"), new Layer.Dense(128, "identity")),
            added(new Layer.Attention(4)),
            added(new Layer.Dense(512, "relu"), new Layer.Dense(128, "identity")),
            normalized(),
            new Layer.GlobalPooling(PoolingType.AVERAGE));

    private static final int CLASSES = 10;

    private final int batch;
    private final int steps;
    private final Shape shape;
    private final List<Layer> layers;

    Model(int batch, int steps, Shape shape, Layer... hidden) {
        this.batch = batch;
        this.steps = steps;
        this.shape = shape;
        layers = IntStream.rangeClosed(0, hidden.length)
                .mapToObj(i -> i < hidden.length ? hidden[i] : new Layer.Output(CLASSES, "softmax", "mcxent"))
                .toList();
    }

    /**
     * What is normalized before it and added after it, as encoders have it today (Xiong et al. 2020, arXiv:2002.04745).
     */
    private static Layer added(Layer... layers) {
        return new Layer.Residual(
                Stream.concat(Stream.of(normalized()), Stream.of(layers)).toList());
    }

    private static Layer normalized() {
        return new Layer.LayerNormalization(1e-5);
    }

    /** As keys and tables have it. */
    String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Samples that a worker takes in a step. */
    int batch() {
        return batch;
    }

    /** Steps that are measured at a time, all of which take some half a second. */
    int steps() {
        return steps;
    }

    Shape shape() {
        return shape;
    }

    List<Layer> layers() {
        return layers;
    }

    /** Whether DL4J's own class takes its samples as they are. */
    boolean takesRows() {
        return shape instanceof Shape.Flat;
    }

    /** Whether several processes train it, too. */
    boolean isShared() {
        return !(shape instanceof Shape.Tokens);
    }

    /** An epoch, by Adam as PyTorch sets it. */
    Training training(int workers, Engine engine) {
        return training(1, workers, engine);
    }

    /** The same, of more epochs. */
    Training training(int epochs, int workers, Engine engine) {
        var adam = new Optimizer.Adam(0.001, 0.9, 0.999, 1e-8);
        return new Training(epochs, batch * workers, adam, null, 0, 0, null, 0, null, null, 42).by(engine);
    }

    Network network(Training training) {
        var classes = IntStream.range(0, CLASSES).mapToObj(Integer::toString).toList();
        return Networks.create(
                new dev.capstan.protocol.JobFile.Model(layers, null, null, null),
                training,
                new Preprocessing(shape, classes, null),
                null);
    }
}
