package dev.capstan.worker.model;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** The activation and loss functions that a job may name, in lower case as DL4J names them. */
public final class Functions {
    /** All of DL4J's but RReLU, whose random slopes would differ with the number of workers. */
    private static final List<Activation> ACTIVATIONS = List.of(
            Activation.CUBE,
            Activation.ELU,
            Activation.GELU,
            Activation.HARDSIGMOID,
            Activation.HARDTANH,
            Activation.IDENTITY,
            Activation.LEAKYRELU,
            Activation.MISH,
            Activation.RATIONALTANH,
            Activation.RECTIFIEDTANH,
            Activation.RELU,
            Activation.RELU6,
            Activation.SELU,
            Activation.SIGMOID,
            Activation.SOFTMAX,
            Activation.SOFTPLUS,
            Activation.SOFTSIGN,
            Activation.SWISH,
            Activation.TANH,
            Activation.THRESHOLDEDRELU);

    /** The one that DL4J lacks. */
    private static final String HUBER = "huber";

    /** Of DL4J's, those that are defined on one-hot labels, some of them on any numbers. */
    private static final List<LossFunction> LOSSES = List.of(
            LossFunction.MCXENT,
            LossFunction.NEGATIVELOGLIKELIHOOD,
            LossFunction.XENT,
            LossFunction.MSE,
            LossFunction.MEAN_ABSOLUTE_ERROR,
            LossFunction.L1,
            LossFunction.L2,
            LossFunction.KL_DIVERGENCE);

    private static final List<String> NUMBERS = List.of(
            lower(LossFunction.MSE),
            lower(LossFunction.MEAN_ABSOLUTE_ERROR),
            lower(LossFunction.L1),
            lower(LossFunction.L2),
            HUBER);

    private Functions() {}

    /** The activation function of that name; empty if a job may not use it. */
    public static Optional<Activation> activation(String name) {
        return ACTIVATIONS.stream().filter(a -> lower(a).equals(name)).findFirst();
    }

    /** The loss function of that name; empty if a job may not use it. */
    public static Optional<ILossFunction> loss(String name) {
        return HUBER.equals(name)
                ? Optional.of(new LossHuber())
                : LOSSES.stream().filter(l -> lower(l).equals(name)).findFirst().map(LossFunction::getILossFunction);
    }

    /** Whether a loss compares numbers, and not shares of classes. */
    public static boolean comparesNumbers(String loss) {
        return NUMBERS.contains(loss);
    }

    /** The names that {@link #activation} knows. */
    public static List<String> activations() {
        return ACTIVATIONS.stream().map(Functions::lower).toList();
    }

    /** The names that {@link #loss} knows. */
    public static List<String> losses() {
        return Stream.concat(LOSSES.stream().map(Functions::lower), Stream.of(HUBER))
                .toList();
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
