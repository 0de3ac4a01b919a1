package dev.capstan.worker.compress.quantize;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.ModelProto;

/** A network at random: convolutions with what stands between them, then dense layers. */
final class RandomGraph {
    static final int CHANNELS = 4;
    static final int SIDE = 10;

    private final Random random;
    private final Model model;
    private final Map<String, Integer> widths = new HashMap<>();
    private int count;
    private String last = "x";
    private int channels = CHANNELS;
    private int side = SIDE;

    private RandomGraph(long seed) {
        random = new Random(seed);
        model = new Model(seed);
        model.opset = List.of(13L, 15L, 17L, 20L, 22L).get(random.nextInt(5));
        model.ir = 10;
        model.input("x", -1, CHANNELS, SIDE, SIDE).output("y", -1, 5);
    }

    static ModelProto of(long seed) {
        return new RandomGraph(seed).build();
    }

    private ModelProto build() {
        int blocks = random.nextInt(1, 6);
        for (int each = 0; each < blocks; each++) {
            block();
        }
        add(random.nextBoolean() ? "Flatten" : "Dropout", last);
        if (!last.startsWith("Flatten")) {
            model.integers("flat", 0, -1);
            add("Reshape", last, "flat");
        }
        int width = channels * side * side;
        int dense = random.nextInt(1, 4);
        for (int each = 0; each < dense; each++) {
            int outputs = each == dense - 1 ? 5 : random.nextInt(3, 30);
            dense(width, outputs);
            width = outputs;
            if (each < dense - 1 || random.nextBoolean()) {
                activation();
            }
        }
        model.node(random.nextBoolean() ? "Softmax" : "Identity", "y", List.of(last));
        return model.build();
    }

    private void block() {
        switch (random.nextInt(9)) {
            case 0 -> pool("MaxPool");
            case 1 -> pool("AveragePool");
            case 2 -> {
                // A residual connection, and what follows it.
                var before = last;
                convolution(channels, 3);
                add("Add", before, last);
                activation();
            }
            case 3 -> {
                var before = last;
                convolution(random.nextInt(1, 5), 3);
                var one = last;
                int some = channels;
                last = before;
                model.random(name("k"), 0.3, 3, channelsOf(before), 1, 1);
                add("Conv", before, name("k"));
                add("Concat", List.of(one, last), Model.integer("axis", 1));
                channels = some + 3;
                widths.put(last, channels);
            }
            default -> {
                convolution(random.nextInt(1, 8), random.nextInt(3) == 0 ? 1 : 3);
                if (random.nextInt(3) == 0) {
                    normalization();
                }
                if (random.nextInt(3) == 0) {
                    pool("MaxPool");
                }
                activation();
            }
        }
    }

    private int channelsOf(String tensor) {
        return widths.getOrDefault(tensor, CHANNELS);
    }

    private void convolution(int outputs, int kernel) {
        boolean depthwise = outputs == channels && random.nextBoolean();
        int inputs = depthwise ? 1 : channels;
        model.random(name("k"), 1 / Math.sqrt(inputs * kernel * kernel), outputs, inputs, kernel, kernel);
        var read = new ArrayList<>(List.of(last, name("k")));
        if (random.nextBoolean()) {
            model.random(name("b"), 0.3, outputs);
            read.add(name("b"));
        }
        long pad = kernel / 2;
        add(
                "Conv",
                read,
                Model.integers("pads", List.of(pad, pad, pad, pad)),
                Model.integer("group", depthwise ? channels : 1));
        channels = outputs;
        widths.put(last, channels);
    }

    private void normalization() {
        var read = new ArrayList<>(List.of(last));
        for (var part : List.of("gamma", "beta", "mean", "variance")) {
            var values = model.floats(channels, 0.3);
            for (int each = 0; each < channels; each++) {
                values[each] =
                        part.equals("gamma") || part.equals("variance") ? Math.abs(values[each]) + 0.5f : values[each];
            }
            model.constant(name(part), List.of((long) channels), values);
            read.add(name(part));
        }
        add("BatchNormalization", read);
    }

    private void pool(String operator) {
        if (side >= 4) {
            add(operator, List.of(last), Model.window(), Model.integers("strides", List.of(2L, 2L)));
            side = (side - 2) / 2 + 1;
        }
    }

    private void activation() {
        switch (random.nextInt(6)) {
            case 0 -> add("Sigmoid", last);
            case 1 -> add("LeakyRelu", last);
            case 2 -> {
                model.constant(name("low"), List.of(), 0).constant(name("high"), List.of(), 1.5f);
                add("Clip", last, name("low"), name("high"));
            }
            default -> add("Relu", last);
        }
    }

    private void dense(int inputs, int outputs) {
        boolean turned = random.nextBoolean();
        boolean product = random.nextBoolean();
        double spread = 1 / Math.sqrt(inputs);
        if (product || !turned) {
            model.random(name("w"), spread, inputs, outputs);
        } else {
            model.random(name("w"), spread, outputs, inputs);
        }
        if (product) {
            add("MatMul", last, name("w"));
            if (random.nextBoolean()) {
                model.random(name("b"), 0.3, outputs);
                add("Add", last, name("b"));
            }
        } else {
            model.random(name("b"), 0.3, outputs);
            add(
                    "Gemm",
                    List.of(last, name("w"), name("b")),
                    Model.integer("transB", turned ? 1 : 0),
                    Model.number("alpha", random.nextBoolean() ? 1 : 0.5f),
                    Model.number("beta", random.nextBoolean() ? 1 : 2));
        }
    }

    /** A name for a constant of the next operator. */
    private String name(String part) {
        return part + count;
    }

    private void add(String operator, String... inputs) {
        add(operator, List.of(inputs));
    }

    private void add(String operator, List<String> inputs, AttributeProto... attributes) {
        var name = operator + count++;
        model.node(operator, name, inputs, attributes);
        last = name;
        widths.put(name, channels);
    }
}
