package dev.capstan.worker.torch;

import org.bytedeco.pytorch.Tensor;

/** A part of a network, with its parameters. */
interface Operation {
    /** What comes out of what comes in. */
    Tensor apply(Tensor in, Pass pass);
}
