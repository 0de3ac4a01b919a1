package dev.capstan.controllers.plan;

/** Labels of what belongs to a job. */
public final class Labels {
    public static final String NAME = "app.kubernetes.io/name";
    public static final String INSTANCE = "app.kubernetes.io/instance";
    public static final String COMPONENT = "app.kubernetes.io/component";
    public static final String PART_OF = "app.kubernetes.io/part-of";
    public static final String MANAGED_BY = "app.kubernetes.io/managed-by";
    /** The job; its name, or the name's short form where it is too long for a label. */
    public static final String JOB = "capstan.dev/job";
    /** Number of the attempt. */
    public static final String ATTEMPT = "capstan.dev/attempt";
    /** The pod set that a pod belongs to. */
    public static final String POD_SET = "capstan.dev/pod-set";
    /** The worker's rank. */
    public static final String RANK = "capstan.dev/rank";

    /**
     * What a pod of a service was made by: of a replica the number of the revision, of a router a digest of its
     * settings.
     */
    public static final String REVISION = "capstan.dev/revision";

    /** Value of {@link #MANAGED_BY} and {@link #PART_OF}. */
    public static final String CAPSTAN = "capstan";

    private Labels() {}
}
