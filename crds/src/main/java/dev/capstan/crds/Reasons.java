package dev.capstan.crds;

/**
 * Reasons of conditions: CamelCase words that programs may compare. A worker's own reasons, such as
 * {@code InvalidData}, are used as they are when a job fails by them.
 */
public final class Reasons {
    /** The job has not been looked at yet, or the first look is not finished. */
    public static final String PENDING = "Pending";
    /** The job goes on from the artifact of another job, and that one is not complete; the message names it. */
    public static final String WAITING_FOR_MODEL = "WaitingForModel";
    /**
     * A pod reads and checks every sample before the job queues for its workers, or it was lost and is to be repeated;
     * the message tells which. While that pod waits for its own place, the reason is one of those of the queue.
     */
    public static final String CHECKING_DATA = "CheckingData";
    /** All samples can be read. */
    public static final String DATA_CHECKED = "DataChecked";
    /** The gang waits until places for all of its workers are free; the message has the numbers. */
    public static final String WAITING_FOR_CAPACITY = "WaitingForCapacity";
    /**
     * So many jobs ask for different things that there is no memory to look for room for all of them at once; this one
     * hasn't had its turn yet.
     */
    public static final String WAITING_FOR_TURN = "WaitingForTurn";
    /** No node could ever hold the workers as they are, even if it were empty; the message says what is missing. */
    public static final String DOES_NOT_FIT = "DoesNotFit";
    /** The quota has too little left for the gang, also by borrowing; the message has the numbers. */
    public static final String WAITING_FOR_QUOTA = "WaitingForQuota";
    /** The gang asks for more than its quota could ever have; the message has the numbers. */
    public static final String EXCEEDS_MAX_QUOTA = "ExceedsMaxQuota";
    /** No flavor of the quota has nodes that the gang may use; the message names what keeps it from each. */
    public static final String NO_MATCHING_FLAVOR = "NoMatchingFlavor";
    /**
     * There is room for the gang, but not in one domain of the topology that it requires; the message has the numbers.
     */
    public static final String TOPOLOGY_PLACEMENT_FAILED = "TopologyPlacementFailed";
    /**
     * Two quotas contradict each other: they claim one namespace, or mean different nodes by one flavor of their
     * cohort. Nothing is admitted by either; the message names the other.
     */
    public static final String FLAVOR_CONFLICT = "FlavorConflict";
    /** The job's quota drains: the workers wrote a checkpoint and gave their places up, and the job queues. */
    public static final String DRAINED = "Drained";
    /** The quota's {@code stopPolicy} keeps jobs from being admitted. */
    public static final String QUOTA_STOPPED = "QuotaStopped";
    /** Of each resource that the quota lists there are nodes that have it. */
    public static final String RESOURCES_FOUND = "ResourcesFound";
    /** No node of a flavor has a resource that the quota lists for it; the message names both. */
    public static final String RESOURCE_NOT_FOUND = "ResourceNotFound";
    /** The quota admits jobs. */
    public static final String QUOTA_ACTIVE = "QuotaActive";
    /** All workers of the gang have a place. */
    public static final String PLACES_GRANTED = "PlacesGranted";
    /** The pods are being created, pulled and started. */
    public static final String PODS_STARTING = "PodsStarting";
    /** The granted gang was not whole in time and was rolled back; it queues again. */
    public static final String PLACEMENT_TIMED_OUT = "PlacementTimedOut";
    /**
     * A node on which a worker had its place was gone before its pod came, or the scheduler found no way to bind the
     * pod to it for a minute; the gang was rolled back, and queues again.
     */
    public static final String PLACE_LOST = "PlaceLost";
    /**
     * A pod of the gang can't be started where it is, such as for want of an image, a volume or an init container's
     * success; the message has the kubelet's words. The gang gave its places back, and queues again after a while.
     */
    public static final String PODS_FAILING = "PodsFailing";
    /**
     * The API server refuses a pod of the gang: a pod security level, a limit range, a policy or a webhook; the message
     * has its words. Said before the gang queues, by a dry run, and if it begins later, when the gang is rolled back.
     */
    public static final String POD_REFUSED = "PodRefused";
    /**
     * A core ResourceQuota of the namespace has too little left for the whole gang, which doesn't queue before it has;
     * the message has the numbers.
     */
    public static final String EXCEEDS_RESOURCE_QUOTA = "ExceedsResourceQuota";
    /** The workers compute on the GPUs that they ask for; the message names the kind. */
    public static final String GPU_USED = "GPUUsed";
    /** The workers hold GPUs and compute on CPUs; the message says what to do. */
    public static final String GPU_NOT_USED = "GPUNotUsed";
    /** All workers run and have met each other. */
    public static final String WORKERS_READY = "WorkersReady";
    /** The workers have met: they read their data, train, or save the model. */
    public static final String TRAINING = "Training";
    /** The workers have met: they prune, fine-tune, quantize, measure, or save the model. */
    public static final String COMPRESSING = "Compressing";
    /** What a condition of a compression is about hasn't been found or measured yet. */
    public static final String NOT_MEASURED = "NotMeasured";
    /** The ranges of activations were found. */
    public static final String RANGES_FOUND = "RangesFound";
    /** The model was measured before and after it was compressed. */
    public static final String MEASURED = "Measured";
    /** The compressed model is within every bound that the job sets. */
    public static final String WITHIN_BOUNDS = "WithinBounds";
    /** The job sets no bounds. */
    public static final String NO_BOUNDS = "NoBounds";
    /**
     * The compressed model is beyond a bound of {@code spec.acceptance}; the message names it, what was measured and by
     * how much it missed. Nothing was published, and nothing is tried again.
     */
    public static final String NOT_ACCEPTED = "NotAccepted";
    /** Workers were lost; the next attempt is being prepared. */
    public static final String RESTARTING = "Restarting";
    /**
     * The training samples aren't those any more that the job's checkpoint was trained on. The job holds nothing, and
     * looks again every few minutes; the message has the command by which it goes on with the samples that are there.
     */
    public static final String DATA_CHANGED = "DataChanged";
    /** Workers were lost more often than {@code failurePolicy.maxRestarts} allows. */
    public static final String RESTARTS_EXHAUSTED = "RestartsExhausted";
    /** The program crashed as often in a row as {@code failurePolicy.maxCrashes} allows; the message has its words. */
    public static final String PROGRAM_CRASHED = "ProgramCrashed";
    /** The job was active for longer than {@code activeDeadlineSeconds}. */
    public static final String DEADLINE_EXCEEDED = "DeadlineExceeded";
    /** The spec wants the job to rest; its workers write a checkpoint and stop. */
    public static final String SUSPENDING = "Suspending";
    /**
     * The job is to rest, and its state can't be kept; the message says why, how long that is tried and to which step
     * the job goes back. Of a job that rests: the state was lost.
     */
    public static final String STATE_NOT_KEPT = "StateNotKept";
    /** The spec wants the job to rest, and it does. */
    public static final String SUSPENDED = "Suspended";
    /** The spec no longer wants the job to rest. */
    public static final String RESUMED = "Resumed";
    /** The artifact is there. */
    public static final String SUCCEEDED = "Succeeded";
    /** The job has ended, so nothing runs or waits any more. */
    public static final String FINISHED = "Finished";
    /** Something that the spec names does not exist in the namespace, such as a volume claim; the message names it. */
    public static final String MISSING_REFERENCE = "MissingReference";
    /**
     * A volume claim that the job names can't be mounted: it is pending, has lost its volume, is being deleted, or may
     * be used by one pod alone and is; the message has its name and what its provisioner says. The job holds no place
     * meanwhile. A claim that is provisioned only for a pod that uses it is none of these.
     */
    public static final String CLAIM_PENDING = "ClaimPending";
    /** A volume claim that the job names can be mounted by one pod only, and the job has more; the message names it. */
    public static final String CLAIM_NOT_SHAREABLE = "ClaimNotShareable";
    /** The job writes to a volume claim that may only be read (ReadOnlyMany); the message names it. */
    public static final String CLAIM_READ_ONLY = "ClaimReadOnly";
    /**
     * Another job that isn't finished writes the place that {@code output.storage} names; the message names it. This
     * one holds nothing meanwhile, and goes by {@code output.ifExists} when its turn comes.
     */
    public static final String OUTPUT_IN_USE = "OutputInUse";
    /** Something of the name that the job needs belongs to somebody else; the message names it. */
    public static final String NAME_TAKEN = "NameTaken";

    /**
     * At least so many replicas of a service answer as its {@code redundancy.minAvailable} wants; the message counts.
     */
    public static final String SERVING = "Serving";
    /** The spec of a service wants no replica. */
    public static final String SCALED_TO_ZERO = "ScaledToZero";
    /**
     * Replicas of a service that hold a place start, load the model or are being replaced; the message has the numbers.
     */
    public static final String REPLICAS_STARTING = "ReplicasStarting";
    /** Routers of a service start or are being replaced; the message has the numbers. */
    public static final String ROUTERS_STARTING = "RoutersStarting";
    /** A replica fetches, verifies or loads the model; none has answered by it yet. */
    public static final String MODEL_LOADING = "ModelLoading";
    /** A replica has loaded the model and answered by it. */
    public static final String MODEL_LOADED = "ModelLoaded";
    /**
     * The model of the newest revision can't be loaded; the message has the words of the replica that tried. An earlier
     * revision, if there is one, serves on.
     */
    public static final String MODEL_LOAD_FAILED = "ModelLoadFailed";
    /**
     * Replicas of the newest revision can't be started, such as for want of their image; the message has the kubelet's
     * words. An earlier revision, if there is one, serves on.
     */
    public static final String REPLICAS_FAILING = "ReplicasFailing";
    /**
     * {@code model.digest} is neither what the source has nor that of a revision that is listed; the message names
     * those.
     */
    public static final String DIGEST_NOT_FOUND = "DigestNotFound";
    /**
     * The source of the model that is served was overwritten or deleted, and no copy of the model could be kept beside
     * it: the revision can be served only as long as one of its replicas lives.
     */
    public static final String MODEL_NOT_KEPT = "ModelNotKept";
    /** A new revision takes the place of the one before; the message has the numbers. */
    public static final String ROLLING_OUT = "RollingOut";
    /** All replicas are of the newest revision. */
    public static final String ROLLED_OUT = "RolledOut";
    /** The Gateway API isn't installed in the cluster, so there is no HTTPRoute to make for {@code spec.gateway}. */
    public static final String GATEWAY_API_MISSING = "GatewayAPIMissing";
    /**
     * A node is being drained and a replica on it is needed there until another answers; the message names the node and
     * what the other waits for.
     */
    public static final String DRAIN_WAITS = "DrainWaits";

    private Reasons() {}
}
