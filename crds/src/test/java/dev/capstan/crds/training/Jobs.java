package dev.capstan.crds.training;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.capstan.crds.validation.Examples;
import dev.capstan.crds.validation.Yaml;
import java.util.List;
import java.util.stream.Stream;

/** TrainingJobs as YAML trees. */
final class Jobs {
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
                train: {uri: "pvc://datasets/train", format: csv, csv: {header: true, delimiter: ";", labelColumn: species, labels: names, columns: [age, -2], standardize: true}}
                test: {uri: "pvc://datasets/test", format: csv, csv: {header: true, delimiter: ";", labelColumn: species, labels: names, columns: [age, -2], standardize: true}}
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
              parallelism: {strategy: DataParallel, frames: Plain, gradients: bf16}
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
              checkpoint: {everySteps: 200, everySeconds: 600, keep: 3, storage: {uri: "pvc://checkpoints/mnist"}, resumeFrom: {uri: "s3://checkpoints/uid/step-000000000200", digest: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", s3: {endpoint: "http://minio:9000", region: us-east-1, secretRef: {name: s3-reader}}}}
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
                percent: 10
                summary: 10%
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
                uri: s3://models/base
                digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
                sizeBytes: 407056
                metrics: {accuracy: "0.96"}
                s3: {endpoint: "https://s3.example.com:9000", region: eu-west-1, secretRef: {name: s3-writer}}
              artifact:
                uri: s3://models/mnist
                digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
                sizeBytes: 407056
                metrics: {accuracy: "0.97"}
                s3: {endpoint: "https://s3.example.com:9000", region: eu-west-1, secretRef: {name: s3-writer}}
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
              accumulateSteps: 4
              engine: LibTorch
            checkpoint: {storage: {uri: s3://checkpoints/lenet, s3: {endpoint: "http://minio:9000", region: us-east-1, secretRef: {name: s3-writer}}}}
            output: {storage: {uri: s3://models/lenet, s3: {endpoint: "https://s3.example.com:9000", region: eu-west-1, secretRef: {name: s3-writer}}}}
            """, """
            model:
              layers:
              - embedding: {units: 32}
              - lstm: {units: 64, activation: tanh, returnSequences: false}
              - output: {units: 2, activation: softmax, loss: mcxent}
            data:
              train: {uri: "pvc://reviews/train.csv", format: text, text: {header: true, textColumn: 2, labelColumn: 0, encoding: sequence, vocabularySize: 5000, maxLength: 32, delimiter: "\t"}}
              test: {uri: "pvc://reviews/test.csv", format: text, text: {header: true, textColumn: 2, labelColumn: 0, encoding: sequence, vocabularySize: 5000, maxLength: 32, delimiter: "\t"}}
            training:
              epochs: 5
              batchSize: 32
              optimizer: {rmsProp: {learningRate: 0.001, decay: 0.9, epsilon: 1.0e-8}}
              learningRateSchedule: {polynomial: {power: 2}}
            output: {storage: {uri: "pvc://models/reviews"}}
            """, """
            model:
              layers:
              - embedding: {units: 32}
              - positions: {}
              - residual:
                  layers:
                  - layerNormalization: {epsilon: 0.00001}
                  - attention: {heads: 4}
                  - dense: {units: 64, activation: relu}
                  - conv1d: {filters: 32, kernelSize: 3, activation: tanh}
                  - lstm: {units: 16, activation: tanh, returnSequences: true, bidirectional: true}
              - layerNormalization: {epsilon: 0.001}
              - attention: {heads: 8}
              - conv1d: {filters: 32, kernelSize: 5, activation: relu}
              - lstm: {units: 16, returnSequences: true, bidirectional: true}
              - globalPooling: {type: average}
              - output: {units: 2, activation: softmax, loss: mcxent}
            data:
              train: {uri: "pvc://routes/train", format: text, text: {encoding: sequence}}
            training: {epochs: 5, batchSize: 32, optimizer: {adam: {}}}
            output: {storage: {uri: "pvc://models/routes"}}
            """, """
            model:
              layers:
              - convolution: {filters: 16, kernelSize: 3, padding: same, activation: relu}
              - residual:
                  layers:
                  - batchNormalization: {decay: 0.9, epsilon: 0.00001}
                  - dropout: {rate: 0.1}
                  - convolution: {filters: 16, kernelSize: 3, stride: 1, padding: same, activation: relu}
              - output: {units: 10, activation: softmax, loss: mcxent}
            data:
              train: {uri: "pvc://datasets/train", format: idx}
            training: {epochs: 5, batchSize: 32, optimizer: {adam: {}}}
            output: {storage: {uri: "pvc://models/resnet"}}
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
              torchScript: {uri: "s3://models/module.pt", s3: {endpoint: "http://minio:9000", region: us-east-1, secretRef: {name: s3-reader}}}
            data:
              train: {uri: "pvc://datasets/train", format: idx}
            training: {epochs: 5, batchSize: 32, optimizer: {adam: {}}, l2: 0.001, engine: LibTorch}
            output: {storage: {uri: "pvc://models/scripted"}}
            """, """
            model:
              from: {uri: "s3://models/base", s3: {endpoint: "https://s3.example.com", region: us-east-1, secretRef: {name: s3-reader}}}
            data:
              train: {uri: "pvc://datasets/train", format: idx}
            training: {epochs: 5, batchSize: 32, optimizer: {sgd: {learningRate: 0.1}}}
            output: {storage: {uri: "pvc://models/tuned"}}
            """, """
            model:
              layers:
              - output: {units: 1, activation: identity, loss: huber}
            data:
              train: {uri: "pvc://datasets/train", format: csv, csv: {header: true, targetColumns: [price]}}
              test: {uri: "pvc://datasets/test", format: csv, csv: {targetColumns: [-1]}}
            training: {epochs: 5, batchSize: 32, optimizer: {adam: {}}, validationSplit: 0.1, earlyStopping: {metric: loss}}
            output: {storage: {uri: "pvc://models/prices"}}
            """, """
            model:
              from: {trainingJobRef: {name: base}}
            data:
              train: {uri: "pvc://datasets/train", format: idx}
            training: {epochs: 5, batchSize: 32, optimizer: {nesterov: {learningRate: 0.1, momentum: 0.9}}}
            workers: {replicas: 2}
            scheduling: {topology: {preferred: topology.kubernetes.io/zone}}
            redundancy: {spares: 1, spread: kubernetes.io/hostname}
            output: {storage: {uri: "pvc://models/tuned"}}
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
