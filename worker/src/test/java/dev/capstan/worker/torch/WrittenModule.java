package dev.capstan.worker.torch;

import dev.capstan.protocol.JobFile.Place;
import java.nio.file.Path;
import org.bytedeco.pytorch.BoolType;
import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.Type;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A TorchScript module as {@code torch.jit.script(model).save} writes it, made without Python. */
public final class WrittenModule {
    private final JitModule module = new JitModule(new QualifiedName("__torch__.Net"), new CompilationUnit(), false);

    public WrittenModule() {
        LibTorch.load();
        torch.manual_seed(7);
        module.register_attribute("training", new Type.TypePtr(BoolType.get()), new IValue(true));
    }

    /** A learned parameter, drawn from a normal distribution. */
    public WrittenModule parameter(String name, long... shape) {
        return parameter(name, torch.randn(shape).mul(new Scalar(0.1)));
    }

    WrittenModule parameter(String name, Tensor tensor) {
        var leaf = tensor.detach();
        leaf.set_requires_grad(true);
        module.register_parameter(name, leaf, false);
        return this;
    }

    /** A parameter that is not to be learned. */
    WrittenModule frozen(String name, long... shape) {
        module.register_parameter(name, torch.ones(shape), false);
        return this;
    }

    public WrittenModule buffer(String name, double value, long... shape) {
        return buffer(name, torch.full(shape, new Scalar(value)));
    }

    WrittenModule buffer(String name, Tensor tensor) {
        module.register_buffer(name, tensor);
        return this;
    }

    /** As batch normalization's. */
    public WrittenModule count(String name) {
        return buffer(name, torch.zeros(new long[] {}, new TensorOptions(ScalarType.Long)));
    }

    WrittenModule tied(String name, String to) {
        module.register_parameter(name, module.attr(to).toTensor(), false);
        return this;
    }

    WrittenModule flag(String name) {
        module.register_attribute(name, new Type.TypePtr(BoolType.get()), new IValue(false));
        return this;
    }

    /** Its one method; {@code x} is the batch. */
    public WrittenModule forward(String... lines) {
        return method("forward(self, x)", lines);
    }

    WrittenModule method(String signature, String... lines) {
        module.define("def " + signature + ":\n    " + String.join("\n    ", lines) + "\n");
        return this;
    }

    /** Dense layers with dropout between them, for images of so many pixels. */
    public static WrittenModule dense(int inputs, int hidden, int classes, double dropout) {
        return new WrittenModule()
                .parameter("first", hidden, inputs)
                .parameter("firstBias", hidden)
                .parameter("second", classes, hidden)
                .parameter("secondBias", classes)
                .forward(
                        "h = torch.relu(torch.linear(torch.flatten(x, 1), self.first, self.firstBias))",
                        "h = torch.dropout(h, " + dropout + ", self.training)",
                        "return torch.linear(h, self.second, self.secondBias)");
    }

    /** As above, with batch normalization in between. */
    public static WrittenModule normalized(int inputs, int hidden, int classes) {
        return normalized(inputs, hidden, classes, 0);
    }

    /** Both. */
    public static WrittenModule dropped(int inputs, int hidden, int classes) {
        return normalized(inputs, hidden, classes, 0.5);
    }

    private static WrittenModule normalized(int inputs, int hidden, int classes, double dropout) {
        return new WrittenModule()
                .parameter("first", hidden, inputs)
                .parameter("gamma", torch.ones(hidden))
                .parameter("beta", torch.zeros(hidden))
                .parameter("second", classes, hidden)
                .buffer("mean", 0, hidden)
                .buffer("variance", 1, hidden)
                .count("batches")
                .forward(
                        "h = torch.linear(torch.flatten(x, 1), self.first)",
                        "if self.training:",
                        "    self.batches.add_(1)",
                        "h = torch.batch_norm(h, self.gamma, self.beta, self.mean, self.variance, self.training, 0.1, 1e-5,"
                                + " False)",
                        "h = torch.dropout(torch.relu(h), " + dropout + ", self.training)",
                        "return torch.linear(h, self.second)");
    }

    public Place save(Path file) {
        module.save(file.toString());
        return new Place(file.toString(), "pvc://models/" + file.getFileName(), null);
    }
}
