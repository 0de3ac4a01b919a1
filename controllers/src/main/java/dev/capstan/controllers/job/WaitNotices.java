package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import java.util.Optional;

/** One event for each reason to wait: a job that waits for the same, if only with other numbers, tells it once. */
final class WaitNotices {
    private WaitNotices() {}

    /** What there is to tell of a job that waits for something else than it did before. */
    static Optional<Notice> of(JobState state, Situation situation) {
        return wait(situation)
                .filter(wait -> state.waiting()
                        .filter(last -> last.reason() == wait.reason())
                        .isEmpty())
                .flatMap(wait -> reason(wait.reason()).map(reason -> state.notice(reason, wait.message())));
    }

    private static Optional<Wait> wait(Situation situation) {
        return switch (situation) {
            case Situation.Pending(var wait) -> Optional.of(wait);
            case Situation.Queued(var wait) -> Optional.of(wait);
            case Situation.Checking(var wait) -> Optional.of(wait);
            case Situation.Granted(var wait) -> Optional.of(wait);
            // What these mean, others tell of.
            case Situation.Unchanged unchanged -> Optional.empty();
            case Situation.ModelFound found -> Optional.empty();
            case Situation.Checked checked -> Optional.empty();
            case Situation.Starting starting -> Optional.empty();
            case Situation.Running running -> Optional.empty();
            case Situation.Keeping keeping -> Optional.empty();
            case Situation.Requeued requeued -> Optional.empty();
            case Situation.Suspending suspending -> Optional.empty();
            case Situation.Suspended suspended -> Optional.empty();
            case Situation.Complete complete -> Optional.empty();
            case Situation.Failed failed -> Optional.empty();
        };
    }

    private static Optional<Notice.Reason> reason(WaitReason reason) {
        return switch (reason) {
            case MISSING_REFERENCE -> Optional.of(Notice.Reason.MissingReference);
            case CLAIM_PENDING -> Optional.of(Notice.Reason.ClaimPending);
            case CLAIM_NOT_SHAREABLE -> Optional.of(Notice.Reason.ClaimNotShareable);
            case CLAIM_READ_ONLY -> Optional.of(Notice.Reason.ClaimReadOnly);
            case WAITING_FOR_MODEL -> Optional.of(Notice.Reason.WaitingForModel);
            case OUTPUT_IN_USE -> Optional.of(Notice.Reason.OutputInUse);
            case POD_REFUSED -> Optional.of(Notice.Reason.PodRefused);
            case EXCEEDS_RESOURCE_QUOTA -> Optional.of(Notice.Reason.ExceedsResourceQuota);
            case NAME_TAKEN -> Optional.of(Notice.Reason.NameTaken);
            case DOES_NOT_FIT -> Optional.of(Notice.Reason.DoesNotFit);
            case TOPOLOGY_PLACEMENT_FAILED -> Optional.of(Notice.Reason.TopologyPlacementFailed);
            case WAITING_FOR_QUOTA -> Optional.of(Notice.Reason.WaitingForQuota);
            case EXCEEDS_MAX_QUOTA -> Optional.of(Notice.Reason.ExceedsMaxQuota);
            case NO_MATCHING_FLAVOR -> Optional.of(Notice.Reason.NoMatchingFlavor);
            case QUOTA_STOPPED -> Optional.of(Notice.Reason.QuotaStopped);
            case FLAVOR_CONFLICT -> Optional.of(Notice.Reason.FlavorConflict);
            // Told as Queued, Admitted, Restarting and the like; or over in a moment; or a service's.
            case PENDING,
                    DIGEST_NOT_FOUND,
                    CHECKING_DATA,
                    WAITING_FOR_CAPACITY,
                    WAITING_FOR_TURN,
                    PLACES_GRANTED,
                    PODS_STARTING,
                    SUSPENDING,
                    STATE_NOT_KEPT,
                    DATA_CHANGED,
                    RESTARTING,
                    PLACEMENT_TIMED_OUT,
                    PODS_FAILING,
                    PLACE_LOST,
                    DRAINED,
                    RESUMED -> Optional.empty();
        };
    }
}
