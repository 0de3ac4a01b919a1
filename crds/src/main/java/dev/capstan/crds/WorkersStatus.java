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

    @JsonPropertyDescription("summary is ready and total for people, as in 2/4.")
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

    /** {@code ready/total}, for a printer column. */
    public String getSummary() {
        return summary;
    }

    public WorkersStatus setSummary(String summary) {
        this.summary = summary;
        return this;
    }
}
