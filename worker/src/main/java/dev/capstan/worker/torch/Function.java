package dev.capstan.worker.torch;

import java.util.Optional;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationCube;
import org.nd4j.linalg.activations.impl.ActivationELU;
import org.nd4j.linalg.activations.impl.ActivationGELU;
import org.nd4j.linalg.activations.impl.ActivationHardSigmoid;
import org.nd4j.linalg.activations.impl.ActivationHardTanH;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationLReLU;
import org.nd4j.linalg.activations.impl.ActivationMish;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationReLU6;
import org.nd4j.linalg.activations.impl.ActivationSELU;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftPlus;
import org.nd4j.linalg.activations.impl.ActivationSoftSign;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.activations.impl.ActivationSwish;
import org.nd4j.linalg.activations.impl.ActivationTanH;

/**
 * The activation functions that LibTorch computes as DL4J does.
 *
 * @param kind which one
 */
record Function(Kind kind) {
    static final Function IDENTITY = new Function(Kind.IDENTITY);

    /** The functions. */
    enum Kind {
        IDENTITY,
        RELU,
        RELU6,
        /** A hundredth of what is below 0; its derivative at 0 itself is 1, where LibTorch's own has a hundredth. */
        LEAKY_RELU,
        ELU,
        SELU,
        /** By a sigmoid, as Hendrycks and Gimpel 2016 (arXiv:1606.08415) have it for speed. */
        GELU,
        MISH,
        CUBE,
        SIGMOID,
        /** A fifth of the number, and a half, between 0 and 1. */
        HARD_SIGMOID,
        HARD_TANH,
        SOFTPLUS,
        SOFTSIGN,
        SWISH,
        TANH,
        SOFTMAX
    }

    /** The same function as DL4J's; empty if LibTorch has none. */
    static Optional<Function> of(IActivation activation) {
        return switch (activation) {
            case ActivationIdentity identity -> of(Kind.IDENTITY);
            case ActivationReLU relu when isPlain(relu) -> of(Kind.RELU);
            case ActivationReLU6 relu -> of(Kind.RELU6);
            case ActivationLReLU leaky when leaky.getAlpha() == ActivationLReLU.DEFAULT_ALPHA -> of(Kind.LEAKY_RELU);
            case ActivationELU elu when elu.getAlpha() == ActivationELU.DEFAULT_ALPHA -> of(Kind.ELU);
            case ActivationSELU selu -> of(Kind.SELU);
            case ActivationGELU gelu when !gelu.isPrecise() -> of(Kind.GELU);
            case ActivationMish mish -> of(Kind.MISH);
            case ActivationCube cube -> of(Kind.CUBE);
            case ActivationHardSigmoid hard -> of(Kind.HARD_SIGMOID);
            case ActivationSigmoid sigmoid -> of(Kind.SIGMOID);
            case ActivationHardTanH hard -> of(Kind.HARD_TANH);
            case ActivationSoftPlus soft -> of(Kind.SOFTPLUS);
            case ActivationSoftSign soft -> of(Kind.SOFTSIGN);
            case ActivationSwish swish -> of(Kind.SWISH);
            case ActivationTanH tanh -> of(Kind.TANH);
            case ActivationSoftmax softmax -> of(Kind.SOFTMAX);
            default -> Optional.empty();
        };
    }

    private static boolean isPlain(ActivationReLU relu) {
        return relu.getMax() == null && relu.getThreshold() == null && relu.getNegativeSlope() == null;
    }

    private static Optional<Function> of(Kind kind) {
        return Optional.of(new Function(kind));
    }
}
