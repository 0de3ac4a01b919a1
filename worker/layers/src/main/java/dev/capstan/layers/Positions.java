package dev.capstan.layers;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Adds to each vector of a sequence one that is learnt and stands for its place, as BERT (Devlin et al. 2019,
 * arXiv:1810.04805) does: attention doesn't know the order by itself. Drawn from a normal distribution of deviation
 * 0.02, as there.
 *
 * <p>Sequences [N, width, time] of at most so many time steps as there are places; what lies behind a sequence's end
 * becomes 0.
 */
public final class Positions extends VectorLayer {
    /** A vector for each place, [width, length], so that a place's numbers lie in a row. */
    public static final String WEIGHT = "W";

    private static final double DEVIATION = 0.02;

    private long length;

    /** For DL4J's JSON. */
    Positions() {}

    private Positions(Builder builder) {
        super(builder);
        length = builder.length;
    }

    /** Number of places. */
    public long getLength() {
        return length;
    }

    public void setLength(long length) {
        this.length = length;
    }

    @Override
    List<Parameter> parameters() {
        return List.of(new Parameter(WEIGHT, true, getWidth(), length));
    }

    @Override
    void draw(String name, INDArray parameter) {
        parameter.assign(Nd4j.randn(parameter.shape()).muli(DEVIATION));
    }

    @Override
    VectorComputation computation(NeuralNetConfiguration configuration, DataType type) {
        return new Computation(configuration, type, length);
    }

    private static final class Computation extends VectorComputation {
        private final long length;

        Computation(NeuralNetConfiguration configuration, DataType type, long length) {
            super(configuration, type);
            this.length = length;
        }

        @Override
        INDArray forward(INDArray rows, Batch batch) {
            if (batch.length() > length) {
                throw new IllegalArgumentException(layerConf().getLayerName() + " has " + length
                        + " positions, and gets sequences of " + batch.length() + " time steps");
            }
            long numbers = batch.length() * rows.size(1);
            var places = getParam(WEIGHT).reshape('f', 1, length * rows.size(1));
            return rows.reshape('c', batch.samples(), numbers)
                    .addRowVector(places.get(NDArrayIndex.all(), NDArrayIndex.interval(0, numbers)))
                    .reshape('c', rows.shape());
        }

        @Override
        INDArray backward(INDArray rows, INDArray errors, Batch batch) {
            long numbers = batch.length() * rows.size(1);
            var gradient = gradientViews.get(WEIGHT).assign(0).reshape('f', 1, length * rows.size(1));
            gradient.get(NDArrayIndex.all(), NDArrayIndex.interval(0, numbers))
                    .assign(errors.reshape('c', batch.samples(), numbers).sum(true, 0));
            return errors;
        }
    }

    /** Makes such a layer. */
    public static final class Builder extends org.deeplearning4j.nn.conf.layers.BaseLayer.Builder<Builder> {
        private final long length;

        /** @param length number of places, at least 1 */
        public Builder(long length) {
            this.length = length;
        }

        @Override
        @SuppressWarnings("unchecked")
        public Positions build() {
            return new Positions(this);
        }
    }
}
