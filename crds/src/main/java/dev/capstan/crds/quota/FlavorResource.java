package dev.capstan.crds.quota;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Quantity;

/** How much of one resource of a flavor's nodes a quota has, lends and borrows. */
public class FlavorResource extends Block {
    @JsonPropertyDescription(
            "name is the name of the resource, as pods ask for it: nvidia.com/gpu, nvidia.com/mig-1g.10gb, cpu, memory, ephemeral-storage.")
    @Required
    @Size(min = 1, max = 316)
    @ValidationRule(
            value =
                    "self in ['cpu', 'memory', 'ephemeral-storage'] || self.contains('/') && !self.startsWith('requests.') && self.indexOf('/') <= 244 && self.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$')",
            message = "name must be cpu, memory, ephemeral-storage or a device's name, such as nvidia.com/gpu")
    private String name;

    @JsonPropertyDescription(
            "nominalQuota is how much of the resource is the quota's own. What it has lent comes back when the jobs that hold it end.")
    @Required
    private Quantity nominalQuota;

    @JsonPropertyDescription(
            "borrowingLimit is how much the quota may use beyond nominalQuota of what others in its cohort leave idle; only with cohort. Default: all of that.")
    private Quantity borrowingLimit;

    @JsonPropertyDescription(
            "lendingLimit is how much of nominalQuota others in the cohort may use while it is idle; only with cohort. Default: all of it.")
    private Quantity lendingLimit;

    /** Name of the resource. */
    public String getName() {
        return name;
    }

    public FlavorResource setName(String name) {
        this.name = name;
        return this;
    }

    /** What is the quota's own. */
    public Quantity getNominalQuota() {
        return nominalQuota;
    }

    public FlavorResource setNominalQuota(Quantity nominalQuota) {
        this.nominalQuota = nominalQuota;
        return this;
    }

    /** How much more it may use, or null. */
    public Quantity getBorrowingLimit() {
        return borrowingLimit;
    }

    public FlavorResource setBorrowingLimit(Quantity borrowingLimit) {
        this.borrowingLimit = borrowingLimit;
        return this;
    }

    /** How much others may use of it, or null. */
    public Quantity getLendingLimit() {
        return lendingLimit;
    }

    public FlavorResource setLendingLimit(Quantity lendingLimit) {
        this.lendingLimit = lendingLimit;
        return this;
    }
}
