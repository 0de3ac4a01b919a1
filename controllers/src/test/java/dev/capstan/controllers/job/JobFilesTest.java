package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.pods.Volumes;
import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.training.TrainingKind;
import dev.capstan.crds.Data;
import dev.capstan.crds.training.Frames;
import dev.capstan.crds.training.Gradients;
import dev.capstan.crds.training.Model;
import dev.capstan.crds.training.Parallelism;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.crds.training.TrainingJobStatus;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Training.Decay;
import dev.capstan.protocol.Wire;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The job file says all that the spec says, and every default. */
class JobFilesTest {
    private final TrainingJob job = Jobs.mnist("team", "mnist", 2);

    @Test
    void everyLayerWithItsDefaults() {
        model("""
                layers:
                - convolution: {filters: 20, kernelSize: 5, activation: relu}
                - convolution: {filters: 8, kernelSize: 3, stride: 2, padding: same, activation: tanh}
                - pooling: {type: max, kernelSize: 2}
                - pooling: {type: average, kernelSize: 3, stride: 1}
                - globalPooling: {type: average}
                - batchNormalization: {}
                - dropout: {rate: 0.5}
                - embedding: {units: 32}
                - lstm: {units: 64}
                - lstm: {units: 16, activation: relu, returnSequences: true}
                - dense: {units: 128, activation: relu}
                - conv1d: {filters: 8, kernelSize: 3, activation: elu}
                - layerNormalization: {}
                - positions: {}
                - attention: {heads: 4}
                - lstm: {units: 5, returnSequences: true, bidirectional: true}
                - residual:
                    layers:
                    - layerNormalization: {epsilon: 0.001}
                    - dense: {units: 8, activation: gelu}
                - output: {units: 10, activation: softmax, loss: mcxent}
                """);
        assertEquals(
                List.of(
                        new Layer.Convolution(20, 5, 1, Layer.Padding.VALID, "relu"),
                        new Layer.Convolution(8, 3, 2, Layer.Padding.SAME, "tanh"),
                        new Layer.Pooling(Layer.PoolingType.MAX, 2, 2),
                        new Layer.Pooling(Layer.PoolingType.AVERAGE, 3, 1),
                        new Layer.GlobalPooling(Layer.PoolingType.AVERAGE),
                        new Layer.BatchNormalization(0.9, 1e-5),
                        new Layer.Dropout(0.5),
                        new Layer.Embedding(32),
                        new Layer.Lstm(64, "tanh", false),
                        new Layer.Lstm(16, "relu", true),
                        new Layer.Dense(128, "relu"),
                        new Layer.Conv1d(8, 3, "elu"),
                        new Layer.LayerNormalization(1e-5),
                        new Layer.Positions(),
                        new Layer.Attention(4),
                        new Layer.BidirectionalLstm(5, "tanh"),
                        new Layer.Residual(List.of(new Layer.LayerNormalization(0.001), new Layer.Dense(8, "gelu"))),
                        new Layer.Output(10, "softmax", "mcxent")),
                file().train().model().layers());
        model("layers: [{output: {units: 1, activation: identity, loss: mae}}]");
        assertEquals(
                List.of(new Layer.Output(1, "identity", "mean_absolute_error")),
                file().train().model().layers());
        model("layers: [{output: {units: 1, activation: identity, loss: huber}}]");
        assertEquals(
                List.of(new Layer.Output(1, "identity", "huber")),
                file().train().model().layers());
    }

    @Test
    void aConfigurationOfTheUsersOwnIsReadFromItsFileWithTheUsersLayers() {
        model("""
                dl4j: {configMapKeyRef: {name: nets, key: lenet.json}}
                jar: {uri: "pvc://code/layers.jar"}
                """);
        assertEquals(
                new JobFile.Model(
                        null,
                        "/etc/capstan/job/model.json",
                        null,
                        new JobFile.Place("/var/capstan/volumes/code/layers.jar", "pvc://code/layers.jar", null)),
                file().train().model());
    }

    @Test
    void anEarlierModelLiesOnAVolumeOrInABucket() {
        model("from: {uri: \"pvc://models/base\"}");
        assertEquals(
                new JobFile.From(
                        new JobFile.Place("/var/capstan/volumes/models/base", "pvc://models/base", null), null),
                file().train().model().from());
        model("from: {uri: \"s3://models/base\", s3: {secretRef: {name: reader}}}");
        assertEquals(
                new JobFile.From(
                        new JobFile.Place(
                                null,
                                "s3://models/base",
                                new JobFile.S3(null, "us-east-1", "/var/capstan/secrets/reader")),
                        null),
                file().train().model().from());
    }

    @Test
    void everyFormatOfData() {
        data("""
                train: {uri: "pvc://data/a", format: csv}
                test: {uri: "pvc://data/b", format: csv, csv: {header: true, labelColumn: 0}}
                """);
        assertEquals(new JobFile.Csv(false, -1), file().train().data().train().csv());
        assertEquals(new JobFile.Csv(true, 0), file().train().data().test().csv());
        data("""
                train: {uri: "pvc://data/a", format: csv,
                        csv: {delimiter: ";", labelColumn: kind, labels: names, columns: [age, -2], standardize: true}}
                """);
        assertEquals(
                new JobFile.Csv(
                        false,
                        -1,
                        "kind",
                        ";",
                        JobFile.Csv.Labels.NAMES,
                        List.of(new JobFile.Column(null, "age"), new JobFile.Column(-2, null)),
                        null,
                        true),
                file().train().data().train().csv());
        data("""
                train: {uri: "pvc://data/a", format: csv,
                        csv: {delimiter: ",", labels: numbers, standardize: false}}
                """);
        // As before there were words for it: a job that says no more makes the same model, and takes its checkpoints
        // up.
        assertEquals(new JobFile.Csv(false, -1), file().train().data().train().csv());
        data("""
                train: {uri: "pvc://data/a", format: csv, csv: {targetColumns: [price]}}
                """);
        assertEquals(
                List.of(new JobFile.Column(null, "price")),
                file().train().data().train().csv().targets());
        data("train: {uri: \"pvc://data/a\", format: images, images: {height: 28, width: 30}}");
        assertEquals(
                new JobFile.Dataset(
                        new JobFile.Place("/var/capstan/volumes/data/a", "pvc://data/a", null),
                        JobFile.Dataset.Format.IMAGES,
                        null,
                        new JobFile.Images(28, 30, 1),
                        null),
                file().train().data().train());
        assertNull(file().train().data().test());
        data("""
                train: {uri: "s3://data", format: text, text: {encoding: sequence},
                        s3: {endpoint: "https://minio.example.com:9000", region: eu, secretRef: {name: reader}}}
                test: {uri: "pvc://data/b", format: text,
                       text: {encoding: bagOfWords, delimiter: "\t", header: true, textColumn: 2, labelColumn: 0, vocabularySize: 7, maxLength: 9}}
                """);
        assertEquals(
                new JobFile.Dataset(
                        new JobFile.Place(
                                null,
                                "s3://data",
                                new JobFile.S3("https://minio.example.com:9000", "eu", "/var/capstan/secrets/reader")),
                        JobFile.Dataset.Format.TEXT,
                        null,
                        null,
                        new JobFile.Text(false, 0, -1, JobFile.Text.Encoding.SEQUENCE, 10_000, 64)),
                file().train().data().train());
        assertEquals(
                new JobFile.Text(true, 2, 0, JobFile.Text.Encoding.BAG_OF_WORDS, 7, 9, "\t"),
                file().train().data().test().text());
    }

    @Test
    void everyOptimizerWithItsDefaults() {
        assertEquals(new Optimizer.Sgd(0.1), optimizer("sgd: {learningRate: 0.1}"));
        assertEquals(new Optimizer.Nesterov(0.1, 0.9), optimizer("nesterov: {learningRate: 0.1}"));
        assertEquals(new Optimizer.Adam(0.001, 0.9, 0.999, 1e-8), optimizer("adam: {}"));
        assertEquals(new Optimizer.AdamW(0.001, 0.9, 0.999, 1e-8, 0.01), optimizer("adamW: {}"));
        assertEquals(new Optimizer.RmsProp(0.001, 0.9, 1e-8), optimizer("rmsProp: {}"));
        assertEquals(new Optimizer.AdaGrad(0.5, 1e-8), optimizer("adaGrad: {learningRate: 0.5}"));
        job.getSpec().getTraining().setOptimizer(null);
        assertNull(file().train().training().optimizer(), "the model's own");
    }

    @Test
    void whatIsSaidOfTheTrainingIsPassedOn() {
        job.getSpec().setParallelism(new Parallelism().setFrames(Frames.PLAIN).setGradients(Gradients.BF16));
        training("""
                {epochs: 2, batchSize: 8, optimizer: {adam: {}}, seed: 3, l1: 0.1, l2: 0.2, validationSplit: 0.25,
                 learningRateSchedule: {step: {everyEpochs: 2, factor: 0.5}, warmupSteps: 100},
                 gradientClipping: {maxNorm: 1.5}, earlyStopping: {}, classWeights: {values: [1.0, 2.5]},
                 engine: LibTorch, accumulateSteps: 4}
                """);
        assertEquals(
                new Training(
                        2,
                        8,
                        new Optimizer.Adam(0.001, 0.9, 0.999, 1e-8),
                        new Training.Schedule(new Decay.Step(2, 0.5), 100),
                        0.1,
                        0.2,
                        new Training.Clipping(1.5, 0),
                        0.25,
                        new Training.EarlyStopping(Training.EarlyStopping.Metric.LOSS, 3, 0, true),
                        new Training.ClassWeights(false, List.of(1.0, 2.5)),
                        3,
                        Training.Engine.LIBTORCH,
                        4,
                        new Wire(Wire.Frames.PLAIN, Wire.Precision.BF16)),
                file().train().training());
        job.getSpec()
                .setParallelism(new Parallelism().setFrames(Frames.ENCRYPTED).setGradients(Gradients.FP32));
        training("""
                {epochs: 2, batchSize: 8, optimizer: {adam: {}}, validationSplit: 0.25,
                 learningRateSchedule: {polynomial: {}}, gradientClipping: {maxValue: 2},
                 earlyStopping: {metric: accuracy, patience: 1, minDelta: 0.01, restoreBest: false},
                 classWeights: {balanced: true}}
                """);
        assertEquals(
                new Training(
                        2,
                        8,
                        new Optimizer.Adam(0.001, 0.9, 0.999, 1e-8),
                        new Training.Schedule(new Decay.Polynomial(1), 0),
                        0,
                        0,
                        new Training.Clipping(0, 2),
                        0.25,
                        new Training.EarlyStopping(Training.EarlyStopping.Metric.ACCURACY, 1, 0.01, false),
                        new Training.ClassWeights(true, null),
                        0),
                file().train().training());
        training("""
                {epochs: 2, batchSize: 8, optimizer: {adam: {}}, learningRateSchedule: {exponential: {factor: 0.9}}}""");
        assertEquals(
                new Training.Schedule(new Decay.Exponential(0.9), 0),
                file().train().training().schedule());
        training("{epochs: 2, batchSize: 8, optimizer: {adam: {}}, learningRateSchedule: {warmupSteps: 5}}");
        assertEquals(new Training.Schedule(null, 5), file().train().training().schedule());
        training("{epochs: 2, batchSize: 8, optimizer: {adam: {}}}");
        assertEquals(
                new Training(2, 8, new Optimizer.Adam(0.001, 0.9, 0.999, 1e-8), null, 0, 0, null, 0, null, null, 0),
                file().train().training());
    }

    @Test
    void checkpointsLieBesideTheOutputOrWhereTheSpecSays() {
        assertEquals(
                new JobFile.Checkpoints(
                        "/var/capstan/volumes/models/mnist/checkpoints",
                        "pvc://models/mnist/checkpoints",
                        0,
                        0,
                        2,
                        List.of()),
                file().checkpoints());
        job.getSpec().setCheckpoint(read("""
                        {everySteps: 200, everySeconds: 600, keep: 3, storage: {uri: "pvc://checkpoints/mnist"}}
                        """, dev.capstan.crds.Checkpoints.class));
        assertEquals(
                new JobFile.Checkpoints(
                        "/var/capstan/volumes/checkpoints/mnist", "pvc://checkpoints/mnist", 200, 600, 3, List.of()),
                file().checkpoints());
    }

    /** Workers that find the time between two checkpoints themselves are told how often attempts were lost. */
    @Test
    void whoFindsTheIntervalKnowsOfFailures() {
        job.getSpec().setCheckpoint(read("{everySeconds: Auto}", dev.capstan.crds.Checkpoints.class));
        assertEquals(0, file().checkpoints().everySeconds());
        assertEquals(new JobFile.Checkpoints.Auto(0, 0), file().checkpoints().auto());
        job.setStatus(new dev.capstan.crds.training.TrainingJobStatus());
        job.getStatus().setRestarts(3).setGoodput(new dev.capstan.crds.Goodput().setWallSeconds("7200.5"));
        assertEquals(
                new JobFile.Checkpoints.Auto(3, 7200.5), file().checkpoints().auto());
    }

    /** What pods are to read is mounted, and so are the keys to it. */
    @Test
    void anotherJobsCheckpointIsReadAsItsPlaceSays() {
        job.getSpec()
                .setCheckpoint(read(
                        "{resumeFrom: {uri: \"pvc://old/c/uid/step-000000000200\", digest: \"sha256:1\"}}",
                        dev.capstan.crds.Checkpoints.class));
        var uri = "pvc://old/c/uid/step-000000000200";
        assertEquals(
                new JobFile.From(
                        new JobFile.Place("/var/capstan/volumes/old/c/uid/step-000000000200", uri, null), "sha256:1"),
                file().checkpoints().resumeFrom());
        assertTrue(new TrainingKind().describe(job).volumes().reads().contains(new Volumes.Source(uri, null)));
    }

    @Test
    void whatIsWrittenToBucketsIsReachedByTheKeysOfEach() {
        var s3 = "{endpoint: \"http://minio:9000\", region: eu, secretRef: {name: writer}}";
        job.getSpec()
                .setOutput(read(
                        "{ifExists: Overwrite, storage: {uri: \"s3://models/mnist\", s3: " + s3 + "}}",
                        dev.capstan.crds.Output.class));
        var reached = new JobFile.S3("http://minio:9000", "eu", "/var/capstan/secrets/writer");
        assertEquals(
                new JobFile.Output(null, "s3://models/mnist", JobFile.Output.IfExists.OVERWRITE, reached),
                file().output());
        assertEquals(
                new JobFile.Checkpoints(null, "s3://models/mnist/checkpoints", 0, 0, 2, List.of(), reached),
                file().checkpoints());
        job.getSpec()
                .setCheckpoint(read(
                        "{storage: {uri: \"s3://checkpoints\", s3: {secretRef: {name: keeper}}}}",
                        dev.capstan.crds.Checkpoints.class));
        assertEquals(
                new JobFile.Checkpoints(
                        null,
                        "s3://checkpoints",
                        0,
                        0,
                        2,
                        List.of(),
                        new JobFile.S3(null, "us-east-1", "/var/capstan/secrets/keeper")),
                file().checkpoints());
    }

    @Test
    void theInstallationsTimeoutsAreTold() {
        assertEquals(PlanTable.SETTINGS.timeouts(), file().timeouts());
    }

    @Test
    void theCheckpointThatTheStatusListsIsTold() {
        job.setStatus(new TrainingJobStatus());
        job.getStatus()
                .setLastCheckpoint(new dev.capstan.crds.Checkpoint()
                        .setStep(200L)
                        .setUri("pvc://checkpoints/mnist/1/step-000000000200")
                        .setDigest("sha256:abc")
                        .setTime("2026-01-02T03:04:05Z"));
        assertEquals(
                List.of(new Progress.Checkpoint(
                        200, "pvc://checkpoints/mnist/1/step-000000000200", "sha256:abc", "2026-01-02T03:04:05Z")),
                file().checkpoints().listed());
    }

    @Test
    void whatToDoAboutAnArtifactThatIsThereAlready() {
        assertEquals(JobFile.Output.IfExists.FAIL, file().output().ifExists());
        job.getSpec().getOutput().setIfExists(dev.capstan.crds.IfExists.REUSE);
        assertEquals(JobFile.Output.IfExists.REUSE, file().output().ifExists());
        job.getSpec().getOutput().setIfExists(dev.capstan.crds.IfExists.OVERWRITE);
        assertEquals(JobFile.Output.IfExists.OVERWRITE, file().output().ifExists());
    }

    private Optimizer optimizer(String yaml) {
        job.getSpec().getTraining().setOptimizer(read(yaml, dev.capstan.crds.Optimizer.class));
        return file().train().training().optimizer();
    }

    private void model(String yaml) {
        job.getSpec().setModel(read(yaml, Model.class));
    }

    private void data(String yaml) {
        job.getSpec().setData(read(yaml, Data.class));
    }

    private void training(String yaml) {
        job.getSpec().setTraining(read(yaml, dev.capstan.crds.training.Training.class));
    }

    private static <T> T read(String yaml, Class<T> type) {
        // What begins with a brace would be taken for JSON.
        return Serialization.unmarshal("#\n" + yaml, type);
    }

    /** As a worker reads it. */
    private JobFile file() {
        return Json.read(
                Json.write(JobFiles.of(new TrainingKind().describe(job), 1, PlanTable.SETTINGS.timeouts())),
                JobFile.class);
    }
}
