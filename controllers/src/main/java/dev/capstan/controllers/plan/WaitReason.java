package dev.capstan.controllers.plan;

import dev.capstan.crds.Reasons;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What a job waits for. The status says it by a condition's reason, and a new operator reads it back from there: this
 * is the one place that knows which reason means what.
 */
public enum WaitReason {
    PENDING(Reasons.PENDING, Stage.FIRST_LOOK),
    MISSING_REFERENCE(Reasons.MISSING_REFERENCE, Stage.PREREQUISITE),
    CLAIM_PENDING(Reasons.CLAIM_PENDING, Stage.PREREQUISITE),
    CLAIM_NOT_SHAREABLE(Reasons.CLAIM_NOT_SHAREABLE, Stage.PREREQUISITE),
    CLAIM_READ_ONLY(Reasons.CLAIM_READ_ONLY, Stage.PREREQUISITE),
    WAITING_FOR_MODEL(Reasons.WAITING_FOR_MODEL, Stage.PREREQUISITE),
    DIGEST_NOT_FOUND(Reasons.DIGEST_NOT_FOUND, Stage.PREREQUISITE),
    OUTPUT_IN_USE(Reasons.OUTPUT_IN_USE, Stage.PREREQUISITE),
    CHECKING_DATA(Reasons.CHECKING_DATA, Stage.CHECKING),

    POD_REFUSED(Reasons.POD_REFUSED, Stage.REFUSED),
    EXCEEDS_RESOURCE_QUOTA(Reasons.EXCEEDS_RESOURCE_QUOTA, Stage.REFUSED),
    NAME_TAKEN(Reasons.NAME_TAKEN, Stage.REFUSED),

    WAITING_FOR_CAPACITY(Reasons.WAITING_FOR_CAPACITY, Stage.QUEUED),
    WAITING_FOR_TURN(Reasons.WAITING_FOR_TURN, Stage.QUEUED),
    DOES_NOT_FIT(Reasons.DOES_NOT_FIT, Stage.QUEUED),
    TOPOLOGY_PLACEMENT_FAILED(Reasons.TOPOLOGY_PLACEMENT_FAILED, Stage.QUEUED),
    WAITING_FOR_QUOTA(Reasons.WAITING_FOR_QUOTA, Stage.QUEUED),
    EXCEEDS_MAX_QUOTA(Reasons.EXCEEDS_MAX_QUOTA, Stage.QUEUED),
    NO_MATCHING_FLAVOR(Reasons.NO_MATCHING_FLAVOR, Stage.QUEUED),
    QUOTA_STOPPED(Reasons.QUOTA_STOPPED, Stage.QUEUED),
    FLAVOR_CONFLICT(Reasons.FLAVOR_CONFLICT, Stage.QUEUED),

    PLACES_GRANTED(Reasons.PLACES_GRANTED, Stage.STARTING),
    PODS_STARTING(Reasons.PODS_STARTING, Stage.STARTING),

    SUSPENDING(Reasons.SUSPENDING, Stage.STOPPING),
    STATE_NOT_KEPT(Reasons.STATE_NOT_KEPT, Stage.STOPPING),
    DATA_CHANGED(Reasons.DATA_CHANGED, Stage.ON_HOLD),

    RESTARTING(Reasons.RESTARTING, Stage.ATTEMPT_LOST),
    PLACEMENT_TIMED_OUT(Reasons.PLACEMENT_TIMED_OUT, Stage.ATTEMPT_LOST),
    PODS_FAILING(Reasons.PODS_FAILING, Stage.ATTEMPT_LOST),
    PLACE_LOST(Reasons.PLACE_LOST, Stage.ATTEMPT_LOST),
    DRAINED(Reasons.DRAINED, Stage.ATTEMPT_LOST),
    RESUMED(Reasons.RESUMED, Stage.ATTEMPT_RESUMED);

    /** Where on its way a job is that waits. */
    public enum Stage {
        /** Nothing is known to be in the way yet. */
        FIRST_LOOK,
        /** Something that the job names has to be there before it queues. */
        PREREQUISITE,
        /** Its data are being checked, or are to be checked again. */
        CHECKING,
        /** The API server doesn't take what the job needs: said before it queues, or by a rollback. */
        REFUSED,
        /** Waits for places. */
        QUEUED,
        /** Has places, and its pods are on their way. */
        STARTING,
        /** Its pods are told to end. */
        STOPPING,
        /** An attempt ended that was to go on; the next one is being prepared. */
        ATTEMPT_LOST,
        /** An attempt found that it can't go on as things are, and that somebody else may change that. */
        ON_HOLD,
        /** An attempt was stopped as asked, and the job is to go on now. */
        ATTEMPT_RESUMED
    }

    private static final Map<String, WaitReason> BY_REASON =
            Arrays.stream(values()).collect(Collectors.toMap(WaitReason::reason, Function.identity()));

    private final String reason;
    private final Stage stage;

    WaitReason(String reason, Stage stage) {
        this.reason = reason;
        this.stage = stage;
    }

    /** The reason of conditions, one of {@link Reasons}. */
    public String reason() {
        return reason;
    }

    public Stage stage() {
        return stage;
    }

    /** What a condition's reason means; nothing if it is none of a wait. */
    public static Optional<WaitReason> of(String reason) {
        return Optional.ofNullable(BY_REASON.get(reason));
    }

    /** Whether a job that waits for this is in the queue for places. */
    public boolean isQueued() {
        return stage == Stage.QUEUED;
    }

    /**
     * Whether it says why the last attempt ended, or why the next can't begin: that stays to be read while the job only
     * waits for old pods or for its backoff.
     */
    public boolean isWorthRepeating() {
        return switch (stage) {
            case FIRST_LOOK, CHECKING, REFUSED, STARTING, ATTEMPT_LOST, ON_HOLD, ATTEMPT_RESUMED -> true;
            case PREREQUISITE, QUEUED, STOPPING -> false;
        };
    }
}
