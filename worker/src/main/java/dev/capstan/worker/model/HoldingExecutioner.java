package dev.capstan.worker.model;

import java.lang.ref.Reference;
import java.util.function.Supplier;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.BroadcastOp;
import org.nd4j.linalg.api.ops.CustomOp;
import org.nd4j.linalg.api.ops.IndexAccumulation;
import org.nd4j.linalg.api.ops.Op;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.api.ops.RandomOp;
import org.nd4j.linalg.api.ops.ReduceOp;
import org.nd4j.linalg.api.ops.ScalarOp;
import org.nd4j.linalg.api.ops.impl.summarystats.Variance;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.cpu.nativecpu.ops.NativeOpExecutioner;

/**
 * ND4J's executioner, which holds on to an operation until its native call has returned.
 *
 * <p>ND4J 1.0.0-M2.1 hands native code the addresses of buffers whose Java objects nothing refers to any more, such as
 * the dimensions of a broadcast. When the garbage collector runs in that moment, ND4J's deallocator frees them under
 * the native code's feet, and the process dies of a segmentation fault: some runs in a hundred, more on a busy machine.
 * All of an operation's buffers are reachable from the operation, so a fence behind the call is enough.
 *
 * <p>ND4J takes the class by the system property {@code opexec}.
 */
public final class HoldingExecutioner extends NativeOpExecutioner {
    @Override
    public INDArray exec(Op op) {
        return hold(op, null, () -> super.exec(op));
    }

    @Override
    public INDArray exec(Op op, OpContext context) {
        return hold(op, context, () -> super.exec(op, context));
    }

    @Override
    public INDArray exec(IndexAccumulation op) {
        return hold(op, null, () -> super.exec(op));
    }

    @Override
    public INDArray exec(IndexAccumulation op, OpContext context) {
        return hold(op, context, () -> super.exec(op, context));
    }

    @Override
    public INDArray exec(ReduceOp op) {
        return hold(op, null, () -> super.exec(op));
    }

    @Override
    public INDArray exec(ReduceOp op, OpContext context) {
        return hold(op, context, () -> super.exec(op, context));
    }

    @Override
    public INDArray exec(ScalarOp op) {
        return hold(op, null, () -> super.exec(op));
    }

    @Override
    public INDArray exec(ScalarOp op, OpContext context) {
        return hold(op, context, () -> super.exec(op, context));
    }

    @Override
    public INDArray exec(BroadcastOp op) {
        return hold(op, null, () -> super.exec(op));
    }

    @Override
    public INDArray exec(BroadcastOp op, OpContext context) {
        return hold(op, context, () -> super.exec(op, context));
    }

    @Override
    public INDArray exec(Variance op) {
        return hold(op, null, () -> super.exec(op));
    }

    @Override
    public INDArray exec(RandomOp op) {
        return hold(op, null, () -> super.exec(op));
    }

    @Override
    public INDArray exec(RandomOp op, Random random) {
        return hold(op, null, () -> super.exec(op, random));
    }

    @Override
    public INDArray exec(RandomOp op, OpContext context, Random random) {
        return hold(op, context, () -> super.exec(op, context, random));
    }

    @Override
    public INDArray[] exec(CustomOp op) {
        return hold(op, null, () -> super.exec(op));
    }

    @Override
    public INDArray[] exec(CustomOp op, OpContext context) {
        return hold(op, context, () -> super.exec(op, context));
    }

    private static <T> T hold(Object op, OpContext context, Supplier<T> call) {
        try {
            return call.get();
        } finally {
            Reference.reachabilityFence(op);
            Reference.reachabilityFence(context);
        }
    }
}
