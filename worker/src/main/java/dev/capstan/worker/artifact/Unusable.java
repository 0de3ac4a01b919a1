package dev.capstan.worker.artifact;

/** A place that doesn't have the model that is wanted; the message goes on after the place's name. */
public final class Unusable extends Exception {
    private static final long serialVersionUID = 1;

    Unusable(String problem) {
        super(problem);
    }

    Unusable(String problem, Throwable cause) {
        super(problem, cause);
    }
}
