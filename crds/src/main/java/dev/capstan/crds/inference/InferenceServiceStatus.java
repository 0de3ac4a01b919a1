package dev.capstan.crds.inference;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Admission;
import dev.capstan.crds.Block;
import dev.capstan.crds.Bounds;
import dev.capstan.crds.Placement;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.model.annotation.LabelSelector;
import io.fabric8.kubernetes.model.annotation.StatusReplicas;
import java.util.List;

/** What has become of an InferenceService. Written by the operator alone. */
public class InferenceServiceStatus extends Block {
    /** The past revisions that are kept, and those that are on their way in or out. */
    public static final int MAX_REVISIONS = 64;

    @JsonPropertyDescription(
            "observedGeneration is the metadata.generation that this status is about; -1 until the operator has seen the service.")
    @Min(-1)
    @Max(Bounds.MAX_SAFE_INTEGER)
    private Long observedGeneration;

    @JsonPropertyDescription(
            "conditions tell how the service is, one of each type: Ready, Reconciling, Stalled, ModelReady, Admitted, QuotaReserved, RolloutProgressing.")
    private List<Condition> conditions;

    @JsonPropertyDescription(
            "replicas is the number of pods of replicas that there are, those of all revisions together.")
    @StatusReplicas
    @Min(0)
    @Max(1024)
    private Integer replicas;

    @JsonPropertyDescription("readyReplicas is how many of them answer.")
    @Min(0)
    @Max(1024)
    private Integer readyReplicas;

    @JsonPropertyDescription("updatedReplicas is how many of them are of the newest revision.")
    @Min(0)
    @Max(1024)
    private Integer updatedReplicas;

    @JsonPropertyDescription("routers is the number of pods of routers that there are.")
    @Min(0)
    @Max(1024)
    private Integer routers;

    @JsonPropertyDescription("readyRouters is how many of them pass requests on.")
    @Min(0)
    @Max(1024)
    private Integer readyRouters;

    @JsonPropertyDescription(
            "selector selects the pods of replicas by their labels; the scale subresource tells it to autoscalers.")
    @LabelSelector
    @Size(max = 1024)
    private String selector;

    @JsonPropertyDescription("summary is the ready replicas and those wanted for people, as in 2/3.")
    @Size(max = 32)
    private String summary;

    @JsonPropertyDescription(
            "model sums up for people what is served: its source and the beginning of its digest, as in mnist-int8@9f86d081.")
    @Size(max = 320)
    private String model;

    @JsonPropertyDescription("url is where the service is reached in the cluster.")
    @Size(max = 512)
    private String url;

    @JsonPropertyDescription("digest is the SHA-256 of the model that is served.")
    private String digest;

    @JsonPropertyDescription("revision is the number of the revision that is served.")
    @Min(0)
    @Max(1000000)
    private Integer revision;

    @JsonPropertyDescription(
            "updatingRevision is the number of the revision that is taking its place; absent when none is.")
    @Min(0)
    @Max(1000000)
    private Integer updatingRevision;

    @JsonPropertyDescription("revisions has the revisions that are served or can be rolled back to.")
    @Size(max = MAX_REVISIONS)
    private List<Revision> revisions;

    @JsonPropertyDescription("admission is the grant of places.")
    private Admission admission;

    @JsonPropertyDescription("seats says for how many replicas places are asked.")
    private Seats seats;

    @JsonPropertyDescription(
            "givenBack has places of the grant that no pod uses any more; the admission takes them back.")
    @Size(max = 1024)
    private List<Placement> givenBack;

    /** The generation that this status is about, or -1 if nobody has seen the service. */
    public Long getObservedGeneration() {
        return observedGeneration;
    }

    public InferenceServiceStatus setObservedGeneration(Long observedGeneration) {
        this.observedGeneration = observedGeneration;
        return this;
    }

    /** See {@link dev.capstan.crds.Conditions}. */
    public List<Condition> getConditions() {
        return conditions;
    }

    public InferenceServiceStatus setConditions(List<Condition> conditions) {
        this.conditions = conditions;
        return this;
    }

    /** Pods of replicas. */
    public Integer getReplicas() {
        return replicas;
    }

    public InferenceServiceStatus setReplicas(Integer replicas) {
        this.replicas = replicas;
        return this;
    }

    /** Replicas that answer. */
    public Integer getReadyReplicas() {
        return readyReplicas;
    }

    public InferenceServiceStatus setReadyReplicas(Integer readyReplicas) {
        this.readyReplicas = readyReplicas;
        return this;
    }

    /** Replicas of the newest revision. */
    public Integer getUpdatedReplicas() {
        return updatedReplicas;
    }

    public InferenceServiceStatus setUpdatedReplicas(Integer updatedReplicas) {
        this.updatedReplicas = updatedReplicas;
        return this;
    }

    /** Pods of routers. */
    public Integer getRouters() {
        return routers;
    }

    public InferenceServiceStatus setRouters(Integer routers) {
        this.routers = routers;
        return this;
    }

    /** Routers that pass requests on. */
    public Integer getReadyRouters() {
        return readyRouters;
    }

    public InferenceServiceStatus setReadyRouters(Integer readyRouters) {
        this.readyRouters = readyRouters;
        return this;
    }

    /** Selects the pods of replicas, as text. */
    public String getSelector() {
        return selector;
    }

    public InferenceServiceStatus setSelector(String selector) {
        this.selector = selector;
        return this;
    }

    /** For a printer column. */
    public String getSummary() {
        return summary;
    }

    public InferenceServiceStatus setSummary(String summary) {
        this.summary = summary;
        return this;
    }

    /** For a printer column. */
    public String getModel() {
        return model;
    }

    public InferenceServiceStatus setModel(String model) {
        this.model = model;
        return this;
    }

    /** Where the service is reached. */
    public String getUrl() {
        return url;
    }

    public InferenceServiceStatus setUrl(String url) {
        this.url = url;
        return this;
    }

    /** {@code sha256:} and 64 hex digits; null before the first revision. */
    public String getDigest() {
        return digest;
    }

    public InferenceServiceStatus setDigest(String digest) {
        this.digest = digest;
        return this;
    }

    /** The revision that is served; null before the first. */
    public Integer getRevision() {
        return revision;
    }

    public InferenceServiceStatus setRevision(Integer revision) {
        this.revision = revision;
        return this;
    }

    /** The revision that is taking its place, or null. */
    public Integer getUpdatingRevision() {
        return updatingRevision;
    }

    public InferenceServiceStatus setUpdatingRevision(Integer updatingRevision) {
        this.updatingRevision = updatingRevision;
        return this;
    }

    /** Revisions by number. */
    public List<Revision> getRevisions() {
        return revisions;
    }

    public InferenceServiceStatus setRevisions(List<Revision> revisions) {
        this.revisions = revisions;
        return this;
    }

    /** The grant, or null; owned by the admission loop. */
    public Admission getAdmission() {
        return admission;
    }

    public InferenceServiceStatus setAdmission(Admission admission) {
        this.admission = admission;
        return this;
    }

    /** For how many replicas places are asked, or null for none. */
    public Seats getSeats() {
        return seats;
    }

    public InferenceServiceStatus setSeats(Seats seats) {
        this.seats = seats;
        return this;
    }

    /** Places that no pod is to use any more. */
    public List<Placement> getGivenBack() {
        return givenBack;
    }

    public InferenceServiceStatus setGivenBack(List<Placement> givenBack) {
        this.givenBack = givenBack;
        return this;
    }
}
