package dev.capstan.worker.model;

import dev.capstan.worker.data.Samples;

/** What answers samples with a number for each class: a network, or a runtime that has loaded its model. */
public interface Answering extends AutoCloseable {
    /**
     * Makes a question ready, so that answering it is all that takes time afterwards.
     *
     * @param which samples, at most {@link #most}
     */
    Question question(Samples samples, int... which);

    /** The most samples that it takes at once. */
    default int most() {
        return Integer.MAX_VALUE;
    }

    @Override
    default void close() {}

    /** Some samples, as they are taken. */
    @FunctionalInterface
    interface Question {
        /** The numbers for all classes, sample by sample. */
        float[] answer();
    }
}
