package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;

/** Counts of the pods of the current attempt. */
public class WorkersStatus extends Block {
    @JsonPropertyDescription("ready is the number of workers that have met all of their peers.")
    @Min(0)
    @Max(1024)
    private Integer ready;

    @JsonPropertyDescription("total is the number of workers that the attempt needs.")
    @Min(0)
    @Max(1024)
    private Integer total;

    @JsonPropertyDescription(
            "sparesReady is the number of spares that can take a lost worker's place at once; absent if there are to be none.")
    @Min(0)
    @Max(1024)
    private Integer sparesReady;

    @JsonPropertyDescription("spares is the number of spares that there are to be; absent if there are to be none.")
    @Min(0)
    @Max(1024)
    private Integer spares;

    @JsonPropertyDescription(
            "summary is ready and total for people, as in 2/4; with spares, their numbers too, as in 4/4, 1/1 spares.")
    @Size(max = 32)
    private String summary;

    /** Workers that have met their peers. */
    public Integer getReady() {
        return ready;
    }

    public WorkersStatus setReady(Integer ready) {
        this.ready = ready;
        return this;
    }

    /** Workers that the attempt needs. */
    public Integer getTotal() {
        return total;
    }

    public WorkersStatus setTotal(Integer total) {
        this.total = total;
        return this;
    }

    /** Spares that can take a place at once, or null. */
    public Integer getSparesReady() {
        return sparesReady;
    }

    public WorkersStatus setSparesReady(Integer sparesReady) {
        this.sparesReady = sparesReady;
        return this;
    }

    /** Spares that there are to be, or null. */
    public Integer getSpares() {
        return spares;
    }

    public WorkersStatus setSpares(Integer spares) {
        this.spares = spares;
        return this;
    }

    /** {@code ready/total}, for a printer column. */
    public String getSummary() {
        return summary;
    }

    public WorkersStatus setSummary(String summary) {
        this.summary = summary;
        return this;
    }
}
