package dev.capstan.worker.compress.quantize;

/** How real numbers are laid out over the integers of 8 bits. */
public enum Scheme {
    /** Signed, 0 in the middle: int8 from -127 to 127. */
    SYMMETRIC,
    /** The whole range, wherever 0 lies in it: uint8 for activations, int8 with a zero point for weights. */
    ASYMMETRIC
}
