package dev.capstan.crds.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.Arrays;
import java.util.List;

/** TrainingJobs as YAML trees that tests change field by field. */
final class Jobs {
    static final YAMLMapper YAML = new YAMLMapper();

    /** Sets every field, but for the optimizers that exclude each other. */
    private static final String FULL = """
            apiVersion: capstan.dev/v1alpha1
            kind: TrainingJob
            metadata: {name: mnist}
            spec:
              model:
                layers:
                - dense: {units: 128, activation: relu}
                - output: {units: 10, activation: softmax, loss: mcxent}
              data:
                train: {uri: "pvc://datasets/train", format: csv, csv: {header: true, labelColumn: 0}}
                test: {uri: "pvc://datasets/test", format: csv, csv: {header: true, labelColumn: 0}}
              training:
                epochs: 5
                batchSize: 32
                optimizer: {adam: {learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1.0e-8}}
                seed: 42
              parallelism: {strategy: DataParallel}
              workers:
                replicas: 4
                image: registry.example.com/team/worker:1.0
                resources:
                  limits: {nvidia.com/gpu: 1, cpu: 500m, memory: 16Gi}
                  requests: {cpu: 250m}
                nodeSelector: {pool: gpu}
                tolerations:
                - {key: gpu, operator: Equal, value: "yes", effect: NoExecute, tolerationSeconds: 60}
              scheduling: {timeoutSeconds: 300}
              failurePolicy: {maxRestarts: 10}
              output: {storage: {uri: "pvc://models/mnist"}}
            status:
              observedGeneration: 1
              conditions:
              - {type: Ready, status: "True", reason: Training, message: trains, observedGeneration: 1, lastTransitionTime: "2026-01-01T00:00:00Z"}
              phase: Running
              admission:
                attempt: 1
                time: "2026-01-01T00:00:00Z"
                placements: [{rank: 0, node: a}, {rank: 1, node: b}]
              attempt: 1
              restarts: 0
              startTime: "2026-01-01T00:00:00Z"
              completionTime: "2026-01-01T00:00:00Z"
              workers: {ready: 4, total: 4, summary: 4/4}
              progress:
                epoch: 1
                epochs: 5
                step: 10
                steps: 100
                percent: 10
                summary: 10%
                loss: "0.5"
                samplesPerSecond: 1000
                estimatedSecondsRemaining: 9
                updatedTime: "2026-01-01T00:00:00Z"
              artifact:
                uri: pvc://models/mnist
                digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
                sizeBytes: 407056
                metrics: {accuracy: "0.97"}
            """;

    /** Sets only what has to be set. */
    private static final String LEAST = """
            apiVersion: capstan.dev/v1alpha1
            kind: TrainingJob
            metadata: {name: mnist}
            spec:
              model:
                layers:
                - output: {units: 10, activation: softmax, loss: mcxent}
              data:
                train: {uri: "pvc://datasets/train", format: idx}
              training: {epochs: 5, batchSize: 32, optimizer: {adam: {}}}
              output: {storage: {uri: "pvc://models/mnist"}}
            """;

    private Jobs() {}

    static ObjectNode full() {
        return (ObjectNode) read(FULL);
    }

    static ObjectNode least() {
        return (ObjectNode) read(LEAST);
    }

    /** A full job in which the field at the path can be: with the optimizer that the path is about. */
    static ObjectNode about(String path) {
        var job = full();
        for (var optimizer : List.of("sgd", "nesterov")) {
            if (path.startsWith("spec.training.optimizer." + optimizer)) {
                set(job, "spec.training.optimizer", "{%s: {learningRate: 0.1}}".formatted(optimizer));
            }
        }
        return job;
    }

    /**
     * Sets or removes a field.
     *
     * @param path such as {@code spec.model.layers[0].dense}; a key with dots is quoted:
     *     {@code limits.'nvidia.com/gpu'}
     * @param yaml the value; null removes the field
     */
    static void set(ObjectNode job, String path, String yaml) {
        JsonNode node = job;
        var steps = Arrays.stream(path.split("\\.(?=(?:[^']*'[^']*')*[^']*$)|(?=\\[)"))
                .map(step -> step.replace("'", ""))
                .toList();
        for (var step : steps.subList(0, steps.size() - 1)) {
            node = step.startsWith("[") ? node.get(index(step)) : node.get(step);
        }
        var last = steps.getLast();
        if (node instanceof ArrayNode array) {
            array.set(index(last), read(yaml));
        } else if (yaml == null) {
            ((ObjectNode) node).remove(last);
        } else {
            ((ObjectNode) node).set(last, read(yaml));
        }
    }

    static JsonNode read(String yaml) {
        try {
            return YAML.readTree(yaml);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static int index(String step) {
        return Integer.parseInt(step.substring(1, step.length() - 1));
    }
}
