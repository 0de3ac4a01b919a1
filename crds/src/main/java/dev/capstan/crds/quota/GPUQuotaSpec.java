package dev.capstan.crds.quota;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.LabelSelector;
import java.util.List;
import java.util.Optional;

/** Whose jobs may use how much of which nodes. */
@ValidationRule(
        value = "[has(self.namespaces), has(self.namespaceSelector)].exists_one(set, set)",
        message = "spec needs exactly one of: namespaces, namespaceSelector")
@ValidationRule(
        value =
                "has(self.cohort) || self.flavors.all(flavor, flavor.resources.all(resource, !has(resource.borrowingLimit) && !has(resource.lendingLimit)))",
        message =
                "borrowingLimit and lendingLimit in flavors need a cohort to borrow from and lend to: set cohort, or remove them",
        fieldPath = ".flavors")
public class GPUQuotaSpec extends Block {
    public static final int DEFAULT_WEIGHT = 1;

    @JsonPropertyDescription(
            "namespaces names the namespaces whose jobs use this quota; they need not exist yet. Exactly one of namespaces and namespaceSelector is set. A change counts for jobs that queue; those that run are counted by their new quota and are not stopped.")
    @Size(min = 1, max = 256)
    private List<String> namespaces;

    @JsonPropertyDescription(
            "namespaceSelector selects, by their labels, the namespaces whose jobs use this quota. Who may label a namespace decides then whose quota it uses. A change counts as one of namespaces does.")
    private LabelSelector namespaceSelector;

    @JsonPropertyDescription(
            "cohort is a word that quotas share which lend each other what they leave idle. Default: none, the quota neither lends nor borrows. A change counts at once; what is borrowed already is not taken away.")
    @Size(min = 1, max = 63)
    @ValidationRule(
            value = "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
            message =
                    "cohort must have only lower-case letters, digits and -, and begin and end with a letter or digit, as in research")
    private String cohort;

    @JsonPropertyDescription(
            "weight is this quota's part of what the cohort leaves idle, against the weights of the others: of two quotas that borrow, one of weight 2 comes first until it has borrowed twice as much. Default: "
                    + DEFAULT_WEIGHT + ". A change counts for jobs that queue.")
    @Min(1)
    @Max(1000)
    private Integer weight;

    @JsonPropertyDescription(
            "flavors lists the kinds of nodes that jobs may use, and how much of each, in the order in which they are tried. A change counts for jobs that queue; those that run are not stopped.")
    @Required
    @Size(min = 1, max = 16)
    private List<Flavor> flavors;

    @JsonPropertyDescription(
            "stopPolicy says whether jobs are admitted. None: as the amounts allow. Hold: nothing new is admitted, and what runs goes on. Drain: nothing new is admitted, and jobs that run write a checkpoint, give their places up and queue until the policy is None again; services keep those that they have. Default: None. A change counts at once; a job whose workers were told to stop is seen through.")
    private StopPolicy stopPolicy;

    /** Names of the namespaces, or null. */
    public List<String> getNamespaces() {
        return namespaces;
    }

    public GPUQuotaSpec setNamespaces(List<String> namespaces) {
        this.namespaces = namespaces;
        return this;
    }

    /** Labels of the namespaces, or null. */
    public LabelSelector getNamespaceSelector() {
        return namespaceSelector;
    }

    public GPUQuotaSpec setNamespaceSelector(LabelSelector namespaceSelector) {
        this.namespaceSelector = namespaceSelector;
        return this;
    }

    /** Who lends to each other, or null. */
    public String getCohort() {
        return cohort;
    }

    public GPUQuotaSpec setCohort(String cohort) {
        this.cohort = cohort;
        return this;
    }

    /** The cohort; empty for a quota that neither lends nor borrows. */
    public Optional<String> cohort() {
        return Optional.ofNullable(cohort);
    }

    /** Part of what is idle, or null. */
    public Integer getWeight() {
        return weight;
    }

    public GPUQuotaSpec setWeight(Integer weight) {
        this.weight = weight;
        return this;
    }

    /** The quota's part of what its cohort leaves idle. */
    public int weight() {
        return weight == null ? DEFAULT_WEIGHT : weight;
    }

    /** Kinds of nodes, in the order in which they are tried. */
    public List<Flavor> getFlavors() {
        return flavors;
    }

    public GPUQuotaSpec setFlavors(List<Flavor> flavors) {
        this.flavors = flavors;
        return this;
    }

    /** Whether jobs are admitted, or null. */
    public StopPolicy getStopPolicy() {
        return stopPolicy;
    }

    public GPUQuotaSpec setStopPolicy(StopPolicy stopPolicy) {
        this.stopPolicy = stopPolicy;
        return this;
    }

    /** Whether jobs are admitted. */
    public StopPolicy stopPolicy() {
        return stopPolicy == null ? StopPolicy.NONE : stopPolicy;
    }
}
