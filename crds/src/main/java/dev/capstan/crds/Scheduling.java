package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Optional;

/** How the gang gets its places. */
public class Scheduling extends Block {
    public static final int DEFAULT_TIMEOUT_SECONDS = 300;
    /** The most that {@code timeoutSeconds} may say. */
    public static final int MAX_TIMEOUT_SECONDS = 86_400;

    @JsonPropertyDescription(
            "timeoutSeconds is how long, in seconds, the pods of a granted gang may take until all of them run; after that the gang is rolled back whole, its places are given back and it queues again. Default: "
                    + DEFAULT_TIMEOUT_SECONDS + ". May be changed at any time.")
    @Min(1)
    @Max(MAX_TIMEOUT_SECONDS)
    private Integer timeoutSeconds;

    @JsonPropertyDescription(
            "priorityClassName names the PriorityClass whose value orders the queue: the higher comes first. Default: none, which counts as the PriorityClass that is globalDefault, or as 0. May be changed at any time; a job that runs is not touched.")
    @Size(max = 253)
    @ValidationRule(
            value = "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",
            message =
                    "priorityClassName must be the name of a PriorityClass: lower-case letters, digits, - and . that begin and end with a letter or digit")
    private String priorityClassName;

    @JsonPropertyDescription(
            "topology says whether the workers have to be near each other. Default: they may be anywhere. May be changed at any time; a job that runs is not touched.")
    private Topology topology;

    /** Seconds until a granted gang must run whole, or null. */
    public Integer getTimeoutSeconds() {
        return timeoutSeconds;
    }

    public Scheduling setTimeoutSeconds(Integer timeoutSeconds) {
        this.timeoutSeconds = timeoutSeconds;
        return this;
    }

    /** Seconds after which a granted gang that is not whole is rolled back. */
    public int timeoutSeconds() {
        return timeoutSeconds == null ? DEFAULT_TIMEOUT_SECONDS : timeoutSeconds;
    }

    /** Name of the PriorityClass, or null. */
    public String getPriorityClassName() {
        return priorityClassName;
    }

    public Scheduling setPriorityClassName(String priorityClassName) {
        this.priorityClassName = priorityClassName;
        return this;
    }

    /** Name of the PriorityClass that orders the queue; empty for the cluster's own default. */
    public Optional<String> priorityClassName() {
        return Optional.ofNullable(priorityClassName);
    }

    /** How near to each other the workers have to be, or null. */
    public Topology getTopology() {
        return topology;
    }

    public Scheduling setTopology(Topology topology) {
        this.topology = topology;
        return this;
    }

    /** How near to each other the workers have to be; empty if they may be anywhere. */
    public Optional<Topology> topology() {
        return Optional.ofNullable(topology);
    }
}
