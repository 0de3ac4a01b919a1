package dev.capstan.protocol;

/**
 * How far a replica is, as the operator asks for it.
 *
 * @param state what it does
 * @param message in words: why it isn't ready, or what it serves
 * @param digest of the model that was loaded and verified; null before
 * @param kept whether a copy of it is kept beside the source; null before that is known
 * @param loadMillis from the process' start to its first answer; null before
 */
public record Serving(State state, String message, String digest, Boolean kept, Long loadMillis) {
    /** What a replica does. */
    public enum State {
        /** Fetches and loads the model. */
        LOADING,
        /** Answers. */
        READY,
        /** Answers what has come, and takes no more. */
        DRAINING,
        /** The model can't be loaded, and trying again would change nothing. */
        FAILED
    }
}
