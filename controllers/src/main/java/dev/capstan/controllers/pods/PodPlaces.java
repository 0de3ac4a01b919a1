package dev.capstan.controllers.pods;

import dev.capstan.controllers.admission.cluster.Claim;
import dev.capstan.controllers.admission.cluster.NodeConstraints;
import dev.capstan.controllers.admission.cluster.WorkloadId;
import dev.capstan.controllers.admission.queue.Workload;
import dev.capstan.crds.Admission;
import dev.capstan.crds.Scheduling;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiFunction;

/** What pods ask of nodes, and what they hold, as admission sees it. */
public final class PodPlaces {
    private PodPlaces() {}

    /** Whose pods they are. */
    public static WorkloadId id(HasMetadata owner) {
        var metadata = owner.getMetadata();
        return new WorkloadId(owner.getKind(), metadata.getNamespace(), metadata.getName(), metadata.getUid());
    }

    /**
     * A node for each of the pods from one rank on; null for one without a place.
     *
     * @param count how many, whether they have places or not
     */
    public static List<String> nodes(Admission admission, int firstRank, int count) {
        var nodes = new String[count];
        admission.getPlacements().stream()
                .filter(placement -> placement.getRank() >= firstRank && placement.getRank() < firstRank + count)
                .forEach(placement -> nodes[placement.getRank() - firstRank] = placement.getNode());
        return Arrays.asList(nodes);
    }

    /**
     * The claims that pods mount and that are there, by name.
     *
     * @param claims a volume claim by namespace and name
     */
    public static SortedMap<String, Claim> claims(
            HasMetadata owner, Set<String> names, BiFunction<String, String, Optional<Claim>> claims) {
        var there = new TreeMap<String, Claim>();
        for (var name : names) {
            claims.apply(owner.getMetadata().getNamespace(), name).ifPresent(claim -> there.put(name, claim));
        }
        return there;
    }

    /** On which nodes pods that mount these claims may run. */
    public static NodeConstraints where(PodSet set, Map<String, Claim> claims) {
        return NodeConstraints.of(
                set.workers().nodeSelector(),
                set.workers().tolerations(),
                claims.values().stream()
                        .flatMap(claim -> claim.reachableFrom().stream())
                        .distinct()
                        .toList());
    }

    /** How near each other a spec wants them; empty if it doesn't matter. */
    public static Optional<Workload.Topology> topology(Scheduling scheduling) {
        return scheduling
                .topology()
                .map(topology -> topology.getRequired() == null
                        ? new Workload.Topology(topology.getPreferred(), false, Optional.empty())
                        : new Workload.Topology(topology.getRequired(), true, Optional.empty()));
    }

    /** All pods on one node, if one of the claims can be mounted by one only. */
    public static Optional<Workload.Topology> oneNode(SortedMap<String, Claim> claims) {
        return claims.entrySet().stream()
                .filter(claim -> claim.getValue().isOfOneNode())
                .map(Map.Entry::getKey)
                .findFirst()
                .map(Workload.Topology::oneNode);
    }
}
