package dev.capstan.crds.compression;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.capstan.crds.validation.Examples;
import dev.capstan.crds.validation.Yaml;
import java.util.List;
import java.util.stream.Stream;

/** CompressionJobs as YAML trees. */
final class Jobs {
    /** Sets every field, but for those that exclude each other. */
    private static final String FULL = """
            apiVersion: capstan.dev/v1alpha1
            kind: CompressionJob
            metadata: {name: mnist}
            spec:
              model:
                from: {trainingJobRef: {name: mnist}}
                jar: {uri: "pvc://models/layers.jar"}
              data:
                train: {uri: "pvc://datasets/train", format: csv, csv: {header: true, delimiter: ";", labelColumn: species, labels: names, columns: [age, -2], standardize: true}}
                test: {uri: "pvc://datasets/test", format: csv, csv: {header: true, delimiter: ";", labelColumn: species, labels: names, columns: [age, -2], standardize: true}}
                checkFirst: true
              steps:
              - prune:
                  granularity: Unit
                  method: L2
                  sparsityPercent: 50
                  scope: Global
                  exclude: [layer0]
                  fineTune:
                    epochs: 5
                    batchSize: 32
                    optimizer: {adam: {learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1.0e-8}}
                    seed: 42
                    learningRateSchedule: {step: {everyEpochs: 2, factor: 0.5}, warmupSteps: 100}
                    gradientClipping: {maxNorm: 1.5}
                    validationSplit: 0.1
                    earlyStopping: {metric: accuracy, patience: 4, minDelta: 0.001, restoreBest: false}
              - quantize:
                  activations: {scheme: Asymmetric}
                  weights: {scheme: Symmetric, granularity: Channel, range: Full}
                  calibration: {method: Percentile, percentile: 99.9, samples: 512}
                  biasCorrection: true
                  exclude: [layer2]
                  maxDrop: "0.005"
              acceptance: {metric: accuracy, maxDrop: "0.01", minCompressionRatio: "3.9", maxLatencyRatio: "0.8"}
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
              scheduling: {timeoutSeconds: 300, priorityClassName: high, topology: {required: topology.kubernetes.io/zone}}
              checkpoint: {everySteps: 200, everySeconds: Auto, keep: 3, storage: {uri: "pvc://checkpoints/mnist"}, resumeFrom: {uri: "s3://checkpoints/uid/step-000000000200", digest: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", s3: {endpoint: "http://minio:9000", region: us-east-1, secretRef: {name: s3-reader}}}}
              failurePolicy: {maxRestarts: 10, maxCrashes: 5}
              output: {storage: {uri: "pvc://models/mnist-int8"}, ifExists: Reuse}
              suspend: false
              activeDeadlineSeconds: 86400
              ttlSecondsAfterFinished: 3600
            status:
              observedGeneration: 1
              conditions:
              - {type: Ready, status: "True", reason: Compressing, message: quantizes, observedGeneration: 1, lastTransitionTime: "2026-01-01T00:00:00Z"}
              - {type: Accepted, status: "True", reason: WithinBounds, message: is, observedGeneration: 1, lastTransitionTime: "2026-01-01T00:00:00Z"}
              phase: Running
              admission:
                attempt: 1
                time: "2026-01-01T00:00:00Z"
                placements: [{rank: 0, node: a}, {rank: 1, node: b}]
                quota: vision
                flavor: h100
              attempt: 1
              checks: 1
              restarts: 0
              restartsWithoutProgress: 0
              rollbacks: 2
              crashes: 1
              dataChanges: 1
              term: 3
              membership:
                settled: 2
                since: "2026-01-01T00:00:00.125Z"
                sinceStep: 10
                replaced: [{rank: 1, incarnation: 1, term: 3, held: 1, unexplained: true}, {rank: 4, incarnation: 0, term: 3, holds: 1}]
                givenBack: [{rank: 1, node: b}]
                sparesAfter: "2026-01-01T00:00:00.125Z"
              recovery: {restarts: 3, restartsByCause: {Killed: 2, NodeLost: 1}, recoveries: 2, lastSeconds: "1.5", lastStep: 9, totalSeconds: "3.5"}
              startTime: "2026-01-01T00:00:00Z"
              completionTime: "2026-01-01T00:00:00Z"
              requeueAt: "2026-01-01T00:00:00Z"
              workers: {ready: 4, total: 4, sparesReady: 1, spares: 1, summary: "4/4, 1/1 spares"}
              progress:
                epoch: 1
                epochs: 5
                step: 10
                steps: 100
                percent: 60
                summary: 60%
                loss: "0.5"
                samplesPerSecond: 1000
                estimatedSecondsRemaining: 9
                checkpointProblem: the volume is full
                straggler: worker 2
                engine: Deeplearning4j, the job asks for it
                device: cuda:0 (NVIDIA H200)
                history:
                - {epoch: 1, loss: "0.6", validationLoss: "0.7", validationAccuracy: "0.8", validationRmse: "0.9"}
                updatedTime: "2026-01-01T00:00:00Z"
              lastCheckpoint:
                step: 200
                uri: pvc://checkpoints/mnist/1/step-000000000200
                digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
                time: "2026-01-01T00:00:00Z"
              checkpoints: {everySeconds: 60, stallMillis: "31.5", writeMillis: "900", sizeBytes: 1000, late: 1, broken: [a is not as it was written]}
              goodput: {ratio: "0.93", summary: 93%, productiveSeconds: "93", wallSeconds: "100", earlierSeconds: "10", lostSteps: 5, attempt: 1, step: 10}
              handledCheckpointRequest: now
              model:
                uri: s3://models/mnist
                digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
                sizeBytes: 407056
                metrics: {accuracy: "0.96"}
                s3: {endpoint: "https://s3.example.com:9000", region: eu-west-1, secretRef: {name: s3-writer}}
              artifact:
                uri: s3://models/mnist-int8
                digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
                sizeBytes: 103056
                metrics: {accuracy: "0.97"}
                s3: {endpoint: "https://s3.example.com:9000", region: eu-west-1, secretRef: {name: s3-writer}}
              compression:
                ratio: "3.9400"
                drop: "0.0020"
                latencyRatio: "0.4100"
                bounds:
                - {name: minCompressionRatio, bound: "4.0000", measured: "3.9400", met: false, missedBy: "0.0600"}
                baseline: {file: model.onnx, sizeBytes: 407056, accuracy: "0.9761", latencyP50Millis: "0.0410", latencyP99Millis: "0.0600", samplesPerSecond: "20100.0000", batchSize: 64}
                compressed: {file: model.onnx, sizeBytes: 103056, accuracy: "0.9741", latencyP50Millis: "0.0168", latencyP99Millis: "0.0300", samplesPerSecond: "60300.0000", batchSize: 64}
                calibrationSamples: 512
                steps:
                - {step: 1, name: prune, summary: 50% of 1024 units, sizeBytes: 203528, accuracy: "0.9750", leftOut: [{layer: output, reason: it has the classes}]}
                sensitivity:
                - {step: 2, layer: layer0, accuracy: "0.9700", error: "0.0020"}
            """;

    /** Sets only what has to be set. */
    private static final String LEAST = """
            apiVersion: capstan.dev/v1alpha1
            kind: CompressionJob
            metadata: {name: mnist}
            spec:
              model: {from: {uri: "pvc://models/mnist"}}
              steps:
              - prune: {sparsityPercent: 90}
              output: {storage: {uri: "pvc://models/mnist-small"}}
            """;

    /** Specs with the choices that the full job does not take. */
    private static final List<String> OTHERS = List.of("""
            model:
              from: {uri: "s3://models/base", s3: {endpoint: "https://s3.example.com", region: us-east-1, secretRef: {name: s3-reader}}}
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
            steps:
            - prune:
                granularity: TwoOfFour
                fineTune:
                  epochs: 5
                  batchSize: 32
                  optimizer: {adamW: {learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1.0e-8, weightDecay: 0.01}}
                  learningRateSchedule: {exponential: {factor: 0.9}}
                  gradientClipping: {maxValue: 0.5}
            - prune:
                granularity: Weight
                sparsityPercent: 50
                fineTune:
                  epochs: 5
                  batchSize: 32
                  optimizer: {rmsProp: {learningRate: 0.001, decay: 0.9, epsilon: 1.0e-8}}
                  learningRateSchedule: {polynomial: {power: 2}}
            - quantize: {}
            scheduling: {topology: {preferred: topology.kubernetes.io/zone}}
            checkpoint: {storage: {uri: s3://checkpoints/lenet, s3: {endpoint: "http://minio:9000", region: us-east-1, secretRef: {name: s3-writer}}}}
            output: {storage: {uri: s3://models/lenet, s3: {endpoint: "https://s3.example.com:9000", region: eu-west-1, secretRef: {name: s3-writer}}}}
            """, """
            model:
              from: {compressionJobRef: {name: pruned}}
              jar: {uri: "s3://models/layers.jar", s3: {endpoint: "https://s3.example.com", region: us-east-1, secretRef: {name: s3-reader}}}
            data:
              train: {uri: "pvc://reviews/train.csv", format: text, text: {header: true, textColumn: 2, labelColumn: 0, encoding: sequence, vocabularySize: 5000, maxLength: 32, delimiter: "\t"}}
              test: {uri: "pvc://reviews/test.csv", format: text, text: {header: true, textColumn: 2, labelColumn: 0, encoding: sequence, vocabularySize: 5000, maxLength: 32, delimiter: "\t"}}
            steps:
            - prune:
                sparsityPercent: 50
                fineTune: {epochs: 5, batchSize: 32, optimizer: {adaGrad: {learningRate: 0.01, epsilon: 1.0e-8}}}
            - prune:
                sparsityPercent: 60
                fineTune: {epochs: 5, batchSize: 32, optimizer: {sgd: {learningRate: 0.1}}}
            - prune:
                sparsityPercent: 70
                fineTune: {epochs: 5, batchSize: 32, optimizer: {nesterov: {learningRate: 0.1, momentum: 0.9}}}
            - quantize: {weights: {scheme: Asymmetric, granularity: Tensor}}
            output: {storage: {uri: "pvc://models/reviews"}}
            """, """
            model:
              from: {trainingJobRef: {name: prices}}
            data:
              train: {uri: "pvc://datasets/train", format: csv, csv: {header: true, targetColumns: [price]}}
              test: {uri: "pvc://datasets/test", format: csv, csv: {targetColumns: [-1]}}
            steps:
            - quantize: {}
            output: {storage: {uri: "pvc://models/prices-int8"}}
            """);

    private static final Examples EXAMPLES = new Examples(Stream.concat(
                    Stream.of(full()), OTHERS.stream().map(spec -> (ObjectNode) full().set("spec", Yaml.read(spec))))
            .toList());

    private Jobs() {}

    static ObjectNode full() {
        return (ObjectNode) Yaml.read(FULL);
    }

    static ObjectNode least() {
        return (ObjectNode) Yaml.read(LEAST);
    }

    /** Valid jobs that together set every field, the full one first. */
    static Examples examples() {
        return EXAMPLES;
    }
}
