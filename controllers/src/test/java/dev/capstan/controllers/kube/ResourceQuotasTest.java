package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResourceQuotasTest {
    private static final Pod WORKER = Serialization.unmarshal("""
            apiVersion: v1
            kind: Pod
            metadata: {name: worker}
            spec:
              priorityClassName: capstan-worker
              initContainers:
              - name: sidecar
                restartPolicy: Always
                resources: {requests: {cpu: 100m}, limits: {cpu: 200m}}
              containers:
              - name: worker
                resources:
                  requests: {cpu: 500m, memory: 1Gi, ephemeral-storage: 2Gi, nvidia.com/gpu: 2}
                  limits: {memory: 3Gi, nvidia.com/gpu: 2}
            """, Pod.class);

    @ParameterizedTest(name = "{0}: {1} hard, {2} used, {3} pods")
    @CsvSource(
            delimiter = '|',
            nullValues = "",
            value = {
                "requests.nvidia.com/gpu | 8    | 0    | 4 | ",
                "requests.nvidia.com/gpu | 8    | 1    | 4 | has 7 of 8 requests.nvidia.com/gpu left, and 4 workers ask for 8",
                "requests.nvidia.com/gpu | 8    | 0    | 5 | has 8 of 8 requests.nvidia.com/gpu left, and 5 workers ask for 10: ask for less, or have the quota raised",
                "requests.nvidia.com/gpu | 2    | 2    | 1 | has 0 of 2 requests.nvidia.com/gpu left, and 1 worker asks for 2",
                "requests.nvidia.com/gpu | 2    | 5    | 1 | has 0 of 2 requests.nvidia.com/gpu left, and 1 worker asks for 2",
                "nvidia.com/gpu          | 1    | 0    | 4 | ",
                "pods                    | 4    | 1    | 4 | has 3 of 4 pods left, and 4 workers ask for 4",
                "count/pods              | 4    | 1    | 4 | has 3 of 4 count/pods left, and 4 workers ask for 4",
                "cpu                     | 1200m| 0    | 2 | ",
                "cpu                     | 1200m| 1m   | 2 | has 1199m of 1200m cpu left, and 2 workers ask for 1200m",
                "requests.cpu            | 2    | 1    | 2 | has 1 of 2 requests.cpu left, and 2 workers ask for 1200m",
                "limits.cpu              | 300m | 0    | 2 | has 300m of 300m limits.cpu left, and 2 workers ask for 400m: ask for less, or have the quota raised",
                "memory                  | 2Gi  | 1Gi  | 2 | has 1Gi of 2Gi memory left, and 2 workers ask for 2Gi",
                "requests.memory         | 2Gi  | 1Gi  | 1 | ",
                "limits.memory           | 5Gi  | 0    | 2 | has 5Gi of 5Gi limits.memory left, and 2 workers ask for 6Gi: ask for less, or have the quota raised",
                "ephemeral-storage       | 3Gi  | 0    | 2 | has 3Gi of 3Gi ephemeral-storage left, and 2 workers ask for 4Gi: ask for less, or have the quota raised",
                "limits.ephemeral-storage| 1Gi  | 0    | 2 | ",
                "count/secrets           | 1    | 1    | 2 | ",
                "requests.storage        | 1    | 1    | 2 | ",
            })
    void aGangIsCountedAsTheApiServerCountsItsPods(String resource, String hard, String used, int pods, String said) {
        var quota = quota("", "hard: {%s: %s}, used: {%s: %s}".formatted(resource, hard, resource, used));
        assertEquals(
                Optional.ofNullable(said).map(text -> "ResourceQuota team " + text),
                ResourceQuotas.shortage(List.of(quota), WORKER, pods));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "scopes: [NotTerminating]                                                                         | true",
                "scopes: [Terminating]                                                                            | false",
                "scopes: [NotBestEffort]                                                                          | true",
                "scopes: [BestEffort]                                                                             | false",
                "scopes: [NotBestEffort, Terminating]                                                             | false",
                "scopes: [PriorityClass]                                                                          | true",
                "scopes: [CrossNamespacePodAffinity]                                                              | false",
                "{operator: In, scopeName: PriorityClass, values: [capstan-worker, other]}                        | true",
                "{operator: In, scopeName: PriorityClass, values: [other]}                                        | false",
                "{operator: NotIn, scopeName: PriorityClass, values: [other]}                                     | true",
                "{operator: NotIn, scopeName: PriorityClass, values: [capstan-worker]}                            | false",
                "{operator: Exists, scopeName: PriorityClass}                                                     | true",
                "{operator: DoesNotExist, scopeName: PriorityClass}                                               | false",
                "{operator: Exists, scopeName: Terminating}                                                       | false",
            })
    void aQuotaCountsOnlyThePodsOfItsScopes(String scope, boolean counts) {
        var spec = scope.startsWith("{") ? "scopeSelector: {matchExpressions: [%s]}".formatted(scope) : scope;
        var quota = quota(spec, "hard: {pods: 1}, used: {pods: 1}");
        assertEquals(counts, ResourceQuotas.shortage(List.of(quota), WORKER, 1).isPresent());
    }

    @Test
    void eachQuotaThatIsTooSmallIsNamed() {
        var pods = quota("", "hard: {pods: 5, requests.cpu: 1}, used: {pods: 4, requests.cpu: 0}");
        assertEquals(
                Optional.of("ResourceQuota team has 1 of 5 pods left, and 2 workers ask for 2;"
                        + " ResourceQuota team has 1 of 1 requests.cpu left, and 2 workers ask for 1200m:"
                        + " ask for less, or have the quota raised"),
                ResourceQuotas.shortage(List.of(pods), WORKER, 2));
    }

    @Test
    void aQuotaThatNobodyHasCountedYetSaysNothing() {
        var quota = quota("hard: {pods: 0}", "");
        assertEquals(Optional.empty(), ResourceQuotas.shortage(List.of(quota), WORKER, 2));
    }

    private static ResourceQuota quota(String spec, String status) {
        return Serialization.unmarshal("""
                apiVersion: v1
                kind: ResourceQuota
                metadata: {name: team}
                spec: {%s}
                status: {%s}
                """.formatted(spec, status), ResourceQuota.class);
    }
}
