package dev.capstan.worker.compress.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import onnx.Onnx.ModelProto;
import org.junit.jupiter.api.Test;

class ExemptionSearchTest {
    private static final Settings SETTINGS =
            Settings.standard().withWeightRange(WeightRange.FULL).withWeights(Scheme.SYMMETRIC, Granularity.TENSOR);

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
