package dev.capstan.layers;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Broadcast;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Multi-head self-attention, Vaswani et al. 2017 (arXiv:1706.03762), without biases: each vector of a sequence becomes
 * a mixture of all of the sequence's. DL4J's own {@code SelfAttentionLayer} goes on computing with the parameters that
 * it had at the first step.
 *
 * <p>Sequences [N, width, time]; what lies behind a sequence's end is looked at by none, and becomes 0.
 */
public final class Attention extends VectorLayer {
    /** What a vector asks for, [width, width], the heads side by side. */
    public static final String QUERIES = "Wq";

    /** What is found by, likewise. */
    public static final String KEYS = "Wk";

    /** What is found, likewise. */
    public static final String VALUES = "Wv";

    /** What becomes of it, [width, width]. */
    public static final String JOINED = "Wo";

    private int heads;

    /** For DL4J's JSON. */
    Attention() {}

    private Attention(Builder builder) {
        super(builder);
        heads = builder.heads;
    }

    /** Number of heads, which share the numbers of a vector equally. */
    public int getHeads() {
        return heads;
    }

    public void setHeads(int heads) {
        this.heads = heads;
    }

    @Override
    List<Parameter> parameters() {
        var all = new ArrayList<Parameter>();
        for (var name : List.of(QUERIES, KEYS, VALUES, JOINED)) {
            all.add(new Parameter(name, true, getWidth(), getWidth()));
        }
        return all;
    }

    @Override
    void draw(String name, INDArray parameter) {
        getWeightInitFn().init(getWidth(), getWidth(), parameter.shape(), 'f', parameter);
    }

    @Override
    VectorComputation computation(NeuralNetConfiguration configuration, DataType type) {
        if (heads < 1 || getWidth() % heads != 0) {
            throw new IllegalStateException("Attention " + getLayerName() + " has " + heads
                    + " heads, which can't share " + getWidth() + " numbers equally");
        }
        return new Computation(configuration, type, heads);
    }

    private static final class Computation extends VectorComputation {
        private static final double NONE = -1e9;

        private final int heads;

        Computation(NeuralNetConfiguration configuration, DataType type, int heads) {
            super(configuration, type);
            this.heads = heads;
        }

        /**
         * What the heads see.
         *
         * @param queries by samples and heads, [N heads, time, numbers of a head]; likewise keys and values
         * @param shares what each time step takes of each, [N heads, time, time]
         */
        private record Look(INDArray queries, INDArray keys, INDArray values, INDArray shares) {}

        private Look look(INDArray rows, Batch batch) {
            var queries = apart(rows.mmul(getParam(QUERIES)), batch);
            var keys = apart(rows.mmul(getParam(KEYS)), batch);
            var values = apart(rows.mmul(getParam(VALUES)), batch);
            var likeness = product(queries, false, keys, true).muli(scale(queries));
            long length = batch.length();
            if (batch.mask() != null) {
                var missing = batch.mask().castTo(rows.dataType()).rsub(1).muli(NONE);
                var bySample = likeness.reshape('c', batch.samples(), heads * length, length);
                Broadcast.add(bySample, missing, bySample, 0, 2);
            }
            var shares = Transforms.softmax(likeness.reshape('c', batch.samples() * heads * length, length), false)
                    .reshape('c', batch.samples() * heads, length, length);
            return new Look(queries, keys, values, shares);
        }

        private static double scale(INDArray queries) {
            return 1 / Math.sqrt(queries.size(2));
        }

        @Override
        INDArray forward(INDArray rows, Batch batch) {
            var look = look(rows, batch);
            return together(product(look.shares, false, look.values, false), batch)
                    .mmul(getParam(JOINED));
        }

        @Override
        INDArray backward(INDArray rows, INDArray errors, Batch batch) {
            var look = look(rows, batch);
            var seen = together(product(look.shares, false, look.values, false), batch);
            gradientViews.get(JOINED).assign(seen.transpose().mmul(errors));
            var bySeen = apart(errors.mmul(getParam(JOINED).transpose()), batch);
            var byValues = together(product(look.shares, true, bySeen, false), batch);
            var byShares = product(bySeen, false, look.values, true);
            // Through the softmax: a share grows at the cost of all others.
            var pull = byShares.muli(look.shares);
            long length = batch.length();
            var pullRows = pull.reshape('c', batch.samples() * heads * length, length);
            var shareRows = look.shares.reshape('c', batch.samples() * heads * length, length);
            pullRows.subi(shareRows.mulColumnVector(pullRows.sum(true, 1)));
            var byLikeness = pull.muli(scale(look.queries));
            var byQueries = together(product(byLikeness, false, look.keys, false), batch);
            var byKeys = together(product(byLikeness, true, look.queries, false), batch);
            return derived(rows, QUERIES, byQueries)
                    .addi(derived(rows, KEYS, byKeys))
                    .addi(derived(rows, VALUES, byValues));
        }

        /** Back through a projection. */
        private INDArray derived(INDArray rows, String name, INDArray errors) {
            gradientViews.get(name).assign(rows.transpose().mmul(errors));
            return errors.mmul(getParam(name).transpose());
        }

        private static INDArray product(INDArray left, boolean turnLeft, INDArray right, boolean turnRight) {
            return Nd4j.matmul(left, right, turnLeft, turnRight, false);
        }

        private INDArray apart(INDArray rows, Batch batch) {
            long size = rows.size(1) / heads;
            return rows.dup('c')
                    .reshape('c', batch.samples(), batch.length(), heads, size)
                    .permute(0, 2, 1, 3)
                    .dup('c')
                    .reshape('c', batch.samples() * heads, batch.length(), size);
        }

        private INDArray together(INDArray byHeads, Batch batch) {
            long size = byHeads.size(2);
            return byHeads.dup('c')
                    .reshape('c', batch.samples(), heads, batch.length(), size)
                    .permute(0, 2, 1, 3)
                    .dup('c')
                    .reshape('c', batch.samples() * batch.length(), heads * size);
        }
    }

    /** Makes such a layer. */
    public static final class Builder extends org.deeplearning4j.nn.conf.layers.BaseLayer.Builder<Builder> {
        private final int heads;

        /** @param heads which share the numbers of a vector equally, at least 1 */
        public Builder(int heads) {
            this.heads = heads;
        }

        @Override
        @SuppressWarnings("unchecked")
        public Attention build() {
            return new Attention(this);
        }
    }
}
