package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.training.TrainingDefaults;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** How the gang gets its places. */
public class Scheduling extends Block {
    @JsonPropertyDescription(
            "timeoutSeconds is how long, in seconds, the pods of a granted gang may take until all of them run; after that the gang is rolled back whole, its places are given back and it queues again. Default: "
                    + TrainingDefaults.TIMEOUT_SECONDS + ". May be changed at any time.")
    @Min(1)
    @Max(86400)
    private Integer timeoutSeconds;

    /** Seconds until a granted gang must run whole, or null. */
    public Integer getTimeoutSeconds() {
        return timeoutSeconds;
    }

    public Scheduling setTimeoutSeconds(Integer timeoutSeconds) {
        this.timeoutSeconds = timeoutSeconds;
        return this;
    }
}
