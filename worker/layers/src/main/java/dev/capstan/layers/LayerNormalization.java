package dev.capstan.layers;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Layer normalization, Ba, Kiros and Hinton 2016 (arXiv:1607.06450): the numbers of each sample, or of each time step
 * of a sequence, get mean 0 and variance 1, and then a factor and a summand each, which are learnt. The variance is
 * that of the numbers themselves, divided by their count, as PyTorch's {@code LayerNorm} has it.
 *
 * <p>Rows [N, width], or sequences [N, width, time]; what lies behind a sequence's end becomes 0.
 */
public final class LayerNormalization extends VectorLayer {
    /** A factor for each number, 1 at first. */
    public static final String GAMMA = "gamma";

    /** A summand for each number, 0 at first. */
    public static final String BETA = "beta";

    private double epsilon;

    /** For DL4J's JSON. */
    LayerNormalization() {}

    private LayerNormalization(Builder builder) {
        super(builder);
        epsilon = builder.epsilon;
    }

    /** Added to the variance. */
    public double getEpsilon() {
        return epsilon;
    }

    public void setEpsilon(double epsilon) {
        this.epsilon = epsilon;
    }

    @Override
    List<Parameter> parameters() {
        return List.of(new Parameter(GAMMA, false, 1, getWidth()), new Parameter(BETA, false, 1, getWidth()));
    }

    @Override
    void draw(String name, INDArray parameter) {
        parameter.assign(name.equals(GAMMA) ? 1 : 0);
    }

    @Override
    VectorComputation computation(NeuralNetConfiguration configuration, DataType type) {
        return new Computation(configuration, type, epsilon);
    }

    private static final class Computation extends VectorComputation {
        private final double epsilon;

        Computation(NeuralNetConfiguration configuration, DataType type, double epsilon) {
            super(configuration, type);
            this.epsilon = epsilon;
        }

        @Override
        INDArray forward(INDArray rows, Batch batch) {
            var centered = centered(rows);
            return centered.diviColumnVector(deviations(centered))
                    .muliRowVector(getParam(GAMMA))
                    .addiRowVector(getParam(BETA));
        }

        private static INDArray centered(INDArray rows) {
            return rows.subColumnVector(rows.mean(true, 1));
        }

        private INDArray deviations(INDArray centered) {
            return Transforms.sqrt(centered.mul(centered).mean(true, 1).addi(epsilon), false);
        }

        /** What changes the mean or the length of the vector alone changes nothing that comes out. */
        @Override
        INDArray backward(INDArray rows, INDArray errors, Batch batch) {
            var normal = centered(rows);
            var deviations = deviations(normal);
            normal.diviColumnVector(deviations);
            gradientViews.get(GAMMA).assign(errors.mul(normal).sum(true, 0));
            gradientViews.get(BETA).assign(errors.sum(true, 0));
            var slopes = errors.muliRowVector(getParam(GAMMA));
            var along = slopes.mul(normal).mean(true, 1);
            return slopes.subiColumnVector(slopes.mean(true, 1))
                    .subi(normal.muliColumnVector(along))
                    .diviColumnVector(deviations);
        }
    }

    /** Makes such a layer. */
    public static final class Builder extends org.deeplearning4j.nn.conf.layers.BaseLayer.Builder<Builder> {
        private final double epsilon;

        /** @param epsilon added to the variance, above 0 */
        public Builder(double epsilon) {
            this.epsilon = epsilon;
        }

        @Override
        @SuppressWarnings("unchecked")
        public LayerNormalization build() {
            return new LayerNormalization(this);
        }
    }
}
