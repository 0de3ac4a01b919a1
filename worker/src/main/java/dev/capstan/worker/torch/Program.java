package dev.capstan.worker.torch;

import dev.capstan.worker.step.Stage.Answers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.deeplearning4j.nn.api.Layer;

/** A planned network, ready to be computed. */
final class Program {
    private final Memory memory;
    private final List<Operation> operations = new ArrayList<>();
    private final Loss loss;
    private final boolean sequences;

    /** @param layers whose parameters it computes with, and whose gradient it writes */
    Program(Plan plan, Layer[] layers, Memory memory) {
        this.memory = memory;
        var made = new Operations(memory, layer -> layers[layer].paramTable());
        char order = 'c';
        for (var part : plan.parts()) {
            operations.add(made.of(part, order));
            // How DL4J lays out what comes next.
            order = part instanceof Part.Lstm(var layer, var units, var last) && !last ? 'f' : 'c';
        }
        loss = new Loss((Part.Output) plan.parts().getLast(), memory);
        sequences = plan.has(Part.Embedding.class);
    }

    /**
     * Leaves the gradient in DL4J's memory: a sum over samples.
     *
     * @return the loss, summed over the samples
     */
    double gradient(TorchBatch.Part batch) {
        try (var scope = new PointerScope()) {
            memory.take();
            var sum = derived(memory.here(batch));
            memory.give();
            return sum.item_double();
        }
    }

    /**
     * Leaves the gradient where it is computed.
     *
     * @return the loss, summed over the samples; on a device it may still be under way
     */
    private Tensor derived(TorchBatch.Part batch) {
        memory.gradient().zero_();
        var pass = pass(batch, true);
        var sum = loss.sum(forward(batch, pass), batch.targets());
        sum.toDerive().backward();
        try (var guard = new NoGradGuard()) {
            pass.finish();
        }
        return sum.value();
    }

    /** What the network answers when it is used; the loss is summed over the samples. */
    Answers answers(TorchBatch.Part places) {
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            memory.take();
            var batch = memory.here(places);
            var in = forward(batch, pass(batch, false));
            double sum = loss.sum(in, batch.targets()).value().item_double();
            var outputs = loss.answers(in).contiguous().cpu();
            var numbers = new float[Math.toIntExact(outputs.numel())];
            new FloatPointer(outputs.data_ptr()).get(numbers);
            var classes = new long[batch.rows()];
            new LongPointer(outputs.argmax(new LongOptional(1), false).data_ptr()).get(classes);
            return new Answers(
                    sum, Arrays.stream(classes).mapToInt(Math::toIntExact).toArray(), numbers);
        }
    }

    private Pass pass(TorchBatch.Part batch, boolean training) {
        if (!sequences || batch.mask() == null) {
            return new Pass(training, null, batch.inputs().size(1));
        }
        var mask = batch.mask();
        return new Pass(training, mask.narrow(1, 0, longest(mask)), mask.size(1));
    }

    /** What comes behind the longest sample's end means nothing, and is left out. */
    private static long longest(Tensor mask) {
        return mask.sum(1).max().item_long();
    }

    private Tensor forward(TorchBatch.Part batch, Pass pass) {
        var at = pass.mask() == null
                ? batch.inputs()
                : batch.inputs().narrow(1, 0, pass.mask().size(1));
        for (var operation : operations) {
            at = operation.apply(at, pass);
        }
        return at;
    }
}
