package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.lineage.Referents;
import dev.capstan.crds.KeyReference;
import dev.capstan.crds.LocalReference;
import dev.capstan.crds.S3;
import dev.capstan.crds.Scheduling;
import dev.capstan.crds.training.Dl4jModel;
import dev.capstan.crds.training.Model;
import io.fabric8.kubernetes.api.model.ConfigMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a job names has to be there, and what isn't is told by name. */
class ReferencesTest {
    private final PlanTable table = new PlanTable();

    @Test
    void aClaimWithoutAVolumeIsWaitedForWithItsProvisionersWords() {
        table.claimsWithoutVolume.put("datasets", "is Pending: ProvisioningFailed: no such pool");
        table.claimsWithoutVolume.put("models", "is Lost: there is no volume pv-1 any more");
        var plan = table.pass();
        assertEquals("Reconciling ClaimPending", table.standing());
        assertEquals(
                "persistent volume claim datasets is Pending: ProvisioningFailed: no such pool;"
                        + " persistent volume claim models is Lost: there is no volume pv-1 any more",
                table.message());
        assertTrue(table.workload().isEmpty(), "it holds no place, and asks for none");
        assertEquals(LookAgain.SOONEST, plan.again().orElseThrow(), "nobody tells of new words");
        table.claimsWithoutVolume.clear();
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
        table.grant().pass();
        table.claimsWithoutVolume.put("models", "is being deleted");
        table.pass();
        assertTrue(table.message().startsWith("attempt 1 was rolled back (1 so far): persistent volume claim models"));
    }

    @Test
    void aClaimThatOnlyOnePodCanMountIsNamedBeforeAGangOfTwoQueues() {
        table.claimsOfOnePod.add("models");
        var plan = table.pass();
        assertEquals("Reconciling ClaimNotShareable", table.standing());
        assertEquals(
                "persistent volume claim models can be mounted by one pod only, and the job has 2 workers:"
                        + " name one with ReadWriteMany instead of ReadWriteOncePod, or set workers.replicas to 1",
                table.message());
        assertEquals(Optional.empty(), plan.again(), "its change is told");
        assertTrue(table.workload().isEmpty());
        table.job.getSpec().getWorkers().setReplicas(1);
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
    }

    @Test
    void aClaimThatMayOnlyBeReadIsNamedBeforeAJobQueuesThatWritesThere() {
        table.claimsOnlyRead.add("datasets");
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing(), "data are only read");
        var writer = new PlanTable();
        writer.claimsOnlyRead.add("models");
        var plan = writer.pass();
        assertEquals("Reconciling ClaimReadOnly", writer.standing());
        assertEquals(
                "persistent volume claim models may only be read (ReadOnlyMany), and the job writes its checkpoints or"
                        + " its output there: name one with ReadWriteMany, or with ReadWriteOnce for pods of one node",
                writer.message());
        assertEquals(Optional.empty(), plan.again(), "its change is told");
        assertTrue(writer.workload().isEmpty());
        writer.claimsOnlyRead.clear();
        writer.pass();
        assertEquals("Reconciling WaitingForCapacity", writer.standing());
    }

    @Test
    void aConfigMapThatIsMissingIsNamedWithTheKeyThatItNeeds() {
        dl4j();
        table.lookup = Optional.of(new Referents.Lookup(false, false, Optional.empty(), Map.of()));
        var plan = table.pass();
        assertEquals("Reconciling MissingReference", table.standing());
        assertEquals(
                "config map nets does not exist in the namespace: create it, with the model's JSON under the key lenet.json",
                table.message());
        assertEquals(LookAgain.SOONEST, plan.again().orElseThrow(), "nobody tells when it comes");
        assertTrue(table.workload().isEmpty());
    }

    @Test
    void aKeyThatIsMissingInItIsNamed() {
        dl4j();
        table.lookup = Optional.of(new Referents.Lookup(false, true, Optional.empty(), Map.of()));
        table.pass();
        assertEquals("config map nets has no key lenet.json: add it, with the model's JSON", table.message());
    }

    @Test
    void whatIsNoTextUnderTheKeyIsCalledThat() {
        dl4j();
        table.lookup = Optional.of(new Referents.Lookup(
                false, true, Optional.empty(), Optional.of("a text in UTF-16, by the mark at its start,"), Map.of()));
        table.pass();
        assertEquals(
                "config map nets has a text in UTF-16, by the mark at its start, under the key lenet.json: the model's JSON"
                        + " must be text in UTF-8",
                table.message());
    }

    @Test
    void theModelIsCopiedOnceForTheWholeJob() {
        dl4j();
        table.lookup = Optional.of(new Referents.Lookup(false, true, Optional.of("{1}"), Map.of()));
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
        table.grant().pass();
        var copy = configMaps().getFirst();
        assertEquals(
                table.description().owner().names().model(), copy.getMetadata().getName());
        assertEquals(Map.of("model.json", "{1}"), copy.getData());
        assertTrue(copy.getImmutable());
        table.lookup = Optional.of(new Referents.Lookup(true, true, Optional.empty(), Map.of()));
        assertEquals(
                List.of("mnist-tj-1"),
                configMaps().stream().map(map -> map.getMetadata().getName()).toList(),
                "and not again, though the original was deleted since");
    }

    @Test
    void aConfigMapThatIsGoneWhenThePodsAreMadeGivesThePlacesBack() {
        dl4j();
        table.lookup = Optional.of(new Referents.Lookup(false, true, Optional.of("{}"), Map.of()));
        table.pass();
        table.grant().pass();
        table.lookup = Optional.of(new Referents.Lookup(false, false, Optional.empty(), Map.of()));
        table.pass();
        assertEquals("Reconciling MissingReference", table.standing());
        assertTrue(
                table.message().startsWith("attempt 1 was rolled back (1 so far): config map nets"), table.message());
        assertTrue(JobWorkloads.grant(table.description(), PlanTable.SETTINGS, name -> 0)
                .isEmpty());
    }

    @Test
    void credentialsThatAreMissingAreNamedByKey() {
        s3();
        table.lookup = Optional.of(new Referents.Lookup(false, false, Optional.empty(), Map.of()));
        table.pass();
        assertEquals(
                "secret reader does not exist in the namespace: create it, with the keys accessKeyId and secretAccessKey",
                table.message());
        table.lookup = Optional.of(
                new Referents.Lookup(false, false, Optional.empty(), Map.of("reader", Set.of("accessKeyId", "x"))));
        table.pass();
        assertEquals("secret reader has no key secretAccessKey: add it", table.message());
        table.lookup = Optional.of(new Referents.Lookup(
                false, false, Optional.empty(), Map.of("reader", Set.of("accessKeyId", "secretAccessKey"))));
        table.pass();
        assertEquals("Reconciling WaitingForCapacity", table.standing());
    }

    @Test
    void aPullSecretThatIsMissingIsNamed() {
        table.job.getSpec().getWorkers().setImagePullSecrets(List.of(new LocalReference().setName("registry")));
        table.lookup = Optional.of(new Referents.Lookup(false, false, Optional.empty(), Map.of()));
        table.pass();
        assertEquals(
                "secret registry of workers.imagePullSecrets does not exist in the namespace:"
                        + " create it, of type kubernetes.io/dockerconfigjson",
                table.message());
    }

    @Test
    void aPriorityClassThatIsMissingIsNamedAlsoOnceTheJobQueues() {
        table.job.getSpec().setScheduling(new Scheduling().setPriorityClassName("high"));
        table.pass();
        assertEquals(4, table.workload().orElseThrow().priority(), "the value of its class");
        table.priorityClassThere = false;
        table.pass();
        assertEquals("Reconciling MissingReference", table.standing());
        assertEquals(
                "PriorityClass high does not exist: create it, or name another in scheduling.priorityClassName",
                table.message());
        assertTrue(table.workload().isEmpty());
    }

    @Test
    void allThatIsMissingIsToldAtOnce() {
        s3();
        table.missingClaims.add("datasets");
        table.lookup = Optional.of(new Referents.Lookup(false, false, Optional.empty(), Map.of()));
        table.pass();
        assertTrue(table.message().contains("claim datasets") && table.message().contains("secret reader"));
    }

    @Test
    void whatNobodyWatchesIsReadBeforeTheJobQueuesAndWhenItsPodsAreMade() {
        assertFalse(needsLookup(), "nothing is named");
        s3();
        assertTrue(needsLookup(), "before it queues");
        table.pass();
        assertFalse(needsLookup(), "not while it queues");
        table.grant();
        assertTrue(needsLookup(), "when its pods are made");
        table.made();
        assertFalse(needsLookup(), "not when they are");
    }

    private boolean needsLookup() {
        return JobPlan.needsLookup(table.description(), table.description().references());
    }

    private void dl4j() {
        table.job
                .getSpec()
                .setModel(new Model()
                        .setDl4j(new Dl4jModel()
                                .setConfigMapKeyRef(
                                        new KeyReference().setName("nets").setKey("lenet.json"))));
    }

    private void s3() {
        table.job
                .getSpec()
                .getData()
                .getTrain()
                .setUri("s3://bucket/train")
                .setS3(new S3().setSecretRef(new LocalReference().setName("reader")));
    }

    private List<ConfigMap> configMaps() {
        return table.pass().children().make().stream()
                .filter(ConfigMap.class::isInstance)
                .map(ConfigMap.class::cast)
                .toList();
    }
}
