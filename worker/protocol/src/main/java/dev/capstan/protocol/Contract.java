package dev.capstan.protocol;

/** Names and numbers that the operator and the worker must agree on. */
public final class Contract {
    /** Where the job file is mounted. */
    public static final String JOB_FILE = "/etc/capstan/job/job.json";
    /** Where the secret that peers and the operator prove to each other is mounted; one line, no newline needed. */
    public static final String TOKEN_FILE = "/etc/capstan/peers/token";
    /** Folder under which each volume claim that the job names is mounted, by the claim's name. */
    public static final String VOLUMES = "/var/capstan/volumes";
    /** Environment variable with the worker's rank, 0 to world size - 1. */
    public static final String RANK = "CAPSTAN_RANK";
    /** Port for the peers. */
    public static final int PEER_PORT = 29400;
    /** Port for progress, metrics and probes, HTTP. */
    public static final int HTTP_PORT = 8080;
    /** Answers {@link Progress} as JSON to {@code Authorization: Bearer TOKEN}, else 401. */
    public static final String PROGRESS_PATH = "/v1/progress";
    /** Answers 200 once the worker has met all of its peers, else 503. */
    public static final String READY_PATH = "/readyz";
    /** Answers 200 while the process lives. */
    public static final String LIVE_PATH = "/livez";
    /** The role that the worker image's entry point takes as its only argument to train. */
    public static final String TRAIN = "train";

    private Contract() {}
}
