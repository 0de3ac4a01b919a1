package dev.capstan.controllers.admission.quota;

import dev.capstan.controllers.admission.cluster.Unit;
import java.util.List;

/**
 * What the jobs of one quota use now, amounts in each resource's {@link Unit}.
 *
 * @param quota name of the GPUQuota
 * @param pending how many jobs wait to be admitted
 * @param admitted how many hold places
 * @param uses by flavor and resource
 * @param missing a sentence for each flavor of which no node has what the quota lists, or of which there is no node
 */
public record Usage(String quota, int pending, int admitted, List<Of> uses, List<String> missing) {
    /**
     * Of one resource of a flavor.
     *
     * @param nominal what is the quota's own
     * @param used what its jobs hold
     * @param borrowed how much of that belongs to others in the cohort
     * @param lent how much of nominal others in the cohort hold
     */
    public record Of(String flavor, String resource, long nominal, long used, long borrowed, long lent) {}
}
