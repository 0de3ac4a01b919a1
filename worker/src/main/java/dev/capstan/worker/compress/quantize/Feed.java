package dev.capstan.worker.compress.quantize;

import dev.capstan.worker.onnx.OnnxSession.Tensor;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import onnx.Onnx.ModelProto;
import onnx.Onnx.TensorShapeProto.Dimension;
import onnx.Onnx.ValueInfoProto;

/**
 * Calibration data as a model wants it: one batch after the other, each checked before it is used. A batch that the
 * model can't take is refused with its number, the input and what would be right.
 */
final class Feed implements Iterable<Map<String, Tensor>> {
    private final Iterable<Map<String, Tensor>> batches;
    /** What the caller of the model must give. */
    private final Map<String, ValueInfoProto> inputs = new LinkedHashMap<>();

    Feed(ModelProto model, Iterable<Map<String, Tensor>> batches) {
        this.batches = batches;
        var graph = model.getGraph();
        graph.getInputList().forEach(each -> inputs.put(each.getName(), each));
        graph.getInitializerList().forEach(each -> inputs.remove(each.getName()));
    }

    /** The first batch. */
    Map<String, Tensor> first() {
        var batches = iterator();
        if (!batches.hasNext()) {
            throw new IllegalArgumentException(
                    "there is no calibration data; give at least one batch, better 100 samples");
        }
        return batches.next();
    }

    @Override
    public Iterator<Map<String, Tensor>> iterator() {
        var source = batches.iterator();
        return new Iterator<>() {
            private int number;

            @Override
            public boolean hasNext() {
                return source.hasNext();
            }

            @Override
            public Map<String, Tensor> next() {
                return check(number++, source.next());
            }
        };
    }

    private Map<String, Tensor> check(int number, Map<String, Tensor> batch) {
        var where = "calibration batch " + number + ": ";
        if (!batch.keySet().equals(inputs.keySet())) {
            throw new IllegalArgumentException(where + "it has the inputs " + sorted(batch.keySet())
                    + ", but the model takes " + sorted(inputs.keySet()));
        }
        for (var each : batch.entrySet()) {
            var wrong = wrong(each.getValue(), inputs.get(each.getKey()));
            if (wrong != null) {
                throw new IllegalArgumentException(where + "input " + each.getKey() + " " + wrong);
            }
        }
        return batch;
    }

    private static String sorted(Set<String> names) {
        return names.stream().sorted().collect(Collectors.joining(", ", "[", "]"));
    }

    /** What is wrong with a tensor; null if nothing is. */
    private static String wrong(Tensor tensor, ValueInfoProto input) {
        var shape = tensor.shape();
        var type = input.getType().getTensorType();
        if (type.hasShape() && !fits(shape, type.getShape().getDimList())) {
            return "has the shape " + Arrays.toString(shape) + ", but the model takes "
                    + type.getShape().getDimList().stream().map(Feed::text).collect(Collectors.joining(", ", "[", "]"));
        }
        long length = 1;
        for (long each : shape) {
            length *= each;
        }
        if (length != tensor.values().length || length == 0) {
            return "has " + tensor.values().length + " values in the shape " + Arrays.toString(shape)
                    + "; there must be as many as the shape says, and at least one";
        }
        for (int each = 0; each < tensor.values().length; each++) {
            if (!Float.isFinite(tensor.values()[each])) {
                return "is " + tensor.values()[each] + " at place " + each + " of " + length
                        + "; calibration data must be finite numbers";
            }
        }
        return null;
    }

    private static boolean fits(long[] shape, List<Dimension> wanted) {
        if (shape.length != wanted.size()) {
            return false;
        }
        for (int each = 0; each < shape.length; each++) {
            if (wanted.get(each).hasDimValue() && wanted.get(each).getDimValue() != shape[each]) {
                return false;
            }
        }
        return true;
    }

    private static String text(Dimension dimension) {
        return dimension.hasDimValue()
                ? "" + dimension.getDimValue()
                : dimension.getDimParam().isEmpty() ? "any" : dimension.getDimParam();
    }
}
