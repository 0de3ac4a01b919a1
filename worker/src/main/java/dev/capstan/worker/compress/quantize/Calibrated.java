package dev.capstan.worker.compress.quantize;

import dev.capstan.worker.compress.quantize.ExemptionSearch.Trial;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import onnx.Onnx.ModelProto;

/** A model whose activations' ranges are known: it can be quantized again and again, with other layers in float. */
public final class Calibrated {
    /** Of a table, whose input is indices. */
    private static final Affine NO_INPUT = new Affine(1, 0, 0, 255);

    private final ModelProto given;
    private final ModelProto model;
    private final ModelProto prepared;
    private final Feed feed;
    private final Settings settings;
    private final Map<String, Affine> maps = new HashMap<>();
    private final Granularity granularity;
    private final Consumer<Findings> keeper;
    private Findings findings;

    /**
     * @param given the model as it came
     * @param model the same, ready to be run and compared with
     * @param prepared the same, ready to be quantized
     * @param findings what is known of all activations that may be quantized, and maybe more
     * @param keeper is given all that is known, each time that something more is
     */
    Calibrated(
            ModelProto given,
            ModelProto model,
            ModelProto prepared,
            Feed feed,
            Settings settings,
            Findings findings,
            Consumer<Findings> keeper) {
        this.given = given;
        this.model = model;
        this.prepared = prepared;
        this.feed = feed;
        this.settings = settings;
        this.findings = findings;
        this.keeper = keeper;
        findings.ranges().forEach((name, range) -> maps.put(name, map(range)));
        granularity = Admission.opset(model) < Admission.CHANNELS_OPSET ? Granularity.TENSOR : settings.granularity();
    }

    private Affine map(Range range) {
        return switch (settings.activations()) {
            case SYMMETRIC ->
                Affine.symmetric(Math.max(-range.min(), range.max()), 127).unsigned();
            case ASYMMETRIC -> Affine.asymmetric(range.min(), range.max(), 0, 255);
        };
    }

    /** Names of the layers that can be quantized, in the graph's order. */
    public List<String> layers() {
        return Layers.of(new Graph(prepared), settings.exempt()).quantized().stream()
                .map(Layer::name)
                .toList();
    }

    /**
     * The model with all of its layers quantized but those that the settings exempt.
     *
     * @throws IllegalArgumentException if it differs from the float model by more than the settings allow
     */
    public Quantized quantize() {
        var quantized = quantize(Set.of());
        double error = quantized.comparison().error();
        if (error > settings.largestError()) {
            throw new IllegalArgumentException("the quantized model's outputs differ from the float model's by " + error
                    + " of their root mean square, by up to "
                    + quantized.comparison().largest() + "; at most "
                    + settings.largestError()
                    + " is allowed: exempt the most sensitive layers, or calibrate otherwise");
        }
        return quantized;
    }

    /**
     * How sensitive each layer is, in the graph's order; takes as many runs over the calibration data as there are
     * layers of which it isn't known yet.
     */
    public List<Sensitivity> sensitivities() {
        var layers = layers();
        for (var layer : layers.subList(findings.sensitivities().size(), layers.size())) {
            var others = new TreeSet<>(layers);
            others.remove(layer);
            found(findings.with(new Sensitivity(layer, quantize(others).comparison())));
        }
        return findings.sensitivities();
    }

    /** The trials that were made. */
    List<Trial> trials() {
        return findings.trials();
    }

    /** Keeps one more. */
    void tried(Trial trial) {
        found(findings.with(trial));
    }

    private void found(Findings more) {
        findings = more;
        keeper.accept(more);
    }

    /**
     * Quantizes as many layers as a metric allows; what was tried before isn't measured again.
     *
     * @param evaluator measures a model; more is better
     * @param bound the least that the metric may be
     */
    public ExemptionSearch search(ToDoubleFunction<ModelProto> evaluator, double bound) {
        return ExemptionSearch.run(this, evaluator, bound);
    }

    /** Whether a model is near enough to the float one to be let through. */
    boolean isNear(Quantized quantized) {
        return quantized.comparison().error() <= settings.largestError();
    }

    /**
     * The model with some more layers in float, however much it differs.
     *
     * @param exempt names of layers beside those that the settings exempt
     */
    Quantized quantize(Set<String> exempt) {
        var graph = new Graph(prepared);
        var layers = Layers.of(graph, settings.exempt()).without(exempt);
        var placement = new Placement(graph, layers.products(), settings.activations());
        new Writer(graph, placement, maps::get).write(layers.quantized(), layer -> weights(layer, placement));
        var quantized = graph.toModel();
        return new Quantized(
                quantized,
                layers.quantized().stream().map(Layer::name).toList(),
                layers.left(),
                Comparison.of(model, quantized, feed),
                settings.weightRange().resolved(),
                notes(quantized));
    }

    private Weights weights(Layer layer, Placement placement) {
        if (layer.isTable()) {
            return Weights.of(layer, NO_INPUT, new double[0], settings, granularity);
        }
        var input = maps.get(placement.root(layer.input()));
        var expected = settings.biasCorrection() ? findings.means().get(layer.input()) : new double[0];
        return Weights.of(layer, input, expected, settings, granularity);
    }

    private List<String> notes(ModelProto quantized) {
        var notes = new ArrayList<String>();
        if (granularity != settings.granularity()) {
            notes.add("the weights have one scale by tensor, not by channel, for the model is of opset "
                    + Admission.opset(model) + " and channels need " + Admission.CHANNELS_OPSET);
        }
        var kept = new TreeSet<String>();
        quantized.getGraph().getInputList().forEach(each -> kept.add(each.getName()));
        var gone = given.getGraph().getInputList().stream()
                .map(each -> each.getName())
                .filter(each -> !kept.contains(each))
                .toList();
        if (!gone.isEmpty()) {
            notes.add(
                    "constants that were inputs of the model as well, with the constant as default, are none any more: "
                            + String.join(", ", gone));
        }
        return List.copyOf(notes);
    }
}
