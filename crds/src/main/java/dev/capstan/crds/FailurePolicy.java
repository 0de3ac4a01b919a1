package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.training.TrainingDefaults;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** What happens when workers are lost. */
public class FailurePolicy extends Block {
    @JsonPropertyDescription(
            "maxRestarts is how many new attempts may follow after lost workers; the next loss fails the job. Mistakes that another attempt cannot mend, such as unreadable data, fail it at once. Default: "
                    + TrainingDefaults.MAX_RESTARTS
                    + ". May be changed at any time; a job that has failed stays failed.")
    @Min(0)
    @Max(1000)
    private Integer maxRestarts;

    /** How many new attempts may follow after lost workers, or null. */
    public Integer getMaxRestarts() {
        return maxRestarts;
    }

    public FailurePolicy setMaxRestarts(Integer maxRestarts) {
        this.maxRestarts = maxRestarts;
        return this;
    }
}
