package dev.capstan.worker.serve.model;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.ServiceFile;
import dev.capstan.worker.artifact.FreeMemory;
import dev.capstan.worker.artifact.ServedArtifact;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.serve.Predictor;
import dev.capstan.worker.serve.ServedModel;
import dev.capstan.worker.serve.ask.Interpreters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Makes a model that answers of an artifact that lies here. */
final class Loader {
    private static final int MIB = 1 << 20;

    /**
     * While it loads, ONNX Runtime holds the weights as they were in the file and as it lays them out for itself; DL4J,
     * those that it reads and the network's own. Measured with a file of 91 MiB: 183.
     */
    static final int COPIES = 2;

    private static final String ONNX_PLATFORM = "onnx_onnxv1";
    private static final String DL4J_PLATFORM = "dl4j_zip";
    private static final String THREADS = "OMP_NUM_THREADS";

    private final Map<String, String> environment;

    Loader(Map<String, String> environment) {
        this.environment = environment;
    }

    /** @throws Failure InvalidData if it can't be loaded; OutOfMemory if it is too large for this pod */
    ServedModel load(ServiceFile.Model model, ServedArtifact artifact, int revision) throws IOException {
        var uri = model.from().place().uri();
        var predictor = switch (model.runtime()) {
            case ONNX -> onnx(uri, artifact);
            case DL4J -> dl4j(model, artifact);
        };
        var platform = switch (model.runtime()) {
            case ONNX -> ONNX_PLATFORM;
            case DL4J -> DL4J_PLATFORM;
        };
        return new ServedModel(
                model.name(),
                String.valueOf(revision),
                platform,
                artifact.digest(),
                predictor,
                artifact.preprocessing().flatMap(each -> Interpreters.of(each, artifact.ground(), predictor)));
    }

    private Predictor onnx(String uri, ServedArtifact artifact) throws IOException {
        if (artifact.onnx() == null) {
            throw invalid(
                    uri,
                    "has no model.onnx" + (artifact.noOnnx() == null ? "" : " (" + artifact.noOnnx() + ")")
                            + "; serve it with spec.model.runtime: dl4j");
        }
        checkMemory(uri, artifact.onnx());
        try {
            var predictor = OnnxPredictor.load(artifact.onnx(), threads(), memoryOfARun());
            if (artifact.preprocessingDigest() != null
                    && !artifact.preprocessingDigest().equals(predictor.metadata("capstan.preprocessing"))) {
                predictor.close();
                throw invalid(uri, "is damaged: its preprocessing.json isn't the one that its model names");
            }
            return predictor;
        } catch (IllegalArgumentException e) {
            throw new Failure(Reason.InvalidData, "model.from: " + uri + " can't be served: " + e.getMessage(), e);
        }
    }

    private Predictor dl4j(ServiceFile.Model model, ServedArtifact artifact) throws IOException {
        if (artifact.archive() != null) {
            checkMemory(model.from().place().uri(), artifact.archive());
        }
        return Dl4jPredictor.load(model, artifact, environment);
    }

    private static void checkMemory(String uri, Path file) throws IOException {
        var scarce = scarce(Files.size(file), FreeMemory.bytes());
        if (scarce.isPresent()) {
            throw new Failure(Reason.OutOfMemory, "model.from: the model in " + uri + " " + scarce.get());
        }
    }

    /** Why a model can't be loaded without risking that the kernel ends this process; empty if it can. */
    static Optional<String> scarce(long bytes, OptionalLong free) {
        return free.isEmpty() || COPIES * bytes <= free.getAsLong()
                ? Optional.empty()
                : Optional.of("has " + bytes / MIB + " MiB and takes up to " + COPIES * bytes / MIB
                        + " MiB while it loads, and only " + free.getAsLong() / MIB
                        + " MiB are free below the pod's memory limit; raise spec.workers.resources.limits.memory by "
                        + (COPIES * bytes - free.getAsLong() + MIB - 1) / MIB + " MiB or more");
    }

    /**
     * What is left below the limit when Java's heap has all that it may take, and a quarter of what is left now at
     * least; shared by as many runs as there are processors.
     */
    private static OptionalLong memoryOfARun() {
        var free = FreeMemory.bytes();
        if (free.isEmpty()) {
            return free;
        }
        var java = Runtime.getRuntime();
        long room = free.getAsLong() - (java.maxMemory() - java.totalMemory());
        return OptionalLong.of(Math.max(0, Math.max(room, free.getAsLong() / 4)) / java.availableProcessors());
    }

    /** By the variable that sets the threads of DL4J's computations, too. */
    private int threads() {
        var wanted = environment.getOrDefault(THREADS, "1");
        return wanted.matches("[1-9][0-9]{0,2}") ? Integer.parseInt(wanted) : 1;
    }

    private static Failure invalid(String uri, String problem) {
        return new Failure(Reason.InvalidData, "model.from: " + uri + " " + problem);
    }
}
