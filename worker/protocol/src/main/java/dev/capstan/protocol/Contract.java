package dev.capstan.protocol;

/** Names and numbers that the operator and the worker must agree on. */
public final class Contract {
    /** Where the job file is mounted. */
    public static final String JOB_FILE = "/etc/capstan/job/job.json";
    /** Where the secret that peers and the operator prove to each other is mounted; one line, no newline needed. */
    public static final String TOKEN_FILE = "/etc/capstan/peers/token";
    /** Folder under which each volume claim that the job names is mounted, by the claim's name. */
    public static final String VOLUMES = "/var/capstan/volumes";
    /** Where the job file's model configuration is mounted, when it has one. */
    public static final String MODEL_FILE = "/etc/capstan/job/model.json";
    /** Folder under which each secret that the job names is mounted, by the secret's name. */
    public static final String SECRETS = "/var/capstan/secrets";
    /** A folder of the pod's own for what is fetched and for samples that don't fit into memory; empty at first. */
    public static final String SCRATCH = "/var/capstan/scratch";
    /**
     * Environment variable: how many whole cores a worker gets, whatever else runs on its node. 1 where it isn't set.
     */
    public static final String CORES = "CAPSTAN_CORES";
    /** Environment variable with the worker's rank, 0 to world size - 1. */
    public static final String RANK = "CAPSTAN_RANK";
    /**
     * Environment variable with the pod's {@code terminationGracePeriodSeconds}: after SIGTERM, a worker keeps its
     * state and ends within that time. 60 where it isn't set.
     */
    public static final String GRACE = "CAPSTAN_GRACE_SECONDS";

    /** Environment variable: how long a worker waits until it has met every peer. */
    public static final String MEETING = "CAPSTAN_MEETING_SECONDS";
    /**
     * Environment variable: which pod of its rank this is in the attempt, counted from 0, which it is where it isn't
     * set. Any other than the first takes the place of one that was lost: it doesn't meet its peers by their names in
     * the job file, but waits for a {@link Membership}, for {@link #MEETING} at most, and gets the training's state
     * from a peer.
     */
    public static final String INCARNATION = "CAPSTAN_INCARNATION";
    /**
     * Environment variable of a spare: the name of its own pod. It reads and builds what every worker does, and then
     * waits, for as long as it takes, for a {@link Membership} that names its pod. The place where it does is its rank
     * from then on: it gets the training's state from a peer, as any worker does that takes a lost one's place. Until
     * then its {@link #RANK} is a number for messages alone, and {@link #INCARNATION} says nothing.
     */
    public static final String SPARE = "CAPSTAN_SPARE";

    /** Port for the peers. */
    public static final int PEER_PORT = 29400;
    /** Port for progress, metrics and probes, HTTP. */
    public static final int HTTP_PORT = 8080;
    /** Answers {@link Progress} as JSON to {@code Authorization: Bearer TOKEN}, else 401. */
    public static final String PROGRESS_PATH = "/v1/progress";
    /**
     * POST with the bearer asks rank 0 for a checkpoint at the next step's edge: 202; 409 while not training. With an
     * id as the query's {@link #REQUEST} it may be asked again, and is 200 when a checkpoint is whole that was begun
     * after the request.
     */
    public static final String CHECKPOINT_PATH = "/v1/checkpoint";
    /** A worker that trains takes a {@link Membership} as JSON by PUT from the bearer, and answers what it knows. */
    public static final String MEMBERSHIP_PATH = "/v1/membership";
    /**
     * Answers {@link Events} as JSON to the bearer: those whose number is greater than that of the query's
     * {@link #AFTER}, and is held open for {@link #EVENTS_SECONDS} while there are none. Any rank answers.
     */
    public static final String EVENTS_PATH = "/v1/events";
    /** Name of the parameter with the number of the last event that is known; 0, or none, for all of them. */
    public static final String AFTER = "after";
    /** How long a request for events is held open; the workers' server ends answers that take longer than 10 s. */
    public static final int EVENTS_SECONDS = 8;
    /** Name of the parameter that tells requests for checkpoints apart: 64 hex digits. */
    public static final String REQUEST = "request";
    /**
     * Answers 200 once the worker has met all of its peers, or could as a spare take a rank at once, else 503. A worker
     * of a gang waits for that with its answer for {@link #READY_SECONDS}: a kubelet writes a Warning event for each
     * answer that isn't the one hoped for.
     */
    public static final String READY_PATH = "/readyz";
    /** How long a worker of a gang waits with its answer whether it is ready. */
    public static final int READY_SECONDS = 8;
    /** Answers 200 while the worker lives and gets on, else 503. */
    public static final String LIVE_PATH = "/livez";
    /**
     * What a kubelet asks while a replica or router starts: {@link #LIVE_PATH}, answered as soon as it is ready, or
     * after {@link #START_SECONDS}. So the first question whether it is ready has the answer hoped for. An image from a
     * release before answers at once.
     */
    public static final String START_PATH = LIVE_PATH + "?until=ready";
    /** How long a replica or router waits with its answer while it starts. */
    public static final int START_SECONDS = 15;
    /**
     * Annotation on a job: the digest of the training samples with which it may go on from its checkpoint, though that
     * was trained on others.
     */
    public static final String ACCEPT_DATA = "capstan.dev/accept-data";
    /** The role that the worker image's entry point takes as its only argument to train. */
    public static final String TRAIN = "train";
    /** The role that makes a model smaller. */
    public static final String COMPRESS = "compress";
    /**
     * The role that reads and checks a job's model and every sample of its data, without peers and without training.
     */
    public static final String CHECK = "check";

    /** The role that answers requests. */
    public static final String SERVE = "serve";
    /** The role that passes requests on to replicas. */
    public static final String ROUTE = "route";
    /** Where the service file is mounted. */
    public static final String SERVICE_FILE = "/etc/capstan/service/service.json";
    /** Port of a replica or router for the protocol's REST, and for the page. */
    public static final int REST_PORT = 8080;
    /** Port of a replica or router for the protocol's gRPC. */
    public static final int GRPC_PORT = 8081;
    /**
     * Port of a replica or router for probes ({@link #LIVE_PATH}, {@link #READY_PATH}), metrics ({@link #METRICS_PATH})
     * and what the operator asks and tells with its bearer.
     */
    public static final int MANAGEMENT_PORT = 8082;
    /** Answers meters in Prometheus' text format. */
    public static final String METRICS_PATH = "/metrics";
    /** Answers {@link Serving} as JSON to the bearer. */
    public static final String SERVING_PATH = "/v1/serving";
    /** A router takes {@link Endpoints} as JSON by PUT from the bearer. */
    public static final String ENDPOINTS_PATH = "/v1/endpoints";
    /**
     * Answers, to the bearer of a peer, the files of the model that a replica serves: {@code /v1/model/DIGEST/FILE}.
     */
    public static final String MODEL_PATH = "/v1/model";

    private Contract() {}
}
