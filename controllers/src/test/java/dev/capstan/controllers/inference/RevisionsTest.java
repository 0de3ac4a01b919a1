package dev.capstan.controllers.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.ModelFrom;
import dev.capstan.crds.WorkerResources;
import dev.capstan.crds.WorkerTemplate;
import dev.capstan.crds.inference.Access;
import dev.capstan.crds.inference.Batching;
import dev.capstan.crds.inference.Limits;
import dev.capstan.crds.inference.Revision;
import dev.capstan.protocol.Serving;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Which model is served, and how one goes back to another. */
class RevisionsTest {
    private final ServiceTable table = new ServiceTable(1).settle();

    private String served() {
        return table.service.getStatus().getDigest();
    }

    private List<Integer> numbers() {
        return table.revisions().stream().map(Revision::getRevision).toList();
    }

    @Test
    void whatWasFoundFirstIsServedOnWhenItsSourceHasAnotherModel() {
        table.trained(2);
        table.settle();
        assertEquals(ServiceTable.digest(1), served());
        assertEquals(List.of(1), numbers());
        table.edit(spec -> spec.setBatching(new Batching().setMaxSize(1)));
        table.settle();
        assertEquals(ServiceTable.digest(1), served(), "also when it is served in another way");
    }

    @Test
    void whatMeansTheSameIsNoNewRevision() {
        table.edit(spec -> spec.setWorkers(new WorkerTemplate()
                .setResources(resources(Map.of("memory", "2Gi", "cpu", "1"), Map.of("cpu", "500m")))));
        table.settle();
        var before = table.service.getStatus().getRevision();
        table.edit(spec -> spec.setBatching(new Batching().setMaxSize(new Batching().maxSize()))
                .setAccess(new Access())
                .setLimits(new Limits().setMaxRequestBytes(new Quantity("16384Ki")))
                .setWorkers(new WorkerTemplate()
                        .setImage("")
                        .setEnv(List.of())
                        .setTerminationGracePeriodSeconds(60)
                        .setResources(resources(
                                Map.of("memory", "2048Mi", "cpu", "1000m"), Map.of("cpu", "0.5", "memory", "2Gi")))));
        table.settle();
        assertEquals(before, table.service.getStatus().getRevision());
        table.edit(spec -> spec.setWorkers(new WorkerTemplate()
                .setResources(resources(Map.of("memory", "2049Mi", "cpu", "1"), Map.of("cpu", "500m")))));
        table.settle();
        assertEquals(before + 1, table.service.getStatus().getRevision());
    }

    /** Its hash was of the text. */
    @Test
    void aRevisionThatAnEarlierOperatorMadeStaysTheOneThatIsWanted() {
        table.edit(spec -> spec.setBatching(new Batching().setMaxSize(new Batching().maxSize())));
        table.settle();
        var revision = table.revisions().getLast();
        revision.setHash(Templates.hashAsWritten(table.service.getSpec()));
        assertNotEquals(Templates.hash(table.service.getSpec()), revision.getHash());
        table.settle();
        assertEquals(revision.getRevision(), table.service.getStatus().getRevision());
        assertEquals(1, numbers().size());
    }

    private static WorkerResources resources(Map<String, String> limits, Map<String, String> requests) {
        return new WorkerResources().setLimits(quantities(limits)).setRequests(quantities(requests));
    }

    private static Map<String, Quantity> quantities(Map<String, String> amounts) {
        var quantities = new TreeMap<String, Quantity>();
        amounts.forEach((name, amount) -> quantities.put(name, new Quantity(amount)));
        return quantities;
    }

    @Test
    void aFollowedSourcesNewModelRollsOutByItself() {
        table.edit(spec -> spec.setModel(spec.getModel().setFollow(true)));
        table.settle();
        assertEquals(List.of(1), numbers());
        table.trained(2);
        table.settle();
        assertEquals(ServiceTable.digest(2), served());
        table.source = null;
        table.settle();
        assertEquals(ServiceTable.digest(2), served(), "and stays when the source is gone");
        assertEquals("Ready Serving", table.standing());
    }

    @Test
    void aDigestOfAListedRevisionGoesBackToIt() {
        table.edit(spec -> spec.setModel(spec.getModel().setFollow(true)));
        table.trained(2);
        table.settle();
        table.edit(spec -> spec.setModel(spec.getModel().setFollow(null).setDigest(ServiceTable.digest(1))));
        table.settle();
        assertEquals(1, table.service.getStatus().getRevision());
        assertEquals(ServiceTable.digest(1), served());
        assertEquals(List.of(1, 2), numbers());
        table.edit(spec -> spec.setModel(spec.getModel().setDigest(null)));
        table.settle();
        assertEquals(ServiceTable.digest(2), served(), "without it, the newest is");
    }

    @Test
    void aDigestThatNobodyKnowsIsNamedWithThoseThatAreKnown() {
        table.edit(spec -> spec.setModel(spec.getModel().setDigest(ServiceTable.digest(7))));
        table.settle();
        assertEquals("Ready Serving, Reconciling DigestNotFound", table.standing());
        assertEquals(
                "model.digest is %s; TrainingJob/mnist has %s, and the revisions in status.revisions have %s: set it to one of these, or remove it"
                        .formatted(ServiceTable.digest(7), ServiceTable.digest(1), ServiceTable.digest(1)),
                table.condition(Conditions.MODEL_READY).getMessage());
        assertEquals(ServiceTable.digest(1), served());
    }

    @Test
    void anUpgradedOperatorsImageReplacesNoPod() {
        var other = new WorkerSettings(
                "capstan/worker:2",
                "",
                ServiceTable.SETTINGS.requests(),
                ServiceTable.SETTINGS.scratch(),
                List.of(),
                ServiceTable.SETTINGS.timeouts(),
                ServiceTable.SETTINGS.operator());
        var plan = ServicePlan.decide(table.service, table.world(), other).orElseThrow();
        assertEquals(List.of(), plan.plan().children().delete());
        table.pods.clear();
        var made = ServicePlan.decide(table.service, table.world(), other)
                .orElseThrow()
                .plan()
                .children()
                .make();
        assertTrue(made.toString().contains("capstan/worker:1"), "and a lost one is made as it was");
    }

    @Test
    void asManyPastRevisionsAreKeptAsTheSpecSays() {
        table.edit(spec -> spec.setRevisionHistoryLimit(2));
        for (int size = 2; size <= 6; size++) {
            int batch = size;
            table.edit(spec -> spec.setBatching(new Batching().setMaxSize(batch)));
            table.settle();
        }
        assertEquals(List.of(4, 5, 6), numbers());
        assertEquals(
                List.of("digits-infsvc-4", "digits-infsvc-5", "digits-infsvc-6"),
                table.configs.keySet().stream().sorted().toList());
    }

    @Test
    void aModelOfWhichNoCopyCouldBeKeptSaysSoWhenItsSourceIsGone() {
        table.servings.replaceAll(
                (pod, said) -> new Serving(Serving.State.READY, "serves", ServiceTable.digest(1), false, 900L));
        table.settle();
        assertEquals("ModelLoaded", table.condition(Conditions.MODEL_READY).getReason());
        assertEquals(false, table.revisions().getFirst().getKept());
        table.trained(2);
        table.settle();
        assertEquals("ModelNotKept", table.condition(Conditions.MODEL_READY).getReason());
        assertTrue(table.holds(Conditions.MODEL_READY));
    }

    @Test
    void aUriIsServedByItsDigest() {
        table.edit(spec -> spec.setModel(spec.getModel()
                .setFrom(new ModelFrom().setUri("pvc://models/other.onnx"))
                .setDigest(ServiceTable.digest(9))));
        table.settle();
        assertEquals(ServiceTable.digest(9), served());
        assertEquals("other.onnx@00000000", table.service.getStatus().getModel());
    }
}
