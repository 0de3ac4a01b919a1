package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;

/** What has become of a job. Written by the operator alone. */
public abstract class JobStatus extends Block {
    @JsonPropertyDescription(
            "observedGeneration is the metadata.generation that this status is about; -1 until the operator has seen the job.")
    @Min(-1)
    @Max(Bounds.MAX_SAFE_INTEGER)
    private Long observedGeneration;

    @JsonPropertyDescription(
            "conditions tell how the job is, one of each type: Ready, Reconciling, Stalled, DataChecked, Admitted, PodsReady, Suspended, Complete, Failed.")
    private List<Condition> conditions;

    @JsonPropertyDescription("phase sums the conditions up in a word, for people only.")
    // A word that a newer operator wrote must not stop this one from reading the object.
    @JsonFormat(with = JsonFormat.Feature.READ_UNKNOWN_ENUM_VALUES_AS_NULL)
    private Phase phase;

    @JsonPropertyDescription("admission is the grant of places to the current attempt.")
    private Admission admission;

    @JsonPropertyDescription(
            "attempt is the number of the current or last attempt, counted from 1. A check of the data is one, with a number of its own.")
    @Min(0)
    @Max(1000000)
    private Integer attempt;

    @JsonPropertyDescription(
            "checks is how many attempts did nothing but check the data, and are over: most often one, more where it was lost on the way. They count neither as restarts nor as rollbacks.")
    @Min(0)
    @Max(1000000)
    private Integer checks;

    @JsonPropertyDescription("restarts is how many attempts were lost and tried again.")
    @Min(0)
    @Max(1000000)
    private Integer restarts;

    @JsonPropertyDescription(
            "restartsWithoutProgress is how many of the restarts came in a row with no new checkpoint in between. It is what failurePolicy.maxRestarts is compared with.")
    @Min(0)
    @Max(1000000)
    private Integer restartsWithoutProgress;

    @JsonPropertyDescription(
            "rollbacks is how many attempts were rolled back because not all of their workers came to run.")
    @Min(0)
    @Max(1000000)
    private Integer rollbacks;

    @JsonPropertyDescription(
            "crashes is how many times in a row the program crashed, with no new checkpoint in between.")
    @Min(0)
    @Max(1000000)
    private Integer crashes;

    @JsonPropertyDescription(
            "dataChanges is how many times in a row an attempt found other training samples than its state was trained on, with no new checkpoint in between: the next looks again after a longer while each time. Absent where none has.")
    @Min(0)
    @Max(1000000)
    private Integer dataChanges;

    @JsonPropertyDescription(
            "term is the number of the current membership: who is in the gang, and where. Each time that lost workers are replaced while the others keep their state it grows by one. Absent until the workers of the attempt have told that they can do that; it doesn't start anew with an attempt.")
    @Min(1)
    @Max(1000000)
    private Integer term;

    @JsonPropertyDescription(
            "membership is about the pods of the current attempt and a recovery under way: what a new operator needs to go on from. Absent where workers can't be replaced one by one.")
    private Membership membership;

    @JsonPropertyDescription(
            "recovery counts the workers that were replaced while the others kept their state, and how long that took.")
    private Recovery recovery;

    @JsonPropertyDescription(
            "startTime is when places were first granted, since the job was created or last resumed; activeDeadlineSeconds counts from it.")
    private String startTime;

    @JsonPropertyDescription("completionTime is when the job completed or failed.")
    private String completionTime;

    @JsonPropertyDescription("requeueAt is when the job may queue again after an attempt that was lost or rolled back.")
    private String requeueAt;

    @JsonPropertyDescription("workers counts the pods of the current attempt.")
    private WorkersStatus workers;

    @JsonPropertyDescription("progress is how far the work is, at most some seconds old while it runs.")
    private Progress progress;

    @JsonPropertyDescription("lastCheckpoint is the newest checkpoint that was written whole.")
    private Checkpoint lastCheckpoint;

    @JsonPropertyDescription("checkpoints tells what it costs to keep the state, and what was found of it.")
    private CheckpointsStatus checkpoints;

    @JsonPropertyDescription("goodput tells how much of the time since places were first granted was of use.")
    private Goodput goodput;

    @JsonPropertyDescription(
            "handledCheckpointRequest is the text of the annotation capstan.dev/checkpoint for which a checkpoint was last made.")
    private String handledCheckpointRequest;

    @JsonPropertyDescription(
            "model is the artifact of model.from.trainingJobRef that the job goes on from, as it was when that job was found complete. All attempts go on from the same.")
    private Artifact model;

    @JsonPropertyDescription("artifact is the result, once the job is complete.")
    private Artifact artifact;

    /** The generation that this status is about, or -1 if nobody has seen the job. */
    public Long getObservedGeneration() {
        return observedGeneration;
    }

    public JobStatus setObservedGeneration(Long observedGeneration) {
        this.observedGeneration = observedGeneration;
        return this;
    }

    /** See {@link Conditions}. */
    public List<Condition> getConditions() {
        return conditions;
    }

    public JobStatus setConditions(List<Condition> conditions) {
        this.conditions = conditions;
        return this;
    }

    /** For people only; decide on nothing here. */
    public Phase getPhase() {
        return phase;
    }

    public JobStatus setPhase(Phase phase) {
        this.phase = phase;
        return this;
    }

    /** The grant, or null; owned by the admission loop. */
    public Admission getAdmission() {
        return admission;
    }

    public JobStatus setAdmission(Admission admission) {
        this.admission = admission;
        return this;
    }

    /** Number of the current or last attempt, from 1. */
    public Integer getAttempt() {
        return attempt;
    }

    public JobStatus setAttempt(Integer attempt) {
        this.attempt = attempt;
        return this;
    }

    /** Attempts that did nothing but check the data, and are over. */
    public Integer getChecks() {
        return checks;
    }

    public JobStatus setChecks(Integer checks) {
        this.checks = checks;
        return this;
    }

    /** Attempts lost and tried again. */
    public Integer getRestarts() {
        return restarts;
    }

    public JobStatus setRestarts(Integer restarts) {
        this.restarts = restarts;
        return this;
    }

    /** Restarts in a row with no new checkpoint in between; null where nobody has counted them. */
    public Integer getRestartsWithoutProgress() {
        return restartsWithoutProgress;
    }

    public JobStatus setRestartsWithoutProgress(Integer restartsWithoutProgress) {
        this.restartsWithoutProgress = restartsWithoutProgress;
        return this;
    }

    /** Attempts that were rolled back. */
    public Integer getRollbacks() {
        return rollbacks;
    }

    public JobStatus setRollbacks(Integer rollbacks) {
        this.rollbacks = rollbacks;
        return this;
    }

    /** Crashes in a row with no new checkpoint in between. */
    public Integer getCrashes() {
        return crashes;
    }

    public JobStatus setCrashes(Integer crashes) {
        this.crashes = crashes;
        return this;
    }

    /** Attempts in a row that found other training samples, or null where none has. */
    public Integer getDataChanges() {
        return dataChanges;
    }

    public JobStatus setDataChanges(Integer dataChanges) {
        this.dataChanges = dataChanges;
        return this;
    }

    /** Number of the current membership, or null where workers can't be replaced one by one. */
    public Integer getTerm() {
        return term;
    }

    public JobStatus setTerm(Integer term) {
        this.term = term;
        return this;
    }

    /** Which pods are in the attempt, beside the first of each rank, and how far a recovery is; null as the term. */
    public Membership getMembership() {
        return membership;
    }

    public JobStatus setMembership(Membership membership) {
        this.membership = membership;
        return this;
    }

    /** What lost workers have cost where the others could go on, or null. */
    public Recovery getRecovery() {
        return recovery;
    }

    public JobStatus setRecovery(Recovery recovery) {
        this.recovery = recovery;
        return this;
    }

    /** When places were first granted since the last rest, RFC 3339. */
    public String getStartTime() {
        return startTime;
    }

    public JobStatus setStartTime(String startTime) {
        this.startTime = startTime;
        return this;
    }

    /** When the job ended, RFC 3339. */
    public String getCompletionTime() {
        return completionTime;
    }

    public JobStatus setCompletionTime(String completionTime) {
        this.completionTime = completionTime;
        return this;
    }

    /** When the job may queue again, RFC 3339; null if it need not wait. */
    public String getRequeueAt() {
        return requeueAt;
    }

    public JobStatus setRequeueAt(String requeueAt) {
        this.requeueAt = requeueAt;
        return this;
    }

    /** Counts of the pods of this attempt. */
    public WorkersStatus getWorkers() {
        return workers;
    }

    public JobStatus setWorkers(WorkersStatus workers) {
        this.workers = workers;
        return this;
    }

    /** How far the work is. */
    public Progress getProgress() {
        return progress;
    }

    public JobStatus setProgress(Progress progress) {
        this.progress = progress;
        return this;
    }

    /** The newest checkpoint, or null. */
    public Checkpoint getLastCheckpoint() {
        return lastCheckpoint;
    }

    public JobStatus setLastCheckpoint(Checkpoint lastCheckpoint) {
        this.lastCheckpoint = lastCheckpoint;
        return this;
    }

    /** What checkpoints cost, or null. */
    public CheckpointsStatus getCheckpoints() {
        return checkpoints;
    }

    public JobStatus setCheckpoints(CheckpointsStatus checkpoints) {
        this.checkpoints = checkpoints;
        return this;
    }

    /** How much of the time was of use, or null. */
    public Goodput getGoodput() {
        return goodput;
    }

    public JobStatus setGoodput(Goodput goodput) {
        this.goodput = goodput;
        return this;
    }

    /** The last request that was met, or null. */
    public String getHandledCheckpointRequest() {
        return handledCheckpointRequest;
    }

    public JobStatus setHandledCheckpointRequest(String handledCheckpointRequest) {
        this.handledCheckpointRequest = handledCheckpointRequest;
        return this;
    }

    /** The other job's artifact that this one goes on from, or null. */
    public Artifact getModel() {
        return model;
    }

    public JobStatus setModel(Artifact model) {
        this.model = model;
        return this;
    }

    /** The result, or null. */
    public Artifact getArtifact() {
        return artifact;
    }

    public JobStatus setArtifact(Artifact artifact) {
        this.artifact = artifact;
        return this;
    }
}
