package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** What checkpoints cost, and what was found of them. */
public class CheckpointsStatus extends Block {
    /** Most broken ones that are named. */
    public static final int MAX_BROKEN = 10;
    /** Longest text about one; the schema has it, too. */
    public static final int MAX_TEXT = 512;

    @JsonPropertyDescription(
            "everySeconds is the time between two checkpoints, in seconds: of Auto, what the workers have chosen last.")
    @Min(0)
    @Max(Bounds.MAX_SAFE_INTEGER)
    private Long everySeconds;

    @JsonPropertyDescription(
            "stallMillis is for how long the last checkpoint stopped the training, in milliseconds: a decimal, written as a string.")
    @Size(max = 32)
    private String stallMillis;

    @JsonPropertyDescription(
            "writeMillis is how long it took to write the last whole checkpoint, in milliseconds: a decimal, written as a string.")
    @Size(max = 32)
    private String writeMillis;

    @JsonPropertyDescription("sizeBytes is how many bytes of memory were copied for it.")
    @Min(0)
    @Max(Bounds.MAX_SAFE_INTEGER)
    private Long sizeBytes;

    @JsonPropertyDescription("late is how many checkpoints of the attempt waited for the one before to be written.")
    @Min(0)
    @Max(1000000)
    private Integer late;

    @JsonPropertyDescription(
            "broken has the checkpoints that the current attempt passed over, each with what is wrong with it; at most 10.")
    @Size(max = MAX_BROKEN)
    private List<String> broken;

    /** Seconds between two, or null. */
    public Long getEverySeconds() {
        return everySeconds;
    }

    public CheckpointsStatus setEverySeconds(Long everySeconds) {
        this.everySeconds = everySeconds;
        return this;
    }

    /** For how long the last one stopped the training, or null. */
    public String getStallMillis() {
        return stallMillis;
    }

    public CheckpointsStatus setStallMillis(String stallMillis) {
        this.stallMillis = stallMillis;
        return this;
    }

    /** How long the last one took to write, or null. */
    public String getWriteMillis() {
        return writeMillis;
    }

    public CheckpointsStatus setWriteMillis(String writeMillis) {
        this.writeMillis = writeMillis;
        return this;
    }

    /** Bytes of the state, or null. */
    public Long getSizeBytes() {
        return sizeBytes;
    }

    public CheckpointsStatus setSizeBytes(Long sizeBytes) {
        this.sizeBytes = sizeBytes;
        return this;
    }

    /** How many came later than they were due, or null. */
    public Integer getLate() {
        return late;
    }

    public CheckpointsStatus setLate(Integer late) {
        this.late = late;
        return this;
    }

    /** Those that were passed over, or null. */
    public List<String> getBroken() {
        return broken;
    }

    public CheckpointsStatus setBroken(List<String> broken) {
        this.broken = broken;
        return this;
    }
}
