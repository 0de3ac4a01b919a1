package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** What happens when workers are lost or crash. */
public class FailurePolicy extends Block {
    public static final int DEFAULT_MAX_RESTARTS = 10;
    public static final int DEFAULT_MAX_CRASHES = 3;

    @JsonPropertyDescription(
            "maxRestarts is how many new attempts may follow after lost workers, with no new checkpoint in between; the next loss fails the job. What made progress since the last one, as it does when a node is drained every night, doesn't count. 0 means that no loss is borne. Mistakes that another attempt cannot mend, such as unreadable data, fail it at once. Default: "
                    + DEFAULT_MAX_RESTARTS
                    + ". May be changed at any time; a job that has failed stays failed.")
    @Min(0)
    @Max(1000)
    private Integer maxRestarts;

    @JsonPropertyDescription(
            "maxCrashes is how many times in a row the program may crash, with no new checkpoint in between, until the job fails: a crash is an error of a worker of its own, with no machine and no other worker lost. Default: "
                    + DEFAULT_MAX_CRASHES
                    + ". May be changed at any time; a job that has failed stays failed.")
    @Min(1)
    @Max(1000)
    private Integer maxCrashes;

    /** How many new attempts may follow after lost workers, or null. */
    public Integer getMaxRestarts() {
        return maxRestarts;
    }

    public FailurePolicy setMaxRestarts(Integer maxRestarts) {
        this.maxRestarts = maxRestarts;
        return this;
    }

    /** How many new attempts may follow after lost workers. */
    public int maxRestarts() {
        return maxRestarts == null ? DEFAULT_MAX_RESTARTS : maxRestarts;
    }

    /** How many crashes in a row fail the job, or null. */
    public Integer getMaxCrashes() {
        return maxCrashes;
    }

    public FailurePolicy setMaxCrashes(Integer maxCrashes) {
        this.maxCrashes = maxCrashes;
        return this;
    }

    /** How many crashes in a row fail the job. */
    public int maxCrashes() {
        return maxCrashes == null ? DEFAULT_MAX_CRASHES : maxCrashes;
    }
}
