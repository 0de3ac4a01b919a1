package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;

/** How the work is divided among the workers. */
public class Parallelism extends Block {
    @JsonPropertyDescription(
            "strategy is the way to divide the work. DataParallel: every worker holds the whole model and takes its share of each batch. Default: DataParallel.")
    private Strategy strategy;

    /** The way to divide the work, or null. */
    public Strategy getStrategy() {
        return strategy;
    }

    public Parallelism setStrategy(Strategy strategy) {
        this.strategy = strategy;
        return this;
    }

    /** The way to divide the work. */
    public Strategy strategy() {
        return strategy == null ? Strategy.DATA_PARALLEL : strategy;
    }
}
