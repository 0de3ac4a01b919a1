package dev.capstan.worker.torch;

import java.util.Arrays;
import java.util.Map;
import java.util.function.IntFunction;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The parts of a plan by LibTorch, on DL4J's own parameters. */
final class Operations {
    private static final String WEIGHT = "W";
    private static final String BIAS = "b";

    private final Memory memory;
    private final IntFunction<Map<String, INDArray>> parameters;
    private final SequenceOperations sequences;

    /** @param parameters a layer's, by name */
    Operations(Memory memory, IntFunction<Map<String, INDArray>> parameters) {
        this.memory = memory;
        this.parameters = parameters;
        sequences = new SequenceOperations(memory, parameters);
    }

    /** Of an output, what comes before its activation function. */
    Operation of(Part part, char order) {
        return switch (part) {
            case Part.Images(var channels, var height, var width) ->
                // Of one channel, rows lie as with channels last, and only by these strides is that seen.
                channels == 1
                        ? (in, pass) -> in.as_strided(
                                new long[] {in.size(0), 1, height, width},
                                new long[] {(long) height * width, 1, width, 1})
                        : (in, pass) -> in.reshape(in.size(0), channels, height, width);
            case Part.Rows rows -> (in, pass) -> in.reshape(in.size(0), -1);
            case Part.Dropped(var retained) -> new Dropping(retained, order);
            case Part.Dense(var layer, var biased, var function) -> {
                var linear = linear(layer, biased);
                yield (in, pass) -> Functions.inPlace(function, linear.apply(in, pass));
            }
            case Part.Output(var layer, var biased, var function, var loss) -> linear(layer, biased);
            case Part.Convolution convolution -> convolution(convolution);
            case Part.Pooling(var largest, var kernel, var stride) -> pooling(largest, kernel, stride);
            case Part.GlobalPooling(var largest) -> globalPooling(largest);
            case Part.Normalization normalization -> normalization(normalization);
            case Part.Embedding(var layer) -> embedding(layer);
            case Part.Lstm(var layer, var units, var last) -> sequences.lstm(layer, units, last);
            case Part.Bidirectional(var layer, var units) -> sequences.both(layer, units);
            case Part.OverTime window -> sequences.overTime(window);
            case Part.LayerNormalization normalization -> sequences.normalization(normalization);
            case Part.Positions(var layer) -> sequences.positions(layer);
            case Part.Attention(var layer, var heads) -> sequences.attention(layer, heads);
            case Part.Kept kept -> (in, pass) -> pass.keep(in);
            case Part.Added added -> (in, pass) -> in.add(pass.kept());
        };
    }

    private Operation linear(int layer, boolean biased) {
        var weight = memory.transposed(view(layer, WEIGHT));
        var bias = bias(layer, biased);
        return (in, pass) -> torch.linear(in, weight, bias);
    }

    private TensorOptional bias(int layer, boolean biased) {
        return biased ? new TensorOptional(memory.leaf(flat(view(layer, BIAS)))) : new TensorOptional();
    }

    private INDArray view(int layer, String name) {
        return parameters.apply(layer).get(name);
    }

    /** A row in place of DL4J's matrix of one. */
    private static INDArray flat(INDArray row) {
        return row.reshape(row.length());
    }

    private Operation convolution(Part.Convolution part) {
        var weight = memory.leaf(view(part.layer(), WEIGHT));
        var bias = bias(part.layer(), part.biased());
        var dilation = longs(part.dilation());
        var padding = part.padding() == null ? new long[] {0, 0} : longs(part.padding());
        // Where there is no AVX-512, oneDNN writes beyond its memory for squares of one pixel with a stride: those that
        // it
        // would pass over are left out before.
        boolean leftOut = onePixel(part) && padding[0] == 0 && padding[1] == 0;
        var stride = leftOut ? new long[] {1, 1} : longs(part.stride());
        return (in, pass) -> {
            var edged = part.padding() == null ? edged(in, part) : in;
            if (leftOut) {
                edged = every(every(edged, 2, part.stride()[0]), 3, part.stride()[1]);
            }
            var wide = torch.conv2d(
                    edged.contiguous(MemoryFormat.ChannelsLast),
                    weight.contiguous(MemoryFormat.ChannelsLast),
                    bias,
                    stride,
                    padding,
                    dilation,
                    1);
            return Functions.inPlace(part.function(), wide);
        };
    }

    private static boolean onePixel(Part.Convolution part) {
        return Arrays.stream(part.kernel()).allMatch(size -> size == 1)
                && Arrays.stream(part.stride()).anyMatch(step -> step > 1);
    }

    private static Tensor every(Tensor in, int axis, int step) {
        return in.slice(axis, new LongOptional(0), new LongOptional(in.size(axis)), step);
    }

    /** As many zeros as keep the size, divided by the stride; the odd one is below and on the right. */
    private static Tensor edged(Tensor in, Part.Convolution part) {
        long down = missing(in.size(2), part, 0);
        long right = missing(in.size(3), part, 1);
        return down == 0 && right == 0
                ? in
                : torch.constant_pad_nd(
                        in, new long[] {right / 2, right - right / 2, down / 2, down - down / 2}, new Scalar(0.0));
    }

    private static long missing(long size, Part.Convolution part, int axis) {
        long stride = part.stride()[axis];
        long window = (long) (part.kernel()[axis] - 1) * part.dilation()[axis] + 1;
        return Math.max(0, (Math.ceilDiv(size, stride) - 1) * stride + window - size);
    }

    private static Operation pooling(boolean largest, int[] kernel, int[] stride) {
        long[] window = longs(kernel);
        long[] step = longs(stride);
        return (in, pass) -> largest
                ? torch.max_pool2d(in, window, step, new long[] {0, 0}, new long[] {1, 1}, false)
                : torch.avg_pool2d(in, window, step, new long[] {0, 0}, false, false, new LongOptional());
    }

    private static Operation globalPooling(boolean largest) {
        return (in, pass) -> {
            if (in.dim() == 4) {
                var row = in.flatten(2, 3);
                return largest ? row.max(2, false).get0() : row.mean(2);
            }
            if (pass.mask() == null) {
                return largest ? in.max(1, false).get0() : in.mean(1);
            }
            var mask = pass.mask().unsqueeze(2);
            return largest
                    ? in.masked_fill(mask.eq(new Scalar(0.0)), new Scalar(Double.NEGATIVE_INFINITY))
                            .max(1, false)
                            .get0()
                    : in.mul(mask).sum(1).div(mask.sum(1));
        };
    }

    private Operation normalization(Part.Normalization part) {
        var gamma = new TensorOptional(memory.leaf(flat(view(part.layer(), "gamma"))));
        var beta = new TensorOptional(memory.leaf(flat(view(part.layer(), "beta"))));
        var mean = memory.parameter(flat(view(part.layer(), "mean")));
        var variance = memory.parameter(flat(view(part.layer(), "var")));
        var meanChange = memory.derivative(flat(view(part.layer(), "mean")));
        var varianceChange = memory.derivative(flat(view(part.layer(), "var")));
        var known = new TensorOptional(mean);
        var knownVariance = new TensorOptional(variance);
        return (in, pass) -> {
            if (!pass.training()) {
                return torch.batch_norm(in, gamma, beta, known, knownVariance, false, 0, part.epsilon(), false);
            }
            // With a momentum of 1 these become the batch's own; LibTorch divides the variance's sum by one less.
            var ofBatch = torch.zeros_like(mean);
            var varianceOfBatch = torch.zeros_like(variance);
            var out = torch.batch_norm(
                    in,
                    gamma,
                    beta,
                    new TensorOptional(ofBatch),
                    new TensorOptional(varianceOfBatch),
                    true,
                    1,
                    part.epsilon(),
                    false);
            double numbers = (double) in.numel() / mean.size(0);
            pass.afterwards(() -> {
                meanChange.copy_(mean.sub(ofBatch).mul(new Scalar(1 - part.decay())));
                varianceChange.copy_(variance.sub(varianceOfBatch.mul(new Scalar((numbers - 1) / numbers)))
                        .mul(new Scalar(1 - part.decay())));
            });
            return out;
        };
    }

    /**
     * DL4J keeps all words' first numbers together, then their second ones. So the words that a batch has are taken out
     * and derived by, and only theirs are written back: through the whole table it would take longer than all else.
     */
    private Operation embedding(int layer) {
        var view = view(layer, WEIGHT);
        long words = view.size(0);
        long width = view.size(1);
        var table = memory.parameter(view).t();
        var derivatives = memory.derivative(view).t();
        return (in, pass) -> {
            var numbers = in.to(ScalarType.Long);
            var flat = numbers.reshape(-1);
            long least = flat.min().item_long();
            long most = flat.max().item_long();
            if (least < 0 || most >= words) {
                throw new IllegalArgumentException(
                        "a word has the number " + (least < 0 ? least : most) + ", and there are " + words);
            }
            // Number by number: LibTorch's ways of taking whole rows start anew for each word.
            var places = flat.unsqueeze(0).expand(width, flat.size(0));
            var vectors = table.gather(1, places).t().contiguous();
            if (pass.training()) {
                vectors.set_requires_grad(true);
                pass.afterwards(
                        () -> derivatives.scatter_add_(1, places, vectors.grad().t()));
            }
            return vectors.view(in.size(0), in.size(1), width);
        };
    }

    private static long[] longs(int[] values) {
        return Arrays.stream(values).asLongStream().toArray();
    }
}
