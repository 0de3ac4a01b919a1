package dev.capstan.crds.inference;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import dev.capstan.crds.Scheduling;
import dev.capstan.crds.WorkerTemplate;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.kubernetes.model.annotation.SpecReplicas;
import java.util.Optional;

/** Which model answers, by how many replicas, and who may ask. */
public class InferenceServiceSpec extends Block {
    public static final int DEFAULT_REPLICAS = 1;
    /** The most that {@code replicas} may say: with a rollout's surge and the routers, a rank for each in 0 to 1023. */
    public static final int MAX_REPLICAS = 512;

    public static final int DEFAULT_REVISION_HISTORY_LIMIT = 5;
    /** The most that {@code revisionHistoryLimit} may say. */
    public static final int MAX_REVISION_HISTORY_LIMIT = 50;

    @JsonPropertyDescription("model is the model that answers, and what computes it.")
    @Required
    private ServedModel model;

    @JsonPropertyDescription(
            "replicas is the number of pods that answer; 0 for none. kubectl scale and autoscalers set it. Default: "
                    + DEFAULT_REPLICAS + ". May be changed at any time.")
    @SpecReplicas
    @Min(0)
    @Max(MAX_REPLICAS)
    private Integer replicas;

    @JsonPropertyDescription(
            "batching says how requests that come at about the same time are computed together. A change rolls out.")
    private Batching batching;

    @JsonPropertyDescription("limits says what is refused rather than served. A change rolls out.")
    private Limits limits;

    @JsonPropertyDescription("access says who may ask. A change rolls out.")
    private Access access;

    @JsonPropertyDescription("redundancy says what stays when a pod or a node goes. May be changed at any time.")
    private Redundancy redundancy;

    @JsonPropertyDescription(
            "rollout says how a new revision takes the place of the one before. May be changed at any time.")
    private Rollout rollout;

    @JsonPropertyDescription(
            "router puts pods in front of the replicas that repeat a request where a replica died under it, and hold it while none is ready. Default: none; clients reach replicas straight through the Service. May be changed at any time.")
    private Router router;

    @JsonPropertyDescription(
            "gateway has an HTTPRoute made for Gateways of the Gateway API. Default: none. May be changed at any time.")
    private Gateway gateway;

    @JsonPropertyDescription(
            "revisionHistoryLimit is how many past revisions are kept, so that spec.model.digest can name one of them. Default: "
                    + DEFAULT_REVISION_HISTORY_LIMIT + ". May be changed at any time.")
    @Min(0)
    @Max(MAX_REVISION_HISTORY_LIMIT)
    private Integer revisionHistoryLimit;

    @JsonPropertyDescription(
            "workers describes the pods that answer. Default: pods without limits. A change rolls out.")
    private WorkerTemplate workers;

    @JsonPropertyDescription("scheduling says how the pods get their places. May be changed at any time.")
    private Scheduling scheduling;

    /** The model. */
    public ServedModel getModel() {
        return model;
    }

    public InferenceServiceSpec setModel(ServedModel model) {
        this.model = model;
        return this;
    }

    /** Number of replicas, or null. */
    public Integer getReplicas() {
        return replicas;
    }

    public InferenceServiceSpec setReplicas(Integer replicas) {
        this.replicas = replicas;
        return this;
    }

    /** Number of replicas. */
    public int replicas() {
        return replicas == null ? DEFAULT_REPLICAS : replicas;
    }

    /** How requests are put together, or null. */
    public Batching getBatching() {
        return batching;
    }

    public InferenceServiceSpec setBatching(Batching batching) {
        this.batching = batching;
        return this;
    }

    /** How requests are put together. */
    public Batching batching() {
        return batching == null ? new Batching() : batching;
    }

    /** What is refused, or null. */
    public Limits getLimits() {
        return limits;
    }

    public InferenceServiceSpec setLimits(Limits limits) {
        this.limits = limits;
        return this;
    }

    /** What is refused. */
    public Limits limits() {
        return limits == null ? new Limits() : limits;
    }

    /** Who may ask, or null. */
    public Access getAccess() {
        return access;
    }

    public InferenceServiceSpec setAccess(Access access) {
        this.access = access;
        return this;
    }

    /** Who may ask. */
    public Access access() {
        return access == null ? new Access() : access;
    }

    /** What stays, or null. */
    public Redundancy getRedundancy() {
        return redundancy;
    }

    public InferenceServiceSpec setRedundancy(Redundancy redundancy) {
        this.redundancy = redundancy;
        return this;
    }

    /** What stays when a pod or a node goes. */
    public Redundancy redundancy() {
        return redundancy == null ? new Redundancy() : redundancy;
    }

    /** How revisions change, or null. */
    public Rollout getRollout() {
        return rollout;
    }

    public InferenceServiceSpec setRollout(Rollout rollout) {
        this.rollout = rollout;
        return this;
    }

    /** How revisions change. */
    public Rollout rollout() {
        return rollout == null ? new Rollout() : rollout;
    }

    /** The routers, or null. */
    public Router getRouter() {
        return router;
    }

    public InferenceServiceSpec setRouter(Router router) {
        this.router = router;
        return this;
    }

    /** The routers; empty for none. */
    public Optional<Router> router() {
        return Optional.ofNullable(router);
    }

    /** The way in through Gateways, or null. */
    public Gateway getGateway() {
        return gateway;
    }

    public InferenceServiceSpec setGateway(Gateway gateway) {
        this.gateway = gateway;
        return this;
    }

    /** The way in through Gateways; empty for none. */
    public Optional<Gateway> gateway() {
        return Optional.ofNullable(gateway);
    }

    /** Past revisions that are kept, or null. */
    public Integer getRevisionHistoryLimit() {
        return revisionHistoryLimit;
    }

    public InferenceServiceSpec setRevisionHistoryLimit(Integer revisionHistoryLimit) {
        this.revisionHistoryLimit = revisionHistoryLimit;
        return this;
    }

    /** Past revisions that are kept. */
    public int revisionHistoryLimit() {
        return revisionHistoryLimit == null ? DEFAULT_REVISION_HISTORY_LIMIT : revisionHistoryLimit;
    }

    /** The pods, or null. */
    public WorkerTemplate getWorkers() {
        return workers;
    }

    public InferenceServiceSpec setWorkers(WorkerTemplate workers) {
        this.workers = workers;
        return this;
    }

    /** The pods. */
    public WorkerTemplate workers() {
        return workers == null ? new WorkerTemplate() : workers;
    }

    /** How the pods get their places, or null. */
    public Scheduling getScheduling() {
        return scheduling;
    }

    public InferenceServiceSpec setScheduling(Scheduling scheduling) {
        this.scheduling = scheduling;
        return this;
    }

    /** How the pods get their places. */
    public Scheduling scheduling() {
        return scheduling == null ? new Scheduling() : scheduling;
    }
}
