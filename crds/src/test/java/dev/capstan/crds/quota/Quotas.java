package dev.capstan.crds.quota;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.capstan.crds.validation.Examples;
import dev.capstan.crds.validation.Yaml;
import java.util.List;

/** GPUQuotas as YAML trees. */
final class Quotas {
    /** Sets every field, but for namespaces. */
    private static final String FULL = """
            apiVersion: capstan.dev/v1alpha1
            kind: GPUQuota
            metadata: {name: vision}
            spec:
              namespaceSelector:
                matchLabels: {team: vision}
                matchExpressions:
                - {key: stage, operator: In, values: [dev, prod]}
                - {key: example.com/frozen, operator: DoesNotExist}
              cohort: research
              weight: 2
              flavors:
              - name: h100
                nodeLabels: {gpu: H100}
                resources:
                - {name: nvidia.com/gpu, nominalQuota: 16, borrowingLimit: 8, lendingLimit: 4}
                - {name: memory, nominalQuota: 1Ti, borrowingLimit: 512Gi, lendingLimit: 1Ti}
              - name: a100
                nodeLabels: {gpu: A100}
                resources:
                - {name: nvidia.com/gpu, nominalQuota: "8"}
              stopPolicy: None
            status:
              observedGeneration: 1
              conditions:
              - {type: Ready, status: "True", reason: QuotaActive, message: admits, observedGeneration: 1, lastTransitionTime: "2026-01-01T00:00:00Z"}
              namespaces: 2
              pendingJobs: 3
              admittedJobs: 4
              use: nvidia.com/gpu 20/24 (4 borrowed)
              flavors:
              - name: h100
                resources: [{name: nvidia.com/gpu, nominal: "16", used: "20", borrowed: "4", lent: "0"}]
            """;

    /** Sets only what has to be set. */
    private static final String LEAST = """
            apiVersion: capstan.dev/v1alpha1
            kind: GPUQuota
            metadata: {name: vision}
            spec:
              namespaces: [vision-dev, vision-prod]
              flavors: [{name: all, resources: [{name: nvidia.com/gpu, nominalQuota: 16}]}]
            """;

    private Quotas() {}

    static ObjectNode full() {
        return (ObjectNode) Yaml.read(FULL);
    }

    static ObjectNode least() {
        return (ObjectNode) Yaml.read(LEAST);
    }

    static Examples examples() {
        return new Examples(List.of(full(), least()));
    }
}
