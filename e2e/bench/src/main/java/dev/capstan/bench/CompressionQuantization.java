package dev.capstan.bench;

import dev.capstan.worker.compress.quantize.Calibration;
import dev.capstan.worker.compress.quantize.Granularity;
import dev.capstan.worker.compress.quantize.Quantizer;
import dev.capstan.worker.compress.quantize.Scheme;
import dev.capstan.worker.compress.quantize.Settings;
import dev.capstan.worker.onnx.OnnxExport;
import dev.capstan.worker.onnx.OnnxSession.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Quantization to int8 after training, calibrated on samples that the model has learned from.
 *
 * @param first what is done to the model before; null for nothing
 */
record CompressionQuantization(String name, CompressionMethod first, Settings settings) implements CompressionMethod {
    /** What a job gets that asks for nothing else. */
    static final CompressionMethod INT8 = of("int8", Settings.standard());

    private static final int BATCHES = 8;
    private static final int BATCH = 64;

    /** All rows. */
    static List<CompressionMethod> all() {
        var standard = Settings.standard();
        return List.of(
                INT8,
                of("int8-by-tensor", standard.withWeights(Scheme.SYMMETRIC, Granularity.TENSOR)),
                of("int8-asymmetric", standard.withWeights(Scheme.ASYMMETRIC, Granularity.TENSOR)),
                of("int8-symmetric", standard.withActivations(Scheme.SYMMETRIC)),
                of("int8-percentile", standard.withCalibration(new Calibration.Percentile(99.99))),
                of("int8-entropy", standard.withCalibration(new Calibration.Entropy())),
                after(CompressionPruning.NEURONS),
                after(CompressionPruning.SPARSE),
                after(CompressionPruning.CHANNELS),
                after(CompressionPruning.UNITS));
    }

    private static CompressionMethod of(String name, Settings settings) {
        return new CompressionQuantization(name, null, settings);
    }

    private static CompressionMethod after(CompressionMethod first) {
        return new CompressionQuantization(first.name() + "+int8", first, Settings.standard());
    }

    @Override
    public boolean suits(CompressionModel model) {
        return first == null || first.suits(model);
    }

    @Override
    public Made compressed(CompressionModel model) throws Exception {
        var floats = first == null
                ? model.onnx(model.network())
                : first.compressed(model).onnx();
        return new Made(Quantizer.quantize(floats, calibration(model), settings).model(), null);
    }

    /** The first samples that the model learned from. */
    static List<Map<String, Tensor>> calibration(CompressionModel model) {
        var samples = model.train();
        var batches = new ArrayList<Map<String, Tensor>>();
        for (int batch = 0; batch < BATCHES; batch++) {
            var values = new float[BATCH * samples.inputs()];
            for (int i = 0; i < BATCH; i++) {
                samples.copyInputs(batch * BATCH + i, values, i * samples.inputs());
            }
            batches.add(Map.of(OnnxExport.INPUT, Tensor.rows(values, BATCH)));
        }
        return batches;
    }
}
