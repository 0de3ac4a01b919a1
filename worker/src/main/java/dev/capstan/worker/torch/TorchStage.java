package dev.capstan.worker.torch;

import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.step.Batch;
import dev.capstan.worker.step.Flat;
import dev.capstan.worker.step.Slice;
import dev.capstan.worker.step.Stage;
import java.util.List;
import java.util.Optional;

/** A whole network of DL4J's, computed by LibTorch where DL4J has its parameters and its gradient. */
final class TorchStage implements Stage {
    private final Network network;
    private final Stage own;
    private final Program program;

    TorchStage(Network network, Plan plan, Memory memory) {
        this.network = network;
        own = network.stage();
        program = new Program(plan, Stop.layers(network.dl4j()), memory);
    }

    @Override
    public Flat parameters() {
        return own.parameters();
    }

    @Override
    public Flat gradient() {
        return own.gradient();
    }

    @Override
    public List<Slice> slices() {
        return own.slices();
    }

    @Override
    public String owner(long place) {
        return own.owner(place);
    }

    @Override
    public int classes() {
        return own.classes();
    }

    @Override
    public int fewestSamples() {
        return own.fewestSamples();
    }

    @Override
    public Optional<String> wholeBatchLoss() {
        return own.wholeBatchLoss();
    }

    @Override
    public Batch batch(int rows, Shape shape) {
        return TorchBatch.of(own.batch(rows, shape));
    }

    @Override
    public double computeGradient(Batch batch, long seed) {
        network.seed(seed);
        return program.gradient((TorchBatch) batch);
    }

    @Override
    public Answers answer(Batch batch) {
        return program.answers((TorchBatch) batch);
    }
}
