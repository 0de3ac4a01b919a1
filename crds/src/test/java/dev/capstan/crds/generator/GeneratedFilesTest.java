package dev.capstan.crds.generator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.compression.CompressionJob;
import dev.capstan.crds.inference.InferenceService;
import dev.capstan.crds.quota.GPUQuota;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.client.CustomResource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Checked-in files are what the Java types generate. With {@code -Dregenerate} they are written instead of compared.
 */
class GeneratedFilesTest {
    private static final String COMMAND = "./mvnw -pl crds test -Dtest=GeneratedFilesTest -Dregenerate";
    private static final Path MODULE = realPath();
    private static final Path REPOSITORY = MODULE.getParent();

    @Test
    void areUpToDate() throws IOException {
        for (var file : generate().entrySet()) {
            var name = REPOSITORY.relativize(file.getKey());
            if (System.getProperty("regenerate") != null) {
                Files.createDirectories(file.getKey().getParent());
                Files.writeString(file.getKey(), file.getValue());
            }
            var present = Files.exists(file.getKey()) ? Files.readString(file.getKey()) : "";
            assertEquals(file.getValue(), present, name + " is not what the Java types generate; run: " + COMMAND);
        }
    }

    @Test
    void fitWhereKubectlApplyKeepsThem() throws IOException {
        for (var file : generate().entrySet()) {
            // Client-side apply copies the object into an annotation, as JSON, and those hold 256 KiB in all.
            if (file.getKey().toString().endsWith(".yaml")) {
                var kept = CrdWriter.YAML.readTree(file.getValue()).toString();
                assertTrue(kept.length() < 225_000, file.getKey() + " has 225 kB or more");
            }
        }
    }

    private static Map<Path, String> generate() throws IOException {
        var files = new LinkedHashMap<Path, String>();
        generate(files, TrainingJob.class, "trainingjob");
        generate(files, CompressionJob.class, "compressionjob");
        generate(files, InferenceService.class, "inferenceservice");
        generate(files, GPUQuota.class, "gpuquota");
        return files;
    }

    private static void generate(Map<Path, String> files, Class<? extends CustomResource<?, ?>> kind, String name)
            throws IOException {
        var file = name + "s.capstan.dev-v1.yaml";
        var overlays = new ArrayList<String>();
        boolean job = CapstanJob.class.isAssignableFrom(kind);
        if (job || kind == InferenceService.class) {
            overlays.add(Files.readString(MODULE.resolve("overlay/pods.yaml")));
        }
        if (job) {
            overlays.add(Files.readString(MODULE.resolve("overlay/jobs.yaml")));
        }
        overlays.add(Files.readString(MODULE.resolve("overlay").resolve(file)));
        var crd = CrdWriter.crd(kind, overlays);
        var yaml = CrdWriter.yaml(crd, COMMAND);
        files.put(MODULE.resolve("src/main/resources/META-INF/capstan").resolve(file), yaml);
        files.put(REPOSITORY.resolve("docs/reference/" + name + ".md"), ReferenceWriter.markdown(crd, COMMAND));
        if (Files.exists(REPOSITORY.resolve("charts/capstan/Chart.yaml"))) {
            files.put(REPOSITORY.resolve("charts/capstan/crds").resolve(file), yaml);
        }
    }

    private static Path realPath() {
        try {
            return Path.of("").toRealPath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
