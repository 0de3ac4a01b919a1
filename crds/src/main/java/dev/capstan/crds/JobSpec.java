package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import java.time.Duration;
import java.util.Optional;

/** What every kind of job says of the pods that do the work, of its life and of where its result goes. */
public abstract class JobSpec extends Block {
    public static final boolean DEFAULT_SUSPEND = false;
    /** What is said of a field that nobody may change; the CRD has the name of its kind in the place of {kind}. */
    public static final String FIXED =
            "cannot be changed after creation: delete the {kind} and apply it again, or under a new name; its model stays, so set output.ifExists: Overwrite or another output; so do its checkpoints, for checkpoint.resumeFrom";

    /** The same of one that can be changed while there are no pods. */
    public static final String FIXED_WITH_PODS =
            "cannot be changed while the job has places, or waits for its next attempt: set suspend: true, wait until its condition Suspended is True, make the change, and set suspend: false, by which the job goes on from its last checkpoint. Of a job that has ended it cannot be changed any more: apply it under a new name";

    /** Ends the description of such a field. */
    public static final String WORKERS_CHANGE =
            "May be changed until the job has places for the first time, and while it is suspended.";

    @JsonPropertyDescription(
            "workers describes the pods that do the work. Default: one worker without limits. " + WORKERS_CHANGE)
    private Workers workers;

    @JsonPropertyDescription("scheduling says how the workers get their places. May be changed at any time.")
    private Scheduling scheduling;

    @JsonPropertyDescription(
            "checkpoint says when and where the state of the work is kept, so that a job goes on after an interruption. An annotation capstan.dev/checkpoint on the job asks for one more, once for each new text. Default: on request and when the workers are asked to stop. It cannot be changed after creation.")
    private Checkpoints checkpoint;

    @JsonPropertyDescription(
            "failurePolicy says what happens when workers are lost or crash. May be changed at any time.")
    private FailurePolicy failurePolicy;

    @JsonPropertyDescription("output says where the result goes. It cannot be changed after creation.")
    @Required
    private Output output;

    @JsonPropertyDescription(
            "suspend says whether the job rests: true stops the workers after a checkpoint and gives their places up, false queues the job again, and it goes on from there. Default: "
                    + DEFAULT_SUSPEND + ". May be changed at any time.")
    private Boolean suspend;

    @JsonPropertyDescription(
            "activeDeadlineSeconds is how long, in seconds, the job may be active before it fails, counted from the first grant of places; suspension stops and resets the count, and so does giving places up to a quota that drains. Default: no end. May be changed at any time.")
    @Min(1)
    @Max(Bounds.TEN_YEARS_SECONDS)
    private Integer activeDeadlineSeconds;

    @JsonPropertyDescription(
            "ttlSecondsAfterFinished is how long, in seconds, the job is kept after it has completed or failed; then it is deleted, and its artifact stays. Default: it is kept for ever. May be changed at any time.")
    @Min(0)
    @Max(Bounds.TEN_YEARS_SECONDS)
    private Integer ttlSecondsAfterFinished;

    /** The pods that do the work, or null. */
    public Workers getWorkers() {
        return workers;
    }

    public JobSpec setWorkers(Workers workers) {
        this.workers = workers;
        return this;
    }

    /** The pods that do the work. */
    public Workers workers() {
        return workers == null ? new Workers() : workers;
    }

    /** How the workers get their places, or null. */
    public Scheduling getScheduling() {
        return scheduling;
    }

    public JobSpec setScheduling(Scheduling scheduling) {
        this.scheduling = scheduling;
        return this;
    }

    /** How the workers get their places. */
    public Scheduling scheduling() {
        return scheduling == null ? new Scheduling() : scheduling;
    }

    /** When and where the state is kept, or null. */
    public Checkpoints getCheckpoint() {
        return checkpoint;
    }

    public JobSpec setCheckpoint(Checkpoints checkpoint) {
        this.checkpoint = checkpoint;
        return this;
    }

    /** When and where the state is kept. */
    public Checkpoints checkpoint() {
        return checkpoint == null ? new Checkpoints() : checkpoint;
    }

    /** Where checkpoints lie: what the spec says, else a folder in the output's storage. */
    public Folder checkpointStorage() {
        return checkpoint().getStorage() == null
                ? output.getStorage().folder().resolve("checkpoints")
                : checkpoint.getStorage().folder();
    }

    /** What happens when workers are lost or crash, or null. */
    public FailurePolicy getFailurePolicy() {
        return failurePolicy;
    }

    public JobSpec setFailurePolicy(FailurePolicy failurePolicy) {
        this.failurePolicy = failurePolicy;
        return this;
    }

    /** What happens when workers are lost or crash. */
    public FailurePolicy failurePolicy() {
        return failurePolicy == null ? new FailurePolicy() : failurePolicy;
    }

    /** Where the result goes. */
    public Output getOutput() {
        return output;
    }

    public JobSpec setOutput(Output output) {
        this.output = output;
        return this;
    }

    /** Whether the job rests, or null. */
    public Boolean getSuspend() {
        return suspend;
    }

    public JobSpec setSuspend(Boolean suspend) {
        this.suspend = suspend;
        return this;
    }

    /** Whether the job rests. */
    public boolean suspend() {
        return suspend == null ? DEFAULT_SUSPEND : suspend;
    }

    /** Seconds that the job may be active, or null. */
    public Integer getActiveDeadlineSeconds() {
        return activeDeadlineSeconds;
    }

    public JobSpec setActiveDeadlineSeconds(Integer activeDeadlineSeconds) {
        this.activeDeadlineSeconds = activeDeadlineSeconds;
        return this;
    }

    /** How long the job may be active; empty for no end. */
    public Optional<Duration> activeDeadline() {
        return Optional.ofNullable(activeDeadlineSeconds).map(Duration::ofSeconds);
    }

    /** Seconds that the job is kept after its end, or null. */
    public Integer getTtlSecondsAfterFinished() {
        return ttlSecondsAfterFinished;
    }

    public JobSpec setTtlSecondsAfterFinished(Integer ttlSecondsAfterFinished) {
        this.ttlSecondsAfterFinished = ttlSecondsAfterFinished;
        return this;
    }

    /** How long the job is kept after its end; empty for ever. */
    public Optional<Duration> timeToLiveAfterFinished() {
        return Optional.ofNullable(ttlSecondsAfterFinished).map(Duration::ofSeconds);
    }
}
