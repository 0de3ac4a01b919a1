package dev.capstan.worker.onnx;

import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Form;
import dev.capstan.worker.model.Network;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.OperatorSetIdProto;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/**
 * Writes a network of DL4J's as an ONNX model of operator set 17 with one input and one output, float32 both:
 *
 * <ul>
 *   <li>{@code input}, [N, numbers of a sample]: samples by rows, as the worker reads them. Images go channel by
 *       channel, row by row, from 0 to 1; texts are the numbers of their words, filled up with 0. Where a text is over
 *       follows from these zeros, so there is no mask.
 *   <li>{@code output}, [N, classes], or [N, numbers that are predicted]: what the network answers; probabilities, if
 *       its last activation is a softmax.
 * </ul>
 *
 * N is any number of samples. Columns of tables come as they are: standardizing them is part of the model. Weights are
 * named by their layer, {@code layer0_W}, {@code layer0_b}, or by the name that the layer has in DL4J's configuration.
 * The same network gives the same bytes.
 */
public final class OnnxExport {
    /** The model's input. */
    public static final String INPUT = "input";

    /** The model's output. */
    public static final String OUTPUT = "output";

    private static final int OPSET = 17;
    /** The format's version, of the time of the operator set. */
    private static final int FORMAT = 8;

    private final GraphBuilder graph = new GraphBuilder("network");
    private final Texts texts;
    private final Layers layers;
    private final Shapes shapes;

    private OnnxExport() {
        graph.unique(INPUT);
        texts = new Texts(graph, INPUT);
        layers = new Layers(graph, texts);
        shapes = new Shapes(graph);
    }

    /**
     * The network as an ONNX model.
     *
     * @param shape what a sample is
     * @param version of the worker, for the model's producer
     * @throws NotTranslatable if a layer can't be written
     */
    public static ModelProto of(Network network, Shape shape, String version) throws NotTranslatable {
        return new OnnxExport().model(network, shape, version);
    }

    private ModelProto model(Network network, Shape shape, String version) throws NotTranslatable {
        graph.graph().addInput(Values.floats(INPUT, "samples by rows: each " + shape.words(), -1, shape.inputs()));
        var input = input(network.form(), shape, standardized(network));
        var last = switch (network.dl4j()) {
            case MultiLayerNetwork multiLayer -> sequential(multiLayer, input);
            case ComputationGraph other -> graph(other, input);
            default ->
                throw new NotTranslatable("a model of the class "
                        + network.dl4j().getClass().getSimpleName() + " can't be written as ONNX");
        };
        if (!(last instanceof Signal.Row row)) {
            throw new NotTranslatable("the model's output isn't one row a sample, which can't be written as ONNX");
        }
        rename(restored(network, row.tensor()));
        graph.graph().addOutput(Values.floats(OUTPUT, "what the network answers, by classes", -1, row.width()));
        return ModelProto.newBuilder()
                .setIrVersion(FORMAT)
                .setProducerName("Capstan")
                .setProducerVersion(version)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET))
                .setGraph(graph.graph())
                .build();
    }

    /** The tensor of samples as the network takes them. */
    private String standardized(Network network) {
        return network.scaling()
                .inputs()
                .map(scaling -> {
                    long columns = scaling.mean().length();
                    var mean = graph.weights("mean", scaling.mean(), columns);
                    var deviation = graph.weights("deviation", scaling.deviation(), columns);
                    var centered = graph.node("Sub", "centered", List.of(INPUT, mean));
                    return graph.node("Div", "standardized", List.of(centered, deviation));
                })
                .orElse(INPUT);
    }

    /** The tensor of what is predicted, from that of what the network gives. */
    private String restored(Network network, String given) {
        return network.scaling()
                .targets()
                .map(scaling -> {
                    long targets = scaling.mean().length();
                    var mean = graph.weights("target_mean", scaling.mean(), targets);
                    var deviation = graph.weights("target_deviation", scaling.deviation(), targets);
                    var spread = graph.node("Mul", "spread", List.of(given, deviation));
                    return graph.node("Add", "restored", List.of(spread, mean));
                })
                .orElse(given);
    }

    private Signal input(Form form, Shape shape, String tensor) {
        return switch (form) {
            case Form.Rows rows ->
                switch (shape) {
                    case Shape.Tokens(var length, var vocabulary) -> new Signal.Words(tensor, length);
                    case Shape.Flat(var inputs) -> new Signal.Row(tensor, inputs);
                    case Shape.Image image -> new Signal.Row(tensor, image.inputs());
                };
            case Form.ChannelsFirst(var channels, var height, var width) ->
                shapes.images("images", tensor, channels, height, width, false);
            case Form.ChannelsLast(var channels, var height, var width) ->
                shapes.images("images", tensor, channels, height, width, true);
        };
    }

    private Signal sequential(MultiLayerNetwork network, Signal input) throws NotTranslatable {
        var signal = input;
        for (int i = 0; i < network.getnLayers(); i++) {
            var layer = network.getLayer(i);
            var given = layer.conf().getLayer().getLayerName();
            var name = given == null || given.isBlank() ? "layer" + i : given;
            signal = shapes.before(name, network.getLayerWiseConfigurations().getInputPreProcess(i), signal);
            signal = layers.add(name, layer, signal);
        }
        return signal;
    }

    private Signal graph(ComputationGraph network, Signal input) throws NotTranslatable {
        var configuration = network.getConfiguration();
        var vertices = new Vertices(graph, shapes);
        Map<String, Signal> signals = new HashMap<>();
        signals.put(configuration.getNetworkInputs().getFirst(), input);
        for (int index : network.topologicalSortOrder()) {
            var name = network.getVertices()[index].getVertexName();
            var vertex = configuration.getVertices().get(name);
            if (vertex == null) {
                continue; // The network's input.
            }
            var inputs = configuration.getVertexInputs().get(name).stream()
                    .map(signals::get)
                    .toList();
            signals.put(
                    name,
                    vertex instanceof LayerVertex layer
                            ? layers.add(
                                    name,
                                    network.getLayer(name),
                                    shapes.before(name, layer.getPreProcessor(), inputs.getFirst()))
                            : vertices.add(name, vertex, inputs));
        }
        return signals.get(configuration.getNetworkOutputs().getFirst());
    }

    /** What is answered gets its own name, wherever it comes from. */
    private void rename(String last) {
        if (last.equals(INPUT)) {
            graph.node("Identity", OUTPUT, List.of(last));
            return;
        }
        var nodes = graph.graph().getNodeBuilderList();
        for (NodeProto.Builder node : nodes) {
            for (int i = 0; i < node.getOutputCount(); i++) {
                if (node.getOutput(i).equals(last)) {
                    node.setOutput(i, OUTPUT);
                }
            }
            for (int i = 0; i < node.getInputCount(); i++) {
                if (node.getInput(i).equals(last)) {
                    node.setInput(i, OUTPUT);
                }
            }
        }
    }
}
