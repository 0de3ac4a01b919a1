package dev.capstan.operator;

import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.List;

/** A namespace under Pod Security's restricted level, with the claim that its jobs name. */
record Team(ApiServer api, String namespace) {
    static Team create(ApiServer api, String prefix) {
        var team = new Team(api, api.newNamespace(prefix));
        api.kubectl("label", "namespace", team.namespace, "pod-security.kubernetes.io/enforce=restricted");
        api.kubectlWithInput("""
                apiVersion: v1
                kind: PersistentVolumeClaim
                metadata: {name: all}
                spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
                """, "apply", "--namespace", team.namespace, "--filename=-");
        team.bind("all");
        return team;
    }

    /** Gives a claim its volume, as far as jobs look: there is no volume controller here. */
    void bind(String claim) {
        api.kubectl(
                "patch",
                "pvc",
                claim,
                "--namespace",
                namespace,
                "--subresource=status",
                "--patch={\"status\": {\"phase\": \"Bound\"}}");
    }

    /** Two workers for one node, whose gang never gets whole: it is rolled back after so many seconds. */
    static String job(String name, String node, int timeoutSeconds) {
        return """
                apiVersion: capstan.dev/v1alpha1
                kind: TrainingJob
                metadata: {name: %1$s}
                spec:
                  model: {layers: [{output: {units: 3, activation: softmax, loss: mcxent}}]}
                  data: {train: {uri: "pvc://all/iris", format: csv}}
                  training: {epochs: 1, batchSize: 8, optimizer: {sgd: {learningRate: 0.1}}}
                  workers: {replicas: 2, nodeSelector: {only: %2$s}}
                  scheduling: {timeoutSeconds: %3$d}
                  output: {storage: {uri: "pvc://all/%1$s"}}
                """.formatted(name, node, timeoutSeconds);
    }

    /**
     * One replica for one node, which never gets ready.
     *
     * @param more of its spec, in YAML
     */
    static String service(String name, String node, String more) {
        return """
                apiVersion: capstan.dev/v1alpha1
                kind: InferenceService
                metadata: {name: %s}
                spec:
                  model: {from: {uri: "pvc://all/model.onnx"}, digest: "sha256:%s"}
                  workers: {nodeSelector: {only: %s}}
                  %s
                """.formatted(name, "0".repeat(64), node, more);
    }

    /** Applies a manifest as {@code kubectl apply} does, with more of its options, and returns what it printed. */
    String apply(String yaml, String... options) {
        var arguments = new ArrayList<>(List.of("apply", "--namespace", namespace, "--filename=-"));
        arguments.addAll(List.of(options));
        return api.kubectlWithInput(yaml, arguments.toArray(String[]::new));
    }

    TrainingJob job(String name) {
        return api.client()
                .resources(TrainingJob.class)
                .inNamespace(namespace)
                .withName(name)
                .get();
    }

    /** The reason of a condition, or an empty text while there is none. */
    String reason(String job, String type) {
        var now = job(job);
        return now == null || now.getStatus().getConditions() == null
                ? ""
                : now.getStatus().getConditions().stream()
                        .filter(condition -> condition.getType().equals(type))
                        .map(condition -> condition.getReason())
                        .findFirst()
                        .orElse("");
    }

    List<Pod> pods(String job) {
        return api.client()
                .pods()
                .inNamespace(namespace)
                .withLabel("capstan.dev/job", job)
                .list()
                .getItems();
    }
}
