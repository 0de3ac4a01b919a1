package dev.capstan.worker.torch;

import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Long short-term memory in one direction, on DL4J's own parameters. */
final class Recurrence {
    /**
     * DL4J has the candidate first, then the gates to forget, to put out and to take in; LibTorch in, forget,
     * candidate, out.
     */
    private static final int[] GATES = {3, 1, 0, 2};

    private final int units;
    private final Tensor weight;
    private final Tensor recurrent;
    private final Tensor bias;
    private final Tensor none;

    /** @param prefix before the names of the layer's parameters */
    Recurrence(Memory memory, Map<String, INDArray> parameters, String prefix, int units) {
        this.units = units;
        weight = memory.transposed(parameters.get(prefix + "W"));
        recurrent = memory.transposed(parameters.get(prefix + "RW"));
        var biases = parameters.get(prefix + "b");
        bias = memory.leaf(biases.reshape(biases.length()));
        none = torch.zeros_like(bias);
    }

    /** What it answers at every time step. */
    Tensor over(Tensor in, Pass pass) {
        var state = in.new_zeros(1, in.size(0), units);
        return torch.lstm(
                        in,
                        new TensorVector(state, state),
                        new TensorVector(gates(weight), gates(recurrent), gates(bias), none),
                        true,
                        1,
                        0,
                        pass.training(),
                        false,
                        true)
                .get0();
    }

    private Tensor gates(Tensor blocks) {
        var ordered = new TensorVector();
        for (int gate : GATES) {
            ordered.push_back(blocks.narrow(0, (long) gate * units, units));
        }
        return torch.cat(ordered, 0);
    }

    /** Of a sample's time steps, the last that is its own. */
    static Tensor last(Tensor steps, Tensor mask) {
        if (mask == null) {
            return steps.select(1, steps.size(1) - 1);
        }
        var places = mask.sum(1).to(ScalarType.Long).sub(new Scalar(1));
        return steps.gather(1, places.view(-1, 1, 1).expand(-1, 1, steps.size(2)))
                .squeeze(1);
    }

    /** Each sample's own time steps backwards; what lies behind them stays there. */
    static Tensor reversed(Tensor steps, Tensor mask) {
        if (mask == null) {
            return steps.flip(1);
        }
        long length = steps.size(1);
        var times = torch.arange(new Scalar(length), mask.options()).unsqueeze(0);
        var ends = mask.sum(1).unsqueeze(1).sub(new Scalar(1));
        var places = torch.where(mask.gt(new Scalar(0.5)), ends.sub(times), times.expand(mask.size(0), length))
                .to(ScalarType.Long);
        return steps.gather(1, places.unsqueeze(2).expand(steps.size(0), length, steps.size(2)));
    }
}
