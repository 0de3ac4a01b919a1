package dev.capstan.worker.compress.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Layer.Padding;
import dev.capstan.protocol.Layer.PoolingType;
import dev.capstan.protocol.Optimizer;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Functions;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.onnx.OnnxExport;
import dev.capstan.worker.onnx.OnnxSession.Tensor;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import onnx.Onnx.ModelProto;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Networks as a TrainingJob makes them. */
class ExportedModelsTest {
    private static final Settings SETTINGS = Settings.standard().withWeightRange(WeightRange.AUTO.resolved());
    private static final Layer OUTPUT = new Layer.Output(3, "softmax", "mcxent");
    private static final Shape IMAGE = new Shape.Image(12, 12, 1);
    private static final Shape WORDS = new Shape.Tokens(6, 15);

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    private static ModelProto exported(Shape shape, Layer... layers) throws Exception {
        var network = Networks.create(
                new JobFile.Model(List.of(layers), null, null, null),
                Fixtures.training(1, 2, new Optimizer.Adam(0.01, 0.9, 0.999, 1e-8), 7),
                new Preprocessing(shape, List.of("a", "b", "c"), null),
                null);
        return OnnxExport.of(network, shape, "0");
    }

    private static List<Map<String, Tensor>> samples(Shape shape) {
        var random = new Random(1);
        var values = new float[32 * shape.inputs()];
        for (int each = 0; each < values.length; each++) {
            values[each] = shape instanceof Shape.Tokens tokens
                    ? 1 + random.nextInt(tokens.vocabulary() - 1)
                    : random.nextFloat();
        }
        return List.of(Map.of(OnnxExport.INPUT, Tensor.rows(values, 32)));
    }

    private static Quantized quantized(Shape shape, Settings settings, ModelProto model) {
        var quantized = Quantizer.quantize(model, samples(shape), settings);
        QuantizerTest.assertWhole(quantized.model());
        assertTrue(quantized.comparison().error() < 0.1, () -> "" + quantized.comparison());
        return quantized;
    }

    private static ModelProto images() throws Exception {
        return exported(
                IMAGE,
                new Layer.Convolution(4, 3, 1, Padding.SAME, "relu"),
                new Layer.Pooling(PoolingType.MAX, 2, 2),
                new Layer.Convolution(6, 3, 1, Padding.VALID, "identity"),
                new Layer.BatchNormalization(0.9, 1e-5),
                new Layer.Pooling(PoolingType.AVERAGE, 2, 2),
                new Layer.Dropout(0.2),
                new Layer.Dense(8, "relu"),
                OUTPUT);
    }

    @Test
    void aNetworkForImagesIsIntegersThroughout() throws Exception {
        var quantized = quantized(IMAGE, SETTINGS, images());
        assertEquals(List.of("layer0_Conv", "layer2_Conv", "layer6_Gemm", "layer7_Gemm"), quantized.layers());
        assertEquals(
                List.of(
                        "Flatten",
                        "MaxPool",
                        "QGemm",
                        "QGemm",
                        "QLinearAveragePool",
                        "QLinearConv",
                        "QLinearConv",
                        "QuantizeLinear",
                        "Reshape",
                        "Softmax"),
                Model.operators(quantized.model()));
    }

    /** A job's layer is named as its weights are. */
    @Test
    void aLayerOfTheJobIsExemptByItsName() throws Exception {
        var quantized = quantized(IMAGE, SETTINGS.withExempt(Set.of("layer0", "layer7")), images());
        assertEquals(List.of("layer2_Conv", "layer6_Gemm"), quantized.layers());
        assertEquals(
                List.of("Conv layer0_Conv: exempt by name", "Gemm layer7_Gemm: exempt by name"),
                QuantizerTest.texts(quantized));
    }

    @Test
    void aNetworkForTextsKeepsItsRecurrentLayers() throws Exception {
        var model = exported(
                WORDS,
                new Layer.Embedding(5),
                new Layer.Lstm(6, "tanh", true),
                new Layer.Lstm(6, "tanh", false),
                new Layer.Dense(8, "relu"),
                OUTPUT);
        var quantized = quantized(WORDS, SETTINGS, model);
        assertEquals(List.of("layer0_Gather", "layer3_Gemm", "layer4_Gemm"), quantized.layers());
        assertEquals(
                List.of(
                        "LSTM layer1_LSTM: the runtime quantizes recurrent layers dynamically only",
                        "LSTM layer2_LSTM: the runtime quantizes recurrent layers dynamically only"),
                QuantizerTest.texts(quantized));
    }

    @Test
    void everyActivationFunctionMayStandBetween() throws Exception {
        for (var activation : Functions.activations()) {
            var model = exported(
                    IMAGE,
                    new Layer.Convolution(3, 3, 2, Padding.VALID, activation),
                    new Layer.Dense(6, activation),
                    OUTPUT);
            for (var scheme : Scheme.values()) {
                var quantized = quantized(IMAGE, SETTINGS.withActivations(scheme), model);
                assertEquals(3, quantized.layers().size(), activation);
                // None of the layers is computed in floats, for which its weights would become floats at each run.
                var operators = Model.operators(quantized.model());
                assertEquals(1, Collections.frequency(operators, "QLinearConv"), () -> activation + operators);
                assertEquals(2, Collections.frequency(operators, "QGemm"), () -> activation + operators);
            }
        }
    }
}
