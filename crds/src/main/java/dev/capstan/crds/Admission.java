package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/**
 * A grant: places for all pods of one attempt, be they its workers or the one that checks its data. Written by the
 * admission loop alone, under its own field manager.
 */
public class Admission extends Block {
    @JsonPropertyDescription("attempt is the attempt that the grant is for.")
    @Required
    @Min(1)
    @Max(1000000)
    private Integer attempt;

    @JsonPropertyDescription("time is when the places were granted.")
    private String time;

    @JsonPropertyDescription(
            "placements has the node of every worker; of an attempt that checks the data, the node of the pod that does so.")
    @Required
    @Size(max = 1024)
    private List<Placement> placements;

    @JsonPropertyDescription(
            "quota is the GPUQuota that the places are charged to; none if the namespace is under none.")
    @Size(max = 253)
    private String quota;

    @JsonPropertyDescription("flavor is the flavor of that quota that the places are charged to.")
    @Size(max = 63)
    private String flavor;

    /** The attempt that the grant is for. */
    public Integer getAttempt() {
        return attempt;
    }

    public Admission setAttempt(Integer attempt) {
        this.attempt = attempt;
        return this;
    }

    /** When the places were granted, RFC 3339. */
    public String getTime() {
        return time;
    }

    public Admission setTime(String time) {
        this.time = time;
        return this;
    }

    /** The node of every worker. */
    public List<Placement> getPlacements() {
        return placements;
    }

    public Admission setPlacements(List<Placement> placements) {
        this.placements = placements;
        return this;
    }

    /** Name of the GPUQuota that is charged, or null. */
    public String getQuota() {
        return quota;
    }

    public Admission setQuota(String quota) {
        this.quota = quota;
        return this;
    }

    /** Which flavor of the quota is charged, or null. */
    public String getFlavor() {
        return flavor;
    }

    public Admission setFlavor(String flavor) {
        this.flavor = flavor;
        return this;
    }
}
