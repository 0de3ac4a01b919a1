package dev.capstan.crds.inference;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.capstan.crds.validation.Examples;
import dev.capstan.crds.validation.Yaml;
import java.util.List;
import java.util.stream.Stream;

/** InferenceServices as YAML trees. */
final class Services {
    /** Sets every field, but for those that exclude each other. */
    private static final String FULL = """
            apiVersion: capstan.dev/v1alpha1
            kind: InferenceService
            metadata: {name: digits}
            spec:
              model:
                from: {compressionJobRef: {name: mnist-int8}}
                follow: true
                runtime: dl4j
                jar: {uri: "pvc://models/layers.jar"}
              replicas: 3
              batching: {maxSize: 16, maxDelayMillis: 5}
              limits: {maxRequestBytes: 4Mi, queue: 64, timeoutSeconds: 10}
              access:
                tls: {secretName: digits-tls}
                token: {secretName: digits-token, key: bearer}
                modelRepository: true
              redundancy: {minAvailable: 2, spread: topology.kubernetes.io/zone}
              rollout: {maxSurge: 0}
              router:
                replicas: 3
                resources:
                  limits: {cpu: 500m, memory: 256Mi}
                  requests: {cpu: 250m}
              gateway:
                parentRefs: [{name: public, namespace: gateways, sectionName: https}]
                hostnames: [digits.example.org, "*.digits.example.org"]
              revisionHistoryLimit: 10
              workers:
                image: registry.example.com/team/worker:1.0
                resources:
                  limits: {nvidia.com/gpu: 1, cpu: 500m, memory: 16Gi}
                  requests: {cpu: 250m}
                nodeSelector: {pool: gpu}
                tolerations:
                - {key: gpu, operator: Equal, value: "yes", effect: NoExecute, tolerationSeconds: 60}
                labels: {team: vision, example.com/cost: a1}
                annotations: {owner: "somebody, somewhere"}
                env: [{name: NCCL_DEBUG, value: INFO}, {name: TZ, value: UTC}]
                imagePullSecrets: [{name: registry}, {name: mirror}]
                terminationGracePeriodSeconds: 90
              scheduling: {timeoutSeconds: 300, priorityClassName: high, topology: {required: topology.kubernetes.io/zone}}
            status:
              observedGeneration: 1
              conditions:
              - {type: Ready, status: "False", reason: RollingOut, message: 1 of 3 replicas are of revision 2, observedGeneration: 1, lastTransitionTime: "2026-01-01T00:00:00Z"}
              - {type: ModelReady, status: "True", reason: ModelLoaded, message: is, observedGeneration: 1, lastTransitionTime: "2026-01-01T00:00:00Z"}
              replicas: 4
              readyReplicas: 3
              updatedReplicas: 1
              routers: 3
              readyRouters: 3
              selector: app.kubernetes.io/component=replica,capstan.dev/job=digits
              summary: 3/3
              model: mnist-int8@9f86d081
              url: http://digits-infsvc.vision.svc
              digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
              revision: 1
              updatingRevision: 2
              revisions:
              - revision: 1
                digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
                uri: s3://models/mnist-int8
                s3: {endpoint: "https://s3.example.com:9000", region: eu-west-1, secretRef: {name: s3-writer}}
                source: CompressionJob/mnist-int8
                hash: 5f2b6c1e
                createdAt: "2026-01-01T00:00:00Z"
                replicas: 3
                ready: 2
                kept: true
                problem: model.onnx is no model
              - {revision: 2, digest: sha256:1111d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08}
              admission:
                attempt: 1
                time: "2026-01-01T00:00:00Z"
                placements: [{rank: 0, node: a}, {rank: 1, node: b}]
                quota: vision
                flavor: h100
              seats: {replicas: 4, since: "2026-01-01T00:00:00Z"}
              givenBack: [{rank: 3, node: a}]
            """;

    /** Sets only what has to be set. */
    private static final String LEAST = """
            apiVersion: capstan.dev/v1alpha1
            kind: InferenceService
            metadata: {name: digits}
            spec:
              model: {from: {trainingJobRef: {name: mnist}}}
            """;

    /** Specs with the choices that the full service does not take. */
    private static final List<String> OTHERS = List.of("""
            model:
              from: {uri: "s3://models/base", s3: {endpoint: "https://s3.example.com", region: us-east-1, secretRef: {name: s3-reader}}}
              digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
              runtime: dl4j
              jar: {uri: "s3://models/layers.jar", s3: {endpoint: "https://s3.example.com", region: us-east-1, secretRef: {name: s3-reader}}}
            replicas: 1
            scheduling: {topology: {preferred: topology.kubernetes.io/zone}}
            """, """
            model:
              from: {trainingJobRef: {name: mnist}}
              digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
              runtime: onnx
            replicas: 0
            """);

    private static final Examples EXAMPLES = new Examples(Stream.concat(
                    Stream.of(full()), OTHERS.stream().map(spec -> (ObjectNode) full().set("spec", Yaml.read(spec))))
            .toList());

    private Services() {}

    static ObjectNode full() {
        return (ObjectNode) Yaml.read(FULL);
    }

    static ObjectNode least() {
        return (ObjectNode) Yaml.read(LEAST);
    }

    /** Valid services that together set every field, the full one first. */
    static Examples examples() {
        return EXAMPLES;
    }
}
