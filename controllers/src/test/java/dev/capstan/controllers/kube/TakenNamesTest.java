package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.plan.Labels;
import dev.capstan.controllers.plan.Refusal;
import dev.capstan.controllers.testing.Jobs;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is said of objects that have a job's names. */
class TakenNamesTest {
    private final TrainingJob job = Jobs.mnist("team", "a", 1);

    TakenNamesTest() {
        job.getMetadata().setUid("uid-2");
    }

    @Test
    void whatAnEarlierJobOfTheNameHadIsAboutToGoAndNothingIsToBeDone() {
        var there = owned(service("a-tj-workers"), "TrainingJob", "a", "uid-1");
        assertTrue(TakenNames.isOthers(job, there));
        assertTrue(TakenNames.isLeaving(job, there));
        assertEquals(
                new Refusal.Taken(
                        "service a-tj-workers exists and belongs to an earlier TrainingJob a of this name", true),
                TakenNames.refusal(job, List.of(there)));
    }

    @Test
    void whatIsTheJobsOwnIsNobodyElses() {
        assertFalse(TakenNames.isOthers(job, owned(service("a-tj-workers"), "TrainingJob", "a", "uid-2")));
    }

    @Test
    void whatSomebodyElseControlsIsNamedWithItsOwnerAndStays() {
        var there = owned(service("a-tj-workers"), "Deployment", "web", "uid-3");
        assertEquals(
                new Refusal.Taken(
                        "service a-tj-workers exists and belongs to Deployment web; if nobody needs them, kubectl delete"
                                + " --namespace=team service/a-tj-workers",
                        false),
                TakenNames.refusal(job, List.of(there)));
    }

    @Test
    void whatIsDeletedAndHeldIsNotLeavingByItself() {
        var held = service("a-tj-workers");
        held.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
        assertTrue(TakenNames.isLeaving(job, held));
        held.getMetadata().setFinalizers(List.of("example.com/audit"));
        assertFalse(TakenNames.isLeaving(job, held));
        assertEquals(
                new Refusal.Taken(
                        "service a-tj-workers exists and is still being deleted, held by example.com/audit", true),
                TakenNames.refusal(job, List.of(held)));
    }

    @Test
    void ofManyTheFirstAreNamedAndAllThatTheyHoldIsCounted() {
        var pods = IntStream.range(0, 10)
                .mapToObj(rank -> pod("a-tj-1-worker-" + rank + "-0"))
                .toList();
        var message = TakenNames.refusal(job, pods).message();
        assertTrue(message.contains("pod a-tj-1-worker-7-0, 2 more exist and belong to nobody any more"), message);
        assertTrue(message.contains(", and its pods hold 10 nvidia.com/gpu; if"), message);
    }

    private static Service service(String name) {
        return new ServiceBuilder()
                .withNewMetadata()
                .withNamespace("team")
                .withName(name)
                .endMetadata()
                .build();
    }

    private static Service owned(Service service, String kind, String name, String uid) {
        return new ServiceBuilder(service)
                .editMetadata()
                .addNewOwnerReference()
                .withKind(kind)
                .withName(name)
                .withUid(uid)
                .withController(true)
                .endOwnerReference()
                .endMetadata()
                .build();
    }

    private static Pod pod(String name) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("team")
                .withName(name)
                .withLabels(Map.of(Labels.MANAGED_BY, Labels.CAPSTAN))
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withNewResources()
                .withLimits(Map.of("nvidia.com/gpu", new Quantity("1"), "cpu", new Quantity("2")))
                .endResources()
                .endContainer()
                .endSpec()
                .build();
    }
}
