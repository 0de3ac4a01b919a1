package dev.capstan.worker;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Timeouts;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Work;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** Jobs whose workers may be lost, and that hold their state in different ways. */
final class RecoverableJobs {
    static final List<Layer> LSTM = List.of(
            new Layer.Embedding(4),
            new Layer.Lstm(5, "tanh", false),
            new Layer.Output(Fixtures.CLASSES, "softmax", "mcxent"));
    static final List<Layer> CONVOLUTIONS = List.of(
            new Layer.Convolution(3, 3, 1, Layer.Padding.SAME, "relu"),
            new Layer.BatchNormalization(0.9, 1e-5),
            new Layer.Pooling(Layer.PoolingType.MAX, 2, 2),
            new Layer.Output(Fixtures.CLASSES, "softmax", "mcxent"));
    static final List<Layer> DROPOUT = List.of(
            new Layer.Dense(16, "relu"),
            new Layer.BatchNormalization(0.9, 1e-5),
            new Layer.Dropout(0.5),
            new Layer.Output(Fixtures.CLASSES, "softmax", "mcxent"));

    private RecoverableJobs() {}

    /**
     * The file of one.
     *
     * @param folder where its data are written, too
     * @param regroup for how many seconds lost ranks are waited for; null if they aren't
     */
    static Path write(Path folder, String uid, List<Layer> layers, Training.Engine engine, Integer regroup, int epochs)
            throws Exception {
        Fixtures.writeIdx(folder.resolve("train"), Fixtures.images(301, 5));
        Fixtures.writeIdx(folder.resolve("test"), Fixtures.images(60, 6));
        return Files.writeString(
                folder.resolve(uid + ".json"), Json.write(job(folder, uid, layers, engine, regroup, epochs)));
    }

    private static JobFile job(
            Path folder, String uid, List<Layer> layers, Training.Engine engine, Integer regroup, int epochs)
            throws Exception {
        var base = Fixtures.job(folder, uid, 1, Workers.RANKS, 1);
        var stopping = new Training.EarlyStopping(Training.EarlyStopping.Metric.LOSS, epochs, 0, true);
        var training = new Training(
                        epochs,
                        32,
                        Fixtures.ADAM,
                        new Training.Schedule(new Training.Decay.Step(2, 0.9), 12),
                        0,
                        0.001,
                        null,
                        0.1,
                        stopping,
                        null,
                        7)
                .by(engine);
        var out = folder.resolve(uid).toString();
        return new JobFile(
                base.version(),
                base.job(),
                new Work.Train(new JobFile.Model(layers, null, null, null), data(folder, layers, base), training),
                new JobFile.Checkpoints(out + "/checkpoints", "pvc://models/checkpoints", 25, 0, 2),
                base.peers(),
                new JobFile.Output(out, "pvc://models/" + uid, JobFile.Output.IfExists.FAIL),
                new Timeouts(30, 1800, 600, regroup));
    }

    private static JobFile.Data data(Path folder, List<Layer> layers, JobFile base) throws Exception {
        if (layers != LSTM) {
            return base.train().data();
        }
        var lines = new StringBuilder();
        var words = new Random(3);
        for (int i = 0; i < 300; i++) {
            int label = words.nextInt(Fixtures.CLASSES);
            lines.append("word").append(label);
            words.ints(words.nextInt(5), 0, 12)
                    .forEach(word -> lines.append(" other").append(word));
            lines.append(',').append(label).append('\n');
        }
        var place = new JobFile.Place(
                Files.writeString(folder.resolve("words.csv"), lines).toString(), "pvc://data/words.csv", null);
        var text = new JobFile.Text(false, 0, 1, JobFile.Text.Encoding.SEQUENCE, 20, 6);
        var dataset = new JobFile.Dataset(place, JobFile.Dataset.Format.TEXT, null, null, text);
        return new JobFile.Data(dataset, dataset);
    }
}
