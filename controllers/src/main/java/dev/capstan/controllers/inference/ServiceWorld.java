package dev.capstan.controllers.inference;

import dev.capstan.controllers.lineage.Referents;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.crds.inference.InferenceServiceSpec;
import dev.capstan.protocol.Serving;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a plan is made from, beside the service itself; read once.
 *
 * @param now the time of reading
 * @param pods every pod that this very service owns, of replicas and routers
 * @param nodes the nodes that it has pods or places on, by name; none that is gone
 * @param referents what the service names
 * @param readOnlyClaims volume claims that nobody can write to
 * @param templates how each listed revision is served, by its number, as far as that is still known: model, batching,
 *     limits, access and workers of the spec by which it was made
 * @param servings what replicas said of themselves when they were asked last, by the pod's UID
 * @param verdict why admission gave no further place, if it has looked
 * @param objects services, disruption budgets, network policies and routes that are there and this very service's own
 * @param gatewayApi whether the cluster knows HTTPRoutes
 * @param sameNode whether a Service may prefer pods on the client's own node
 * @param told what kubelets say of pods that are bound for a while and don't run, by the pod's name; empty words of one
 *     that goes on
 * @param gone what running pods need that somebody has deleted, as {@link ServiceUpkeep#needed} names it
 */
public record ServiceWorld(
        Instant now,
        List<Pod> pods,
        Map<String, Node> nodes,
        Referents referents,
        Set<String> readOnlyClaims,
        Map<Integer, InferenceServiceSpec> templates,
        Map<String, Serving> servings,
        Optional<Wait> verdict,
        List<HasMetadata> objects,
        boolean gatewayApi,
        boolean sameNode,
        Map<String, String> told,
        Set<String> gone) {

    /**
     * A node.
     *
     * @param ready whether its kubelet says that it is
     * @param since when that changed last
     * @param leaving whether it is to be emptied: cordoned, or about to be taken out of the cluster
     */
    public record Node(boolean ready, Instant since, boolean leaving) {}

    /**
     * For how long a node may not be ready before what ran there is given up. The control plane has waited some forty
     * seconds by then; what passes by itself, such as a restart of the kubelet's, mostly does so sooner.
     */
    static final Duration PATIENCE = Duration.ofSeconds(10);

    /** Whether nothing is to be expected of a node any more. */
    boolean isLost(String node) {
        var there = nodes.get(node);
        return there == null || !there.ready() && !now.isBefore(there.since().plus(PATIENCE));
    }

    /** Whether a node is about to be emptied. */
    boolean isLeaving(String node) {
        var there = nodes.get(node);
        return there != null && there.leaving();
    }

    /** When a node that isn't ready will be given up, if any of its is not yet. */
    Optional<Duration> untilOneIsLost() {
        return nodes.values().stream()
                .filter(node -> !node.ready())
                .map(node -> Duration.between(now, node.since().plus(PATIENCE)))
                .filter(Duration::isPositive)
                .min(Duration::compareTo);
    }
}
