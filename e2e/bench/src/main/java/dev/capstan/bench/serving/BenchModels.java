package dev.capstan.bench.serving;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Dataset;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Layer.Padding;
import dev.capstan.protocol.Layer.PoolingType;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Training;
import dev.capstan.worker.data.DatasetReader;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.onnx.OnnxExport;
import dev.capstan.worker.onnx.OnnxFile;
import dev.capstan.worker.onnx.OnnxSession;
import dev.capstan.worker.onnx.OnnxSession.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What all servers serve. How long an answer takes doesn't depend on what the weights are, so nothing is trained; they
 * are drawn from a seed, and the same in every run.
 */
enum BenchModels {
    /** Three dense layers, 1.9 million weights: an answer takes some tenths of a millisecond. */
    MLP(
            "mlp",
            List.of(
                    new Layer.Dense(1024, "relu"),
                    new Layer.Dense(1024, "relu"),
                    new Layer.Output(10, "softmax", "mcxent"))),
    /** Convolutions of 3 by 3, as VGG has them: an answer takes several milliseconds, and in a batch no less. */
    CONVOLUTIONS(
            "convolutions",
            List.of(
                    new Layer.Convolution(64, 3, 1, Padding.SAME, "relu"),
                    new Layer.Convolution(64, 3, 1, Padding.SAME, "relu"),
                    new Layer.Pooling(PoolingType.MAX, 2, 2),
                    new Layer.Convolution(128, 3, 1, Padding.SAME, "relu"),
                    new Layer.Convolution(128, 3, 1, Padding.SAME, "relu"),
                    new Layer.Convolution(128, 3, 1, Padding.SAME, "relu"),
                    new Layer.Pooling(PoolingType.MAX, 2, 2),
                    new Layer.Dense(256, "relu"),
                    new Layer.Output(10, "softmax", "mcxent")));

    private static final int QUESTIONS = 64;

    private final String served;
    private final List<Layer> layers;

    BenchModels(String served, List<Layer> layers) {
        this.served = served;
        this.layers = layers;
    }

    /** The name by which it is served. */
    String served() {
        return served;
    }

    /** Where it lies in a folder of models. */
    Path in(Path folder) {
        return folder.resolve(served).resolve("model.onnx");
    }

    /**
     * Writes the model.
     *
     * @param data folder of images
     * @return images of it, and what the model answers to each
     */
    List<Question> write(Path folder, Path data) throws Exception {
        var place = new JobFile.Place(data.toString(), data.toString(), null);
        var learned = DatasetReader.learn(
                "data",
                new Dataset(place, Dataset.Format.IDX, null, null, null),
                10,
                Path.of(System.getProperty("java.io.tmpdir")));
        var training =
                new Training(1, 1, new Optimizer.Adam(0.001, 0.9, 0.999, 1e-8), null, 0, 0, null, 0, null, null, 42);
        var network =
                Networks.create(new JobFile.Model(layers, null, null, null), training, learned.preprocessing(), null);
        var model = OnnxExport.of(network, learned.samples().shape(), "benchmark");
        Files.createDirectories(in(folder).getParent());
        try (var out = Files.newOutputStream(in(folder))) {
            OnnxFile.write(model, out);
        }
        var questions = new ArrayList<Question>();
        try (var session = OnnxSession.of(model)) {
            for (int i = 0; i < QUESTIONS; i++) {
                var sample = new float[learned.samples().inputs()];
                learned.samples().copyInputs(i, sample, 0);
                questions.add(
                        new Question(sample, session.run(Tensor.rows(sample, 1)).values()));
            }
        }
        return questions;
    }
}
