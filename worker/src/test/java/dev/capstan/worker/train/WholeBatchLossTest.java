package dev.capstan.worker.train;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.outcome.Failure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.samediff.SDLayerParams;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffOutputLayer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.loss.LossReduce;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.linalg.lossfunctions.impl.LossFMeasure;

/** Losses that look at the whole batch, and those that users write themselves. */
class WholeBatchLossTest {
    private static final int CLASSES = 2;
    private static final double L2 = 0.5;
    private static final Training TRAINING = new Training(1, 8, null, null, 0, 0, null, 0, null, null, 7);

    @TempDir
    Path folder;

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    /** Softmax cross entropy of the user's own, as a sum over samples. */
    public static class Own extends SameDiffOutputLayer {
        @Override
        public SDVariable defineLayer(
                SameDiff sd, SDVariable input, SDVariable labels, Map<String, SDVariable> parameters) {
            var out = sd.nn.softmax("out", input.mmul(parameters.get("W")));
            return sd.loss.logLoss("loss", labels, out, null, reduction(), 1e-7);
        }

        LossReduce reduction() {
            return LossReduce.SUM;
        }

        @Override
        public String activationsVertexName() {
            return "out";
        }

        @Override
        public void defineParameters(SDLayerParams parameters) {
            parameters.addWeightParam("W", CLASSES, CLASSES);
        }

        @Override
        public void initializeParameters(Map<String, INDArray> parameters) {
            parameters.get("W").assign(Nd4j.linspace(-1, 1, 4).reshape(CLASSES, CLASSES));
        }

        @Override
        public InputType getOutputType(int index, InputType input) {
            return InputType.feedForward(CLASSES);
        }
    }

    /** The same as a mean. */
    public static final class Mean extends Own {
        @Override
        LossReduce reduction() {
            return LossReduce.MEAN_BY_NONZERO_WEIGHT_COUNT;
        }
    }

    static Stream<Arguments> losses() {
        return Stream.of(
                Arguments.of(
                        "a CenterLossOutputLayer",
                        new CenterLossOutputLayer.Builder(new LossBinaryXENT())
                                .nIn(CLASSES)
                                .nOut(CLASSES)
                                .activation(Activation.SIGMOID)
                                .build()),
                Arguments.of("an OutputLayer with a LossFMeasure", output(new LossFMeasure())),
                Arguments.of("the SameDiffOutputLayer Mean", new Mean()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void aLossThatIsNoSumOverSamplesIsForOneWorker(String name, Layer output) throws Exception {
        var network = network(output);
        assertDoesNotThrow(() -> BatchLimit.check(TRAINING, 61, network.stage(), 1));
        var e = assertThrows(Failure.class, () -> BatchLimit.check(TRAINING, 61, network.stage(), 2));
        assertEquals(Reason.InvalidJob, e.reason());
        assertTrue(
                e.getMessage().startsWith("the model ends in " + name + ", whose loss is no sum over samples"),
                e.getMessage());
    }

    @Test
    void othersAreForAnyNumber() throws Exception {
        for (var output : List.of(output(new LossBinaryXENT()), new Own())) {
            var network = network(output);
            assertDoesNotThrow(() -> BatchLimit.check(TRAINING, 61, network.stage(), 2));
        }
    }

    /** DL4J divides the penalties by the number of samples where SameDiff is the output. */
    @Test
    void theLossOfSameDiffIsWithoutPenalties() throws Exception {
        var network = network(new Own());
        var inputs = Nd4j.linspace(0, 1, 15).reshape(5, 3);
        var labels = Nd4j.zeros(5, CLASSES);
        labels.getColumn(1).assign(1);
        double expected = 0;
        var outputs = network.output(inputs, null);
        for (int i = 0; i < 5; i++) {
            expected -= Math.log(outputs.getDouble(i, 1)) + Math.log(1 - outputs.getDouble(i, 0));
        }
        assertEquals(expected / 5, network.loss(inputs, labels, null), 1e-4);
        assertEquals(expected / 5, network.computeGradient(inputs, labels, null), 1e-4);
    }

    private static Layer output(ILossFunction loss) {
        return new OutputLayer.Builder(loss)
                .nIn(CLASSES)
                .nOut(CLASSES)
                .activation(Activation.SIGMOID)
                .build();
    }

    private Network network(Layer output) throws Exception {
        var json = new NeuralNetConfiguration.Builder()
                .updater(new Sgd(0.1))
                .l2(L2)
                .list()
                .layer(new DenseLayer.Builder()
                        .nIn(3)
                        .nOut(CLASSES)
                        .activation(Activation.TANH)
                        .build())
                .layer(output)
                .build()
                .toJson();
        var file = Files.writeString(folder.resolve("model.json"), json);
        return Networks.create(
                new JobFile.Model(null, file.toString(), null, null),
                TRAINING,
                new Preprocessing(new Shape.Flat(3), List.of("a", "b"), null),
                null);
    }
}
