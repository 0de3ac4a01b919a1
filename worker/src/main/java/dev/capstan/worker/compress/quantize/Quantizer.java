package dev.capstan.worker.compress.quantize;

import dev.capstan.worker.onnx.OnnxSession.Tensor;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import onnx.Onnx.ModelProto;

/**
 * Quantization after training of any ONNX model: weights and activations of Conv, Gemm and MatMul, and what lies
 * between them, become integers of 8 bits, whose scales follow from the weights and from calibration data. Static, in
 * QDQ form, after Jacob et al. 2018 and Krishnamoorthi 2018, "Quantizing deep convolutional networks for efficient
 * inference". The same model, data and settings give the same bytes.
 */
public final class Quantizer {
    /** A message of protocol buffers is shorter than 2 GiB; the rest is for names and operators. */
    private static final long LONGEST = Integer.MAX_VALUE - (64L << 20);

    private Quantizer() {}

    /**
     * Quantizes a model and compares it with the float one.
     *
     * @param batches calibration data: inputs by name, one batch after the other; looked through several times, so that
     *     no more than one batch is ever in memory
     * @throws IllegalArgumentException if the model, the data or the settings are such that it can't be, or if the
     *     result differs too much; the sentence says what, where, and what would be right
     */
    public static Quantized quantize(ModelProto model, Iterable<Map<String, Tensor>> batches, Settings settings) {
        return calibrate(model, batches, settings).quantize();
    }

    /**
     * Refuses a model that can't be quantized, whatever the data.
     *
     * @throws IllegalArgumentException with the tensor or operator, and what would be right
     */
    public static void check(ModelProto model) {
        Admission.check(model, LONGEST);
    }

    /**
     * Looks at a model's activations, after which it can be quantized in several ways.
     *
     * @param given the model
     * @param batches as for {@link #quantize}
     * @throws IllegalArgumentException as {@link #quantize}
     */
    public static Calibrated calibrate(ModelProto given, Iterable<Map<String, Tensor>> batches, Settings settings) {
        return calibrate(given, batches, settings, null, _ -> {});
    }

    /**
     * The same, going on from what was found before.
     *
     * @param known of the same model, data and settings; null for nothing. What isn't of this model, or was found by
     *     the weights of another CPU, is found anew
     * @param keeper is given all that is known, each time that something more is: first the ranges, then each layer's
     *     sensitivity and each trial
     * @throws IllegalArgumentException as {@link #quantize}
     */
    public static Calibrated calibrate(
            ModelProto given,
            Iterable<Map<String, Tensor>> batches,
            Settings settings,
            Findings known,
            Consumer<Findings> keeper) {
        Admission.check(given, LONGEST);
        var feed = new Feed(given, batches);
        // Runs even where nodes of the given one have the same name, which the runtime refuses.
        var model = new Graph(given).toModel();
        var prepared = Preparation.prepare(model, ranks(model, feed.first()));
        var graph = new Graph(prepared);
        var layers = Layers.of(graph, settings.exempt());
        if (layers.quantized().isEmpty()) {
            throw new IllegalArgumentException("nothing in the model can be quantized"
                    + (layers.left().isEmpty()
                            ? ": it has no Conv, Gemm, MatMul or table of embeddings"
                            : ": " + layers.left()));
        }
        var placement = new Placement(graph, layers.products(), settings.activations());
        var means = new TreeMap<String, Means>();
        for (var layer : layers.products()) {
            means.computeIfAbsent(layer.input(), _ -> new Means(layer.inputAxis()));
        }
        var weights = settings.weightRange().resolved();
        var tensors = Set.copyOf(placement.tensors());
        if (known != null && known.fits(tensors, means.keySet(), weights)) {
            return new Calibrated(given, model, prepared, feed, settings, known, keeper);
        }
        var observers = new LinkedHashMap<String, Observer>();
        placement.tensors().forEach(each -> observers.put(each, new Observer()));
        observe(prepared, feed, observers, means);
        var ranges = new TreeMap<String, Range>();
        observers.forEach((name, observer) -> ranges.put(name, observer.range(settings.calibration())));
        var found = new TreeMap<String, double[]>();
        means.forEach((name, each) -> found.put(name, each.means()));
        var findings = new Findings(weights, ranges, found);
        keeper.accept(findings);
        return new Calibrated(given, model, prepared, feed, settings, findings, keeper);
    }

    /** Numbers of dimensions of what goes into products of matrices. */
    private static Map<String, Integer> ranks(ModelProto model, Map<String, Tensor> batch) {
        var graph = new Graph(model);
        var wanted = new LinkedHashSet<String>();
        graph.nodes.stream()
                .filter(node -> Graph.is(node, "MatMul"))
                .filter(node -> Constants.floats(graph, node.getInput(1)).isPresent())
                .forEach(node -> wanted.add(node.getInput(0)));
        var ranks = new HashMap<String, Integer>();
        run(graph, model, wanted, Set.of(batch), (name, tensor) -> ranks.put(name, tensor.shape().length));
        return ranks;
    }

    private static void observe(
            ModelProto prepared, Feed feed, Map<String, Observer> observers, Map<String, Means> means) {
        run(new Graph(prepared), prepared, observers.keySet(), feed, (name, tensor) -> {
            for (float each : tensor.values()) {
                if (!Float.isFinite(each)) {
                    throw new IllegalArgumentException("on the calibration data, the model's tensor " + name
                            + " becomes " + each + "; a model must compute finite numbers before it can be quantized");
                }
            }
            observers.get(name).add(tensor.values());
            if (means.containsKey(name)) {
                means.get(name).add(tensor.values(), tensor.shape());
            }
        });
    }

    private interface Sink {
        void take(String name, Tensor tensor);
    }

    private static void run(
            Graph graph, ModelProto model, Set<String> tensors, Iterable<Map<String, Tensor>> batches, Sink sink) {
        var given = tensors.stream().filter(graph::isInput).toList();
        var made = tensors.stream().filter(each -> !graph.isInput(each)).toList();
        try (var session = made.isEmpty() ? null : Twin.withOutputs(model, made)) {
            for (var batch : batches) {
                given.forEach(each -> sink.take(each, batch.get(each)));
                if (session != null) {
                    session.run(batch).forEach(sink::take);
                }
            }
        }
    }
}
