package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.cluster.ClusterView;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the engine hears of a pod. */
class ClusterCacheTest {
    private static final ClusterView.Seat SEAT = new ClusterView.Seat("team", "uid-of-job", 3, 1);

    @Test
    void aWorkerHasItsSeatInItsNamespace() {
        assertEquals(Optional.of(SEAT), seat(worker(), Set.of()));
        assertEquals(Optional.of(SEAT), seat(worker(), Set.of("team", "other")));
    }

    /** Another release's, say: of its job nothing is known, and it would be taken for one whose grant is no more. */
    @Test
    void aWorkerOfANamespaceThatIsNotServedOnlyTakesRoom() {
        var pod = ClusterCache.pod(worker(), Set.of("other"));
        assertEquals(Optional.empty(), pod.seat());
        assertEquals("a", pod.node());
    }

    @Test
    void whoseLabelsAreNoNumbersHasNoSeat() {
        var pod = worker();
        pod.getMetadata().setLabels(Map.of("capstan.dev/attempt", "3", "capstan.dev/rank", "first"));
        assertEquals(Optional.empty(), seat(pod, Set.of()));
    }

    @Test
    void whomNobodyOwnsHasNoSeat() {
        var pod = worker();
        pod.getMetadata().getOwnerReferences().getFirst().setController(false);
        assertEquals(Optional.empty(), seat(pod, Set.of()));
    }

    @Test
    void ofOneThatWasToldToEndItIsKnownWhenItShouldBeGone() {
        var pod = worker();
        assertTrue(ClusterCache.pod(pod, Set.of()).goneBy().isEmpty());
        pod.getMetadata().setDeletionTimestamp("2026-01-01T00:00:30Z");
        assertEquals(
                Optional.of(Instant.parse("2026-01-01T00:00:30Z")),
                ClusterCache.pod(pod, Set.of()).goneBy());
    }

    @Test
    void whoWasMadeForAJobAndCantBeToldToBeItsIsAStray() {
        var pod = worker();
        assertEquals(Optional.empty(), ClusterCache.pod(pod, Set.of()).stray());
        pod.getMetadata().setOwnerReferences(List.of());
        assertEquals(
                Optional.of("mnist-3-worker-1-0"),
                ClusterCache.pod(pod, Set.of()).stray());
        var unlabelled = worker();
        unlabelled.getMetadata().setLabels(Map.of());
        unlabelled.getMetadata().getOwnerReferences().getFirst().setApiVersion("capstan.dev/v1alpha1");
        assertEquals(
                Optional.of("mnist-3-worker-1-0"),
                ClusterCache.pod(unlabelled, Set.of()).stray());
        unlabelled.getMetadata().setOwnerReferences(List.of());
        assertEquals(Optional.empty(), ClusterCache.pod(unlabelled, Set.of()).stray(), "anybody's");
    }

    private static Optional<ClusterView.Seat> seat(Pod pod, Set<String> served) {
        return ClusterCache.pod(pod, served).seat();
    }

    private static Pod worker() {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("team")
                .withName("mnist-3-worker-1-0")
                .withUid("uid-of-pod")
                .addToLabels("capstan.dev/attempt", "3")
                .addToLabels("capstan.dev/rank", "1")
                .addNewOwnerReference()
                .withController(true)
                .withUid("uid-of-job")
                .endOwnerReference()
                .endMetadata()
                .withNewSpec()
                .withNodeName("a")
                .endSpec()
                .build();
    }
}
