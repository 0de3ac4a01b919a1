package dev.capstan.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A TrainingJob over {@link Blobs}, as YAML that is applied with kubectl.
 *
 * @param name of the job
 * @param replicas workers in the gang
 * @param gpus {@code nvidia.com/gpu} of each worker
 * @param epochs passes over the data: how long the job takes
 * @param train URI of the training data
 * @param output URI of the artifact's folder
 * @param maxRestarts attempts after the first
 * @param timeoutSeconds until a gang has to be whole
 * @param cpu that each worker may use at most
 */
record JobManifest(
        String name,
        int replicas,
        int gpus,
        int epochs,
        String train,
        String output,
        int maxRestarts,
        int timeoutSeconds,
        String cpu) {

    /** Epochs that take some tens of seconds: time to break something in the middle. */
    static final int LONG = 120;
    /** Epochs that take a moment. */
    static final int SHORT = 2;

    /** Two workers of three GPUs each, so that no node of four takes both; a short training. */
    static JobManifest of(String name) {
        return new JobManifest(name, 2, 3, SHORT, "pvc://data/blobs/train", "pvc://data/models/" + name, 3, 120, "1");
    }

    JobManifest replicas(int value) {
        return new JobManifest(name, value, gpus, epochs, train, output, maxRestarts, timeoutSeconds, cpu);
    }

    JobManifest gpus(int value) {
        return new JobManifest(name, replicas, value, epochs, train, output, maxRestarts, timeoutSeconds, cpu);
    }

    JobManifest epochs(int value) {
        return new JobManifest(name, replicas, gpus, value, train, output, maxRestarts, timeoutSeconds, cpu);
    }

    JobManifest train(String value) {
        return new JobManifest(name, replicas, gpus, epochs, value, output, maxRestarts, timeoutSeconds, cpu);
    }

    JobManifest output(String value) {
        return new JobManifest(name, replicas, gpus, epochs, train, value, maxRestarts, timeoutSeconds, cpu);
    }

    JobManifest maxRestarts(int value) {
        return new JobManifest(name, replicas, gpus, epochs, train, output, value, timeoutSeconds, cpu);
    }

    JobManifest cpu(String value) {
        return new JobManifest(name, replicas, gpus, epochs, train, output, maxRestarts, timeoutSeconds, value);
    }

    String yaml() {
        return """
                apiVersion: capstan.dev/v1alpha1
                kind: TrainingJob
                metadata:
                  name: %s
                spec:
                  model:
                    layers:
                    - dense: {units: 32, activation: relu}
                    - output: {units: %d, activation: softmax, loss: mcxent}
                  data:
                    train: {uri: "%s", format: csv}
                    test: {uri: "pvc://data/blobs/test", format: csv}
                  training: {epochs: %d, batchSize: 32, optimizer: {adam: {learningRate: 0.002}}, seed: 7}
                  workers:
                    replicas: %d
                    resources:
                      limits: {nvidia.com/gpu: %d, cpu: %s, memory: 1Gi}
                      requests: {cpu: 100m, memory: 512Mi}
                  scheduling: {timeoutSeconds: %d}
                  failurePolicy: {maxRestarts: %d}
                  output: {storage: {uri: "%s"}}
                """.formatted(
                        name, Blobs.CLASSES, train, epochs, replicas, gpus, cpu, timeoutSeconds, maxRestarts, output);
    }

    /** Writes the YAML to a temporary file, for {@code kubectl apply -f}. */
    Path file() {
        try {
            var file = Files.createTempFile(name, ".yaml");
            file.toFile().deleteOnExit();
            return Files.writeString(file, yaml());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
