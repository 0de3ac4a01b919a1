package dev.capstan.worker.compress.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Json;
import dev.capstan.worker.onnx.OnnxSession.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import onnx.Onnx.ModelProto;
import org.junit.jupiter.api.Test;

class ExemptionSearchTest {
    private static final Settings SETTINGS = Settings.standard()
            .withWeightRange(WeightRange.AUTO.resolved())
            .withWeights(Scheme.SYMMETRIC, Granularity.TENSOR);

    /** The layer "b" has one column of large weights, which leaves its others few steps. */
    private static ModelProto model() {
        var model = new Model(5).input("x", -1, 8).output("y", -1, 8);
        var rough = model.floats(64, 0.01);
        for (int row = 0; row < 8; row++) {
            rough[row * 8] *= 1e4f;
        }
        return model.random("wa", 0.4, 8, 8)
                .constant("wb", List.of(8L, 8L), rough)
                .random("wc", 0.4, 8, 8)
                .node("MatMul", "a", List.of("x", "wa"))
                .node("MatMul", "b", List.of("a", "wb"))
                .node("Tanh", "t", List.of("b"))
                .node("MatMul", "y", List.of("t", "wc"))
                .build();
    }

    private static Calibrated calibrated(Settings settings) {
        return Quantizer.calibrate(model(), Model.batches(1, 4, 16, 8), settings);
    }

    /** A metric: how little the outputs differ. */
    private static double closeness(ModelProto quantized) {
        return -Comparison.of(model(), quantized, Model.batches(2, 4, 16, 8)).error();
    }

    @Test
    void theMostSensitiveLayerIsTheOneWithFewSteps() {
        var sensitivities = calibrated(SETTINGS).sensitivities();
        assertEquals(
                List.of("a", "b", "y"),
                sensitivities.stream().map(Sensitivity::layer).toList());
        double rough = sensitivities.get(1).comparison().error();
        assertTrue(rough > 3 * sensitivities.get(0).comparison().error(), sensitivities::toString);
        assertTrue(rough > 3 * sensitivities.get(2).comparison().error(), sensitivities::toString);
    }

    @Test
    void layersGoBackToFloatUntilTheBoundIsMet() {
        var calibrated = calibrated(SETTINGS.withLargestError(10));
        double whole = closeness(calibrated.quantize().model());
        var search = calibrated.search(ExemptionSearchTest::closeness, whole / 3);
        assertEquals(2, search.trials().size());
        assertEquals(Set.of(), search.trials().get(0).exempt());
        assertEquals(whole, search.trials().get(0).metric());
        assertFalse(search.trials().get(0).accepted());
        assertEquals(Set.of("b"), search.trials().get(1).exempt());
        assertTrue(search.trials().get(1).accepted());
        var chosen = search.chosen().orElseThrow();
        assertEquals(List.of("a", "y"), chosen.layers());
        assertEquals(List.of("MatMul b: exempt by its sensitivity"), QuantizerTest.texts(chosen));
        assertEquals(search.trials().get(1), search.best());
    }

    @Test
    void nothingIsExemptWhereNothingMustBe() {
        var search = calibrated(SETTINGS.withLargestError(10)).search(ExemptionSearchTest::closeness, -10);
        assertEquals(1, search.trials().size());
        assertEquals(List.of("a", "b", "y"), search.chosen().orElseThrow().layers());
    }

    /** Neural Compressor ends in an error after a hundred trials of which none was within the bound. */
    @Test
    void thatNoneWasGoodEnoughIsAResult() {
        var asked = new ArrayList<ModelProto>();
        var search = calibrated(SETTINGS.withLargestError(10))
                .search(
                        each -> {
                            asked.add(each);
                            return closeness(each);
                        },
                        0);
        assertTrue(search.chosen().isEmpty());
        assertEquals(3, search.trials().size());
        assertEquals(3, asked.size());
        assertEquals(2, search.trials().get(2).exempt().size());
        var best = search.best();
        assertTrue(search.trials().stream().allMatch(each -> each.metric() <= best.metric()));
        assertTrue(best.metric() > search.trials().get(0).metric());
    }

    /** By what it had kept, as a worker does that was killed right afterwards. */
    @Test
    void whoGoesOnFromWhatWasFoundFindsTheSameAndNothingTwice() {
        var settings = SETTINGS.withLargestError(10);
        var kept = new ArrayList<String>();
        var passes = new AtomicInteger();
        Iterable<Map<String, Tensor>> batches = () -> {
            passes.incrementAndGet();
            return Model.batches(1, 4, 16, 8).iterator();
        };
        var first = Quantizer.calibrate(model(), batches, settings, null, each -> kept.add(Json.write(each)));
        double bound = closeness(first.quantize().model()) / 3;
        var asked = new ArrayList<ModelProto>();
        var whole = first.search(
                each -> {
                    asked.add(each);
                    return closeness(each);
                },
                bound);
        assertEquals(2, asked.size());
        assertEquals(6, kept.size(), "the ranges, a trial, three layers, and the trial that is within the bound");
        int before = Integer.MAX_VALUE;
        for (int at = 0; at < kept.size(); at++) {
            var known = Json.read(kept.get(at), Findings.class);
            var more = new ArrayList<String>();
            asked.clear();
            passes.set(0);
            var again = Quantizer.calibrate(model(), batches, settings, known, each -> more.add(Json.write(each)));
            var search = again.search(
                    each -> {
                        asked.add(each);
                        return closeness(each);
                    },
                    bound);
            assertEquals(
                    whole.chosen().orElseThrow().model(),
                    search.chosen().orElseThrow().model());
            assertEquals(whole.trials(), search.trials());
            assertEquals(first.sensitivities(), again.sensitivities());
            assertEquals(kept.subList(at + 1, kept.size()), more, "what is kept from " + at + " on");
            assertEquals(2 - known.trials().size(), asked.size());
            assertTrue(passes.get() <= before, "never more passes over the samples than from an earlier point");
            before = passes.get();
        }
        assertEquals(2, before, "after the last one, only the chosen model is made again, and compared");
    }

    /** On another CPU weights may have another range, and what was found by the one says nothing of the other. */
    @Test
    void whatWasFoundByOtherWeightsOrOfAnotherModelIsFoundAnew() {
        var kept = new ArrayList<Findings>();
        var batches = Model.batches(1, 4, 16, 8);
        Quantizer.calibrate(model(), batches, SETTINGS, null, kept::add).sensitivities();
        var known = kept.getLast();
        kept.clear();
        Quantizer.calibrate(model(), batches, SETTINGS, known, kept::add);
        assertEquals(List.of(), kept);
        var other = SETTINGS.weightRange() == WeightRange.FULL ? WeightRange.REDUCED : WeightRange.FULL;
        Quantizer.calibrate(model(), batches, SETTINGS.withWeightRange(other), known, kept::add);
        assertTrue(kept.getLast().isCalibration());
        kept.clear();
        Quantizer.calibrate(
                RandomGraph.of(200),
                Model.batches(200, 2, 4, RandomGraph.CHANNELS, RandomGraph.SIDE, RandomGraph.SIDE),
                SETTINGS,
                known,
                kept::add);
        assertTrue(kept.getLast().isCalibration());
    }

    /** A metric of NaN isn't good enough, and a model that differs too much isn't either, whatever its metric. */
    @Test
    void whatIsNoNumberOrDiffersTooMuchIsNotAccepted() {
        var none = calibrated(SETTINGS.withLargestError(10)).search(_ -> Double.NaN, 0.5);
        assertTrue(none.chosen().isEmpty());
        assertEquals(Set.of(), none.best().exempt());
        var strict = calibrated(SETTINGS.withLargestError(1e-9)).search(_ -> 1, 0.5);
        assertTrue(strict.chosen().isEmpty());
    }

    @Test
    void layersThatTheSettingsExemptAreNoTrials() {
        var search = calibrated(SETTINGS.withExempt(Set.of("b"))).search(ExemptionSearchTest::closeness, 0);
        assertEquals(2, search.trials().size());
        assertTrue(search.trials().stream().noneMatch(each -> each.exempt().contains("b")));
    }

    /** Any layers of any network can be exempt. */
    @Test
    void randomNetworksCanHaveAnyOneLayerInIntegers() {
        for (int seed = 200; seed < 215; seed++) {
            var batches = Model.batches(seed, 2, 4, RandomGraph.CHANNELS, RandomGraph.SIDE, RandomGraph.SIDE);
            for (var settings : List.of(SETTINGS, SETTINGS.withActivations(Scheme.SYMMETRIC))) {
                var calibrated = Quantizer.calibrate(RandomGraph.of(seed), batches, settings);
                for (var each : calibrated.sensitivities()) {
                    assertTrue(each.comparison().error() < 0.15, each::toString);
                }
            }
        }
    }
}
