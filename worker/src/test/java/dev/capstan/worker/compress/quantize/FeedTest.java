package dev.capstan.worker.compress.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.worker.onnx.OnnxSession.Tensor;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FeedTest {
    private static void assertRefused(String sentence, List<Map<String, Tensor>> batches) {
        var thrown = assertThrows(
                IllegalArgumentException.class, () -> Quantizer.quantize(Model.mlp(1), batches, Settings.standard()));
        assertEquals(sentence, thrown.getMessage());
    }

    @Test
    void calibrationDataThatDoesntFitIsRefused() {
        assertRefused("there is no calibration data; give at least one batch, better 100 samples", List.of());
        assertRefused(
                "calibration batch 0: input x has the shape [4, 15], but the model takes [N, 16]",
                List.of(Map.of("x", new Tensor(new float[60], 4, 15))));
        assertRefused(
                "calibration batch 0: input x has the shape [16], but the model takes [N, 16]",
                List.of(Map.of("x", new Tensor(new float[16], 16))));
        assertRefused(
                "calibration batch 0: input x has 15 values in the shape [1, 16]; there must be as many as the shape says,"
                        + " and at least one",
                List.of(Map.of("x", new Tensor(new float[15], 1, 16))));
        assertRefused(
                "calibration batch 0: input x has 0 values in the shape [0, 16]; there must be as many as the shape says,"
                        + " and at least one",
                List.of(Map.of("x", new Tensor(new float[0], 0, 16))));
        assertRefused(
                "calibration batch 0: it has the inputs [image], but the model takes [x]",
                List.of(Map.of("image", new Tensor(new float[16], 1, 16))));
    }

    @Test
    void aBatchInTheMiddleIsNamed() {
        for (float wrong : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            var batches = new ArrayList<>(Model.batches(1, 3, 2, 16));
            batches.get(2).get("x").values()[18] = wrong;
            assertRefused(
                    "calibration batch 2: input x is " + wrong
                            + " at place 18 of 32; calibration data must be finite numbers",
                    batches);
        }
    }

    /** Other tools fail at batches of more than one sample, or at the last one, which is smaller. */
    @Test
    void batchesMayHaveAnySizeAndGiveTheSameModel() {
        var values = Model.batches(1, 1, 23, 16).getFirst().get("x").values();
        byte[] whole = null;
        for (int size : new int[] {23, 1, 5}) {
            var batches = new ArrayList<Map<String, Tensor>>();
            for (int from = 0; from < 23; from += size) {
                int to = Math.min(23, from + size);
                batches.add(Map.of("x", new Tensor(Arrays.copyOfRange(values, from * 16, to * 16), to - from, 16)));
            }
            var bytes = Quantizer.quantize(
                            Model.mlp(1),
                            batches,
                            Settings.standard()
                                    .withCalibration(new Calibration.Percentile(99))
                                    .withBiasCorrection(false))
                    .model()
                    .toByteArray();
            whole = whole == null ? bytes : whole;
            assertArrayEquals(whole, bytes);
        }
    }

    /** Calibration data isn't kept: while one batch is used, none of the earlier ones is held. */
    @Test
    void noBatchIsHeldAfterItsTurn() {
        var seen = new ArrayList<WeakReference<float[]>>();
        Iterable<Map<String, Tensor>> batches = () -> IntStream.range(0, 6)
                .mapToObj(number -> {
                    if (number > 1) {
                        System.gc();
                        assertNull(seen.get(seen.size() - 2).get());
                    }
                    var values =
                            Model.batches(number, 1, 4, 16).getFirst().get("x").values();
                    seen.add(new WeakReference<>(values));
                    return Map.of("x", new Tensor(values, 4, 16));
                })
                .iterator();
        Quantizer.quantize(Model.mlp(1), batches, Settings.standard());
        assertTrue(seen.size() >= 12);
    }

    @Test
    void aModelThatComputesNoNumbersIsRefusedWithTheTensor() {
        var model = new Model(1)
                .input("x", -1, 4)
                .output("y", -1, 4)
                .random("w", 1, 4, 4)
                .node("Log", "logarithm", List.of("x"))
                .node("MatMul", "y", List.of("logarithm", "w"))
                .build();
        var thrown = assertThrows(
                IllegalArgumentException.class,
                () -> Quantizer.quantize(model, Model.batches(1, 1, 4, 4), Settings.standard()));
        assertEquals(
                "on the calibration data, the model's tensor logarithm becomes NaN; a model must compute finite numbers before it"
                        + " can be quantized",
                thrown.getMessage());
    }
}
