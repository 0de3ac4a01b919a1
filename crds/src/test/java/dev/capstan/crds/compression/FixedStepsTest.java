package dev.capstan.crds.compression;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.capstan.crds.JobSpec;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.validation.Yaml;
import io.fabric8.kubernetes.client.KubernetesClientException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What in a compression's steps means the same and is no change, on a real API server. */
class FixedStepsTest {
    private static final ApiServer API = ApiServer.shared();
    private static final String COLLECTION =
            "/apis/capstan.dev/v1alpha1/namespaces/" + API.newNamespace("steps") + "/compressionjobs";

    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            "{quantize: {}}" | "{quantize: {activations: {}, weights: {scheme: Symmetric}, calibration: {samples: 512}, biasCorrection: true, exclude: []}}" | "{quantize: {calibration: {samples: 511}}}"
            "{prune: {sparsityPercent: 50}}" | "{prune: {sparsityPercent: 50, granularity: Weight, method: L1, scope: Layer, exclude: []}}" | "{prune: {sparsityPercent: 50, exclude: [layer0]}}"
            "{prune: {sparsityPercent: 50, fineTune: {epochs: 1, batchSize: 8}}}" | "{prune: {sparsityPercent: 50, fineTune: {epochs: 1, batchSize: 8, seed: 0}}}" | "{prune: {sparsityPercent: 50, fineTune: {epochs: 1, batchSize: 8, seed: 1}}}"
            "{prune: {sparsityPercent: 50, fineTune: {epochs: 1, batchSize: 8, optimizer: {adam: {}}}}}" | "{prune: {sparsityPercent: 50, fineTune: {epochs: 1, batchSize: 8, optimizer: {adam: {beta1: 0.9}}}}}" | "{prune: {sparsityPercent: 50, fineTune: {epochs: 1, batchSize: 8}}}"
            """)
    void aDefaultInAStepIsNoChange(String step, String otherwise, String different) {
        var job = Jobs.least();
        job.remove("status");
        Yaml.set(job, "metadata", "{generateName: steps-}");
        Yaml.set(job, "spec.data", "{train: {uri: 'pvc://datasets/train', format: idx}}");
        Yaml.set(job, "spec.steps", "[" + step + "]");
        job = (ObjectNode) Yaml.read(API.client().raw(COLLECTION, "POST", job));
        var written = put(put(job, otherwise), step);
        for (var change : new String[] {different, step + ", " + step}) {
            var refused = assertThrows(KubernetesClientException.class, () -> put(written, change), change);
            var sentence = "steps " + JobSpec.FIXED.replace("{kind}", "CompressionJob");
            assertTrue(refused.getMessage().contains(sentence), refused.getMessage());
        }
    }

    private static ObjectNode put(ObjectNode job, String steps) {
        var changed = job.deepCopy();
        Yaml.set(changed, "spec.steps", "[" + steps + "]");
        var path = COLLECTION + "/" + job.at("/metadata/name").asText() + "?fieldValidation=Strict";
        return (ObjectNode) Yaml.read(API.client().raw(path, "PUT", changed));
    }
}
