package dev.capstan.controllers.kube;

import dev.capstan.controllers.admission.Engine;
import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.Requests;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.inference.ServiceWorld;
import dev.capstan.controllers.plan.Labels;
import dev.capstan.crds.quota.GPUQuota;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Every node and every pod of the cluster, as far as places go. */
public final class ClusterCache implements AutoCloseable {
    /** Taints of Karpenter and of the cluster autoscaler for nodes that they are about to take away. */
    private static final Set<String> LEAVING = Set.of("karpenter.sh/disrupted", "ToBeDeletedByClusterAutoscaler");

    /** Of all kinds of ours. */
    private static final String API_GROUP = HasMetadata.getGroup(GPUQuota.class) + "/";

    private final SteadyInformer<Node> nodes;
    private final SteadyInformer<Pod> pods;
    private volatile Consumer<String> nodeListener = node -> {};
    private volatile Consumer<String> goneListener = node -> {};

    /**
     * Starts reading.
     *
     * @param served the namespaces whose jobs are known; none means all
     */
    public ClusterCache(KubernetesClient client, Set<String> served, Changes changes) {
        nodes = Informers.start(
                client.nodes().withLimit(Informers.PAGE).runnableInformer(0).itemStore(Trimmed.store(Trimmed::node)),
                (before, after) -> true,
                node -> {
                    changes.put(key(node), tell(node(node)));
                    nodeListener.accept(node.getMetadata().getName());
                },
                node -> {
                    changes.put(
                            key(node),
                            engine -> engine.removeNode(node.getMetadata().getName()));
                    nodeListener.accept(node.getMetadata().getName());
                    goneListener.accept(node.getMetadata().getName());
                },
                changes::wake);
        pods = Informers.start(
                client.pods()
                        .inAnyNamespace()
                        .withLimit(Informers.PAGE)
                        .runnableInformer(0)
                        .itemStore(Trimmed.store(Trimmed::identity)),
                (before, after) -> true,
                pod -> changes.put(key(pod), tell(pod(pod, served), isRefused(pod.getStatus()))),
                pod -> changes.put(
                        key(pod), engine -> engine.removePod(pod.getMetadata().getUid())),
                changes::wake);
    }

    private static Consumer<Engine> tell(ClusterView.Node node) {
        return engine -> engine.put(node);
    }

    private static Consumer<Engine> tell(ClusterView.Pod pod, boolean refused) {
        return engine -> {
            engine.put(pod);
            if (refused) {
                pod.seat().ifPresent(seat -> engine.refused(seat, pod.uid()));
            }
        };
    }

    private static String key(Node node) {
        return "node " + node.getMetadata().getName();
    }

    private static String key(Pod pod) {
        return "pod " + pod.getMetadata().getUid();
    }

    /** Whether all nodes and pods have been read since the start, and told. */
    public boolean synced() {
        return nodes.synced() && pods.synced();
    }

    /**
     * Waits until all nodes and pods have been read: a reconciler that knew no node would take every pod for lost.
     *
     * @throws IllegalStateException when the API server doesn't let us, or takes too long
     */
    public void awaitSync() {
        Informers.await(this::synced, "nodes and pods");
    }

    /** Whether each of these nodes is ready, by name; those that aren't there are left out. */
    public Map<String, Boolean> readiness(Set<String> names) {
        return names.stream()
                .map(nodes.store()::getByKey)
                .filter(Objects::nonNull)
                .collect(Collectors.toMap(node -> node.getMetadata().getName(), ClusterCache::ready));
    }

    /** How each of these nodes is, by name; those that aren't there are left out. */
    public Map<String, ServiceWorld.Node> health(Set<String> names) {
        return names.stream()
                .map(nodes.store()::getByKey)
                .filter(Objects::nonNull)
                .collect(Collectors.toMap(node -> node.getMetadata().getName(), ClusterCache::health));
    }

    /** Who is told of the name of each node that is new, has changed, or is gone. */
    public void onNode(Consumer<String> newListener) {
        nodeListener = newListener;
    }

    /** Who is told of the name of each node that is gone. */
    public void onNodeGone(Consumer<String> newListener) {
        goneListener = newListener;
    }

    private static ServiceWorld.Node health(Node node) {
        var since = node.getStatus() == null || node.getStatus().getConditions() == null
                ? Optional.<String>empty()
                : node.getStatus().getConditions().stream()
                        .filter(condition -> "Ready".equals(condition.getType()))
                        .map(NodeCondition::getLastTransitionTime)
                        .filter(Objects::nonNull)
                        .findFirst();
        return new ServiceWorld.Node(ready(node), since.map(Instant::parse).orElse(Instant.EPOCH), isLeaving(node));
    }

    /** Whether somebody wants its pods to go: all who drain a node say so first, by one of these ways. */
    private static boolean isLeaving(Node node) {
        var spec = node.getSpec();
        return node.getMetadata().getDeletionTimestamp() != null
                || spec != null
                        && (Boolean.TRUE.equals(spec.getUnschedulable())
                                || spec.getTaints().stream().map(Taint::getKey).anyMatch(LEAVING::contains));
    }

    @Override
    public void close() {
        nodes.stop();
        pods.stop();
    }

    private static ClusterView.Node node(Node node) {
        var spec = node.getSpec();
        boolean cordoned = spec != null && Boolean.TRUE.equals(spec.getUnschedulable());
        var labels = node.getMetadata().getLabels();
        return new ClusterView.Node(
                node.getMetadata().getName(),
                ready(node),
                !cordoned && node.getMetadata().getDeletionTimestamp() == null,
                labels == null ? Map.of() : labels,
                spec == null || spec.getTaints() == null ? List.of() : spec.getTaints(),
                node.getStatus() == null
                        ? Resources.NONE
                        : Resources.offered(node.getStatus().getAllocatable()));
    }

    private static boolean ready(Node node) {
        return node.getStatus() != null
                && node.getStatus().getConditions() != null
                && node.getStatus().getConditions().stream()
                        .anyMatch(condition ->
                                "Ready".equals(condition.getType()) && "True".equals(condition.getStatus()));
    }

    /** What counts of a pod. */
    static ClusterView.Pod pod(Pod pod, Set<String> served) {
        var status = pod.getStatus();
        var phase = status == null ? null : status.getPhase();
        // A pod that preempts others has its place promised before it is bound.
        var nominated = status == null ? null : status.getNominatedNodeName();
        var node =
                pod.getSpec().getNodeName() == null ? nominated : pod.getSpec().getNodeName();
        // Another release's workers take room like anybody's: of their jobs nothing is known.
        boolean known = served.isEmpty() || served.contains(pod.getMetadata().getNamespace());
        var seat = known ? seat(pod) : Optional.<ClusterView.Seat>empty();
        return new ClusterView.Pod(
                pod.getMetadata().getUid(),
                pod.getMetadata().getNamespace(),
                node,
                "Succeeded".equals(phase) || "Failed".equals(phase),
                Requests.of(pod.getSpec()),
                seat,
                Optional.ofNullable(pod.getMetadata().getDeletionTimestamp()).map(Instant::parse),
                known && seat.isEmpty() && wasMadeForSeat(pod)
                        ? Optional.of(pod.getMetadata().getName())
                        : Optional.empty());
    }

    /** Whether owner or labels, whichever are left, tell that a pod was made for a job or service. */
    private static boolean wasMadeForSeat(Pod pod) {
        var labels = pod.getMetadata().getLabels();
        return labels != null && (labels.containsKey(Labels.RANK) || labels.containsKey(Labels.JOB))
                || pod.getMetadata().getOwnerReferences().stream()
                        .anyMatch(owner -> String.valueOf(owner.getApiVersion()).startsWith(API_GROUP));
    }

    /** Whether the kubelet didn't take the pod though it was bound to it, or the scheduler found no way to bind it. */
    private static boolean isRefused(PodStatus status) {
        if (status == null) {
            return false;
        }
        var reason = status.getReason() == null ? "" : status.getReason();
        return "Failed".equals(status.getPhase())
                        && (reason.startsWith("OutOf")
                                || reason.equals("UnexpectedAdmissionError")
                                || reason.equals("NodeAffinity"))
                || status.getConditions() != null
                        && status.getConditions().stream()
                                .anyMatch(condition -> "PodScheduled".equals(condition.getType())
                                        && "Unschedulable".equals(condition.getReason())
                                        && !isOfClaim(condition.getMessage()));
    }

    /** Whether a claim keeps a pod from every node alike, as one does that has no volume or is being deleted. */
    private static boolean isOfClaim(String message) {
        return message != null && message.toLowerCase(Locale.ROOT).contains("persistentvolumeclaim");
    }

    private static Optional<ClusterView.Seat> seat(Pod pod) {
        var labels = pod.getMetadata().getLabels();
        if (labels == null || !labels.containsKey(Labels.ATTEMPT) || !labels.containsKey(Labels.RANK)) {
            return Optional.empty();
        }
        try {
            int attempt = Integer.parseInt(labels.get(Labels.ATTEMPT));
            int rank = Integer.parseInt(labels.get(Labels.RANK));
            return pod.getMetadata().getOwnerReferences().stream()
                    .filter(owner -> Boolean.TRUE.equals(owner.getController()))
                    .map(owner -> new ClusterView.Seat(pod.getMetadata().getNamespace(), owner.getUid(), attempt, rank))
                    .findFirst();
        } catch (NumberFormatException e) {
            // Somebody else's pod with our labels takes room like any other, and nobody's seat.
            return Optional.empty();
        }
    }
}
