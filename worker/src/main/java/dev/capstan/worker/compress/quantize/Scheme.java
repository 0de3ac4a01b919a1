package dev.capstan.worker.compress.quantize;

/** How real numbers are laid out over the integers of 8 bits. */
public enum Scheme {
    /**
     * 0 in the middle, as many steps on either side: int8 from -127 to 127. Activations are written as uint8 with the
     * zero point 128, which are the same numbers: with int8 ONNX Runtime does so itself on x86, but only where one
     * operator reads an activation, and computes a convolution in floats whose output several read.
     */
    SYMMETRIC,
    /** The whole range, wherever 0 lies in it: uint8 for activations, int8 with a zero point for weights. */
    ASYMMETRIC
}
