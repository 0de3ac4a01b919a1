package dev.capstan.controllers.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.plan.Children;
import dev.capstan.controllers.plan.Refusal;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.crds.Conditions;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.ServiceFile;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The straight way of a service: from its model to answers, and what it says until then. */
class ServicePlanTest {
    private final ServiceTable table = new ServiceTable(1);

    @Test
    void aServiceGoesFromModelToAnswers() {
        table.pass();
        assertEquals(1, table.revisions().size(), "a revision is listed before anything is made for it");
        assertEquals(1, table.service.getStatus().getUpdatingRevision());
        assertNull(table.service.getStatus().getSeats(), "and before places are asked for");
        assertTrue(table.configs.containsKey("digits-infsvc-1"));

        var asking = table.pass();
        assertEquals(1, table.service.getStatus().getSeats().getReplicas());
        assertEquals(1, asking.plan().children().dryRuns().size(), "the API server is asked before admission");
        assertEquals("Reconciling WaitingForCapacity", table.standing());
        assertEquals(
                "0 of 1 replicas have a place",
                table.condition(Conditions.RECONCILING).getMessage());

        table.admit();
        table.pass();
        assertEquals(List.of("digits-infsvc-1-replica-0-0"), List.copyOf(table.pods.keySet()));
        table.pass();
        assertEquals("Reconciling ReplicasStarting", table.standing());
        table.settle();
        assertEquals("Ready Serving", table.standing());
        assertEquals("1 of 1 replicas answer", table.condition(Conditions.READY).getMessage());
        var status = table.service.getStatus();
        assertEquals(1, status.getRevision());
        assertNull(status.getUpdatingRevision());
        assertEquals(ServiceTable.digest(1), status.getDigest());
        assertEquals("1/1", status.getSummary());
        assertEquals("mnist@00000000", status.getModel());
        assertEquals("http://digits-infsvc.team.svc", status.getUrl());
        assertEquals(
                "app.kubernetes.io/component=replica,app.kubernetes.io/name=inferenceservice,capstan.dev/job=digits",
                status.getSelector());
        assertTrue(table.holds(Conditions.MODEL_READY));
        assertTrue(table.holds(Conditions.ADMITTED));
        assertFalse(table.holds(Conditions.ROLLOUT_PROGRESSING));
        assertEquals(List.of("RevisionCreated 1", "Admitted 1", "RolledOut 1"), table.events());
    }

    @Test
    void aServiceThatIsSettledIsLeftAlone() {
        table.settle();
        var plan = table.pass();
        assertEquals(Children.UNTOUCHED, plan.plan().children());
        assertEquals(List.of(), plan.ask(), "whoever has said all is asked no more");
        assertEquals(Optional.empty(), plan.plan().again());
    }

    @Test
    void aServiceWhoseModelIsNotMadeYetSaysSo() {
        table.source = null;
        table.pass();
        assertEquals("Reconciling WaitingForModel", table.standing());
        assertEquals(
                "waits for the model of TrainingJob mnist, which does not exist in the namespace: create it. If it is gone after it had succeeded, its model still lies where its output.storage said: name that place in model.from.uri",
                table.condition(Conditions.MODEL_READY).getMessage());
        assertEquals(List.of(), table.revisions());
        assertNull(table.service.getStatus().getSeats());
        table.trained(1);
        table.settle();
        assertEquals("Ready Serving", table.standing());
    }

    @Test
    void aClaimThatIsMissingIsNamedBeforeAnythingIsMade() {
        table.missingClaims.add("models");
        table.settle();
        assertEquals("Reconciling MissingReference", table.standing());
        assertEquals(List.of(), table.revisions());
        table.missingClaims.clear();
        table.settle();
        assertEquals("Ready Serving", table.standing());
    }

    @Test
    void whatHasNoRoomSaysWhyInAdmissionsWords() {
        table.room.clear();
        table.verdict = Optional.of(new Wait(WaitReason.WAITING_FOR_QUOTA, "needs 1 GPU, 0 of 8 free"));
        table.settle();
        assertEquals("Reconciling WaitingForQuota", table.standing());
        assertEquals(
                "0 of 1 replicas have a place: needs 1 GPU, 0 of 8 free",
                table.condition(Conditions.ADMITTED).getMessage());
        assertEquals(
                "WaitingForQuota", table.condition(Conditions.QUOTA_RESERVED).getReason());
    }

    @Test
    void whatTheApiServerRefusesIsSaidBeforePlacesAreAskedFor() {
        table.pass();
        table.refuse(new Refusal.Denied("pod digits-infsvc-1-replica-0-0", "violates PodSecurity"));
        assertEquals("Reconciling PodRefused", table.standing());
        assertNull(table.service.getStatus().getSeats());
        table.settle();
        assertEquals("Ready Serving", table.standing(), "and it is asked again");
    }

    @Test
    void aReplicaIsToldWhatItServes() {
        table.settle();
        var file =
                ServiceFile.read(table.configs.get("digits-infsvc-1").getData().get("service.json"));
        var model = file.models().getFirst();
        assertEquals("digits", model.name());
        assertEquals("/var/capstan/volumes/models/mnist", model.from().place().path());
        assertEquals(ServiceTable.digest(1), model.from().digest());
        assertEquals("/var/capstan/volumes/models/mnist.kept", model.keep().path());
        assertEquals("digits-infsvc-replicas:8082", file.replicas());
        assertEquals(new ServiceFile.Batching(32, 2000), file.batching());
        assertEquals(new ServiceFile.Limits(16 << 20, 256, 30_000), file.limits());
        assertEquals(new ServiceFile.Access(null, null, false), file.access());
        assertEquals("Always", pod().getSpec().getRestartPolicy());
    }

    /** Or a kubelet writes Warnings of a pod that is well. */
    @Test
    void aKubeletAsksNoSoonerThanAReplicaListensAndWaitsUntilItIsReady() {
        table.settle();
        var container = pod().getSpec().getContainers().getFirst();
        var startup = container.getStartupProbe();
        assertEquals(Contract.START_PATH, startup.getHttpGet().getPath());
        assertTrue(startup.getInitialDelaySeconds() > 0);
        assertTrue(startup.getTimeoutSeconds() > Contract.START_SECONDS);
        assertEquals(
                Contract.READY_PATH, container.getReadinessProbe().getHttpGet().getPath());
        assertEquals(
                Contract.LIVE_PATH, container.getLivenessProbe().getHttpGet().getPath());
    }

    @Test
    void nothingIsKeptOnAVolumeThatCanOnlyBeRead() {
        table.readOnlyClaims.add("models");
        table.settle();
        var file =
                ServiceFile.read(table.configs.get("digits-infsvc-1").getData().get("service.json"));
        assertNull(file.models().getFirst().keep());
        assertTrue(Json.write(pod()).contains("\"readOnly\" : true"));
    }

    @Test
    void aServiceThatIsBeingDeletedIsLeftAlone() {
        table.service.getMetadata().setDeletionTimestamp(table.now.toString());
        assertEquals(Optional.empty(), ServicePlan.decide(table.service, table.world(), ServiceTable.SETTINGS));
    }

    private Pod pod() {
        return table.pods.values().iterator().next();
    }
}
