package dev.capstan.worker.compress;

import dev.capstan.protocol.Compression;
import dev.capstan.protocol.Compression.LeftOut;
import dev.capstan.protocol.CompressionStep;
import dev.capstan.protocol.CompressionStep.Quantize;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.compress.quantize.Calibrated;
import dev.capstan.worker.compress.quantize.Calibration;
import dev.capstan.worker.compress.quantize.ExemptionSearch;
import dev.capstan.worker.compress.quantize.Findings;
import dev.capstan.worker.compress.quantize.Granularity;
import dev.capstan.worker.compress.quantize.Quantized;
import dev.capstan.worker.compress.quantize.Quantizer;
import dev.capstan.worker.compress.quantize.Scheme;
import dev.capstan.worker.compress.quantize.Settings;
import dev.capstan.worker.compress.quantize.WeightRange;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.onnx.OnnxAnswering;
import dev.capstan.worker.onnx.OnnxSession;
import dev.capstan.worker.onnx.Signature;
import dev.capstan.worker.outcome.Failure;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import onnx.Onnx.ModelProto;

/** Does a step that quantizes. */
public final class Quantization {
    private static final int BATCH = 32;
    private static final String BY_NAME = "exempt by name";

    private final String field;
    private final int number;
    private final Quantize step;
    private final int classes;
    private final Signature signature;
    private final LayerNames names;

    /**
     * @param number of the step, counted from 0
     * @param step what is to be done
     * @param given the model that came
     * @param network as pruning has left it; null if there is none
     */
    public Quantization(int number, Quantize step, Given given, Network network) {
        field = "steps[" + number + "].quantize";
        this.number = number;
        this.step = step;
        classes = given.classes();
        switch (given) {
            case Given.Trained trained -> {
                signature = Signature.OWN;
                names = new LayerNames(network.structure());
            }
            case Given.Foreign foreign -> {
                signature = foreign.onnx().signature();
                names = new LayerNames();
            }
        }
    }

    /**
     * What came of it.
     *
     * @param model in integers
     * @param samples that activations' ranges were found by
     * @param summary a clause on what was done
     * @param leftOut layers that stay in float though nobody had named them
     * @param sensitivity of each layer alone
     */
    public record Result(
            ModelProto model,
            long samples,
            String summary,
            List<LeftOut> leftOut,
            List<Compression.Sensitivity> sensitivity) {}

    /** Where each of the two halves tells how far it is, and what it has found. */
    public interface Halves {
        /** The calibration begins. */
        Pace calibrating();

        /** The ranges are known. */
        Pace quantizing();

        /** Something more is known: the ranges, a layer's sensitivity, an exemption that was tried. */
        void keep(Findings findings);
    }

    /**
     * Whether the model can be quantized so, by a single sample: names of layers and what their operators are don't
     * depend on more.
     *
     * @throws Failure InvalidJob if not; the sentence names step and layer
     */
    public void check(ModelProto model, Samples samples) {
        refusing(() -> Quantizer.calibrate(
                model, Rows.batches(Rows.drawn(samples, 1), signature, 1, (done, of) -> {}), settings(model)));
    }

    /**
     * Quantizes.
     *
     * @param train some of whose samples calibrate
     * @param known what was found before; null for nothing
     * @throws Failure InvalidJob if it can't be done, or accuracy on these samples can't be kept; the sentence names
     *     step and layer, and says what would be right
     */
    public Result quantize(ModelProto model, Samples train, Findings known, Halves halves) {
        var samples = Rows.drawn(train, step.calibration().samples());
        return refusing(() -> {
            var paces = new Changing(known == null ? halves.calibrating() : halves.quantizing());
            var batches = Rows.batches(samples, signature, BATCH, paces);
            var calibrated = Quantizer.calibrate(model, batches, settings(model), known, found -> {
                if (found.isCalibration()) {
                    paces.pace = halves.quantizing();
                }
                halves.keep(found);
            });
            var chosen = step.maxDrop() == null ? calibrated.quantize() : chosen(calibrated, model, samples, paces);
            var sensitivity = calibrated.sensitivities().stream()
                    .map(each -> new Compression.Sensitivity(
                            number + 1,
                            names.layer(each.layer()),
                            null,
                            each.comparison().error()))
                    .toList();
            return new Result(chosen.model(), samples.size(), summary(chosen), leftOut(chosen), sensitivity);
        });
    }

    /** Told of through all of the quantizer's passes over the samples; which half they belong to changes. */
    private static final class Changing implements Pace {
        private Pace pace;

        Changing(Pace pace) {
            this.pace = pace;
        }

        @Override
        public void at(long done, long of) {
            pace.at(done, of);
        }
    }

    private Quantized chosen(Calibrated calibrated, ModelProto model, Samples samples, Pace pace) {
        double whole = accuracy(model, samples, pace);
        var search = calibrated.search(each -> accuracy(each, samples, pace), whole - step.maxDrop() - 1e-9);
        return search.chosen().orElseThrow(() -> unreachable(search, whole, samples.size()));
    }

    private double accuracy(ModelProto model, Samples samples, Pace pace) {
        try (var session = new OnnxAnswering(OnnxSession.of(model), signature)) {
            return Accuracy.of(session, samples, classes, pace);
        }
    }

    private Failure unreachable(ExemptionSearch search, double whole, int samples) {
        var best = search.best();
        return new Failure(
                Reason.InvalidJob,
                String.format(
                        Locale.ROOT,
                        "%s.maxDrop is %s, which can't be reached: accuracy on %d calibration samples is %.4f in float, and"
                                + " at best %.4f in integers, with %s in float and outputs %.3f off. Allow a larger drop,"
                                + " calibrate otherwise, or remove the step",
                        field,
                        step.maxDrop(),
                        samples,
                        whole,
                        best.metric(),
                        best.exempt().isEmpty()
                                ? "no layer"
                                : best.exempt().stream().map(names::layer).collect(Collectors.joining(", ")),
                        best.comparison().error()));
    }

    /** What the quantizer refuses, it says by an exception of its own. */
    private <T> T refusing(Supplier<T> work) {
        try {
            return work.get();
        } catch (IllegalArgumentException e) {
            throw new Failure(Reason.InvalidJob, field + ": " + e.getMessage(), e);
        }
    }

    private Settings settings(ModelProto model) {
        return refusing(() -> Settings.standard()
                .withWeights(scheme(step.weights()), granularity())
                .withActivations(scheme(step.activations()))
                .withCalibration(calibration())
                .withWeightRange(weightRange())
                .withBiasCorrection(step.biasCorrection())
                .withExempt(names.operators(field + ".exclude", step.exclude(), model)));
    }

    private static Scheme scheme(Quantize.Scheme scheme) {
        return switch (scheme) {
            case SYMMETRIC -> Scheme.SYMMETRIC;
            case ASYMMETRIC -> Scheme.ASYMMETRIC;
        };
    }

    private Granularity granularity() {
        return switch (step.granularity()) {
            case TENSOR -> Granularity.TENSOR;
            case CHANNEL -> Granularity.CHANNEL;
        };
    }

    private WeightRange weightRange() {
        return switch (step.weightRange()) {
            case AUTO -> WeightRange.AUTO;
            case FULL -> WeightRange.FULL;
            case REDUCED -> WeightRange.REDUCED;
        };
    }

    private Calibration calibration() {
        CompressionStep.Calibration how = step.calibration();
        return switch (how.method()) {
            case MIN_MAX -> new Calibration.MinMax();
            case PERCENTILE -> new Calibration.Percentile(how.percentile());
            case ENTROPY -> new Calibration.Entropy();
        };
    }

    private static String summary(Quantized quantized) {
        int left = quantized.left().size();
        var text = String.format(
                Locale.ROOT,
                "%d layers in int8, %d in float, outputs %.4f off",
                quantized.layers().size(),
                left,
                quantized.comparison().error());
        return quantized.notes().isEmpty() ? text : text + "; " + String.join("; ", quantized.notes());
    }

    private List<LeftOut> leftOut(Quantized quantized) {
        return quantized.left().stream()
                .filter(each -> !each.reason().equals(BY_NAME))
                .map(each -> new LeftOut(names.layer(each.node()), each.reason()))
                .toList();
    }
}
