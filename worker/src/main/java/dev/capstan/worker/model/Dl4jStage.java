package dev.capstan.worker.model;

import dev.capstan.worker.data.Shape;
import dev.capstan.worker.step.Batch;
import dev.capstan.worker.step.Flat;
import dev.capstan.worker.step.Slice;
import dev.capstan.worker.step.Stage;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffOutputLayer;
import org.nd4j.linalg.factory.Nd4j;

/** A whole network of DL4J's, computed by DL4J. */
final class Dl4jStage implements Stage {
    private final Dl4jNetwork network;
    private final Flat parameters;
    private final Flat gradient;
    private final List<Slice> slices;
    private final NavigableMap<Long, String> owners;
    /** 0 until somebody asks. */
    private int fewestSamples;

    Dl4jStage(Dl4jNetwork network, List<Slice> slices, NavigableMap<Long, String> owners) {
        this.network = network;
        this.slices = slices;
        this.owners = owners;
        parameters = new Dl4jFlat(network.parameters());
        gradient = new Dl4jFlat(network.gradients());
    }

    @Override
    public Flat parameters() {
        return parameters;
    }

    @Override
    public Flat gradient() {
        return gradient;
    }

    @Override
    public List<Slice> slices() {
        return slices;
    }

    @Override
    public String owner(long place) {
        return owners.floorEntry(place).getValue();
    }

    @Override
    public int classes() {
        return network.classes();
    }

    @Override
    public int fewestSamples() {
        if (fewestSamples == 0) {
            fewestSamples = network.normalizesNumbers() ? 2 : 1;
        }
        return fewestSamples;
    }

    @Override
    public Optional<String> wholeBatchLoss() {
        var output = network.outputLayer();
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
        var labels = Nd4j.zeros(samples, network.classes());
        labels.getColumn(0).assign(1);
        return network.loss(Nd4j.zeros(samples, network.inputs()), labels, null);
    }

    @Override
    public Batch batch(int rows, Shape shape) {
        return Dl4jBatch.of(rows, shape, network.classes());
    }

    @Override
    public double computeGradient(Batch batch, long seed) {
        network.seed(seed);
        var arrays = (Dl4jBatch) batch;
        return network.computeGradient(arrays.inputArray(), arrays.targetArray(), arrays.maskArray());
    }

    @Override
    public Answers answer(Batch batch) {
        var arrays = (Dl4jBatch) batch;
        double loss = network.loss(arrays.inputArray(), arrays.targetArray(), arrays.maskArray());
        var outputs = network.output(arrays.inputArray(), arrays.maskArray());
        return new Answers(
                loss, outputs.argMax(1).toIntVector(), outputs.dup('c').data().asFloat());
    }
}
