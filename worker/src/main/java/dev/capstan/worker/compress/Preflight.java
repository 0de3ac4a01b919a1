package dev.capstan.worker.compress;

import dev.capstan.protocol.CompressionStep;
import dev.capstan.protocol.CompressionStep.Prune;
import dev.capstan.protocol.CompressionStep.Quantize;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Work;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.step.Stage;
import dev.capstan.worker.train.BatchLimit;
import dev.capstan.worker.train.Schedule;
import dev.capstan.worker.train.Split;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Finds out what can't be done before hours of work have gone into it. */
public final class Preflight {
    private Preflight() {}

    /**
     * Looks at each step against the model as it came.
     *
     * @param ranks how many fine-tune
     * @param version of the worker
     * @throws Failure InvalidJob or InvalidData; the sentence names step and layer
     */
    public static void check(Work.Compress work, Loaded loaded, int ranks, String version, Path scratch) {
        checkEnd(work, loaded);
        Network network = switch (loaded.given()) {
            case Given.Trained trained -> trained.network();
            case Given.Foreign foreign -> null;
        };
        for (int i = 0; i < work.steps().size(); i++) {
            CompressionStep step = work.steps().get(i);
            switch (step) {
                case Prune prune -> {
                    new Pruner(i, prune).check(network);
                    if (prune.fineTune() != null) {
                        split(prune.fineTune(), loaded.train(), network.stage(), ranks);
                    }
                }
                case Quantize quantize -> {
                    var exported = new Measuring(work, loaded, version, scratch).quantizable(network);
                    delete(exported.file());
                    new Quantization(i, quantize, loaded.given(), network).check(exported.model(), loaded.train());
                }
            }
        }
    }

    /** Of a model in integers, pruning alone would make one in floats again, larger than what came. */
    private static void checkEnd(Work.Compress work, Loaded loaded) {
        if (loaded.given() instanceof Given.Trained(var network, var quantized)
                && quantized != null
                && !(work.steps().getLast() instanceof Quantize)) {
            throw new Failure(
                    Reason.InvalidJob,
                    "steps end without quantize, and model.from: "
                            + work.from().place().uri()
                            + " is quantized already: what is pruned are the floats that its integers were made of, and"
                            + " the result would be larger than it. End the steps with quantize, or name the model that"
                            + " it was made of, " + loaded.past().madeOf());
        }
    }

    /**
     * The samples of a fine-tuning.
     *
     * @throws Failure if they can't be trained on so
     */
    public static Split split(Training training, Samples train, Stage stage, int ranks) {
        var split = Split.of(train, training.validationSplit(), training.seed());
        int samples = split.training().size();
        BatchLimit.check(training, samples, stage, ranks);
        BatchLimit.check(
                training,
                Schedule.of(samples, training, stage.fewestSamples()),
                split.training(),
                stage.classes(),
                ranks);
        return split;
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
