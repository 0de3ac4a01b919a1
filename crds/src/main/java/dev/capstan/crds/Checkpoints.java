package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.IntOrString;

/** When and where the state of the training is kept. */
@ValidationRule(
        value = "!has(self.everySeconds) || type(self.everySeconds) == int || self.everySeconds == 'Auto'",
        message = "everySeconds must be a number of seconds, such as 600, or Auto",
        fieldPath = ".everySeconds")
public class Checkpoints extends Block {
    public static final String AUTO = "Auto";
    public static final int DEFAULT_KEEP = 2;

    @JsonPropertyDescription(
            "everySteps is the number of steps between two checkpoints. With everySeconds, whichever comes first. Default: none are made by steps.")
    @Min(1)
    @Max(1000000000)
    private Integer everySteps;

    @JsonPropertyDescription(
            "everySeconds is the time between two checkpoints in seconds, or Auto: as long as loses least, by what checkpoints cost this training and how often its attempts were lost (Young and Daly), from 10 s to half an hour. With everySteps, whichever comes first. Default: none are made by time; without both, checkpoints are made on request and when the workers are asked to stop.")
    private IntOrString everySeconds;

    @JsonPropertyDescription("keep is how many checkpoints are kept, the newest ones. Default: " + DEFAULT_KEEP + ".")
    @Min(1)
    @Max(1000)
    private Integer keep;

    @JsonPropertyDescription(
            "storage is where checkpoints lie, in a folder for each job. Default: the folder checkpoints in the storage of the output.")
    private Storage storage;

    @JsonPropertyDescription(
            "resumeFrom is a checkpoint of another job, of the same model, data and training, to begin with. Its digests are verified; the job's own checkpoints go before it. Default: none.")
    private EarlierCheckpoint resumeFrom;

    /** Steps between checkpoints, or null for none by steps. */
    public Integer getEverySteps() {
        return everySteps;
    }

    public Checkpoints setEverySteps(Integer everySteps) {
        this.everySteps = everySteps;
        return this;
    }

    /** Steps between checkpoints; 0 for none by steps. */
    public int everySteps() {
        return everySteps == null ? 0 : everySteps;
    }

    /** Seconds between checkpoints, {@link #AUTO}, or null for none by time. */
    public IntOrString getEverySeconds() {
        return everySeconds;
    }

    public Checkpoints setEverySeconds(IntOrString everySeconds) {
        this.everySeconds = everySeconds;
        return this;
    }

    /** Seconds between checkpoints; 0 for none by time, and where the workers find the time. */
    public int everySeconds() {
        return everySeconds == null || everySeconds.getIntVal() == null ? 0 : everySeconds.getIntVal();
    }

    /** Whether the workers find the time between two checkpoints. */
    public boolean findsInterval() {
        return everySeconds != null && AUTO.equals(everySeconds.getStrVal());
    }

    /** How many are kept, or null. */
    public Integer getKeep() {
        return keep;
    }

    public Checkpoints setKeep(Integer keep) {
        this.keep = keep;
        return this;
    }

    /** How many are kept. */
    public int keep() {
        return keep == null ? DEFAULT_KEEP : keep;
    }

    /** Where they lie, or null. */
    public Storage getStorage() {
        return storage;
    }

    public Checkpoints setStorage(Storage storage) {
        this.storage = storage;
        return this;
    }

    /** A checkpoint of another job to begin with, or null. */
    public EarlierCheckpoint getResumeFrom() {
        return resumeFrom;
    }

    public Checkpoints setResumeFrom(EarlierCheckpoint resumeFrom) {
        this.resumeFrom = resumeFrom;
        return this;
    }
}
