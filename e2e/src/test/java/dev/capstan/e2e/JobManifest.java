package dev.capstan.e2e;

import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A TrainingJob over {@link Blobs}, as YAML that is applied with kubectl.
 *
 * @param name of the job
 * @param replicas workers in the gang
 * @param gpus {@code nvidia.com/gpu} of each worker; 0 for a job that asks for none
 * @param epochs passes over the data: how long the job takes
 * @param train URI of the training data
 * @param output URI of the artifact's folder
 * @param maxRestarts attempts after the first
 * @param timeoutSeconds until a gang has to be whole
 * @param cpu that each worker may use at most
 * @param more fields by their path under {@code spec}, such as {@code data.checkFirst}, with their values in YAML
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
        String cpu,
        Map<String, String> more) {

    /** Epochs that take some tens of seconds by {@link #lasting}, of a job whose end nobody waits for. */
    static final int LONG = 60;
    /** Epochs that take some seconds by {@link #lasting}: time to put the {@link Brake} on. */
    static final int HELD = 12;
    /** Epochs that take a moment. */
    static final int SHORT = 2;

    /** Two workers of three GPUs each, so that no node of four takes both; a short training. */
    static JobManifest of(String name) {
        return new JobManifest(
                name, 2, 3, SHORT, "pvc://data/blobs/train", "pvc://data/models/" + name, 3, 120, "1", Map.of());
    }

    JobManifest replicas(int value) {
        return new JobManifest(name, value, gpus, epochs, train, output, maxRestarts, timeoutSeconds, cpu, more);
    }

    JobManifest gpus(int value) {
        return new JobManifest(name, replicas, value, epochs, train, output, maxRestarts, timeoutSeconds, cpu, more);
    }

    /** For {@link Turn#PROCESSORS}, and more of them. */
    JobManifest withoutGpus() {
        return gpus(0);
    }

    JobManifest epochs(int value) {
        return new JobManifest(name, replicas, gpus, value, train, output, maxRestarts, timeoutSeconds, cpu, more);
    }

    /**
     * A job that has to be there for a while gets half of a processor a worker, rather than twice as much to compute.
     */
    JobManifest lasting(int epochs) {
        return epochs(epochs).cpu("500m");
    }

    JobManifest train(String value) {
        return new JobManifest(name, replicas, gpus, epochs, value, output, maxRestarts, timeoutSeconds, cpu, more);
    }

    JobManifest output(String value) {
        return new JobManifest(name, replicas, gpus, epochs, train, value, maxRestarts, timeoutSeconds, cpu, more);
    }

    JobManifest maxRestarts(int value) {
        return new JobManifest(name, replicas, gpus, epochs, train, output, value, timeoutSeconds, cpu, more);
    }

    JobManifest cpu(String value) {
        return new JobManifest(name, replicas, gpus, epochs, train, output, maxRestarts, timeoutSeconds, value, more);
    }

    /** With a field set whose path is given under {@code spec}, to a value in YAML. */
    JobManifest with(String path, String yaml) {
        var both = new LinkedHashMap<>(more);
        both.put(path, yaml);
        return new JobManifest(name, replicas, gpus, epochs, train, output, maxRestarts, timeoutSeconds, cpu, both);
    }

    String yaml() {
        Map<String, Object> job = Serialization.unmarshal(plain(), Map.class);
        more.forEach((path, yaml) -> {
            var names = List.of(("spec." + path).split("\\."));
            var block = job;
            for (var name : names.subList(0, names.size() - 1)) {
                block = block(block, name);
            }
            // Without the mark of a document, what begins with a brace would be read as JSON.
            block.put(names.getLast(), Serialization.unmarshal("---\n" + yaml, Object.class));
        });
        return Serialization.asYaml(job);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> block(Map<String, Object> outer, String name) {
        return (Map<String, Object>) outer.computeIfAbsent(name, missing -> new LinkedHashMap<>());
    }

    private String plain() {
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
                      limits: {%scpu: %s, memory: 1Gi}
                      requests: {cpu: 100m, memory: 512Mi}
                  scheduling: {timeoutSeconds: %d}
                  failurePolicy: {maxRestarts: %d}
                  output: {storage: {uri: "%s"}}
                """.formatted(
                        name,
                        Blobs.CLASSES,
                        train,
                        epochs,
                        replicas,
                        gpus == 0 ? "" : "nvidia.com/gpu: " + gpus + ", ",
                        cpu,
                        timeoutSeconds,
                        maxRestarts,
                        output);
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
