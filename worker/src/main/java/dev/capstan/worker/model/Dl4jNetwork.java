package dev.capstan.worker.model;

import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffOutputLayer;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What DL4J's two classes of networks have in common. */
abstract sealed class Dl4jNetwork implements Network permits MultiLayer, Graph {
    private final Model model;
    private final BaseMultiLayerUpdater<?> updater;
    private final INDArray gradients;
    private final INDArray gradientRow;
    private final INDArray parameterRow;
    private final Stretches stretches;
    private final Rates rates;
    private final Form form;
    private final int classes;
    private final int inputs;
    private final org.deeplearning4j.nn.conf.layers.Layer output;
    /** 0 until somebody asks. */
    private int fewestSamples;

    /**
     * @param model initialized
     * @param layers the model's
     * @param output that of them which computes the loss
     * @param updater the model's
     * @param setup how it is used
     */
    Dl4jNetwork(Model model, Layer[] layers, Layer output, BaseMultiLayerUpdater<?> updater, Setup setup) {
        this.model = model;
        this.updater = updater;
        OneDnn.use(layers);
        gradients = updater.getFlattenedGradientsView();
        gradientRow = gradients.reshape(gradients.length());
        parameterRow = model.params().reshape(model.params().length());
        stretches = Stretches.of(updater, gradientRow);
        rates = Rates.set(updater, setup.training());
        form = setup.form();
        classes = setup.classes();
        inputs = setup.inputs();
        this.output = output.conf().getLayer();
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

    @Override
    public final INDArray parameters() {
        return model.params();
    }

    @Override
    public final INDArray gradients() {
        return gradients;
    }

    @Override
    public final List<INDArray> slopes() {
        return stretches.slopes();
    }

    @Override
    public final List<INDArray> statistics() {
        return stretches.statistics();
    }

    @Override
    public final INDArray updaterState() {
        return updater.getStateViewArray();
    }

    @Override
    public final double computeGradient(INDArray inputs, INDArray labels, INDArray mask) {
        return scoreOfGradient(form.of(inputs), labels, mask) - penalty(inputs.rows());
    }

    @Override
    public final void update(int samples) {
        updater.update(model.gradient(), step(), epoch(), samples, LayerWorkspaceMgr.noWorkspacesImmutable());
        parameterRow.subi(gradientRow);
        countSteps(step() + 1);
        model.applyConstraints(step(), epoch());
    }

    @Override
    public final INDArray output(INDArray inputs, INDArray mask) {
        return outputOf(form.of(inputs), mask);
    }

    @Override
    public final double loss(INDArray inputs, INDArray labels, INDArray mask) {
        return scoreInUse(form.of(inputs), labels, mask) - penalty(inputs.rows());
    }

    /**
     * What the penalties add to a score: DL4J divides them by the number of samples, too, where SameDiff is the output.
     */
    private double penalty(int samples) {
        return output instanceof SameDiffOutputLayer ? penalties() / samples : penalties();
    }

    @Override
    public final int fewestSamples() {
        if (fewestSamples == 0) {
            fewestSamples = normalizesNumbers(form.of(Nd4j.zeros(2, inputs))) ? 2 : 1;
        }
        return fewestSamples;
    }

    @Override
    public final Optional<String> wholeBatchLoss() {
        return output instanceof SameDiffOutputLayer && !lossAddsUp()
                ? Optional.of("the SameDiffOutputLayer " + output.getClass().getSimpleName())
                : WholeBatch.name(output);
    }

    /** Whether two samples have twice the loss of one; a loss of the user's own may be their mean as well. */
    private boolean lossAddsUp() {
        double one = lossOfZeros(1);
        return Math.abs(lossOfZeros(2) - one) <= 1e-4 * Math.abs(one);
    }

    private double lossOfZeros(int samples) {
        var labels = Nd4j.zeros(samples, classes);
        labels.getColumn(0).assign(1);
        return loss(Nd4j.zeros(samples, inputs), labels, null);
    }

    @Override
    public final int classes() {
        return classes;
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
}
