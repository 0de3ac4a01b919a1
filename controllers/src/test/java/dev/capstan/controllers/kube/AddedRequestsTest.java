package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.cluster.NodeConstraints;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.cluster.WorkloadId;
import dev.capstan.controllers.admission.queue.PodSet;
import dev.capstan.controllers.admission.queue.Workload;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What others add to pods when they are made counts when places are looked for. */
class AddedRequestsTest {
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final AddedRequests added = new AddedRequests(new Changes(), () -> now);

    @Test
    void aNamespacesNodeSelectorAndWhatAClusterToleratesForWhoeverAsksForAGpu() {
        added.learn(
                pod("nodeSelector: {stage: prod}, tolerations: [{key: own, operator: Exists}]"),
                pod(
                        "nodeSelector: {stage: prod, pool: vision}, tolerations: [{key: own, operator: Exists},"
                                + " {key: nvidia.com/gpu, operator: Exists, effect: NoSchedule},"
                                // Every pod gets these two.
                                + " {key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 300},"
                                + " {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 300}]"));
        var where = where();
        assertEquals(Map.of("stage", "prod", "pool", "vision"), where.nodeSelector());
        assertEquals(
                List.of("nvidia.com/gpu"),
                where.tolerations().stream().map(each -> each.getKey()).toList());
        assertEquals(
                "no node may take one; the pods get nodeSelector pool=vision, which isn't in the spec and is added by a"
                        + " webhook or for the whole namespace",
                told("no node may take one"));
    }

    @Test
    void anAffinityOfNodes() {
        var terms =
                "requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: pool,"
                        + " operator: Exists}]}]}";
        added.learn(pod(""), pod("affinity: {nodeAffinity: {" + terms + "}}"));
        assertEquals(
                "pool",
                where().affinity()
                        .getFirst()
                        .getNodeSelectorTerms()
                        .getFirst()
                        .getMatchExpressions()
                        .getFirst()
                        .getKey());
        assertEquals(
                "no; the pods get a nodeAffinity, which isn't in the spec and is added by a webhook or for the whole"
                        + " namespace",
                told("no"));
    }

    @Test
    void aTolerationKeepsNobodyAwayAndIsNotSpokenOf() {
        added.learn(pod(""), pod("tolerations: [{key: nvidia.com/gpu, operator: Exists}]"));
        assertEquals(1, where().tolerations().size());
        assertEquals("no", told("no"));
    }

    /** An admin may have mended it, and nobody tells of that. */
    @Test
    void whatIsAddedIsAskedAnewAfterAWhile() {
        added.learn(pod(""), pod("nodeSelector: {pool: vision}"));
        assertFalse(added.isOld("uid-1"));
        now = now.plusSeconds(60);
        assertTrue(added.isOld("uid-1"));
        added.learn(pod(""), pod(""));
        assertEquals("no", told("no"));
        now = now.plusSeconds(60);
        assertFalse(added.isOld("uid-1"), "nothing is added");
    }

    @Test
    void nothing() {
        added.learn(pod("nodeSelector: {stage: prod}"), pod("nodeSelector: {stage: prod}"));
        var workload = workload();
        assertSame(workload, added.with(workload));
    }

    private String told(String message) {
        return added.with("uid-1", new Wait(WaitReason.DOES_NOT_FIT, message)).message();
    }

    private NodeConstraints where() {
        return added.with(workload()).podSets().getFirst().where();
    }

    private static Workload workload() {
        return new Workload(
                new WorkloadId("TrainingJob", "team", "a", "uid-1"),
                1,
                0,
                Instant.EPOCH,
                List.of(PodSet.whole(
                        "worker",
                        0,
                        2,
                        Resources.units("pods", 1),
                        NodeConstraints.of(Map.of("stage", "prod"), List.of(), List.of()))),
                Optional.empty(),
                Optional.empty());
    }

    private static Pod pod(String spec) {
        return Serialization.unmarshal("""
                ---
                metadata:
                  labels: {capstan.dev/pod-set: worker}
                  ownerReferences: [{uid: uid-1}]
                spec: {containers: [{name: worker}], %s}
                """.formatted(spec), Pod.class);
    }
}
