package dev.capstan.worker.torch;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nd4j.linalg.activations.impl.ActivationLReLU;

/** Activation functions by LibTorch. */
final class Functions {
    private Functions() {}

    /**
     * As {@link #of}, of what nobody else reads: a matrix product or a convolution, whose derivatives don't need it.
     */
    static Tensor inPlace(Function function, Tensor in) {
        return function.kind() == Function.Kind.RELU ? in.relu_() : of(function, in);
    }

    static Tensor of(Function function, Tensor in) {
        return switch (function.kind()) {
            case IDENTITY -> in;
            case RELU -> torch.relu(in);
            case RELU6 -> torch.relu6(in);
            case LEAKY_RELU ->
                torch.where(in.ge(new Scalar(0.0)), in, in.mul(new Scalar(ActivationLReLU.DEFAULT_ALPHA)));
            case ELU -> torch.elu(in);
            case SELU -> torch.selu(in);
            case GELU -> in.mul(torch.sigmoid(in.mul(new Scalar(1.702))));
            case MISH -> torch.mish(in);
            case CUBE -> torch.pow(in, new Scalar(3.0));
            case HARD_SIGMOID ->
                torch.hardtanh(in.mul(new Scalar(0.2)).add(new Scalar(0.5)), new Scalar(0.0), new Scalar(1.0));
            case SIGMOID -> torch.sigmoid(in);
            case HARD_TANH -> torch.hardtanh(in);
            case SOFTPLUS -> torch.softplus(in);
            case SOFTSIGN -> in.div(in.abs().add(new Scalar(1.0)));
            case SWISH -> torch.silu(in);
            case TANH -> torch.tanh(in);
            case SOFTMAX -> torch.softmax(in, -1);
        };
    }
}
