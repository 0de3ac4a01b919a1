package dev.capstan.worker.onnx;

import dev.capstan.worker.data.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import onnx.Onnx.ModelProto;
import onnx.Onnx.TensorProto.DataType;
import onnx.Onnx.TensorShapeProto.Dimension;
import onnx.Onnx.ValueInfoProto;

/**
 * Finds out where a model that isn't ours takes samples, by what it says of its inputs and outputs. Dimensions that it
 * leaves open may be anything.
 */
final class SignatureReader {
    private SignatureReader() {}

    /** A way in which samples may lie. */
    private record Layout(long[] sample, boolean channelsLast) {
        static Layout of(long... sample) {
            return new Layout(sample, false);
        }
    }

    /**
     * How the model takes samples of a shape.
     *
     * @throws IllegalArgumentException if it can't; the sentence names input or output, and says what would be right
     */
    static Signature of(ModelProto model, Shape shape) {
        var input = input(model);
        checkType(input, shape);
        var tensor = input.getType().getTensorType();
        var name = "its input " + input.getName();
        if (!tensor.hasShape() || tensor.getShape().getDimCount() < 2) {
            throw new IllegalArgumentException(name + " has "
                    + (tensor.hasShape() ? "the shape " + text(tensor.getShape().getDimList()) : "no shape")
                    + "; it must have one that begins with the number of samples, such as "
                    + wanted(layouts(shape)));
        }
        var dimensions = tensor.getShape().getDimList();
        if (isFixed(dimensions.getFirst()) && dimensions.getFirst().getDimValue() > 1) {
            throw new IllegalArgumentException(name + " takes exactly "
                    + dimensions.getFirst().getDimValue() + " samples at once, " + text(dimensions)
                    + "; the first dimension must be open, or 1: export the model with dynamic_axes={'"
                    + input.getName() + "': {0: 'N'}}");
        }
        int most = isFixed(dimensions.getFirst()) ? 1 : Integer.MAX_VALUE;
        var rest = dimensions.subList(1, dimensions.size());
        for (var layout : layouts(shape)) {
            if (fits(layout.sample(), rest)) {
                return new Signature(input.getName(), layout.sample(), layout.channelsLast(), most, output(model));
            }
        }
        var flat = shape instanceof Shape.Flat ? flat(shape.inputs(), rest) : null;
        if (flat != null) {
            return new Signature(input.getName(), flat, false, most, output(model));
        }
        throw new IllegalArgumentException(name + " takes " + text(dimensions) + ", and a sample is " + shape.words()
                + ", which is " + wanted(layouts(shape))
                + "; give samples of the model's shape, or export the model for samples of that one");
    }

    /** Number of classes that the model says it tells apart, at least 2; empty if it leaves that open. */
    static OptionalInt classes(ModelProto model) {
        var name = output(model);
        return model.getGraph().getOutputList().stream()
                .filter(each -> each.getName().equals(name))
                .map(each -> each.getType().getTensorType().getShape().getDimList())
                .filter(each -> each.size() == 2 && isFixed(each.getLast()))
                .mapToInt(each -> (int) each.getLast().getDimValue())
                .filter(each -> each > 1)
                .findFirst();
    }

    private static ValueInfoProto input(ModelProto model) {
        Map<String, ValueInfoProto> inputs = new LinkedHashMap<>();
        model.getGraph().getInputList().forEach(each -> inputs.put(each.getName(), each));
        model.getGraph().getInitializerList().forEach(each -> inputs.remove(each.getName()));
        if (inputs.size() != 1) {
            throw new IllegalArgumentException("it has "
                    + (inputs.isEmpty() ? "no input" : inputs.size() + " inputs, " + String.join(", ", inputs.keySet()))
                    + "; it must have exactly one, which takes the samples: make constants of the others");
        }
        return inputs.values().iterator().next();
    }

    private static void checkType(ValueInfoProto input, Shape shape) {
        if (!input.getType().hasTensorType()) {
            throw new IllegalArgumentException(
                    "its input " + input.getName() + " is no tensor; it must be one of FLOAT with a row a sample");
        }
        var type = type(input);
        boolean words = shape instanceof Shape.Tokens && (type == DataType.INT64 || type == DataType.INT32);
        if (type != DataType.FLOAT && !words) {
            throw new IllegalArgumentException("its input " + input.getName() + " is of type " + type
                    + "; samples are FLOAT" + (shape instanceof Shape.Tokens ? ", INT64 or INT32" : "")
                    + (type == DataType.FLOAT16
                            ? ": export the model in float32, such as with model.float(); quantize makes it smaller"
                            : ": export the model so, or put a Cast before it"));
        }
    }

    /** The one of floats: labels as whole numbers may stand beside it. */
    private static String output(ModelProto model) {
        var outputs = model.getGraph().getOutputList();
        var floats = outputs.stream()
                .filter(each -> each.getType().hasTensorType() && type(each) == DataType.FLOAT)
                .map(ValueInfoProto::getName)
                .toList();
        if (floats.size() == 1) {
            return floats.getFirst();
        }
        var all =
                outputs.stream().map(each -> each.getName() + ", " + kind(each)).collect(Collectors.joining("; "));
        boolean maps = outputs.stream().anyMatch(each -> each.getType().hasSequenceType());
        throw new IllegalArgumentException("it has " + floats.size()
                + " outputs that are tensors of FLOAT (" + all
                + "); it must have exactly one, with a number for each class"
                + (maps ? ": export it without ZipMap, as skl2onnx does with options={'zipmap': False}" : ""));
    }

    private static String kind(ValueInfoProto value) {
        return value.getType().hasTensorType()
                ? type(value).toString()
                : value.getType().hasSequenceType() ? "a sequence" : "no tensor";
    }

    private static DataType type(ValueInfoProto value) {
        var type = DataType.forNumber(value.getType().getTensorType().getElemType());
        return type == null ? DataType.UNDEFINED : type;
    }

    private static List<Layout> layouts(Shape shape) {
        return switch (shape) {
            case Shape.Flat(var inputs) -> List.of(Layout.of(inputs));
            case Shape.Tokens(var length, var vocabulary) -> List.of(Layout.of(length));
            case Shape.Image(var height, var width, var channels) -> {
                var layouts = new ArrayList<Layout>();
                layouts.add(Layout.of(channels, height, width));
                layouts.add(new Layout(new long[] {height, width, channels}, true));
                layouts.add(Layout.of(shape.inputs()));
                if (channels == 1) {
                    layouts.add(Layout.of(height, width));
                }
                yield layouts;
            }
        };
    }

    private static boolean fits(long[] sample, List<Dimension> dimensions) {
        if (sample.length != dimensions.size()) {
            return false;
        }
        for (int i = 0; i < sample.length; i++) {
            if (isFixed(dimensions.get(i)) && dimensions.get(i).getDimValue() != sample[i]) {
                return false;
            }
        }
        return true;
    }

    /** A row in dimensions of which at most one is open; null if it doesn't go into them. */
    private static long[] flat(long length, List<Dimension> dimensions) {
        long known = dimensions.stream()
                .filter(SignatureReader::isFixed)
                .mapToLong(Dimension::getDimValue)
                .reduce(1, Math::multiplyExact);
        long open = dimensions.stream().filter(each -> !isFixed(each)).count();
        if (open > 1 || length % known != 0 || open == 0 && length != known) {
            return null;
        }
        return dimensions.stream()
                .mapToLong(each -> isFixed(each) ? each.getDimValue() : length / known)
                .toArray();
    }

    /** Some tools write 0 or less for what is open. */
    private static boolean isFixed(Dimension dimension) {
        return dimension.hasDimValue() && dimension.getDimValue() > 0;
    }

    private static String wanted(List<Layout> layouts) {
        return layouts.stream()
                .map(each -> LongStream.of(each.sample())
                        .mapToObj(String::valueOf)
                        .collect(Collectors.joining(", ", "[N, ", "]")))
                .collect(Collectors.joining(" or "));
    }

    private static String text(List<Dimension> dimensions) {
        return dimensions.stream()
                .map(each -> isFixed(each)
                        ? "" + each.getDimValue()
                        : each.getDimParam().isEmpty() ? "any" : each.getDimParam())
                .collect(Collectors.joining(", ", "[", "]"));
    }
}
