package dev.capstan.worker.onnx;

import static dev.capstan.worker.onnx.GraphBuilder.integer;
import static dev.capstan.worker.onnx.GraphBuilder.number;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationCube;
import org.nd4j.linalg.activations.impl.ActivationELU;
import org.nd4j.linalg.activations.impl.ActivationGELU;
import org.nd4j.linalg.activations.impl.ActivationHardSigmoid;
import org.nd4j.linalg.activations.impl.ActivationHardTanH;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationLReLU;
import org.nd4j.linalg.activations.impl.ActivationMish;
import org.nd4j.linalg.activations.impl.ActivationRationalTanh;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationReLU6;
import org.nd4j.linalg.activations.impl.ActivationRectifiedTanh;
import org.nd4j.linalg.activations.impl.ActivationSELU;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftPlus;
import org.nd4j.linalg.activations.impl.ActivationSoftSign;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.activations.impl.ActivationSwish;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.activations.impl.ActivationThresholdedReLU;

/** Activation functions as DL4J computes them, which isn't always as their names say: see each. */
final class Activations {
    private Activations() {}

    /**
     * Adds a layer's activation function.
     *
     * @param layer what the layer is called
     * @param function DL4J's
     * @param input the tensor that goes through it
     * @param softmaxAxis of that tensor, what a softmax sums to 1 along
     * @return the name of what comes out: the input itself for the identity
     */
    static String add(GraphBuilder graph, String layer, IActivation function, String input, long softmaxAxis)
            throws NotTranslatable {
        // A user's own class that extends one of them computes something else.
        if (function.getClass().getPackage() != ActivationIdentity.class.getPackage()) {
            throw unknown(layer, function);
        }
        var steps = new Steps(graph, layer, input);
        return switch (function) {
            case ActivationIdentity identity -> input;
            case ActivationReLU relu -> relu(steps, relu);
            case ActivationSigmoid sigmoid -> steps.add("Sigmoid");
            case ActivationTanH tanh -> steps.add("Tanh");
            case ActivationSoftmax softmax ->
                graph.node("Softmax", layer + "_Softmax", List.of(input), integer("axis", softmaxAxis));
            case ActivationSoftPlus softPlus -> steps.add("Softplus");
            case ActivationSoftSign softSign -> steps.add("Softsign");
            case ActivationSELU selu -> steps.add("Selu");
            case ActivationELU elu ->
                graph.node("Elu", layer + "_Elu", List.of(input), number("alpha", elu.getAlpha()));
            case ActivationLReLU leaky ->
                graph.node("LeakyRelu", layer + "_LeakyRelu", List.of(input), number("alpha", leaky.getAlpha()));
            case ActivationThresholdedReLU thresholded ->
                graph.node(
                        "ThresholdedRelu",
                        layer + "_ThresholdedRelu",
                        List.of(input),
                        number("alpha", thresholded.getTheta()));
            case ActivationHardSigmoid hard ->
                graph.node(
                        "HardSigmoid",
                        layer + "_HardSigmoid",
                        List.of(input),
                        number("alpha", 0.2),
                        number("beta", 0.5));
            case ActivationHardTanH hard -> steps.add("Clip", graph.scalar(-1), graph.scalar(1));
            case ActivationReLU6 relu6 -> steps.add("Clip", graph.scalar(0), graph.scalar(6));
            case ActivationSwish swish -> steps.times(steps.add("Sigmoid"));
            case ActivationCube cube -> steps.times(steps.times(input));
            case ActivationMish mish -> steps.times(steps.of("Tanh", steps.add("Softplus")));
            case ActivationRectifiedTanh rectified -> steps.of("Relu", steps.add("Tanh"));
            case ActivationRationalTanh rational -> rationalTanh(steps);
            case ActivationGELU gelu -> gelu(steps, gelu);
            default -> throw unknown(layer, function);
        };
    }

    static NotTranslatable unknown(String layer, IActivation function) {
        return new NotTranslatable("layer " + layer + " has the activation function "
                + function.getClass().getSimpleName() + ", which this worker can't write as ONNX");
    }

    /** Operators of one layer, of which each gets a name by what it does. */
    private record Steps(GraphBuilder graph, String layer, String input) {
        /** An operator on the input. */
        String add(String operator, String... more) {
            return of(operator, input, more);
        }

        String of(String operator, String first, String... more) {
            return graph.node(
                    operator,
                    layer + "_" + operator,
                    Stream.concat(Stream.of(first), Arrays.stream(more)).toList());
        }

        /** The input times something. */
        String times(String factor) {
            return of("Mul", input, factor);
        }

        String scaled(String value, double factor) {
            return of("Mul", value, graph.scalar(factor));
        }

        String plus(String value, double summand) {
            return of("Add", value, graph.scalar(summand));
        }
    }

    private static String relu(Steps steps, ActivationReLU relu) throws NotTranslatable {
        double slope = relu.getNegativeSlope() == null ? 0 : relu.getNegativeSlope();
        if (relu.getThreshold() != null && relu.getThreshold() != 0) {
            throw new NotTranslatable("layer " + steps.layer + " has an ActivationReLU with the threshold "
                    + relu.getThreshold() + "; this worker can write only 0 as ONNX");
        }
        var above = slope == 0
                ? steps.add("Relu")
                : steps.graph.node(
                        "LeakyRelu", steps.layer + "_LeakyRelu", List.of(steps.input), number("alpha", slope));
        return relu.getMax() == null ? above : steps.of("Min", above, steps.graph.scalar(relu.getMax()));
    }

    /**
     * Sigmoid or tanh instead of the error function, as Hendrycks and Gimpel 2016 (arXiv:1606.08415) have them: x
     * sigmoid(1.702 x), or x (1 + tanh(sqrt(2/pi) (x + (0.044715 x)^3))) / 2. In the paper the factor isn't cubed; it
     * is in DL4J's native code.
     */
    private static String gelu(Steps steps, ActivationGELU gelu) {
        if (!gelu.isPrecise()) {
            return steps.times(steps.of("Sigmoid", steps.scaled(steps.input, 1.702)));
        }
        var cubed = steps.scaled(steps.times(steps.times(steps.input)), Math.pow(0.044715, 3));
        var inner = steps.scaled(steps.of("Add", steps.input, cubed), Math.sqrt(2 / Math.PI));
        return steps.times(steps.scaled(steps.plus(steps.of("Tanh", inner), 1), 0.5));
    }

    /** 1.7159 sign(x) (1 - 1 / (1 + |y| + y^2 + 1.41645 y^4)) for y = 2x/3. */
    private static String rationalTanh(Steps steps) {
        var y = steps.of("Abs", steps.scaled(steps.input, 2.0 / 3));
        var squared = steps.of("Mul", y, y);
        var fourth = steps.scaled(steps.of("Mul", squared, squared), 1.41645);
        var sum = steps.plus(steps.of("Add", steps.of("Add", y, squared), fourth), 1);
        var rest = steps.of("Sub", steps.graph.scalar(1), steps.of("Reciprocal", sum));
        return steps.scaled(steps.of("Mul", steps.add("Sign"), rest), 1.7159);
    }
}
