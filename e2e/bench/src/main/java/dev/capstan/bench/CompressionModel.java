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
import dev.capstan.worker.artifact.FileDigest;
import dev.capstan.worker.artifact.ModelArchive;
import dev.capstan.worker.data.DatasetReader;
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
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.factory.Nd4j;

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
    private static final long SEED = 42;

    /** What there is to learn from. */
    enum Corpus {
        /** Handwritten digits. */
        MNIST("mnist", 10),
        /** Short messages, each negative, neutral or positive. */
        SENTIMENT("sentiment", 3);

        private final String folder;
        private final int classes;

        Corpus(String folder, int classes) {
            this.folder = folder;
            this.classes = classes;
        }

        private Dataset in(Path data, String set) {
            var path = data.resolve(folder).resolve(set).toString();
            var place = new JobFile.Place(path, path, null);
            return switch (this) {
                case MNIST -> new Dataset(place, Dataset.Format.IDX, null, null, null);
                case SENTIMENT -> {
                    var text = new JobFile.Text(true, 2, 0, JobFile.Text.Encoding.SEQUENCE, 5000, 28);
                    yield new Dataset(place, Dataset.Format.TEXT, null, null, text);
                }
            };
        }
    }

    /**
     * @param epochs that its training takes
     * @param batch samples in a step
     * @param rate of learning until the last epoch
     */
    record Spec(String name, Corpus corpus, int epochs, int batch, double rate, List<Layer> layers) {
        /** The wide network of three layers, 1.9 million weights. */
        static final Spec MLP = new Spec(
                "mlp",
                Corpus.MNIST,
                5,
                64,
                0.001,
                List.of(
                        new Layer.Dense(1024, "relu"),
                        new Layer.Dense(1024, "relu"),
                        new Layer.Output(10, "softmax", "mcxent")));

        /** LeNet in its later form: LeCun, Bottou, Bengio and Haffner 1998, with max pooling and ReLU. */
        static final Spec LENET = new Spec(
                "lenet",
                Corpus.MNIST,
                3,
                64,
                0.001,
                List.of(
                        new Layer.Convolution(20, 5, 1, Padding.VALID, "relu"),
                        new Layer.Pooling(PoolingType.MAX, 2, 2),
                        new Layer.Convolution(50, 5, 1, Padding.VALID, "relu"),
                        new Layer.Pooling(PoolingType.MAX, 2, 2),
                        new Layer.Dense(500, "relu"),
                        new Layer.Output(10, "softmax", "mcxent")));

        /** The network of the sample sentiment.yaml. */
        static final Spec TEXT = new Spec(
                "text",
                Corpus.SENTIMENT,
                2,
                128,
                0.005,
                List.of(
                        new Layer.Embedding(32),
                        new Layer.Lstm(32, "tanh", false),
                        new Layer.Output(3, "softmax", "mcxent")));
    }

    /** In the table. */
    String name() {
        return spec.name();
    }

    /**
     * Trains the model, or takes the one that an earlier run has left.
     *
     * @param data folder with that of each corpus
     * @param kept where trained models lie
     */
    static CompressionModel of(Spec spec, Path data, Path kept) throws Exception {
        var corpus = spec.corpus();
        var learned = DatasetReader.learn("data.train", corpus.in(data, "train"), corpus.classes, scratch());
        var test = DatasetReader.read("data.test", corpus.in(data, "test"), learned.preprocessing(), scratch());
        // Small steps at the end: a model that isn't trained to its end gains by whatever training follows a pruning.
        var training = training(
                spec, spec.epochs(), spec.rate(), new Training.Schedule(new Decay.Step(spec.epochs() - 1, 0.1), 0));
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

    private static Path scratch() {
        return Path.of(System.getProperty("java.io.tmpdir"));
    }

    private static Network create(Spec spec, Training training, Preprocessing preprocessing) {
        return Networks.create(new JobFile.Model(spec.layers(), null, null, null), training, preprocessing, null);
    }

    private static Training training(Spec spec, int epochs, double rate, Training.Schedule schedule) {
        var adam = new Optimizer.Adam(rate, 0.9, 0.999, 1e-8);
        return new Training(epochs, spec.batch(), adam, schedule, 0, 0, null, 0, null, null, SEED);
    }

    private Training tuning(int epochs) {
        return training(spec, epochs, spec.rate() / 10, null);
    }

    /** A network of the same weights, to be changed, and to be trained further in smaller steps. */
    Network copy() {
        var copy = create(spec, tuning(1), preprocessing);
        copy.stage().parameters().set(network.stage().parameters());
        return copy;
    }

    /** Trains what became of a copy further, on the same data. */
    void tune(Network copy, int epochs, List<Weights> transforms) throws Exception {
        train(copy, train, tuning(epochs), transforms);
    }

    private static void train(Network network, Samples samples, Training training, List<Weights> transforms)
            throws Exception {
        var key = JobKeys.ring("benchmark".getBytes(StandardCharsets.UTF_8), "benchmark", 1);
        var peers = Peer.list(List.of("127.0.0.1:" + Ports.free(1).getFirst()));
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

    /** The length of the archive in which a job would store such a network. */
    long archive(Network of) throws IOException {
        var digest = FileDigest.of("");
        return ModelArchive.length(of, preprocessing, new ModelArchive.Lineage(digest, digest));
    }

    /**
     * The share of test samples that DL4J itself tells right when it has read such an archive, as anybody reads one:
     * the samples are rows.
     */
    double accuracyByDl4j(Network of) throws IOException {
        var file = Files.createTempFile("model-", ".zip");
        try (var out = Files.newOutputStream(file)) {
            ModelArchive.write(of, preprocessing, out);
        }
        var restored = ModelSerializer.restoreMultiLayerNetwork(file.toFile());
        Files.delete(file);
        int right = 0;
        for (int i = 0; i < test.size(); i++) {
            var row = new float[test.inputs()];
            test.copyInputs(i, row, 0);
            right += restored.predict(Nd4j.createFromArray(row).reshape(1, row.length))[0] == test.label(i) ? 1 : 0;
        }
        return (double) right / test.size();
    }
}
