package dev.capstan.worker.torch;

import java.util.Map;
import java.util.function.IntFunction;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The parts of a plan that sequences alone have, and layer normalization. What lies behind a sample's end is of no
 * matter, where DL4J has it 0: all that looks at several time steps leaves it out.
 */
final class SequenceOperations {
    /** As good as nothing, once it is a power of e. */
    private static final double NONE = -1e9;

    private static final long[] ONE = {1};

    private final Memory memory;
    private final IntFunction<Map<String, INDArray>> parameters;

    SequenceOperations(Memory memory, IntFunction<Map<String, INDArray>> parameters) {
        this.memory = memory;
        this.parameters = parameters;
    }

    private INDArray view(int layer, String name) {
        return parameters.apply(layer).get(name);
    }

    private Tensor row(int layer, String name) {
        var view = view(layer, name);
        return memory.leaf(view.reshape(view.length()));
    }

    Operation lstm(int layer, int units, boolean last) {
        var forwards = new Recurrence(memory, parameters.apply(layer), "", units);
        return (in, pass) -> {
            var out = forwards.over(in, pass);
            return last ? Recurrence.last(out, pass.mask()) : out;
        };
    }

    Operation both(int layer, int units) {
        var forwards = new Recurrence(memory, parameters.apply(layer), "f", units);
        var backwards = new Recurrence(memory, parameters.apply(layer), "b", units);
        return (in, pass) -> {
            var mask = pass.mask();
            var turned = backwards.over(Recurrence.reversed(in, mask), pass);
            return torch.cat(new TensorVector(forwards.over(in, pass), Recurrence.reversed(turned, mask)), 2);
        };
    }

    Operation overTime(Part.OverTime part) {
        // DL4J says that they are [filters, width, kernel, 1], and reads them as [kernel, width, filters].
        var view = view(part.layer(), "W");
        long filters = view.size(0);
        long width = view.size(1);
        var bias = part.biased() ? new TensorOptional(row(part.layer(), "b")) : new TensorOptional();
        if (part.kernel() == 1) {
            var weight = memory.leaf(view, new long[] {filters, width}, new long[] {1, filters});
            return (in, pass) -> Functions.of(part.function(), torch.linear(in, weight, bias));
        }
        var weight =
                memory.leaf(view, new long[] {filters, width, part.kernel()}, new long[] {1, filters, width * filters});
        var zeros = new long[] {part.kernel() / 2};
        return (in, pass) -> {
            var own = pass.mask() == null ? in : in.mul(pass.mask().unsqueeze(2));
            var out = torch.conv1d(own.transpose(1, 2), weight, bias, ONE, zeros, ONE, 1);
            return Functions.of(part.function(), out.transpose(1, 2));
        };
    }

    Operation normalization(Part.LayerNormalization part) {
        var gamma = row(part.layer(), "gamma");
        var width = new long[] {gamma.size(0)};
        var factor = new TensorOptional(gamma);
        var summand = new TensorOptional(row(part.layer(), "beta"));
        return (in, pass) -> torch.layer_norm(in, width, factor, summand, part.epsilon(), false);
    }

    Operation positions(int layer) {
        var places = memory.transposed(view(layer, "W"));
        return (in, pass) -> in.add(places.narrow(0, 0, in.size(1)));
    }

    /** Queries, keys and values by one product: DL4J has their weights one behind the other. */
    Operation attention(int layer, int heads) {
        var queries = view(layer, "Wq");
        long width = queries.size(0);
        long size = width / heads;
        var scale = new DoubleOptional(1 / Math.sqrt(size));
        var weight = memory.leaf(queries, new long[] {3 * width, width}, new long[] {width, 1});
        var joined = memory.transposed(view(layer, "Wo"));
        var none = new TensorOptional();
        return (in, pass) -> {
            long samples = in.size(0);
            long length = in.size(1);
            // [3, samples, heads, length, size]
            var all = torch.linear(in, weight)
                    .view(samples, length, 3, heads, size)
                    .permute(2, 0, 3, 1, 4);
            var seen = torch.scaled_dot_product_attention(
                    all.select(0, 0), all.select(0, 1), all.select(0, 2), hidden(pass.mask()), 0, false, scale, false);
            return torch.linear(seen.transpose(1, 2).reshape(samples, length, width), joined, none);
        };
    }

    /** Summands that leave nothing of what lies behind a sample's end. */
    private static TensorOptional hidden(Tensor mask) {
        return mask == null
                ? new TensorOptional()
                : new TensorOptional(
                        mask.sub(new Scalar(1.0)).mul(new Scalar(-NONE)).view(mask.size(0), 1, 1, mask.size(1)));
    }
}
