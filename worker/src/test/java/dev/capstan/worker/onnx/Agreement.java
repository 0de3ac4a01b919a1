package dev.capstan.worker.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Optimizer;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.onnx.OnnxSession.Tensor;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Networks of random weights, and whether their ONNX models answer as they do. */
final class Agreement {
    private static final double MOST = 1e-5;
    /** One, several, and as many as no buffer is made for. */
    private static final int[] ROWS = {1, 3, 7};

    private Agreement() {}

    static void check(Shape shape, List<Layer> layers, Random random) throws Exception {
        check(shape, network(shape, layers, random), random);
    }

    /** A network of a job's layers, whose weights and statistics are random. */
    static Network network(Shape shape, List<Layer> layers, Random random) {
        var network = Networks.create(
                new JobFile.Model(layers, null, null, null),
                Fixtures.training(1, 2, new Optimizer.Adam(0.01, 0.9, 0.999, 1e-8), 7),
                new Preprocessing(shape, List.of("a", "b", "c"), null),
                null);
        return scattered(network, random);
    }

    static Network scattered(Network network, Random random) {
        var parameters = network.parameters();
        for (long i = 0; i < parameters.length(); i++) {
            parameters.putScalar(i, parameters.getDouble(i) + 0.15 * random.nextGaussian());
        }
        var layers = network.dl4j() instanceof MultiLayerNetwork multiLayer
                ? multiLayer.getLayers()
                : ((ComputationGraph) network.dl4j()).getLayers();
        Stream.of(layers)
                .map(each -> each.paramTable().get("var"))
                .filter(java.util.Objects::nonNull)
                .forEach(each -> {
                    for (long i = 0; i < each.length(); i++) {
                        each.putScalar(i, 0.2 + random.nextDouble());
                    }
                });
        return network;
    }

    static void check(Shape shape, Network network, Random random) throws Exception {
        var model = OnnxExport.of(network, shape, "0");
        try (var session = OnnxSession.of(model)) {
            for (int rows : ROWS) {
                var inputs = inputs(shape, rows, random);
                var expected = network.output(inputs, mask(shape, inputs)).dup('c');
                var answer = session.run(Tensor.rows(inputs.dup('c').data().asFloat(), rows));
                assertArrayEquals(expected.shape(), answer.shape());
                var wanted = expected.data().asFloat();
                double scale = 1;
                for (float each : wanted) {
                    assertTrue(Float.isFinite(each), "DL4J itself answers " + expected);
                    scale = Math.max(scale, Math.abs(each));
                }
                for (int i = 0; i < wanted.length; i++) {
                    int place = i;
                    assertEquals(
                            wanted[i], answer.values()[i], MOST * scale, () -> "number " + place + " of " + expected);
                }
            }
        }
    }

    private static INDArray inputs(Shape shape, int rows, Random random) {
        var inputs = Nd4j.zeros(rows, shape.inputs());
        for (int i = 0; i < rows; i++) {
            // A text of one word, a whole one, and others.
            int length = shape instanceof Shape.Tokens tokens
                    ? (i == 0 ? 1 : i == 1 ? tokens.length() : 1 + random.nextInt(tokens.length()))
                    : shape.inputs();
            for (int j = 0; j < length; j++) {
                inputs.putScalar(
                        i,
                        j,
                        switch (shape) {
                            case Shape.Flat flat -> random.nextGaussian();
                            case Shape.Image image -> random.nextFloat();
                            case Shape.Tokens tokens -> 1 + random.nextInt(tokens.vocabulary() - 1);
                        });
            }
        }
        return inputs;
    }

    private static INDArray mask(Shape shape, INDArray inputs) {
        return shape instanceof Shape.Tokens ? inputs.gt(0).castTo(inputs.dataType()) : null;
    }
}
