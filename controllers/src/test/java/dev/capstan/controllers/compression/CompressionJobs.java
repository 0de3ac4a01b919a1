package dev.capstan.controllers.compression;

import dev.capstan.crds.Data;
import dev.capstan.crds.DataFormat;
import dev.capstan.crds.Dataset;
import dev.capstan.crds.LocalReference;
import dev.capstan.crds.ModelFrom;
import dev.capstan.crds.Output;
import dev.capstan.crds.Storage;
import dev.capstan.crds.WorkerResources;
import dev.capstan.crds.Workers;
import dev.capstan.crds.compression.Acceptance;
import dev.capstan.crds.compression.CompressionJob;
import dev.capstan.crds.compression.CompressionJobSpec;
import dev.capstan.crds.compression.CompressionModel;
import dev.capstan.crds.compression.Prune;
import dev.capstan.crds.compression.Quantize;
import dev.capstan.crds.compression.Step;
import dev.capstan.protocol.Compression;
import dev.capstan.protocol.Outcome;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Map;

/** Compression jobs for tests, and what their workers say. */
final class CompressionJobs {
    static final String DIGEST = "sha256:" + "1".repeat(64);
    static final Compression.Measures BASELINE =
            new Compression.Measures("model.onnx", 407_056, 0.9761, 0.041, 0.06, 20_100.0, 64);
    static final Compression.Measures COMPRESSED =
            new Compression.Measures("model.onnx", 103_314, 0.9741, 0.01681, 0.03, 60_300.0, 64);
    static final Compression.Bound DROP = new Compression.Bound(Compression.Bound.Name.MAX_DROP, 0.01, 0.002, true);
    static final Compression.Bound RATIO =
            new Compression.Bound(Compression.Bound.Name.MIN_COMPRESSION_RATIO, 4, 3.94, false);

    private CompressionJobs() {}

    /** Prunes and quantizes, with one worker of one GPU; accepts what loses no more than a point. */
    static CompressionJob job(String namespace, String name, ModelFrom from) {
        var job = new CompressionJob();
        job.setMetadata(
                new ObjectMetaBuilder().withNamespace(namespace).withName(name).build());
        var spec = new CompressionJobSpec()
                .setModel(new CompressionModel().setFrom(from))
                .setData(new Data().setTrain(dataset("train")).setTest(dataset("test")))
                .setSteps(List.of(
                        new Step().setPrune(new Prune().setSparsityPercent(50)),
                        new Step().setQuantize(new Quantize())))
                .setAcceptance(new Acceptance().setMaxDrop("0.01"));
        var workers = new Workers().setReplicas(1);
        workers.setResources(new WorkerResources().setLimits(Map.of("nvidia.com/gpu", new Quantity("1"))));
        spec.setWorkers(workers).setOutput(new Output().setStorage(new Storage().setUri("pvc://models/" + name)));
        job.setSpec(spec);
        job.setStatus(null);
        return job;
    }

    private static Dataset dataset(String name) {
        return new Dataset().setUri("pvc://datasets/mnist/" + name).setFormat(DataFormat.IDX);
    }

    static ModelFrom training(String name) {
        return new ModelFrom().setTrainingJobRef(new LocalReference().setName(name));
    }

    static ModelFrom compression(String name) {
        return new ModelFrom().setCompressionJobRef(new LocalReference().setName(name));
    }

    /** What is found in the end. */
    static Compression found(Compression.Bound... bounds) {
        return new Compression(
                null,
                512,
                BASELINE,
                COMPRESSED,
                List.of(bounds),
                List.of(
                        new Compression.StepResult(1, "prune", "50% of 101632 weights", 407_056, 0.975, List.of()),
                        new Compression.StepResult(
                                2,
                                "quantize",
                                "1 of 2 layers",
                                103_314,
                                0.974,
                                List.of(new Compression.LeftOut("layer1", "too sensitive")))),
                List.of(new Compression.Sensitivity(2, "layer0", null, 0.002)));
    }

    /** An accepted result, written. */
    static Outcome accepted(String name) {
        return new Outcome(
                Outcome.Reason.Succeeded,
                "done",
                new Outcome.Artifact("pvc://models/" + name, DIGEST, 103_314, Map.of("accuracy", 0.9741)),
                null,
                found(DROP));
    }

    /** A result beyond a bound, not written. */
    static Outcome notAccepted() {
        return new Outcome(Outcome.Reason.Succeeded, "not accepted", null, null, found(DROP, RATIO));
    }
}
