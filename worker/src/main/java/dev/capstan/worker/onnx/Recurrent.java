package dev.capstan.worker.onnx;

import static dev.capstan.worker.onnx.GraphBuilder.integer;

import dev.capstan.layers.BothDirections;
import dev.capstan.worker.onnx.Signal.Row;
import dev.capstan.worker.onnx.Signal.Sequence;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.AttributeProto.AttributeType;
import onnx.Onnx.TensorProto.DataType;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.params.LSTMParamInitializer;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationELU;
import org.nd4j.linalg.activations.impl.ActivationHardSigmoid;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationLReLU;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftPlus;
import org.nd4j.linalg.activations.impl.ActivationSoftSign;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.activations.impl.ActivationThresholdedReLU;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.shade.protobuf.ByteString;

/**
 * Long short-term memory, Hochreiter and Schmidhuber 1997, without peepholes. DL4J's blocks are the candidate, the
 * forget gate, the output gate and the input gate, in this order; ONNX' are input, output, forget and candidate.
 */
final class Recurrent {
    /** Where ONNX' blocks lie among DL4J's. */
    private static final int[] ORDER = {3, 2, 1, 0};

    private final GraphBuilder graph;
    private final Texts texts;

    Recurrent(GraphBuilder graph, Texts texts) {
        this.graph = graph;
        this.texts = texts;
    }

    /** What a layer answers: of all steps, and of each text's last. */
    private record Answers(String all, String last) {}

    /** A layer whose output is that of every time step. */
    Sequence sequences(String name, Layer layer, LSTM lstm, Sequence input) throws NotTranslatable {
        return sequences(name, layer::getParam, lstm, input);
    }

    private Sequence sequences(String name, Function<String, INDArray> weights, LSTM lstm, Sequence input)
            throws NotTranslatable {
        return new Sequence(answers(name, weights, lstm, input, true).all, input.length(), lstm.getNOut());
    }

    /** A layer whose output is that of each text's last word. */
    Row last(String name, Layer layer, LSTM lstm, Sequence input) throws NotTranslatable {
        return new Row(answers(name, layer::getParam, lstm, input, false).last, lstm.getNOut());
    }

    /** Two layers side by side, of which the second reads each text backwards. */
    Sequence both(String name, Layer layer, BothDirections both, Sequence input) throws NotTranslatable {
        var lstm = (LSTM) both.getFwd();
        var forwards = sequences(name + "_forwards", key -> layer.getParam("f" + key), lstm, input);
        var turned = input.as(reversed(name + "_reversed", input.tensor()));
        var backwards = sequences(name + "_backwards", key -> layer.getParam("b" + key), lstm, (Sequence) turned);
        return new Sequence(
                graph.node(
                        "Concat",
                        name + "_Concat",
                        List.of(forwards.tensor(), reversed(name + "_restored", backwards.tensor())),
                        integer("axis", 2)),
                input.length(),
                2 * lstm.getNOut());
    }

    private String reversed(String wanted, String sequences) {
        return graph.node(
                "ReverseSequence",
                wanted,
                List.of(sequences, texts.wholeLengths()),
                integer("time_axis", 0),
                integer("batch_axis", 1));
    }

    private Answers answers(String name, Function<String, INDArray> weights, LSTM lstm, Sequence input, boolean all)
            throws NotTranslatable {
        var gate = operator(lstm.getGateActivationFn());
        var cell = operator(lstm.getActivationFn());
        return gate.isPresent() && cell.isPresent()
                ? operator(name, weights, lstm.getNOut(), input, List.of(gate.get(), cell.get(), cell.get()), all)
                : scan(name, weights, lstm, input);
    }

    /**
     * An activation function as ONNX' LSTM takes it.
     *
     * @param alpha NaN if it has none; likewise beta
     */
    private record Operator(String name, double alpha, double beta) {
        Operator(String name) {
            this(name, Double.NaN, Double.NaN);
        }
    }

    /** Those that the operator knows; empty for others. */
    private static Optional<Operator> operator(IActivation function) {
        if (function.getClass().getPackage() != ActivationIdentity.class.getPackage()) {
            return Optional.empty();
        }
        return Optional.ofNullable(
                switch (function) {
                    case ActivationTanH tanh -> new Operator("Tanh");
                    case ActivationSigmoid sigmoid -> new Operator("Sigmoid");
                    case ActivationReLU relu ->
                        relu.getMax() == null && relu.getThreshold() == null && relu.getNegativeSlope() == null
                                ? new Operator("Relu")
                                : null;
                    case ActivationSoftSign softSign -> new Operator("Softsign");
                    case ActivationSoftPlus softPlus -> new Operator("Softplus");
                    case ActivationHardSigmoid hard -> new Operator("HardSigmoid", 0.2, 0.5);
                    case ActivationIdentity identity -> new Operator("Affine", 1, 0);
                    case ActivationELU elu -> new Operator("Elu", elu.getAlpha(), Double.NaN);
                    case ActivationLReLU leaky -> new Operator("LeakyRelu", leaky.getAlpha(), Double.NaN);
                    case ActivationThresholdedReLU thresholded ->
                        new Operator("ThresholdedRelu", thresholded.getTheta(), Double.NaN);
                    default -> null;
                });
    }

    private Answers operator(
            String name,
            Function<String, INDArray> weights,
            long units,
            Sequence input,
            List<Operator> functions,
            boolean all) {
        var inputs = List.of(
                input.tensor(),
                graph.weights(
                        name + "_W",
                        blocks(weights.apply(LSTMParamInitializer.INPUT_WEIGHT_KEY), units),
                        1,
                        4 * units,
                        input.width()),
                graph.weights(
                        name + "_R",
                        blocks(weights.apply(LSTMParamInitializer.RECURRENT_WEIGHT_KEY), units),
                        1,
                        4 * units,
                        units),
                graph.weights(name + "_B", bias(weights, units), 1, 8 * units),
                texts.lengths());
        var attributes = new ArrayList<>(List.of(
                integer("hidden_size", units),
                strings("activations", functions.stream().map(Operator::name).toList())));
        addNumbers(
                attributes,
                "activation_alpha",
                functions.stream().map(Operator::alpha).toList());
        addNumbers(
                attributes,
                "activation_beta",
                functions.stream().map(Operator::beta).toList());
        var outputs = graph.node(
                "LSTM",
                all ? List.of(name + "_LSTM") : List.of("", name + "_LSTM"),
                inputs,
                attributes.toArray(AttributeProto[]::new));
        // The dimension that is gone told forwards from backwards.
        var squeezed =
                graph.node("Squeeze", name + "_Squeeze", List.of(outputs.getLast(), graph.integers(all ? 1 : 0)));
        return new Answers(squeezed, squeezed);
    }

    /** The weights of all blocks, [4 units, inputs], in ONNX' order. */
    private static INDArray blocks(INDArray weights, long units) {
        var blocks = new INDArray[ORDER.length];
        for (int i = 0; i < ORDER.length; i++) {
            blocks[i] = weights.get(NDArrayIndex.all(), NDArrayIndex.interval(ORDER[i] * units, (ORDER[i] + 1) * units))
                    .transpose();
        }
        return Nd4j.concat(0, blocks);
    }

    /** ONNX has a bias for what comes in and one for the state; DL4J's is their sum. */
    private static INDArray bias(Function<String, INDArray> weights, long units) {
        var bias = weights.apply(LSTMParamInitializer.BIAS_KEY).reshape(1, 4 * units);
        return Nd4j.concat(1, blocks(bias, units).reshape(1, 4 * units), Nd4j.zeros(1, 4 * units));
    }

    private static AttributeProto strings(String name, List<String> values) {
        var attribute = AttributeProto.newBuilder().setName(name).setType(AttributeType.STRINGS);
        values.forEach(each -> attribute.addStrings(ByteString.copyFromUtf8(each)));
        return attribute.build();
    }

    /** Functions without a number are left out: the operator gives numbers to those alone that take some. */
    private static void addNumbers(List<AttributeProto> attributes, String name, List<Double> values) {
        var attribute = AttributeProto.newBuilder().setName(name).setType(AttributeType.FLOATS);
        values.stream().filter(each -> !each.isNaN()).forEach(each -> attribute.addFloats(each.floatValue()));
        if (attribute.getFloatsCount() > 0) {
            attributes.add(attribute.build());
        }
    }

    /** Functions that ONNX' LSTM doesn't know: the same step by step. When a text is over, its state stays. */
    private Answers scan(String name, Function<String, INDArray> weights, LSTM lstm, Sequence input)
            throws NotTranslatable {
        long units = lstm.getNOut();
        var w = graph.weights(
                name + "_W", weights.apply(LSTMParamInitializer.INPUT_WEIGHT_KEY), input.width(), 4 * units);
        var r = graph.weights(name + "_R", weights.apply(LSTMParamInitializer.RECURRENT_WEIGHT_KEY), units, 4 * units);
        var b = graph.weights(name + "_B", weights.apply(LSTMParamInitializer.BIAS_KEY), 4 * units);
        var driven = graph.node(
                "Add",
                name + "_driven",
                List.of(graph.node("MatMul", name + "_MatMul", List.of(input.tensor(), w)), b));
        var samples = graph.node(
                "Slice",
                name + "_samples",
                List.of(
                        graph.node("Shape", name + "_Shape", List.of(input.tensor())),
                        graph.integers(1),
                        graph.integers(2)));
        var start = graph.node(
                "ConstantOfShape",
                name + "_start",
                List.of(graph.node(
                        "Concat", name + "_size", List.of(samples, graph.integers(units)), integer("axis", 0))));
        var body = body(name, lstm, r, units);
        var outputs = graph.node(
                "Scan",
                List.of(name + "_last", name + "_memory", name + "_all"),
                List.of(start, start, driven, texts.mask()),
                integer("num_scan_inputs", 2),
                AttributeProto.newBuilder()
                        .setName("body")
                        .setType(AttributeType.GRAPH)
                        .setG(body.graph())
                        .build());
        return new Answers(outputs.get(2), outputs.getFirst());
    }

    private GraphBuilder body(String name, LSTM lstm, String weights, long units) throws NotTranslatable {
        var body = graph.body(name + "_step");
        var state = input(body, name + "_h", -1, units);
        var memory = input(body, name + "_c", -1, units);
        var driven = input(body, name + "_x", -1, 4 * units);
        var mask = input(body, name + "_m", -1, 1);
        var sums = body.node(
                "Add", name + "_z", List.of(driven, body.node("MatMul", name + "_recurrent", List.of(state, weights))));
        var blocks = body.node(
                "Split",
                List.of(name + "_zc", name + "_zf", name + "_zo", name + "_zi"),
                List.of(sums),
                integer("axis", 1));
        var gates = new ArrayList<String>();
        for (var block : blocks.subList(1, 4)) {
            gates.add(Activations.add(body, name, lstm.getGateActivationFn(), block, 1));
        }
        var candidate = Activations.add(body, name, lstm.getActivationFn(), blocks.getFirst(), 1);
        var after = body.node(
                "Add",
                name + "_after",
                List.of(
                        body.node("Mul", name + "_kept", List.of(gates.get(0), memory)),
                        body.node("Mul", name + "_taken", List.of(gates.get(2), candidate))));
        var shown = body.node(
                "Mul",
                name + "_shown",
                List.of(gates.get(1), Activations.add(body, name, lstm.getActivationFn(), after, 1)));
        var lasts = body.node("Cast", name + "_lasts", List.of(mask), integer("to", DataType.BOOL.getNumber()));
        output(body, body.node("Where", name + "_h_next", List.of(lasts, shown, state)), -1, units);
        output(body, body.node("Where", name + "_c_next", List.of(lasts, after, memory)), -1, units);
        output(body, body.node("Mul", name + "_y", List.of(shown, mask)), -1, units);
        return body;
    }

    private static String input(GraphBuilder body, String wanted, long... shape) {
        var name = body.unique(wanted);
        body.graph().addInput(Values.floats(name, "", shape));
        return name;
    }

    private static void output(GraphBuilder body, String name, long... shape) {
        body.graph().addOutput(Values.floats(name, "", shape));
    }
}
