package dev.capstan.worker.torch;

import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Training;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;

/** Users' own TorchScript modules, as networks that train. */
public final class ScriptModels {
    /** Samples that a module is tried with before its first step. */
    private static final int TRIED = 8;

    private ScriptModels() {}

    /**
     * The network of a module, before its first step.
     *
     * @param place the module's file
     * @param data what the training data is
     * @param classWeights a factor for each class in the loss; null if all count alike
     * @param samples of the training data, of which a few are tried
     * @throws dev.capstan.worker.outcome.Failure InvalidJob if it can't be loaded or trained, or doesn't fit the data
     */
    public static Network network(
            Place place, Training training, Preprocessing data, double[] classWeights, Samples samples) {
        LibTorch.load();
        var device = Device.given();
        // Nothing here may be a PointerScope's: it stays for as long as the training does.
        var script = Script.load(new ScriptFile(place), device);
        int fewest = ScriptStage.drawing(() -> new Trial(script, data, samples).fewestSamples());
        var slots = script.tensors().stream().map(Script.Owned::slot).toList();
        return Networks.held(
                slots,
                training,
                data,
                data.outputs(),
                (network, own) -> new ScriptStage(
                        script,
                        data.shape(),
                        network,
                        own,
                        new Memory(network.parameters(), network.gradients()).on(device),
                        output(data, classWeights),
                        fewest));
    }

    /** Cross entropy of the logits, or the mean of squares. */
    private static Part.Output output(Preprocessing data, double[] classWeights) {
        return data.predictsNumbers()
                ? new Part.Output(0, false, Function.IDENTITY, new LossMSE())
                : new Part.Output(0, false, new Function(Function.Kind.SOFTMAX), crossEntropy(classWeights));
    }

    private static ILossFunction crossEntropy(double[] classWeights) {
        return classWeights == null
                ? new LossMCXENT()
                : new LossMCXENT(Nd4j.createFromArray(classWeights)
                        .castTo(org.nd4j.linalg.api.buffer.DataType.FLOAT)
                        .reshape(1, classWeights.length));
    }

    /** Whether a network is a module's. */
    public static boolean isOne(Network network) {
        return network.stage() instanceof ScriptStage;
    }

    /**
     * Writes a network's module, for {@code torch.jit.load}: the same bytes for the same model.
     *
     * @param name of the file, which stands in it
     * @param extra name of the file in it that says how samples are read
     * @param out stays open
     */
    public static void write(Network network, String name, String extra, Preprocessing preprocessing, OutputStream out)
            throws IOException {
        // LibTorch writes files alone.
        var folder = Files.createTempDirectory("module");
        var file = folder.resolve(name);
        try {
            ((ScriptStage) network.stage()).save(file, extra, Json.write(preprocessing));
            Files.copy(file, out);
        } finally {
            Files.deleteIfExists(file);
            Files.delete(folder);
        }
    }

    /** What a module does with a few samples. */
    private record Trial(Script script, Preprocessing data, Samples samples) {
        /** 2 if it normalizes by the batch and can't do so with one sample; else 1. */
        int fewestSamples() {
            try (var scope = new PointerScope();
                    var guard = new NoGradGuard()) {
                var before = script.tensors().stream()
                        .map(each -> each.tensor().clone())
                        .toList();
                var fixed = script.fixed().stream()
                        .map(each -> each.tensor().clone())
                        .toList();
                var rows = rows();
                check(answers(rows, false));
                check(answers(rows, true));
                int fewest = isTrainedByOne(rows.narrow(0, 0, 1)) ? 1 : 2;
                for (int i = 0; i < fixed.size(); i++) {
                    var each = script.fixed().get(i);
                    if (!each.tensor().equal(fixed.get(i))) {
                        throw script.file()
                                .invalid("changes its buffer " + each.name() + " of " + Script.type(each.tensor())
                                        + " while it computes; make it one of float32, which checkpoints keep");
                    }
                }
                for (int i = 0; i < before.size(); i++) {
                    script.tensors().get(i).tensor().copy_(before.get(i));
                }
                return fewest;
            }
        }

        /** Batch normalization written in Python says that it can't; the operation itself leaves NaN as variance. */
        private boolean isTrainedByOne(Tensor row) {
            try {
                forward(row, true);
            } catch (RuntimeException e) {
                return false;
            }
            return script.tensors().stream()
                    .map(Script.Owned::tensor)
                    .filter(Tensor::is_floating_point)
                    .allMatch(each -> each.isfinite().all().item_bool());
        }

        private Tensor rows() {
            // At least two: batch normalization has no variance of one.
            int count = Math.max(2, Math.min(TRIED, samples.size()));
            var numbers = new float[count * samples.inputs()];
            for (int i = 0; i < count; i++) {
                samples.copyInputs(i % samples.size(), numbers, i * samples.inputs());
            }
            var places = ByteBuffer.allocateDirect(numbers.length * Float.BYTES)
                    .order(ByteOrder.nativeOrder())
                    .asFloatBuffer()
                    .put(0, numbers);
            var rows = Memory.of(places, count, samples.inputs()).clone();
            if (data.scaling() != null) {
                IntStream.range(0, samples.inputs())
                        .forEach(i -> rows.select(1, i)
                                .sub_(new Scalar(data.scaling().mean().get(i)))
                                .div_(new Scalar(data.scaling().deviation().get(i))));
            }
            return rows.to(script.tensors().getFirst().tensor().device(), ScalarType.Float);
        }

        private org.bytedeco.pytorch.IValue forward(Tensor rows, boolean learning) {
            return script.forward(ScriptStage.form(rows, data.shape()), learning);
        }

        private Tensor answers(Tensor rows, boolean learning) {
            org.bytedeco.pytorch.IValue out;
            try {
                out = forward(rows, learning);
            } catch (RuntimeException e) {
                throw script.file()
                        .invalid(
                                "can't compute a batch of " + form(rows) + ", "
                                        + data.shape().words() + " each",
                                e);
            }
            if (!out.isTensor()) {
                throw script.file()
                        .invalid("answers with a " + out.tagKind().getString()
                                + "; its forward must give one tensor of " + wanted());
            }
            return out.toTensor();
        }

        private String form(Tensor rows) {
            return size(ScriptStage.form(rows, data.shape()))
                    + (data.shape() instanceof Shape.Tokens ? " whole numbers" : " numbers");
        }

        private static String size(Tensor tensor) {
            return Arrays.stream(tensor.shape()).mapToObj(Long::toString).collect(Collectors.joining(" x "));
        }

        private String wanted() {
            int outputs = data.outputs();
            return "samples by " + outputs + (data.predictsNumbers() ? " numbers to predict" : " classes");
        }

        private void check(Tensor out) {
            if (out.scalar_type().intern() != ScalarType.Float) {
                throw script.file().invalid("answers with " + Script.type(out) + "; it must be float32");
            }
            if (out.dim() != 2 || out.size(1) != data.outputs()) {
                throw script.file()
                        .invalid("answers to a batch with " + size(out)
                                + " numbers; the data has " + data.outputs()
                                + (data.predictsNumbers() ? " numbers to predict" : " classes") + ", so it must be "
                                + out.size(0) + " x " + data.outputs());
            }
            if (!data.predictsNumbers() && data.outputs() > 1 && isSoftmax(out)) {
                throw script.file()
                        .invalid("answers with shares that add up to 1, as after a softmax; it must answer with"
                                + " logits, since the loss has a softmax of its own: remove that from its end");
            }
        }

        private static boolean isSoftmax(Tensor out) {
            return out.min().item_float() >= 0
                    && out.sum(1).sub(new Scalar(1)).abs().max().item_float() < 1e-4;
        }
    }
}
