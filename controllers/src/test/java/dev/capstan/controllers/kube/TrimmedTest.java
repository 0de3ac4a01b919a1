package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is kept of the many objects that are watched. */
class TrimmedTest {
    private static final Pod POD = Serialization.unmarshal("""
            apiVersion: v1
            kind: Pod
            metadata:
              name: mnist-1-worker-0-0
              namespace: team
              uid: uid-2
              resourceVersion: "17"
              creationTimestamp: "2026-01-01T00:00:00Z"
              deletionTimestamp: "2026-01-01T00:01:00Z"
              labels: {capstan.dev/attempt: "1"}
              annotations: {example.com/note: long}
              ownerReferences:
              - {apiVersion: capstan.dev/v1alpha1, kind: TrainingJob, name: mnist, uid: uid-1, controller: true}
              managedFields:
              - {manager: capstan, operation: Update}
            spec:
              nodeName: a
              volumes:
              - {name: data, persistentVolumeClaim: {claimName: data}}
              containers:
              - name: worker
                image: capstan/worker:1
                env:
                - {name: CAPSTAN_RANK, value: "0"}
                resources: {limits: {memory: 1Gi}}
            status:
              phase: Failed
              reason: Evicted
              message: The node was low on memory
              podIP: 10.0.0.1
              hostIP: 192.168.0.1
              conditions:
              - {type: PodScheduled, status: "True"}
              - {type: Initialized, status: "True"}
              - {type: Ready, status: "False"}
              containerStatuses:
              - name: worker
                state: {terminated: {exitCode: 137, reason: OOMKilled}}
            """, Pod.class);

    @Test
    void ofAWorkerAllThatItsStateIsReadOffIsKept() {
        assertEquals(Serialization.unmarshal("""
                apiVersion: v1
                kind: Pod
                metadata:
                  name: mnist-1-worker-0-0
                  namespace: team
                  uid: uid-2
                  resourceVersion: "17"
                  creationTimestamp: "2026-01-01T00:00:00Z"
                  deletionTimestamp: "2026-01-01T00:01:00Z"
                  labels: {capstan.dev/attempt: "1"}
                  ownerReferences:
                  - {apiVersion: capstan.dev/v1alpha1, kind: TrainingJob, name: mnist, uid: uid-1, controller: true}
                spec:
                  nodeName: a
                  containers:
                  - name: worker
                    resources: {limits: {memory: 1Gi}}
                status:
                  phase: Failed
                  reason: Evicted
                  message: The node was low on memory
                  podIP: 10.0.0.1
                  conditions:
                  - {type: PodScheduled, status: "True"}
                  - {type: Ready, status: "False"}
                  containerStatuses:
                  - name: worker
                    state: {terminated: {exitCode: 137, reason: OOMKilled}}
                """, Pod.class), Trimmed.worker(POD));
    }

    @Test
    void aPodThatHasNoStatusYetIsKept() {
        assertEquals(
                "team",
                Trimmed.worker(new PodBuilder(POD).withStatus(null).build())
                        .getMetadata()
                        .getNamespace());
    }

    @Test
    void ofAnyPodThereIsIsKeptWhichItIs() {
        var kept = Serialization.unmarshal(Serialization.asJson(Trimmed.identity(POD)), Map.class);
        assertEquals(
                Map.of("namespace", "team", "name", "mnist-1-worker-0-0", "uid", "uid-2", "resourceVersion", "17"),
                kept.get("metadata"));
    }
}
