package dev.capstan.worker.torch;

import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Held;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Standardizer;
import dev.capstan.worker.step.Batch;
import dev.capstan.worker.step.Flat;
import dev.capstan.worker.step.Slice;
import dev.capstan.worker.step.Stage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A TorchScript module, whose learned parameters are windows on DL4J's row and derive into windows on its gradient.
 *
 * <p>Its state (running statistics, what isn't learned) lies in the row, too, where checkpoints and peers find it. A
 * pass begins with the state of the row, and what it changes of it is written into the gradient as DL4J does with batch
 * normalization's: ranks and parts of a share average that, and the update takes it off.
 */
final class ScriptStage implements Stage {
    /** LibTorch draws from one generator, whoever computes. */
    private static final ReentrantLock DRAWING = new ReentrantLock();

    private final Script script;
    private final Shape shape;
    private final Stage own;
    private final Memory memory;
    private final Loss loss;
    private final Scale inputs;
    private final Scale targets;
    private final List<State> states = new ArrayList<>();
    private final int fewestSamples;

    /**
     * What of the module isn't learned.
     *
     * @param tensor the module's, in which it computes
     * @param kept where it lies between the steps
     * @param change where it goes what a step changes it by
     */
    private record State(Tensor tensor, Tensor kept, Tensor change) {
        void take() {
            tensor.copy_(tensor.is_floating_point() ? kept : kept.round());
        }

        void give() {
            change.copy_(kept.sub(tensor));
        }
    }

    /** Standardizes, and back; both null for numbers as they are. */
    private record Scale(Tensor mean, Tensor deviation) {
        static Scale of(Optional<Standardizer> standardizer, Memory memory) {
            return standardizer
                    .map(each -> new Scale(tensor(each.mean(), memory), tensor(each.deviation(), memory)))
                    .orElse(new Scale(null, null));
        }

        private static Tensor tensor(INDArray row, Memory memory) {
            return memory.here(Memory.of(row.dup('c')).clone());
        }

        Tensor standardized(Tensor rows) {
            return mean == null ? rows : rows.sub(mean).div(deviation);
        }

        Tensor restored(Tensor rows) {
            return mean == null ? rows : rows.mul(deviation).add(mean);
        }
    }

    /**
     * @param own DL4J's, which knows where the numbers lie
     * @param memory of the network
     * @param output what is made of its answers
     * @param fewestSamples that it can be trained with
     */
    ScriptStage(Script script, Shape shape, Network network, Stage own, Memory memory, Part.Output output, int fewest) {
        this.script = script;
        this.shape = shape;
        this.own = own;
        this.memory = memory;
        fewestSamples = fewest;
        loss = new Loss(output, memory);
        inputs = Scale.of(network.scaling().inputs(), memory);
        targets = Scale.of(network.scaling().targets(), memory);
        long from = 0;
        try (var guard = new NoGradGuard()) {
            for (var each : script.tensors()) {
                long length = each.tensor().numel();
                var kept = memory.parameters()
                        .narrow(0, from, length)
                        .view(each.tensor().shape());
                var derivative = memory.gradient()
                        .narrow(0, from, length)
                        .view(each.tensor().shape());
                kept.copy_(each.tensor());
                if (each.kind() == Held.Kind.STATE) {
                    states.add(new State(each.tensor(), kept, derivative));
                } else {
                    for (var tensor : each.all()) {
                        tensor.set_data(kept);
                        tensor.mutable_grad().put(derivative);
                    }
                }
                from += length;
            }
        }
        memory.begin();
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
        return fewestSamples;
    }

    @Override
    public Optional<String> wholeBatchLoss() {
        return Optional.empty();
    }

    @Override
    public Batch batch(int rows, Shape shape) {
        return TorchBatch.of(own.batch(rows, shape), 1);
    }

    @Override
    public double computeGradient(Batch batch, long seed) {
        DRAWING.lock();
        try (var scope = new PointerScope()) {
            memory.take();
            memory.gradient().zero_();
            take();
            var part = memory.here(((TorchBatch) batch).parts().getFirst());
            torch.manual_seed(seed);
            var out = script.forward(taken(part.inputs(), shape), true).toTensor();
            var sum = loss.sum(out, targets.standardized(part.targets()));
            sum.toDerive().backward();
            try (var guard = new NoGradGuard()) {
                states.forEach(State::give);
            }
            memory.give();
            return sum.value().item_double() / batch.rows();
        } finally {
            DRAWING.unlock();
        }
    }

    @Override
    public Answers answer(Batch batch) {
        DRAWING.lock();
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            memory.take();
            take();
            var part = memory.here(((TorchBatch) batch).parts().getFirst());
            var out = script.forward(taken(part.inputs(), shape), false).toTensor();
            double sum =
                    loss.sum(out, targets.standardized(part.targets())).value().item_double();
            var outputs = targets.restored(loss.answers(out)).contiguous().cpu();
            var numbers = new float[Math.toIntExact(outputs.numel())];
            new FloatPointer(outputs.data_ptr()).get(numbers);
            var classes = new long[batch.rows()];
            new LongPointer(outputs.argmax(new LongOptional(1), false).data_ptr()).get(classes);
            return new Answers(
                    sum / batch.rows(),
                    Arrays.stream(classes).mapToInt(Math::toIntExact).toArray(),
                    numbers);
        } finally {
            DRAWING.unlock();
        }
    }

    private void take() {
        try (var guard = new NoGradGuard()) {
            states.forEach(State::take);
        }
    }

    private Tensor taken(Tensor rows, Shape shape) {
        return form(inputs.standardized(rows), shape);
    }

    /** Samples by rows, as a module takes them: images channels first, words by their numbers. */
    static Tensor form(Tensor rows, Shape shape) {
        return switch (shape) {
            case Shape.Flat flat -> rows;
            case Shape.Image(var height, var width, var channels) ->
                rows.view(new long[] {rows.size(0), channels, height, width});
            case Shape.Tokens words -> rows.to(ScalarType.Long);
        };
    }

    /** With everything else that LibTorch draws for. */
    static <T> T drawing(Supplier<T> supplier) {
        DRAWING.lock();
        try {
            return supplier.get();
        } finally {
            DRAWING.unlock();
        }
    }

    /** Writes the module with the parameters of now. */
    void save(Path to, String name, String preprocessing) {
        try (var guard = new NoGradGuard()) {
            memory.take();
            take();
        }
        script.save(to, name, preprocessing);
    }
}
