package dev.capstan.controllers.admission.quota;

import dev.capstan.controllers.admission.cluster.Unit;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an admin allows a group of namespaces.
 *
 * @param name of the GPUQuota
 * @param cohort whose members lend to each other; null for a quota that is alone
 * @param weight of its share against others of the cohort, above 0
 * @param flavors in the order in which they are tried
 * @param stopped whether nothing new is admitted
 */
public record Quota(String name, String cohort, double weight, List<Flavor> flavors, boolean stopped) {
    /**
     * Nodes of one kind, and how much of them.
     *
     * @param name by which the cohort's members mean the same nodes
     * @param nodeLabels that its nodes carry
     * @param limits by the name of the resource
     */
    public record Flavor(String name, Map<String, String> nodeLabels, Map<String, Limit> limits) {}

    /**
     * Amounts in the resource's {@link Unit}.
     *
     * @param nominal what is the quota's own
     * @param borrowing how much more it may use of what others leave idle; empty for all of it
     * @param lending how much of its own others may use; empty for all of it
     */
    public record Limit(long nominal, Optional<Long> borrowing, Optional<Long> lending) {
        /** What nobody else may use. */
        long guaranteed() {
            return lending.map(lent -> Math.max(0, nominal - lent)).orElse(0L);
        }
    }
}
