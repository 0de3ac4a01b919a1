package dev.capstan.crds;

/**
 * The types of conditions. They are promises: a type never changes its meaning.
 *
 * <p>The first three are kstatus's, so that Flux, Argo CD and {@code kubectl wait} read every kind alike: a job that
 * runs is Ready, since nothing is left for the operator to do but to watch; a job that waits is Reconciling; a job that
 * only its user can help is Stalled. A service is Ready while so many replicas answer as its
 * {@code redundancy.minAvailable} wants, by whichever revision; what is still under way beside that is Reconciling.
 */
public final class Conditions {
    /** True while all is as the spec wants it: the job runs, or is complete. */
    public static final String READY = "Ready";
    /** True while the operator works on it or the job waits; the reason says for what. */
    public static final String RECONCILING = "Reconciling";
    /** True when nothing more happens until somebody changes something; a failed job is stalled. */
    public static final String STALLED = "Stalled";

    /** True once all samples were read and checked, of a job that wants that before it queues. */
    public static final String DATA_CHECKED = "DataChecked";
    /** True while the current attempt holds a grant of places for all of its workers; a service, for its minimum. */
    public static final String ADMITTED = "Admitted";
    /** True while all workers of the current attempt run and have met each other. */
    public static final String PODS_READY = "PodsReady";
    /** True once the workers of a job that asks for GPUs compute on them, false if they compute on CPUs instead. */
    public static final String GPU_USED = "GPUUsed";
    /** True while the job rests as its spec wants it: no worker runs, and no place is held. */
    public static final String SUSPENDED = "Suspended";
    /** True once the job has its result, be it one that was not accepted; final. */
    public static final String COMPLETE = "Complete";
    /** True once the job failed; final. */
    public static final String FAILED = "Failed";

    /** True once a compression has found the ranges of activations, of a job that quantizes. */
    public static final String CALIBRATED = "Calibrated";
    /** True once a compressed model was measured beside the one that it was made from. */
    public static final String EVALUATED = "Evaluated";
    /**
     * True once a compressed model is known to be within the bounds of {@code spec.acceptance}, false once it is known
     * not to be, unknown before.
     */
    public static final String ACCEPTED = "Accepted";

    /** True while the model that a service is to serve is known, and a replica has loaded it and answered by it. */
    public static final String MODEL_READY = "ModelReady";
    /**
     * True while every pod that a service's spec wants holds a place that is charged to the quota; false while some of
     * them wait, though the service may answer. {@link #ADMITTED} is about its minimum alone.
     */
    public static final String QUOTA_RESERVED = "QuotaReserved";
    /** True while a new revision of a service takes the place of the one before. */
    public static final String ROLLOUT_PROGRESSING = "RolloutProgressing";

    /** True while some node has each resource that each flavor of a quota lists. */
    public static final String RESOURCES_FOUND = "ResourcesFound";

    /** Status of a condition that holds. */
    public static final String TRUE = "True";
    /** Status of a condition that does not hold. */
    public static final String FALSE = "False";
    /** Status of a condition that nobody can tell. */
    public static final String UNKNOWN = "Unknown";

    private Conditions() {}
}
