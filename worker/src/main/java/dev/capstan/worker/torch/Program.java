package dev.capstan.worker.torch;

import dev.capstan.worker.step.Stage.Answers;
import java.util.ArrayDeque;
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
        var kept = new ArrayDeque<Character>();
        for (var part : plan.parts()) {
            operations.add(made.of(part, order));
            if (part instanceof Part.Kept) {
                kept.push(order);
            }
            // A sum lies as what was kept does.
            order = part instanceof Part.Added ? kept.pop() : after(part, order);
        }
        loss = new Loss((Part.Output) plan.parts().getLast(), memory);
        sequences = plan.has(Part.Embedding.class);
    }

    /** How DL4J lays out what a part gives: dropout is drawn along its memory. */
    private static char after(Part part, char before) {
        return switch (part) {
            case Part.Lstm(var layer, var units, var last) -> last ? 'c' : 'f';
            case Part.Bidirectional both -> 'f';
            case Part.OverTime window -> 'f';
            case Part.Attention attention -> before;
            case Part.LayerNormalization normalization -> before;
            case Part.Positions positions -> before;
            case Part.Dropped dropped -> before;
            case Part.Kept kept -> before;
            default -> 'c';
        };
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
        long length = batch.inputs().size(1);
        if (!sequences || batch.mask() == null) {
            return new Pass(training, null, length, length);
        }
        // What comes behind the longest sample's end means nothing, and is left out.
        var lengths = batch.mask().sum(1);
        long longest = lengths.max().item_long();
        return lengths.min().item_long() == longest
                ? new Pass(training, null, length, longest)
                : new Pass(training, batch.mask().narrow(1, 0, longest), length, longest);
    }

    private Tensor forward(TorchBatch.Part batch, Pass pass) {
        var at = pass.longest() == pass.length()
                ? batch.inputs()
                : batch.inputs().narrow(1, 0, pass.longest());
        for (var operation : operations) {
            at = operation.apply(at, pass);
        }
        return at;
    }
}
