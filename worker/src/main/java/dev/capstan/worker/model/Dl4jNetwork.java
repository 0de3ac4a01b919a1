package dev.capstan.worker.model;

import dev.capstan.worker.step.Flat;
import dev.capstan.worker.step.Optimizer;
import dev.capstan.worker.step.Stage;
import dev.capstan.worker.step.Weights;
import java.util.BitSet;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffOutputLayer;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What DL4J's two classes of networks have in common. */
abstract sealed class Dl4jNetwork implements Network permits MultiLayer, Graph {
    private final Model model;
    private final Layer[] layers;
    private final BaseMultiLayerUpdater<?> updater;
    private final INDArray gradients;
    private final INDArray gradientRow;
    private final INDArray parameterRow;
    private final Stage stage;
    private final Optimizer optimizer = new Dl4jOptimizer();
    private final Weights constraints = new Constraints();
    private final Rates rates;
    private final org.deeplearning4j.nn.conf.layers.Layer output;
    private final Setup setup;

    /**
     * @param model initialized
     * @param layers the model's
     * @param output that of them which computes the loss
     * @param updater the model's
     * @param setup how it is used
     */
    Dl4jNetwork(Model model, Layer[] layers, Layer output, BaseMultiLayerUpdater<?> updater, Setup setup) {
        this.model = model;
        this.layers = layers;
        this.updater = updater;
        OneDnn.use(layers);
        gradients = updater.getFlattenedGradientsView();
        gradientRow = gradients.reshape(gradients.length());
        parameterRow = model.params().reshape(model.params().length());
        rates = Rates.set(updater, setup.training());
        this.output = output.conf().getLayer();
        this.setup = setup;
        // Last, for it may ask for all of the above.
        stage = setup.computed().apply(this, new Dl4jStage(this, Slices.of(updater), Slices.owners(updater)));
    }

    /** The gradient and its loss, penalties on weights included. */
    abstract double scoreOfGradient(INDArray inputs, INDArray labels, INDArray mask);

    abstract INDArray outputOf(INDArray inputs, INDArray mask);

    /** The loss as when the model is used, penalties on weights included. */
    abstract double scoreInUse(INDArray inputs, INDArray labels, INDArray mask);

    /** What penalties on weights add to a loss. */
    abstract double penalties();

    /** Whether batch normalization gets one number of each sample. */
    abstract boolean normalizesNumbers(INDArray inputs);

    abstract void countSteps(int steps);

    abstract void countEpochs(int epochs);

    abstract String json();

    /** The name by which DL4J's updater knows a layer. */
    abstract String key(int layer);

    /** Takes up all layers, each after those that feed it. */
    abstract void read(StructureReader reader);

    /** A network of smaller layers, used in the same way. */
    abstract Dl4jNetwork resized(Sizes sizes, Setup setup);

    @Override
    public final INDArray parameters() {
        return model.params();
    }

    @Override
    public final INDArray gradients() {
        return gradients;
    }

    @Override
    public final Stage stage() {
        return stage;
    }

    @Override
    public final Optimizer optimizer() {
        return optimizer;
    }

    @Override
    public final Weights constraints() {
        return constraints;
    }

    @Override
    public final INDArray updaterState() {
        return updater.getStateViewArray();
    }

    @Override
    public final double computeGradient(INDArray inputs, INDArray labels, INDArray mask) {
        return scoreOfGradient(taken(inputs), wanted(labels), mask) - penalty(inputs.rows());
    }

    /** The model's own, whose state is the artifact's. */
    private final class Dl4jOptimizer implements Optimizer {
        /** Null until it is needed. */
        private Gradient views;

        @Override
        public void update(int samples) {
            updater.update(
                    gradient(),
                    Dl4jNetwork.this.step(),
                    Dl4jNetwork.this.epoch(),
                    samples,
                    LayerWorkspaceMgr.noWorkspacesImmutable());
            parameterRow.subi(gradientRow);
            countSteps(Dl4jNetwork.this.step() + 1);
        }

        /** What DL4J has computed, or the same views of what another has computed in its place. */
        private Gradient gradient() {
            if (model.gradient() != null) {
                return model.gradient();
            }
            if (views == null) {
                views = new DefaultGradient(updater.getFlattenedGradientsView());
                for (int i = 0; i < layers.length; i++) {
                    var layer = layers[i];
                    if (layer.numParams() > 0) {
                        var name = key(i);
                        layer.conf()
                                .getLayer()
                                .initializer()
                                .getGradientsFromFlattened(layer.conf(), layer.getGradientsViewArray())
                                .forEach((parameter, view) -> views.setGradientFor(name + "_" + parameter, view));
                    }
                }
            }
            return views;
        }

        @Override
        public int step() {
            return Dl4jNetwork.this.step();
        }

        @Override
        public int epoch() {
            return Dl4jNetwork.this.epoch();
        }

        @Override
        public void endEpoch() {
            Dl4jNetwork.this.endEpoch();
        }

        @Override
        public void resume(int step, int epoch) {
            Dl4jNetwork.this.resume(step, epoch);
        }
    }

    /** What the layers' configurations ask for, such as a largest norm. */
    private final class Constraints implements Weights {
        @Override
        public void updated(Flat parameters) {
            model.applyConstraints(step(), epoch());
        }
    }

    @Override
    public final void update(int samples) {
        optimizer.update(samples);
        constraints.updated(stage.parameters());
    }

    /** Whether batch normalization gets one number of each sample. */
    final boolean normalizesNumbers() {
        return normalizesNumbers(setup.form().of(Nd4j.zeros(2, setup.inputs())));
    }

    /** How many numbers a sample has. */
    final int inputs() {
        return setup.inputs();
    }

    /** Samples by rows, as the model takes them. */
    private INDArray taken(INDArray rows) {
        return setup.form()
                .of(setup.scaling()
                        .inputs()
                        .map(each -> each.standardized(rows))
                        .orElse(rows));
    }

    /** What the model should give. */
    private INDArray wanted(INDArray labels) {
        return setup.scaling().targets().map(each -> each.standardized(labels)).orElse(labels);
    }

    /** The configuration of the layer that computes the loss. */
    final org.deeplearning4j.nn.conf.layers.Layer outputLayer() {
        return output;
    }

    @Override
    public final INDArray output(INDArray inputs, INDArray mask) {
        var given = outputOf(taken(inputs), mask);
        return setup.scaling().targets().map(each -> each.restored(given)).orElse(given);
    }

    @Override
    public final double loss(INDArray inputs, INDArray labels, INDArray mask) {
        return scoreInUse(taken(inputs), wanted(labels), mask) - penalty(inputs.rows());
    }

    /**
     * What the penalties add to a score: DL4J divides them by the number of samples, too, where SameDiff is the output.
     */
    private double penalty(int samples) {
        return output instanceof SameDiffOutputLayer ? penalties() / samples : penalties();
    }

    @Override
    public final int classes() {
        return setup.classes();
    }

    @Override
    public final void seed(long seed) {
        Nd4j.getRandom().setSeed(Randomness.seed(seed));
    }

    @Override
    public final void resume(int step, int epoch) {
        countSteps(step);
        countEpochs(epoch);
    }

    @Override
    public final void endEpoch() {
        countEpochs(epoch() + 1);
    }

    @Override
    public final String configuration() {
        return rates.afterWarmup(this::json);
    }

    @Override
    public final Model dl4j() {
        return model;
    }

    @Override
    public final Form form() {
        return setup.form();
    }

    @Override
    public final Scales scaling() {
        return setup.scaling();
    }

    @Override
    public final Structure structure() {
        var reader = new StructureReader();
        read(reader);
        return reader.finish();
    }

    @Override
    public final Network without(List<BitSet> removed) {
        var structure = structure();
        var smaller = rates.afterWarmup(() -> resized(new Sizes(structure, removed), setup));
        smaller.resume(0, 0);
        Remainder.copy(structure, stage.parameters(), smaller.structure(), smaller.stage.parameters(), removed);
        return smaller;
    }
}
