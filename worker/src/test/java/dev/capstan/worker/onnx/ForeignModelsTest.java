package dev.capstan.worker.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.capstan.worker.Fixtures;
import dev.capstan.worker.compress.quantize.ForeignModels;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import onnx.Onnx.ModelProto;
import onnx.Onnx.TensorProto.DataType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Models as other tools write them are asked as their authors meant it. */
class ForeignModelsTest {
    private static final int ALL = Integer.MAX_VALUE;
    private static final Samples IMAGES = Fixtures.images(60, 3);

    static Stream<Arguments> models() {
        return Stream.of(
                Arguments.of("PyTorch", ForeignModels.pytorch(), ALL),
                Arguments.of("TensorFlow", ForeignModels.tensorflow(), ALL),
                Arguments.of("scikit-learn", ForeignModels.sklearn(), ALL),
                Arguments.of("one sample at once", ForeignModels.rows(DataType.FLOAT, 1, 1, 6, 6), 1),
                Arguments.of("one sample at once, and doesn't say so", ForeignModels.oneInside(), 1),
                Arguments.of("height and width open", ForeignModels.rows(DataType.FLOAT, -1, 1, -1, -1), ALL),
                Arguments.of("images without channels", ForeignModels.rows(DataType.FLOAT, -1, 6, 6), ALL),
                Arguments.of("an old opset", ForeignModels.version(11, 6), ALL));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("models")
    void aModelTellsTheQuartersApart(String name, ModelProto model, int most) {
        var foreign = ForeignModel.of(model, IMAGES.shape());
        assertEquals(Fixtures.CLASSES, foreign.classes());
        assertEquals(most, foreign.signature().most());
        int right = 0;
        int atOnce = Math.min(20, most);
        try (var answering = new OnnxAnswering(OnnxSession.of(model), foreign.signature())) {
            for (int from = 0; from < IMAGES.size(); from += atOnce) {
                var which = IntStream.range(from, from + atOnce).toArray();
                var answers = answering.question(IMAGES, which).answer();
                for (int i = 0; i < atOnce; i++) {
                    right += largest(answers, i) == IMAGES.label(which[i]) ? 1 : 0;
                }
            }
        }
        assertEquals(IMAGES.size(), right);
    }

    private static int largest(float[] answers, int row) {
        return IntStream.range(0, Fixtures.CLASSES)
                .reduce((a, b) -> answers[row * Fixtures.CLASSES + b] > answers[row * Fixtures.CLASSES + a] ? b : a)
                .orElseThrow();
    }

    /** Of three channels, of which each has to come where it belongs. */
    @Test
    void channelsLastAreTurned() {
        var colour = new Samples() {
            @Override
            public int size() {
                return 2;
            }

            @Override
            public Shape shape() {
                return new Shape.Image(1, 2, 3);
            }

            @Override
            public int label(int sample) {
                return 0;
            }

            @Override
            public void copyInputs(int sample, float[] target, int offset) {
                for (int i = 0; i < 6; i++) {
                    target[offset + i] = sample * 10 + i;
                }
            }
        };
        var last = new Signature("x", new long[] {1, 2, 3}, true, ALL, "y");
        var tensor = last.tensor(colour, 1, 0);
        assertArrayEquals(new long[] {2, 1, 2, 3}, tensor.shape());
        assertArrayEquals(new float[] {10, 12, 14, 11, 13, 15, 0, 2, 4, 1, 3, 5}, tensor.values());
    }

    @Test
    void aModelSaysHowManyClassesAndWhatLicenseItHas() {
        assertEquals(OptionalInt.of(4), ForeignModel.classes(ForeignModels.sklearn()));
        assertEquals("BSD-3-Clause", ForeignModel.license(ForeignModels.pytorch()));
        assertEquals(null, ForeignModel.license(ForeignModels.sklearn()));
    }

    @Test
    void weightsThatLieBesideAModelAreJoined(@TempDir Path folder) throws Exception {
        var whole = ForeignModels.pytorch();
        var beside = ForeignModels.external(whole, folder.resolve("model.onnx.data"));
        assertEquals(true, ExternalData.isUsedBy(beside));
        assertEquals(whole, ExternalData.joined(beside, folder));
        Files.writeString(folder.resolve("model.onnx.data"), "short");
        var e = assertThrows(IllegalArgumentException.class, () -> ExternalData.joined(beside, folder));
        assertEquals(
                "tensor conv.weight lies in the file model.onnx.data beside the model, at 0 with 36 bytes, and the file"
                        + " has 5; it must be the one that was written with the model",
                e.getMessage());
    }
}
