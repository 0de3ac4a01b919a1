package dev.capstan.crds;

/** Bounds that several schemas share. */
public final class Bounds {
    /**
     * Largest whole number that every JSON reader keeps exact: the API server holds a schema's bounds as double
     * precision, and 2^63 - 1 would become 2^63 there, which is no long.
     */
    public static final long MAX_SAFE_INTEGER = (1L << 53) - 1;

    /** Longest time that a job may ask for, in seconds: ten years of 365 days. */
    public static final int TEN_YEARS_SECONDS = 10 * 365 * 24 * 60 * 60;

    private Bounds() {}
}
