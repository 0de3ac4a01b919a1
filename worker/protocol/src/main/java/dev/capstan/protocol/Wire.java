package dev.capstan.protocol;

/**
 * How the workers of a gang send each other what they sum.
 *
 * @param frames how messages are protected; null for encrypted
 * @param precision what the summands are rounded to; null for not at all
 */
public record Wire(Frames frames, Precision precision) {
    /** Encrypted, and nothing is rounded. */
    public static final Wire DEFAULT = new Wire(null, null);

    /** How messages are protected. */
    public enum Frames {
        /** Encrypted, and what is changed on the way is refused. */
        ENCRYPTED,
        /** As they are, for networks that nobody else is in. */
        PLAIN
    }

    /** What numbers are rounded to on their way. */
    public enum Precision {
        /** Not at all. */
        FP32,
        /** The upper half of a float: as large or small as those, with 8 bits' precision. */
        BF16
    }

    /** How messages are protected. */
    public Frames protection() {
        return frames == null ? Frames.ENCRYPTED : frames;
    }

    /** Whether summands are rounded. */
    public boolean rounds() {
        return precision == Precision.BF16;
    }
}
