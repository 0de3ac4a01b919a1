package dev.capstan.crds.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** TrainingJobs as YAML trees that tests change field by field. */
final class Jobs {
    static final YAMLMapper YAML = new YAMLMapper();

    private static final JsonMapper JSON = new JsonMapper();

    /** Sets every field, but for those that exclude each other. */
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
                checkFirst: true
              training:
                epochs: 5
                batchSize: 32
                optimizer: {adam: {learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1.0e-8}}
                seed: 42
                learningRateSchedule: {step: {everyEpochs: 2, factor: 0.5}, warmupSteps: 100}
                l1: 0.0001
                l2: 0.0002
                gradientClipping: {maxNorm: 1.5}
                validationSplit: 0.1
                earlyStopping: {metric: accuracy, patience: 4, minDelta: 0.001, restoreBest: false}
                classWeights: {values: [1, 2, 1, 1, 1, 1, 1, 1, 1, 0.5]}
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
                labels: {team: vision, example.com/cost: a1}
                annotations: {owner: "somebody, somewhere"}
                env: [{name: NCCL_DEBUG, value: INFO}, {name: TZ, value: UTC}]
                imagePullSecrets: [{name: registry}, {name: mirror}]
                terminationGracePeriodSeconds: 90
              scheduling: {timeoutSeconds: 300, priorityClassName: high}
              checkpoint: {everySteps: 200, everySeconds: 600, keep: 3, storage: {uri: "pvc://checkpoints/mnist"}}
              failurePolicy: {maxRestarts: 10, maxCrashes: 5}
              output: {storage: {uri: "pvc://models/mnist"}, ifExists: Reuse}
              suspend: false
              activeDeadlineSeconds: 86400
              ttlSecondsAfterFinished: 3600
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
              rollbacks: 2
              crashes: 1
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
                checkpointProblem: the volume is full
                updatedTime: "2026-01-01T00:00:00Z"
              lastCheckpoint:
                step: 200
                uri: pvc://checkpoints/mnist/1/step-000000000200
                digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
                time: "2026-01-01T00:00:00Z"
              handledCheckpointRequest: now
              model:
                uri: pvc://models/base
                digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
                sizeBytes: 407056
                metrics: {accuracy: "0.96"}
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

    /** Specs with the choices that the full job does not take. */
    private static final List<String> OTHERS = List.of("""
            model:
              layers:
              - convolution: {filters: 20, kernelSize: 5, stride: 1, padding: same, activation: relu}
              - pooling: {type: max, kernelSize: 2, stride: 2}
              - batchNormalization: {decay: 0.9, epsilon: 0.00001}
              - globalPooling: {type: average}
              - dropout: {rate: 0.5}
              - output: {units: 10, activation: softmax, loss: mcxent}
            data:
              train:
                uri: s3://pictures/train
                format: images
                images: {height: 28, width: 28, channels: 1}
                s3: {endpoint: "https://s3.example.com:9000", region: eu-west-1, secretRef: {name: s3-reader}}
              test:
                uri: s3://pictures/test
                format: images
                images: {height: 28, width: 28, channels: 1}
                s3: {endpoint: "https://s3.example.com:9000", region: eu-west-1, secretRef: {name: s3-reader}}
            training:
              epochs: 5
              batchSize: 32
              optimizer: {adamW: {learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1.0e-8, weightDecay: 0.01}}
              learningRateSchedule: {exponential: {factor: 0.9}}
              gradientClipping: {maxValue: 0.5}
              classWeights: {balanced: true}
            output: {storage: {uri: "pvc://models/lenet"}}
            """, """
            model:
              layers:
              - embedding: {units: 32}
              - lstm: {units: 64, activation: tanh, returnSequences: false}
              - output: {units: 2, activation: softmax, loss: mcxent}
            data:
              train: {uri: "pvc://reviews/train.csv", format: text, text: {header: true, textColumn: 2, labelColumn: 0, encoding: sequence, vocabularySize: 5000, maxLength: 32}}
              test: {uri: "pvc://reviews/test.csv", format: text, text: {header: true, textColumn: 2, labelColumn: 0, encoding: sequence, vocabularySize: 5000, maxLength: 32}}
            training:
              epochs: 5
              batchSize: 32
              optimizer: {rmsProp: {learningRate: 0.001, decay: 0.9, epsilon: 1.0e-8}}
              learningRateSchedule: {polynomial: {power: 2}}
            output: {storage: {uri: "pvc://models/reviews"}}
            """, """
            model:
              dl4j: {configMapKeyRef: {name: nets, key: lenet.json}}
              jar: {uri: "s3://jars/layers.jar", s3: {endpoint: "http://minio:9000", region: us-east-1, secretRef: {name: s3-reader}}}
            data:
              train: {uri: "pvc://datasets/train", format: idx}
            training: {epochs: 5, batchSize: 32, optimizer: {adaGrad: {learningRate: 0.01, epsilon: 1.0e-8}}}
            output: {storage: {uri: "pvc://models/own"}}
            """, """
            model:
              from: {uri: "s3://models/base", s3: {endpoint: "https://s3.example.com", region: us-east-1, secretRef: {name: s3-reader}}}
            data:
              train: {uri: "pvc://datasets/train", format: idx}
            training: {epochs: 5, batchSize: 32, optimizer: {sgd: {learningRate: 0.1}}}
            output: {storage: {uri: "pvc://models/tuned"}}
            """, """
            model:
              from: {trainingJobRef: {name: base}}
            data:
              train: {uri: "pvc://datasets/train", format: idx}
            training: {epochs: 5, batchSize: 32, optimizer: {nesterov: {learningRate: 0.1, momentum: 0.9}}}
            output: {storage: {uri: "pvc://models/tuned"}}
            """);

    private static final List<ObjectNode> ALL = Stream.concat(
                    Stream.of(full()), OTHERS.stream().map(spec -> (ObjectNode) full().set("spec", read(spec))))
            .toList();

    private Jobs() {}

    static ObjectNode full() {
        return (ObjectNode) read(FULL);
    }

    static ObjectNode least() {
        return (ObjectNode) read(LEAST);
    }

    /** Valid jobs that together set every field, the full one first. */
    static List<ObjectNode> all() {
        return ALL.stream().map(ObjectNode::deepCopy).toList();
    }

    /** A valid job that has the field at the path, or else the block that the field belongs to. */
    static ObjectNode about(String path) {
        var steps = steps(path);
        return Stream.of(steps, steps.subList(0, steps.size() - 1))
                .flatMap(wanted -> ALL.stream().filter(job -> at(job, wanted) != null))
                .findFirst()
                .map(ObjectNode::deepCopy)
                .orElseThrow(() -> new IllegalArgumentException("no job has " + path));
    }

    /**
     * Sets or removes a field.
     *
     * @param path such as {@code spec.model.layers[0].dense}; a key with dots is quoted:
     *     {@code limits.'nvidia.com/gpu'}
     * @param yaml the value; null removes the field
     */
    static void set(ObjectNode job, String path, String yaml) {
        var steps = steps(path);
        var node = at(job, steps.subList(0, steps.size() - 1));
        var last = steps.getLast();
        if (node instanceof ArrayNode array) {
            array.set(index(last), read(yaml));
        } else if (yaml == null) {
            ((ObjectNode) node).remove(last);
        } else {
            ((ObjectNode) node).set(last, read(yaml));
        }
    }

    /**
     * The path of a field in one of the jobs of {@link #all}, which {@link #about} takes.
     *
     * @param shape path in the schema, such as {@code spec.model.layers[].dense}
     */
    static Optional<String> somewhere(String shape) {
        return ALL.stream().flatMap(job -> find(job, steps(shape), "").stream()).findFirst();
    }

    private static Optional<String> find(JsonNode node, List<String> steps, String path) {
        if (steps.isEmpty()) {
            return Optional.of(path);
        }
        var rest = steps.subList(1, steps.size());
        return switch (steps.getFirst()) {
            case "[]" ->
                IntStream.range(0, node.size())
                        .mapToObj(i -> find(node.get(i), rest, path + "[" + i + "]"))
                        .flatMap(Optional::stream)
                        .findFirst();
            case "*" ->
                node.propertyStream()
                        .filter(entry -> !entry.getKey().contains("."))
                        .findFirst()
                        .flatMap(entry -> find(entry.getValue(), rest, path + "." + entry.getKey()));
            case String name ->
                node.has(name)
                        ? find(node.get(name), rest, path.isEmpty() ? name : path + "." + name)
                        : Optional.empty();
        };
    }

    /** A tree in which values that mean the same are the same: 1, 1.0 and, as quantities go, "1". */
    static JsonNode canonical(JsonNode node) {
        if (node.isNumber()) {
            var number = node.isIntegralNumber() ? node.decimalValue() : BigDecimal.valueOf(node.doubleValue());
            return TextNode.valueOf(number.stripTrailingZeros().toPlainString());
        }
        if (node instanceof ObjectNode object) {
            var copy = object.deepCopy();
            copy.properties().forEach(entry -> entry.setValue(canonical(entry.getValue())));
            return copy;
        }
        if (node instanceof ArrayNode array) {
            var copy = array.arrayNode();
            array.forEach(item -> copy.add(canonical(item)));
            return copy;
        }
        return node;
    }

    private static List<String> steps(String path) {
        return Arrays.stream(path.split("\\.(?=(?:[^']*'[^']*')*[^']*$)|(?=\\[)"))
                .map(step -> step.replace("'", ""))
                .toList();
    }

    private static JsonNode at(JsonNode node, List<String> steps) {
        for (var step : steps) {
            node = node == null ? null : step.startsWith("[") ? node.get(index(step)) : node.get(step);
        }
        return node;
    }

    static JsonNode read(String yaml) {
        try {
            return YAML.readTree(yaml);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** Reads JSON, where 1e-8 is a number. */
    static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static int index(String step) {
        return Integer.parseInt(step.substring(1, step.length() - 1));
    }
}
