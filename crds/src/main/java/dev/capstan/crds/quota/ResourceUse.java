package dev.capstan.crds.quota;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** What is used of one resource of a flavor: quantities, such as {@code 12} or {@code 1500m}. */
public class ResourceUse extends Block {
    @JsonPropertyDescription("name is the name of the resource.")
    @Required
    @Size(min = 1, max = 316)
    private String name;

    @JsonPropertyDescription("nominal is how much is the quota's own.")
    @Size(max = 32)
    private String nominal;

    @JsonPropertyDescription("used is how much the jobs of the quota hold.")
    @Size(max = 32)
    private String used;

    @JsonPropertyDescription("borrowed is how much of used belongs to others in the cohort.")
    @Size(max = 32)
    private String borrowed;

    @JsonPropertyDescription("lent is how much of nominal others in the cohort hold.")
    @Size(max = 32)
    private String lent;

    /** Name of the resource. */
    public String getName() {
        return name;
    }

    public ResourceUse setName(String name) {
        this.name = name;
        return this;
    }

    /** The quota's own. */
    public String getNominal() {
        return nominal;
    }

    public ResourceUse setNominal(String nominal) {
        this.nominal = nominal;
        return this;
    }

    /** What its jobs hold. */
    public String getUsed() {
        return used;
    }

    public ResourceUse setUsed(String used) {
        this.used = used;
        return this;
    }

    /** What they hold of others. */
    public String getBorrowed() {
        return borrowed;
    }

    public ResourceUse setBorrowed(String borrowed) {
        this.borrowed = borrowed;
        return this;
    }

    /** What others hold of it. */
    public String getLent() {
        return lent;
    }

    public ResourceUse setLent(String lent) {
        this.lent = lent;
        return this;
    }
}
