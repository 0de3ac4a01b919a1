package dev.capstan.worker.torch;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossL1;
import org.nd4j.linalg.lossfunctions.impl.LossL2;
import org.nd4j.linalg.lossfunctions.impl.LossMAE;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;

/** What an output layer makes of what comes before its activation function. */
final class Loss {
    private final Function function;
    private final Kind kind;
    private final boolean mean;
    /** DL4J tells no answer's loss by a smaller share's logarithm; its gradient knows no such bound. */
    private final double smallest;

    /** Null if all outputs count alike. */
    private final Tensor weights;

    private enum Kind {
        CROSS_ENTROPY,
        SQUARES,
        ABSOLUTES
    }

    /** @param memory where it is computed */
    Loss(Part.Output output, Memory memory) {
        function = output.function();
        var loss = output.loss();
        kind = switch (loss) {
            case LossMCXENT entropy -> Kind.CROSS_ENTROPY;
            case LossL2 squares -> Kind.SQUARES;
            case LossL1 absolutes -> Kind.ABSOLUTES;
            default -> throw new IllegalArgumentException("no plan has the loss " + loss.name());
        };
        smallest = loss instanceof LossMCXENT entropy ? Math.log(entropy.getSoftmaxClipEps()) : 0;
        mean = loss instanceof LossMSE || loss instanceof LossMAE;
        var ofOutputs = weights(loss);
        weights = ofOutputs == null
                ? null
                : memory.here(Memory.of(ofOutputs.dup('c')).clone());
    }

    private static INDArray weights(ILossFunction loss) {
        return switch (loss) {
            case LossMCXENT entropy -> entropy.getWeights();
            case LossL2 squares -> squares.getWeights();
            case LossL1 absolutes -> absolutes.getWeights();
            default -> null;
        };
    }

    /** The network's answers. */
    Tensor answers(Tensor in) {
        return Functions.of(function, in);
    }

    /**
     * A sum over all samples.
     *
     * @param toDerive what the gradient is of
     * @param value as DL4J tells it
     */
    record Sum(Tensor toDerive, Tensor value) {}

    /** The sum of what the answers are off by. */
    Sum sum(Tensor in, Tensor targets) {
        return switch (kind) {
            case CROSS_ENTROPY -> {
                var logarithms = torch.log_softmax(in, 1);
                var told = logarithms.detach().clamp_min(new Scalar(smallest));
                yield new Sum(
                        total(logarithms.mul(targets).neg()),
                        total(told.mul(targets).neg()));
            }
            case SQUARES -> {
                var off = answers(in).sub(targets);
                yield same(total(off.mul(off)), targets);
            }
            case ABSOLUTES -> same(total(answers(in).sub(targets).abs()), targets);
        };
    }

    private Tensor total(Tensor each) {
        return (weights == null ? each : each.mul(weights)).sum();
    }

    private Sum same(Tensor total, Tensor targets) {
        var sum = mean ? total.div(new Scalar((double) targets.size(1))) : total;
        return new Sum(sum, sum.detach());
    }
}
