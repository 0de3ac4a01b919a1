package dev.capstan.worker.torch;

import dev.capstan.worker.model.Held;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.ExtraFilesMap;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A TorchScript module that was loaded, and its tensors. */
final class Script {
    private final ScriptFile file;
    private final JitModule module;
    private final List<Owned> tensors = new ArrayList<>();
    /** Those that no step may change, for nobody would know of it. */
    private final List<Owned> fixed = new ArrayList<>();

    private boolean training;

    /**
     * A tensor of the module's.
     *
     * @param all the same one under all of its names
     */
    record Owned(String name, Held.Kind kind, List<Tensor> all) {
        Tensor tensor() {
            return all.getFirst();
        }

        Held.Slot slot() {
            return new Held.Slot(name, tensor().numel(), kind);
        }
    }

    private Script(ScriptFile file, JitModule module) {
        this.file = file;
        this.module = module;
    }

    /**
     * Loads a module.
     *
     * @throws dev.capstan.worker.outcome.Failure InvalidJob if it can't be trained
     */
    static Script load(ScriptFile file, Device device) {
        file.check();
        JitModule module;
        try {
            // Wherever its tensors were when it was saved.
            module = torch.load(
                    file.path().toString(), new DeviceOptional(new org.bytedeco.pytorch.Device(device.name())), false);
        } catch (RuntimeException e) {
            throw file.invalid("can't be loaded by " + LibTorch.version(), e);
        }
        var script = new Script(file, module);
        script.checkForward();
        script.readParameters();
        script.readBuffers();
        module.train(false);
        return script;
    }

    private void checkForward() {
        var forward = module.find_method("forward");
        if (!forward.has_value()) {
            throw file.invalid("has no forward; a module computes by that");
        }
        // The first is the module itself.
        long inputs = forward.get().num_inputs() - 1;
        if (inputs != 1) {
            throw file.invalid("has a forward that takes " + inputs
                    + " inputs; it must take one, a tensor with a batch of samples");
        }
    }

    private void readParameters() {
        var list = module.named_parameters();
        var at = list.begin();
        for (long i = 0; i < list.size(); i++, at.increment()) {
            var each = at.access();
            var tensor = kept(each.value());
            var name = each.name().getString();
            if (tensor.scalar_type().intern() != ScalarType.Float) {
                throw file.invalid("has the parameter " + name + " of " + type(tensor)
                        + "; it must be of float32: call model.float() before it is saved");
            }
            checkFinite(name, tensor);
            var kind = !tensor.requires_grad() ? Held.Kind.STATE : tensor.dim() > 1 ? Held.Kind.WEIGHT : Held.Kind.BIAS;
            add(name, kind, tensor);
        }
        if (tensors.stream().allMatch(each -> each.kind() == Held.Kind.STATE)) {
            throw file.invalid("has no parameter that requires a gradient, so there is nothing to train");
        }
    }

    private void readBuffers() {
        var list = module.named_buffers();
        var at = list.begin();
        for (long i = 0; i < list.size(); i++, at.increment()) {
            var each = at.access();
            var tensor = kept(each.value());
            var name = each.name().getString();
            if (tensor.scalar_type().intern() == ScalarType.Float) {
                add(name, Held.Kind.STATE, tensor);
            } else if (isCount(tensor)) {
                // As batch normalization's num_batches_tracked: exact among floats, too.
                add(name, Held.Kind.STATE, tensor);
            } else {
                fixed.add(new Owned(name, Held.Kind.STATE, List.of(tensor)));
            }
        }
    }

    /** The same tensor, beyond the iterator's next move: what that gives is its own. */
    private static Tensor kept(Tensor passing) {
        return new Tensor(passing);
    }

    private static boolean isCount(Tensor tensor) {
        return tensor.scalar_type().intern() == ScalarType.Long && tensor.dim() == 0;
    }

    /** A module may have one tensor under several names, as where an embedding's table is the output's, too. */
    private void add(String name, Held.Kind kind, Tensor tensor) {
        for (int i = 0; i < tensors.size(); i++) {
            var other = tensors.get(i);
            var known = other.tensor();
            if (tensor.numel() > 0
                    && known.data_ptr().address() == tensor.data_ptr().address()) {
                if (!Arrays.equals(known.shape(), tensor.shape()) || other.kind() != kind) {
                    throw file.invalid("has the tensors " + other.name() + " and " + name
                            + " in the same memory, but of another kind or shape; clone one of them");
                }
                var all = new ArrayList<>(other.all());
                all.add(tensor);
                tensors.set(i, new Owned(other.name(), kind, List.copyOf(all)));
                return;
            }
        }
        tensors.add(new Owned(name, kind, List.of(tensor)));
    }

    private void checkFinite(String name, Tensor tensor) {
        if (!tensor.isfinite().all().item_bool()) {
            throw file.invalid("has the parameter " + name
                    + " with NaN or infinity in it; a training that begins with that ends with it");
        }
    }

    /** As Python calls its type. */
    static String type(Tensor tensor) {
        return switch (tensor.scalar_type().intern()) {
            case Float -> "float32";
            case Double -> "float64";
            case Half -> "float16";
            case Int -> "int32";
            case Long -> "int64";
            case ScalarType other -> other.name().toLowerCase(Locale.ROOT);
        };
    }

    ScriptFile file() {
        return file;
    }

    /** In the order in which the module has them, parameters first. */
    List<Owned> tensors() {
        return tensors;
    }

    List<Owned> fixed() {
        return fixed;
    }

    /**
     * What it answers.
     *
     * @param learning whether it drops out, and normalizes by the batch
     * @throws RuntimeException LibTorch's, if it can't
     */
    IValue forward(Tensor inputs, boolean learning) {
        if (training != learning) {
            module.train(learning);
            training = learning;
        }
        // Its optimizer compiles anew after the first passes, which then round otherwise: a training that goes on
        // would differ from one that was never interrupted. The switch is a thread's own.
        torch.setGraphExecutorOptimize(false);
        return module.forward(new IValueVector(new IValue(inputs)));
    }

    /**
     * Writes the module as it is used, for {@code torch.jit.load}.
     *
     * @param to of the same name for the same bytes: it stands in the archive
     * @param preprocessing how samples are read for it, which it carries as an extra file
     */
    void save(Path to, String name, String preprocessing) {
        var extra = new ExtraFilesMap();
        extra.put(new org.bytedeco.javacpp.BytePointer(name), new org.bytedeco.javacpp.BytePointer(preprocessing));
        var lent = new ArrayList<List<Tensor>>();
        try (var guard = new NoGradGuard()) {
            // LibTorch writes the whole memory that a tensor is a window on.
            for (var each : tensors) {
                lent.add(each.all().stream().map(Tensor::detach).toList());
                var own = each.tensor().detach().cpu().clone();
                each.all().forEach(tensor -> tensor.set_data(own));
            }
            module.train(false);
            training = false;
            module.save(to.toString(), extra);
        } finally {
            for (int i = 0; i < lent.size(); i++) {
                var all = tensors.get(i).all();
                for (int j = 0; j < all.size(); j++) {
                    all.get(j).set_data(lent.get(i).get(j));
                }
            }
        }
    }
}
