package dev.capstan.controllers;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.testing.Stage;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Volume claims that have no volume, on a real API server; the test plays provisioner and volume controller. */
class ClaimsTest {
    private static ApiServer api;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
    }

    @Test
    void aPendingClaimHoldsNoPlaceAndItsProvisionerIsHeard() {
        try (var stage = Stage.empty(api, "pending")) {
            storageClass(stage, "slow", "Immediate");
            stage.claim("datasets");
            var models = stage.claim("models", stage.namespace + "-slow");
            stage.startControllers();
            stage.node("a", 1);
            stage.submit(Jobs.mnist(stage.namespace, "a", 1));
            stage.awaitReason("a", Conditions.RECONCILING, Reasons.CLAIM_PENDING);
            awaitMessage(
                    stage,
                    "persistent volume claim models is Pending: nothing has been said of it so far, of storage class "
                            + stage.namespace + "-slow");
            stage.tell(models, "Warning", "ProvisioningFailed", "pool fast has 0 of 1 GiB left");
            awaitMessage(
                    stage,
                    "persistent volume claim models is Pending: ProvisioningFailed: pool fast has 0 of 1 GiB left");
            assertEquals(List.of(), stage.pods("a", 1));
            stage.bind("models");
            stage.awaitPods("a", 1, 1);
            assertEquals(0, stage.job("a").getStatus().getRollbacks());
        }
    }

    /** The scheduler binds no second pod: places granted to it would be held for nothing. */
    @Test
    void aClaimThatAnotherPodUsesAndOneAloneMayHoldsNoPlace() {
        try (var stage = Stage.empty(api, "oncepod")) {
            stage.claim("datasets");
            stage.client.resource("""
                            ---
                            apiVersion: v1
                            kind: PersistentVolumeClaim
                            metadata: {name: models, namespace: %s}
                            spec: {accessModes: [ReadWriteOncePod], resources: {requests: {storage: 1Gi}}}
                            """.formatted(stage.namespace)).create();
            stage.bind("models");
            var pod = stage.client.resource("""
                            ---
                            apiVersion: v1
                            kind: Pod
                            metadata: {name: notebook, namespace: %s}
                            spec:
                              nodeName: a
                              terminationGracePeriodSeconds: 0
                              securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
                              containers:
                              - name: shell
                                image: shell
                                securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
                              volumes: [{name: models, persistentVolumeClaim: {claimName: models}}]
                            """.formatted(stage.namespace)).create();
            stage.startControllers();
            stage.node("a", 2);
            stage.submit(Jobs.mnist(stage.namespace, "a", 1));
            awaitMessage(
                    stage,
                    "persistent volume claim models is in use by pod notebook, and no more than one may (ReadWriteOncePod)");
            assertEquals(
                    Reasons.CLAIM_PENDING,
                    stage.condition("a", Conditions.RECONCILING).getReason());
            assertEquals(List.of(), stage.pods("a", 1));
            stage.client.resource(pod).delete();
            stage.awaitPods("a", 1, 1);
        }
    }

    /** Its provisioner waits for the pod. */
    @Test
    void aClaimThatWaitsForItsConsumerIsWaitedForByNobody() {
        try (var stage = Stage.empty(api, "lazy")) {
            storageClass(stage, "lazy", "WaitForFirstConsumer");
            stage.claim("datasets");
            stage.claim("models", stage.namespace + "-lazy");
            stage.startControllers();
            stage.node("a", 1);
            stage.submit(Jobs.mnist(stage.namespace, "a", 1));
            stage.awaitPods("a", 1, 1);
        }
    }

    @Test
    void aClaimThatHasLostItsVolumeOrIsBeingDeletedIsNamed() {
        try (var stage = Stage.open(api, "lost")) {
            stage.node("a", 1);
            stage.client
                    .persistentVolumeClaims()
                    .inNamespace(stage.namespace)
                    .withName("models")
                    .editStatus(claim -> new PersistentVolumeClaimBuilder(claim)
                            .editStatus()
                            .withPhase("Lost")
                            .endStatus()
                            .build());
            // As long as a pod uses it, the API server only marks it.
            stage.client
                    .persistentVolumeClaims()
                    .inNamespace(stage.namespace)
                    .withName("datasets")
                    .edit(claim -> new PersistentVolumeClaimBuilder(claim)
                            .editMetadata()
                            .addToFinalizers("example.com/in-use")
                            .endMetadata()
                            .build());
            stage.client
                    .persistentVolumeClaims()
                    .inNamespace(stage.namespace)
                    .withName("datasets")
                    .delete();
            stage.submit(Jobs.mnist(stage.namespace, "a", 1));
            stage.awaitReason("a", Conditions.RECONCILING, Reasons.CLAIM_PENDING);
            awaitMessage(
                    stage,
                    "persistent volume claim datasets is being deleted, held by kubernetes.io/pvc-protection,"
                            + " example.com/in-use: create it anew when it is gone; persistent volume claim models is"
                            + " Lost: there is no volume null any more");
        }
    }

    private static void awaitMessage(Stage stage, String message) {
        stage.await("a", message, job -> message.equals(message(stage, job)));
    }

    private static String message(Stage stage, TrainingJob job) {
        return stage.condition(job.getMetadata().getName(), Conditions.RECONCILING)
                .getMessage();
    }

    private static void storageClass(Stage stage, String name, String mode) {
        stage.client
                .resource("""
                        apiVersion: storage.k8s.io/v1
                        kind: StorageClass
                        metadata: {name: %s-%s, labels: {stage: %s}}
                        provisioner: example.com/nothing
                        volumeBindingMode: %s
                        """.formatted(stage.namespace, name, stage.namespace, mode))
                .create();
    }
}
