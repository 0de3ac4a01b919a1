package dev.capstan.worker.serve.model;

import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.Tensor;
import dev.capstan.worker.serve.TensorSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What is found out about a model by asking it.
 *
 * @param batches whether what it answers to samples together is what it answers to each alone
 * @param open what it took in place of open dimensions but the first
 */
record Probe(boolean batches, int open) {
    /**
     * What open dimensions but the first are tried with: short texts, a single one of whatever it is, and sides of
     * images.
     */
    private static final List<Integer> OPEN = List.of(8, 1, 2, 32, 64, 224, 384, 512);

    private static final double TOLERANCE = 1e-3;
    private static final int ROWS = 3;

    /** @throws IllegalArgumentException if it answers nothing that was tried; in its runtime's words */
    static Probe of(OnnxPredictor model) {
        var names = model.outputs().stream().map(TensorSpec::name).collect(Collectors.toSet());
        RequestException first = null;
        for (int open : isOpen(model) ? OPEN : OPEN.subList(0, 1)) {
            var made = new Made();
            try {
                var asked = made(made, model, open);
                var answer = model.run(asked, names);
                return new Probe(mayBatch(model) && batches(model, made, open, asked, answer, names), open);
            } catch (RequestException e) {
                first = first == null ? e : first;
            }
        }
        throw new IllegalArgumentException("it doesn't answer samples made for " + Request.words(model.inputs())
                + (isOpen(model) ? " with sizes of " + OPEN + " in place of what is open" : "") + ": "
                + first.getMessage() + "; fix the sizes that it needs when it is exported");
    }

    /** How much memory it takes. */
    Appetite appetite(OnnxPredictor model, OptionalLong most) {
        var names = model.outputs().stream().map(TensorSpec::name).collect(Collectors.toSet());
        return Appetite.of(
                most,
                scale -> asked(model, batches ? scale : 1, open, names),
                isOpen(model) ? scale -> asked(model, 1, open * scale, names) : null);
    }

    private static long asked(OnnxPredictor model, int samples, int open, Set<String> names) {
        var made = new Made();
        var inputs = new LinkedHashMap<String, Tensor>();
        model.inputs().forEach(spec -> inputs.put(spec.name(), made.tensor(spec, samples, open)));
        model.run(inputs, names);
        return OnnxPredictor.numbers(inputs);
    }

    private static boolean isOpen(OnnxPredictor model) {
        return model.inputs().stream().anyMatch(spec -> {
            for (int i = 1; i < spec.shape().length; i++) {
                if (spec.shape()[i] < 0) {
                    return true;
                }
            }
            return false;
        });
    }

    private static Map<String, Tensor> made(Made made, OnnxPredictor model, int open) {
        var inputs = new LinkedHashMap<String, Tensor>();
        model.inputs().forEach(spec -> inputs.put(spec.name(), made.tensor(spec, 1, open)));
        return inputs;
    }

    private static boolean mayBatch(OnnxPredictor model) {
        return !model.inputs().isEmpty()
                && Stream.concat(model.inputs().stream(), model.outputs().stream())
                        .allMatch(spec -> spec.shape().length > 0 && spec.shape()[0] < 0);
    }

    /** Asks for some samples together what was asked for each alone. */
    private static boolean batches(
            OnnxPredictor model,
            Made made,
            int open,
            Map<String, Tensor> asked,
            Map<String, Tensor> answer,
            Set<String> names) {
        try {
            var alone = new ArrayList<Map<String, Tensor>>(List.of(answer));
            var rows = new ArrayList<Map<String, Tensor>>(List.of(asked));
            while (rows.size() < ROWS) {
                rows.add(made(made, model, open));
                alone.add(model.run(rows.getLast(), names));
            }
            var together = model.run(joined(rows), names);
            return joined(alone).entrySet().stream()
                    .allMatch(each -> Likeness.of(each.getValue(), together.get(each.getKey()), ROWS, TOLERANCE));
        } catch (RequestException e) {
            // It has the number of samples fixed inside, whatever it says.
            return false;
        }
    }

    private static Map<String, Tensor> joined(List<Map<String, Tensor>> rows) {
        var all = new LinkedHashMap<String, Tensor>();
        rows.getFirst()
                .keySet()
                .forEach(name -> all.put(
                        name,
                        Pieces.together(
                                rows.stream().map(each -> each.get(name)).toList())));
        return all;
    }
}
