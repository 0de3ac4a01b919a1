package dev.capstan.worker.train;

/**
 * The last request for a checkpoint, and whether there is one since. A request is done when a checkpoint is whole that
 * was begun after it, not when it was heard. Any thread may use it.
 */
public final class CheckpointRequests {
    private String open;
    private String done;

    /** What became of a request. */
    public enum State {
        /** It is new, or what was tried for it has failed: all ranks have to be told. */
        NEW,
        /** A checkpoint for it is under way. */
        OPEN,
        /** It is done. */
        DONE
    }

    /** Asks for a checkpoint, by what tells this request from others. */
    public synchronized State ask(String request) {
        if (request.equals(done)) {
            return State.DONE;
        }
        var state = request.equals(open) ? State.OPEN : State.NEW;
        open = request;
        return state;
    }

    /** A checkpoint is begun; returns the request that it does, null if there is none. */
    synchronized String begin() {
        return open;
    }

    /** The checkpoint is whole that was begun for a request. */
    synchronized void kept(String request) {
        if (request != null) {
            done = request;
            open = request.equals(open) ? null : open;
        }
    }

    /** No checkpoint came out: who asks again is to be heard again. */
    synchronized void failed() {
        open = null;
    }
}
