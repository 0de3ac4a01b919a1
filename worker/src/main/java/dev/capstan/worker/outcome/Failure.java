package dev.capstan.worker.outcome;

import dev.capstan.protocol.Outcome.Reason;

/** Ends the worker: the reason for the operator, and the sentence for the user. */
public final class Failure extends RuntimeException {
    private final transient Reason reason;
    /** Whether the sentence says where it happened. */
    private final boolean placed;
    /** The rank that was lost; -1 if it is about none. */
    private final int lost;

    /**
     * @param reason the class of the failure
     * @param message a sentence that names the field, file or peer, what was wrong and what would be right
     */
    public Failure(Reason reason, String message) {
        this(reason, message, null);
    }

    /** As {@link #Failure(Reason, String)}, with what brought it about, for the log. */
    public Failure(Reason reason, String message, Throwable cause) {
        this(reason, message, cause, false, -1);
    }

    private Failure(Reason reason, String message, Throwable cause, boolean placed, int lost) {
        super(message, cause);
        this.reason = reason;
        this.placed = placed;
        this.lost = lost;
    }

    /** A peer is gone, or of no use to its neighbours. */
    public static Failure lost(int rank, String message) {
        return new Failure(Reason.PeerLost, message, null, false, rank);
    }

    /** As another worker has found out; its sentence says where. */
    public static Failure lostElsewhere(int rank, String message) {
        return new Failure(Reason.PeerLost, message, null, true, rank);
    }

    /** What another worker ended with; its sentence says already where it happened. */
    public static Failure elsewhere(Reason reason, String message) {
        return new Failure(reason, message, null, true, -1);
    }

    /** The same, of one that had lost a rank before. */
    public static Failure elsewhere(Reason reason, String message, int lost) {
        return new Failure(reason, message, null, true, lost);
    }

    /** The class of the failure. */
    public Reason reason() {
        return reason;
    }

    /** The rank that was lost; -1 if no rank was, or nobody knows which. */
    public int lost() {
        return lost;
    }

    /** The same failure, with the place where it happened at the end of its sentence, unless it has one already. */
    public Failure at(String place) {
        return placed ? this : new Failure(reason, getMessage() + " at " + place, getCause(), true, lost);
    }

    /**
     * What ended the worker, as a failure: failures as they are, memory that ran out in Java or in native code as
     * {@link Reason#OutOfMemory}, all else as {@link Reason#WorkerError}.
     */
    public static Failure of(Throwable thrown) {
        for (var cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof Failure failure) {
                return failure;
            }
            if (cause instanceof OutOfMemoryError
                    || String.valueOf(cause.getMessage()).contains("std::bad_alloc")
                    || String.valueOf(cause.getMessage()).contains("DefaultCPUAllocator")) {
                return new Failure(
                        Reason.OutOfMemory,
                        "memory ran out (" + cause.getMessage() + "; Java heap at most "
                                + Runtime.getRuntime().maxMemory() / (1 << 20)
                                + " MiB); raise memory in workers.resources.limits",
                        thrown);
            }
        }
        return new Failure(Reason.WorkerError, "unexpected " + thrown, thrown);
    }
}
