package dev.capstan.worker.torch;

import org.bytedeco.pytorch.Tensor;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.random.impl.DropOutInverted;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Inverted dropout, drawn by ND4J from the seed of the step: what DL4J's own step drops is dropped here as well.
 *
 * @param retained the share that is kept
 * @param order {@code f} if DL4J has the numbers of all samples' first feature together, {@code c} if it has a sample's
 */
record Dropping(double retained, char order) implements Operation {
    @Override
    public Tensor apply(Tensor in, Pass pass) {
        if (!pass.training()) {
            return in;
        }
        var sizes = in.shape();
        if (sizes.length == 3) {
            // DL4J has a sequence's time last, and all of it.
            return in.mul(of(drawn(sizes[0], sizes[2], pass.length()), in)
                    .transpose(1, 2)
                    .narrow(1, 0, sizes[1]));
        }
        return in.mul(of(drawn(sizes), in));
    }

    private INDArray drawn(long... shape) {
        var factors = Nd4j.createUninitialized(DataType.FLOAT, shape, order).assign(1);
        Nd4j.getExecutioner().exec(new DropOutInverted(factors, factors, retained));
        return factors;
    }

    /** A copy, where the other is: ND4J frees its own when it likes. */
    private static Tensor of(INDArray factors, Tensor other) {
        return Memory.of(factors)
                .as_strided(factors.shape(), factors.stride())
                .clone()
                .to(other);
    }
}
