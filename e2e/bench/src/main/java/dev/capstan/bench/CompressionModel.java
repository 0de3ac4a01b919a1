package dev.capstan.bench;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Dataset;
import dev.capstan.protocol.JobKeys;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Layer.Padding;
import dev.capstan.protocol.Layer.PoolingType;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Training.Decay;
import dev.capstan.worker.artifact.ModelArchive;
import dev.capstan.worker.data.DatasetReader;
import dev.capstan.worker.data.Learned;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.onnx.OnnxExport;
import dev.capstan.worker.ring.Membership;
import dev.capstan.worker.ring.Patience;
import dev.capstan.worker.ring.Peer;
import dev.capstan.worker.ring.Ring;
import dev.capstan.worker.step.Weights;
import dev.capstan.worker.train.Edge;
import dev.capstan.worker.train.ProgressBoard;
import dev.capstan.worker.train.Split;
import dev.capstan.worker.train.Trainer;
import dev.capstan.worker.train.Watch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import onnx.Onnx.ModelProto;

/**
 * A model that was trained by the worker's own loop, and the data that it learned from.
 *
 * @param spec which model
 * @param preprocessing how its samples are read
 * @param train what it learned from
 * @param test what nothing is chosen by
 * @param network trained; nobody changes it
 */
record CompressionModel(Spec spec, Preprocessing preprocessing, Samples train, Samples test, Network network) {
    private static final int BATCH = 64;
    private static final long SEED = 42;
    private static final double RATE = 0.001;
    private static final double TUNING_RATE = RATE / 10;

    /** @param epochs that its training takes */
    record Spec(String name, int epochs, List<Layer> layers) {
        /** The wide network of three layers, 1.9 million weights. */
        static final Spec MLP = new Spec(
                "mlp",
                5,
                List.of(
                        new Layer.Dense(1024, "relu"),
                        new Layer.Dense(1024, "relu"),
                        new Layer.Output(10, "softmax", "mcxent")));

        /** LeNet in its later form: LeCun, Bottou, Bengio and Haffner 1998, with max pooling and ReLU. */
        static final Spec LENET = new Spec(
                "lenet",
                3,
                List.of(
                        new Layer.Convolution(20, 5, 1, Padding.VALID, "relu"),
                        new Layer.Pooling(PoolingType.MAX, 2, 2),
                        new Layer.Convolution(50, 5, 1, Padding.VALID, "relu"),
                        new Layer.Pooling(PoolingType.MAX, 2, 2),
                        new Layer.Dense(500, "relu"),
                        new Layer.Output(10, "softmax", "mcxent")));
    }

    /** In the table. */
    String name() {
        return spec.name();
    }

    /**
     * Trains the model, or takes the one that an earlier run has left.
     *
     * @param mnist folder with train and test
     * @param kept where trained models lie
     */
    static CompressionModel of(Spec spec, Path mnist, Path kept) throws Exception {
        var learned = learned(mnist);
        var test = DatasetReader.read("data.test", dataset(mnist.resolve("test")), learned.preprocessing(), scratch());
        // Small steps at the end: a model that isn't trained to its end gains by whatever training follows a pruning.
        var training = training(spec.epochs(), RATE, new Training.Schedule(new Decay.Step(spec.epochs() - 1, 0.1), 0));
        var network = create(spec, training, learned.preprocessing());
        var file = kept.resolve(spec.name() + ".zip");
        if (Files.exists(file)) {
            try (var in = Files.newInputStream(file)) {
                ModelArchive.read(in, network);
            }
        } else {
            train(network, learned.samples(), training, List.of());
            keep(network, file);
        }
        return new CompressionModel(spec, learned.preprocessing(), learned.samples(), test, network);
    }

    private static void keep(Network network, Path file) throws IOException {
        Files.createDirectories(file.getParent());
        var half = file.resolveSibling(file.getFileName() + ".half");
        try (var out = Files.newOutputStream(half)) {
            ModelArchive.write(network, out);
        }
        Files.move(half, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static Learned learned(Path mnist) {
        return DatasetReader.learn("data.train", dataset(mnist.resolve("train")), 10, scratch());
    }

    private static Dataset dataset(Path folder) {
        var path = folder.toString();
        return new Dataset(new JobFile.Place(path, path, null), Dataset.Format.IDX, null, null, null);
    }

    private static Path scratch() {
        return Path.of(System.getProperty("java.io.tmpdir"));
    }

    private static Network create(Spec spec, Training training, Preprocessing preprocessing) {
        return Networks.create(new JobFile.Model(spec.layers(), null, null, null), training, preprocessing, null);
    }

    private static Training training(int epochs, double rate, Training.Schedule schedule) {
        var adam = new Optimizer.Adam(rate, 0.9, 0.999, 1e-8);
        return new Training(epochs, BATCH, adam, schedule, 0, 0, null, 0, null, null, SEED);
    }

    /** A network of the same weights, to be changed, and to be trained further in smaller steps. */
    Network copy() {
        var copy = create(spec, training(1, TUNING_RATE, null), preprocessing);
        copy.stage().parameters().set(network.stage().parameters());
        return copy;
    }

    /** Trains what became of a copy further, on the same data. */
    void tune(Network copy, int epochs, List<Weights> transforms) throws Exception {
        train(copy, train, training(epochs, TUNING_RATE, null), transforms);
    }

    private static void train(Network network, Samples samples, Training training, List<Weights> transforms)
            throws Exception {
        var key = JobKeys.ring("benchmark".getBytes(StandardCharsets.UTF_8), "benchmark", 1);
        var peers = Peer.list(List.of("127.0.0.1:" + AllReduce.freePorts(1).getFirst()));
        try (var ring = Ring.join(new Membership("benchmark", 1, 0, peers, key), Patience.DEFAULT)) {
            var board = new ProgressBoard(1, System::nanoTime);
            var split = new Split(samples, null);
            new Trainer(network, split, training, ring, board, new Watch(null), Edge.NONE, transforms).train();
        }
    }

    /** A network of this model's kind, as it would be served. */
    ModelProto onnx(Network of) throws Exception {
        return OnnxExport.of(of, train.shape(), "benchmark");
    }
}
