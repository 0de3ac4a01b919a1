package dev.capstan.worker.torch;

import static org.bytedeco.pytorch.global.torch.from_blob;

import java.nio.FloatBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A network's parameters and its gradient, where DL4J has them: LibTorch reads and writes the same memory, and frees
 * none of it. A device with a memory of its own has copies of both, laid out alike.
 */
final class Memory {
    private final long offset;
    private final Tensor parameters;
    private final Tensor gradient;
    /** What these are copies of; null if they are DL4J's own. */
    private final Memory original;

    /** @param parameters a network's, which keeps them, in a row of their own memory; likewise the gradient */
    Memory(INDArray parameters, INDArray gradient) {
        offset = parameters.offset();
        this.parameters = of(parameters);
        this.gradient = of(gradient);
        original = null;
    }

    private Memory(long offset, Tensor parameters, Tensor gradient, Memory original) {
        this.offset = offset;
        this.parameters = parameters;
        this.gradient = gradient;
        this.original = original;
    }

    /** Copies on a device, or this itself where the device has no memory of its own. */
    Memory on(Device device) {
        if (!device.apart()) {
            return this;
        }
        // Places that stay: these are no PointerScope's.
        var options = new TensorOptions(new org.bytedeco.pytorch.Device(device.name()));
        return new Memory(
                offset,
                torch.zeros(new long[] {parameters.size(0)}, options),
                torch.zeros(new long[] {parameters.size(0)}, options),
                this);
    }

    /** At the beginning: gives DL4J the parameters that were written where it is computed. */
    void begin() {
        if (original != null) {
            original.parameters.copy_(parameters);
        }
    }

    /** Before anything is computed: takes over DL4J's parameters, which change with every update. */
    void take() {
        if (original != null) {
            try (var guard = new NoGradGuard()) {
                parameters.copy_(original.parameters);
            }
        }
    }

    /** After a gradient was computed: gives it to DL4J, where peers, clipping and the optimizer find it. */
    void give() {
        if (original != null) {
            original.gradient.copy_(gradient);
        }
    }

    /** What lies in memory, where it is computed with. */
    Tensor here(Tensor tensor) {
        return original == null
                ? tensor
                : torch.empty(tensor.shape(), parameters.options(), new MemoryFormatOptional())
                        .copy_(tensor);
    }

    /** As above, of some rows of a batch. */
    TorchBatch.Part here(TorchBatch.Part part) {
        return original == null
                ? part
                : new TorchBatch.Part(
                        part.rows(),
                        here(part.inputs()),
                        here(part.targets()),
                        part.mask() == null ? null : here(part.mask()));
    }

    /** The same parameters, and a gradient elsewhere. */
    Memory withGradientOfItsOwn() {
        return new Memory(offset, parameters, torch.zeros_like(parameters), original);
    }

    /** An array's own memory, in a row; valid while the array is reachable. */
    static Tensor of(INDArray array) {
        return from_blob(
                new Pointer(array.data().addressPointer()),
                new long[] {array.length()},
                new TensorOptions(ScalarType.Float));
    }

    /** A direct buffer's own memory; valid while the buffer is reachable. */
    static Tensor of(FloatBuffer floats, long... shape) {
        return from_blob(new FloatPointer(floats), shape, new TensorOptions(ScalarType.Float));
    }

    /** All parameters. */
    Tensor parameters() {
        return parameters;
    }

    /** The gradient of all parameters. */
    Tensor gradient() {
        return gradient;
    }

    /** A window on the parameters, in DL4J's shape. */
    Tensor parameter(INDArray view) {
        return window(parameters, view, view.shape(), view.stride());
    }

    /** The window on the gradient that lies as that on the parameters does. */
    Tensor derivative(INDArray view) {
        return window(gradient, view, view.shape(), view.stride());
    }

    /**
     * A parameter that LibTorch derives by: what it computes is added to DL4J's gradient, where it lies.
     *
     * @param view of DL4J's parameters
     */
    Tensor leaf(INDArray view) {
        return leaf(view, view.shape(), view.stride());
    }

    /**
     * As above, of a matrix whose rows are DL4J's columns: DL4J keeps it by columns, so these rows lie as they are
     * read.
     */
    Tensor transposed(INDArray view) {
        return leaf(view, new long[] {view.size(1), view.size(0)}, new long[] {view.stride(1), view.stride(0)});
    }

    /** As above, of another shape that begins where the view does. */
    Tensor leaf(INDArray view, long[] shape, long[] stride) {
        var leaf = window(parameters, view, shape, stride);
        leaf.set_requires_grad(true);
        leaf.mutable_grad().put(window(gradient, view, shape, stride));
        return leaf;
    }

    private Tensor window(Tensor row, INDArray view, long[] shape, long[] stride) {
        return row.as_strided(shape, stride, new LongOptional(view.offset() - offset));
    }
}
