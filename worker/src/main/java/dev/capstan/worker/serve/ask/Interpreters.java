package dev.capstan.worker.serve.ask;

import dev.capstan.worker.data.FileSamples;
import dev.capstan.worker.data.Ground;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.Interpreter;
import dev.capstan.worker.serve.Predictor;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.TensorSpec;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who reads files for a model, and its answers. */
public final class Interpreters {
    private static final Logger LOG = LoggerFactory.getLogger(Interpreters.class);

    private Interpreters() {}

    /**
     * The interpreter of a model; empty if it gives something else than a number for each class or target, or takes
     * something else than what its preprocessing says.
     *
     * @param ground of the images that it was trained on
     */
    public static Optional<Interpreter> of(Preprocessing preprocessing, Ground ground, Predictor model) {
        var samples = FileSamples.of(preprocessing, ground);
        if (samples.isEmpty()) {
            return Optional.empty();
        }
        var layout = Layout.of(model.inputs(), preprocessing.shape());
        var output = output(model.outputs(), preprocessing.outputs());
        if (layout.isEmpty() || output.isEmpty()) {
            LOG.warn(
                    "files can't be asked about: the model takes {} and gives {}, preprocessing.json says {} and {} {}",
                    words(model.inputs()),
                    words(model.outputs()),
                    preprocessing.shape().words(),
                    preprocessing.outputs(),
                    preprocessing.predictsNumbers() ? "targets" : "classes");
            return Optional.empty();
        }
        var meaning = preprocessing.predictsNumbers()
                ? new TargetNames(preprocessing.targets(), output.get())
                : new ClassNames(
                        preprocessing.classes(),
                        output.get(),
                        !areProbabilities(
                                model,
                                layout.get(),
                                output.get(),
                                preprocessing.shape().inputs()));
        return Optional.of(new FileInterpreter(samples.get(), layout.get(), meaning));
    }

    /** The one of floats with as many numbers: labels may stand beside it. */
    private static Optional<String> output(List<TensorSpec> outputs, int numbers) {
        var fitting = outputs.stream()
                .filter(each -> each.type() == DataType.FP32
                        && each.shape().length == 2
                        && (each.shape()[1] == numbers || each.shape()[1] < 0))
                .toList();
        return fitting.size() == 1 ? Optional.of(fitting.getFirst().name()) : Optional.empty();
    }

    /** Other tools' models often leave the last softmax out. Whether this one does, its answers to anything show. */
    private static boolean areProbabilities(Predictor model, Layout layout, String output, int inputs) {
        for (int value = 0; value < 2; value++) {
            var row = new float[inputs];
            Arrays.fill(row, value);
            try {
                var answer = model.predict(Map.of(layout.spec().name(), layout.tensor(List.of(row))), Set.of(output));
                for (float each : Meaning.numbers(answer.get(output))) {
                    if (!(each >= 0 && each <= 1)) {
                        return false;
                    }
                }
            } catch (RequestException e) {
                LOG.debug("asked for nothing but {}, it says {}", value, e.getMessage());
            }
        }
        return true;
    }

    private static String words(List<TensorSpec> specs) {
        return specs.stream()
                .map(each -> each.name() + " " + each.type() + " " + Arrays.toString(each.shape()))
                .toList()
                .toString();
    }
}
