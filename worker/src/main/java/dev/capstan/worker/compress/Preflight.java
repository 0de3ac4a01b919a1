package dev.capstan.worker.compress;

import dev.capstan.protocol.CompressionStep.Prune;
import dev.capstan.protocol.CompressionStep.Quantize;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Work;
import dev.capstan.worker.data.Samples;
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
     * @throws dev.capstan.worker.outcome.Failure InvalidJob or InvalidData; the sentence names step and layer
     */
    public static void check(Work.Compress work, Loaded loaded, int ranks, String version, Path scratch) {
        var network = loaded.network();
        var exported = Exported.of(network, loaded.preprocessing().shape(), version, scratch);
        delete(exported.file());
        for (int i = 0; i < work.steps().size(); i++) {
            switch (work.steps().get(i)) {
                case Prune prune -> {
                    new Pruner(i, prune).check(network);
                    if (prune.fineTune() != null) {
                        split(prune.fineTune(), loaded.train(), network.stage(), ranks);
                    }
                }
                case Quantize quantize ->
                    new Quantization(i, quantize, network).check(exported.model(), loaded.train());
            }
        }
    }

    /**
     * The samples of a fine-tuning.
     *
     * @throws dev.capstan.worker.outcome.Failure if they can't be trained on so
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
