package dev.capstan.controllers.plan;

/**
 * Something that happened to a job or service, told once as an event.
 *
 * @param reason what happened
 * @param attempt in which attempt of a job, or to which revision of a service: with the reason it makes the event's
 *     name, so that none is told twice
 * @param note a sentence for people
 * @param about what tells it from others of the same reason and attempt, where there may be several; letters and
 *     digits, or empty
 */
public record Notice(Reason reason, int attempt, String note, String about) {
    /** Of what happens once in an attempt, or is told once. */
    public Notice(Reason reason, int attempt, String note) {
        this(reason, attempt, note, "");
    }

    /** What happens to jobs and services. */
    public enum Reason {
        MissingReference(true),
        ClaimPending(true),
        ClaimNotShareable(true),
        ClaimReadOnly(true),
        WaitingForModel(false),
        OutputInUse(false),
        PodRefused(true),
        ExceedsResourceQuota(true),
        NameTaken(true),
        Queued(false),
        DoesNotFit(true),
        TopologyPlacementFailed(true),
        WaitingForQuota(false),
        ExceedsMaxQuota(true),
        NoMatchingFlavor(true),
        QuotaStopped(false),
        FlavorConflict(true),
        Admitted(false),
        Started(false),
        WorkerLost(true),
        WorkerReplaced(false),
        Recovered(false),
        SpareLost(true),
        SpareRefused(true),
        Restarting(true),
        RolledBack(true),
        Suspended(false),
        StateNotKept(true),
        DataChanged(true),
        Resumed(false),
        Drained(false),
        CheckpointRequestDropped(true),
        CheckpointFailed(true),
        CheckpointBroken(true),
        Straggler(true),
        GPUNotUsed(true),
        Remade(true),
        NotRemade(true),
        Completed(false),
        Failed(true),
        RevisionCreated(false),
        RolledOut(false),
        RolloutStopped(true);

        private final boolean warning;

        Reason(boolean warning) {
            this.warning = warning;
        }

        /** Whether somebody may want to look into it. */
        public boolean warning() {
            return warning;
        }
    }
}
