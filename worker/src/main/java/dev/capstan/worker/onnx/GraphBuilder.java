package dev.capstan.worker.onnx;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.AttributeProto.AttributeType;
import onnx.Onnx.GraphProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorProto.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.protobuf.ByteString;

/** A graph that grows node by node. Names are what is asked for, with a number where that is taken. */
final class GraphBuilder {
    private final GraphProto.Builder graph = GraphProto.newBuilder();
    private final Set<String> names;
    /** Where constants go: those of a body lie in the graph around it, which sees and shares them. */
    private final GraphBuilder root;
    /** Small constants by what they are, so that each is there once. */
    private final Map<List<Object>, String> constants = new HashMap<>();

    GraphBuilder(String name) {
        graph.setName(name);
        names = new HashSet<>();
        root = this;
    }

    private GraphBuilder(String name, GraphBuilder outer) {
        graph.setName(name);
        names = outer.names;
        root = outer.root;
    }

    /** The graph that a node of this one runs, which sees this one's tensors. */
    GraphBuilder body(String name) {
        return new GraphBuilder(name, this);
    }

    GraphProto.Builder graph() {
        return graph;
    }

    /** A name that nothing has yet. */
    String unique(String wanted) {
        var name = wanted;
        for (int i = 2; !names.add(name); i++) {
            name = wanted + "_" + i;
        }
        return name;
    }

    /** Adds an operator with one output, which is called as wanted; the node has the same name. */
    String node(String operator, String wanted, List<String> inputs, AttributeProto... attributes) {
        return node(operator, List.of(wanted), inputs, attributes).getFirst();
    }

    /** Adds an operator with several outputs; an empty name stands for one that nobody needs. */
    List<String> node(String operator, List<String> wanted, List<String> inputs, AttributeProto... attributes) {
        var outputs = wanted.stream()
                .map(each -> each.isEmpty() ? each : unique(each))
                .toList();
        graph.addNode(NodeProto.newBuilder()
                .setOpType(operator)
                .setName(outputs.stream()
                        .filter(each -> !each.isEmpty())
                        .findFirst()
                        .orElseThrow())
                .addAllInput(inputs)
                .addAllOutput(outputs)
                .addAllAttribute(Arrays.asList(attributes)));
        return outputs;
    }

    /** Adds an array of a model's parameters, row by row. */
    String weights(String wanted, INDArray array, long... shape) {
        var rows = array.dup('c');
        var memory = rows.data()
                .pointer()
                .asByteBuffer()
                .order(ByteOrder.nativeOrder())
                .limit(Math.toIntExact(rows.length() * Float.BYTES));
        var bytes = ByteBuffer.allocate(memory.limit()).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(memory.asFloatBuffer());
        // What the buffer shows is the array's, whose memory goes with it.
        Reference.reachabilityFence(rows);
        return initializer(wanted, DataType.FLOAT, bytes, shape);
    }

    /** A single number that operators take as an input. */
    String scalar(double value) {
        return constant(List.of(DataType.FLOAT, (float) value), () -> {
            var bytes = ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            return initializer("constant", DataType.FLOAT, bytes.putFloat((float) value));
        });
    }

    /** Whole numbers that operators take as an input: axes, shapes. */
    String integers(long... values) {
        var bytes = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(values);
        return constant(
                List.of(DataType.INT64, Arrays.toString(values)),
                () -> initializer("constant", DataType.INT64, bytes, values.length));
    }

    private String constant(List<Object> key, Supplier<String> maker) {
        var known = root.constants.get(key);
        if (known != null) {
            return known;
        }
        var made = maker.get();
        root.constants.put(key, made);
        return made;
    }

    private String initializer(String wanted, DataType type, ByteBuffer bytes, long... shape) {
        var tensor = TensorProto.newBuilder()
                .setName(unique(wanted))
                .setDataType(type.getNumber())
                .setRawData(ByteString.copyFrom(bytes.array()));
        for (long each : shape) {
            tensor.addDims(each);
        }
        root.graph.addInitializer(tensor);
        return tensor.getName();
    }

    static AttributeProto integer(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.INT)
                .setI(value)
                .build();
    }

    static AttributeProto integers(String name, long... values) {
        var attribute = AttributeProto.newBuilder().setName(name).setType(AttributeType.INTS);
        Arrays.stream(values).forEach(attribute::addInts);
        return attribute.build();
    }

    static AttributeProto number(String name, double value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.FLOAT)
                .setF((float) value)
                .build();
    }
}
