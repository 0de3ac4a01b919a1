package dev.capstan.crds.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.capstan.crds.JobSpec;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.validation.Yaml;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What of a job may change when, and what means the same and is no change, on a real API server. */
class FixedFieldsTest {
    private static final String RUNNING =
            "{attempt: 1, startTime: '2026-01-01T00:00:00Z', admission: {attempt: 1, placements: []}}";
    private static final String FIXED = JobSpec.FIXED.replace("{kind}", "TrainingJob");

    private static final String LAST = "{output: {units: 10, activation: softmax, loss: mcxent}}";

    private static ApiServer api;
    private static String collection;

    @BeforeAll
    static void create() {
        api = ApiServer.shared();
        collection = "/apis/capstan.dev/v1alpha1/namespaces/" + api.newNamespace("fixed") + "/trainingjobs";
        var job = Jobs.full();
        job.remove("status");
        api.client().raw(collection, "POST", job);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            spec.workers.image                         | registry.example.com/team/worker:1.1 | workers.image
            spec.workers.replicas                      | 5                | workers.replicas
            spec.workers.replicas                      | null             | workers.replicas
            spec.workers.resources.limits.memory       | 17Gi             | workers.resources
            spec.workers.resources.limits.memory       | null             | workers.resources
            spec.workers.resources.requests.cpu        | null             | workers.resources
            spec.workers.resources.requests.memory     | 1Gi              | workers.resources
            spec.workers.env[0].value                  | TRACE            | workers.env
            spec.workers.nodeSelector                  | null             | workers.nodeSelector
            spec.workers.annotations                   | "{owner: other}" | workers.annotations
            spec.workers.tolerations                   | []               | workers.tolerations
            spec.workers.imagePullSecrets              | []               | workers.imagePullSecrets
            spec.workers.terminationGracePeriodSeconds | null             | workers.terminationGracePeriodSeconds
            spec.redundancy                            | "{spares: 1}"    | redundancy.spares
            """)
    void workersStayAsTheyAreWhileTheJobHasPlaces(String path, String value, String field) {
        status(RUNNING);
        assertRefused(path, value, "spec." + field + ": Invalid value", field + " " + JobSpec.FIXED_WITH_PODS);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            spec.data.train.uri                          | "pvc://datasets/other" | data.train.uri
            spec.data.train.format                       | images           | data.train.format
            spec.data.test                               | null             | data.test
            spec.training.optimizer.adam.learningRate    | 0.5              | training.optimizer.adam
            spec.training.earlyStopping.patience         | 99               | training.earlyStopping.patience
            spec.parallelism.frames                      | null             | parallelism.frames
            spec.output.storage.uri                      | "pvc://models/b" | output.storage.uri
            """)
    void whatIsFixedIsNamedWhereItDiffers(String path, String value, String field) {
        status(RUNNING);
        assertRefused(path, value, "spec." + field + ": Invalid value", field + " " + FIXED);
    }

    @Test
    void aRefusalNamesAllThatDiffers() {
        status(RUNNING);
        assertRefused(
                "spec.workers",
                "{replicas: 4, labels: {team: vision, example.com/cost: a1}}",
                Stream.of("image", "imagePullSecrets", "resources", "env", "annotations", "nodeSelector", "tolerations")
                        .map(field -> "workers." + field + " " + JobSpec.FIXED_WITH_PODS)
                        .toArray(String[]::new));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            "{}"
            "{attempt: 1, conditions: [{type: Admitted, status: 'False', reason: DoesNotFit, message: m, lastTransitionTime: '2026-01-01T00:00:00Z'}]}"
            "{attempt: 2, admission: {attempt: 1, placements: []}}"
            "{attempt: 2, admission: {attempt: 1, placements: []}, startTime: '2026-01-01T00:00:00Z', conditions: [{type: Suspended, status: 'True', reason: Suspended, message: m, lastTransitionTime: '2026-01-01T00:00:00Z'}]}"
            """)
    void workersChangeBeforeTheFirstPlacesAndInASuspendedJob(String status) {
        status(status);
        for (var change : Map.of(
                        "spec.workers.image", "worker:2",
                        "spec.workers.replicas", "2",
                        "spec.redundancy", "{spares: 1}",
                        "spec.workers.resources", "{limits: {memory: 1Gi}}",
                        "spec.workers", "{}")
                .entrySet()) {
            change(change.getKey(), change.getValue());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            "{attempt: 1, startTime: '2026-01-01T00:00:00Z', conditions: [{type: Suspended, status: 'False', reason: Suspending, message: m, lastTransitionTime: '2026-01-01T00:00:00Z'}]}"
            "{attempt: 2, startTime: '2026-01-01T00:00:00Z'}"
            "{attempt: 1, admission: {attempt: 1, placements: []}}"
            """)
    void notBetweenAttemptsNorWhileItsPodsEnd(String status) {
        status(status);
        assertRefused("spec.workers.image", "worker:2", "workers.image " + JobSpec.FIXED_WITH_PODS);
    }

    @Test
    void ofAJobThatHasEndedNothingDoes() {
        status("{attempt: 1, completionTime: '2026-01-01T00:00:00Z'}");
        assertRefused("spec.workers.image", "worker:2", "workers.image " + JobSpec.FIXED_WITH_PODS);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            spec.workers.resources.limits    | "{nvidia.com/gpu: '1', cpu: '0.5', memory: 16384Mi}"
            spec.workers.resources.requests  | "{cpu: '.25', memory: '17179869184', nvidia.com/gpu: 1}"
            spec.workers.env                 | "[{name: TZ, value: UTC}, {name: NCCL_DEBUG, value: INFO}]"
            spec.parallelism.strategy        | null
            spec.output.storage              | "{uri: 'pvc://models/mnist'}"
            spec.parallelism                 | "{frames: Plain, gradients: bf16}"
            spec.suspend                     | null
            spec.redundancy                  | "{spares: 0, spread: rack}"
            spec.workers.tolerations[0].operator | null
            """)
    void whatMeansTheSameIsNoChange(String path, String value) {
        status(RUNNING);
        change(path, value);
    }

    /** Each default that is told by one value may be spelled out, and left out again. */
    @Test
    void aDefaultThatIsSpelledOutIsNoChange() {
        var least = Jobs.least();
        Yaml.set(least, "metadata.name", "defaults");
        least.remove("status");
        least = (ObjectNode) Yaml.read(api.client().raw(collection, "POST", least));
        Yaml.set(least, "spec.workers", "{replicas: 1, image: '', labels: {}, terminationGracePeriodSeconds: 60}");
        Yaml.set(least, "spec.parallelism", "{strategy: DataParallel, frames: Encrypted, gradients: fp32}");
        Yaml.set(least, "spec.output.ifExists", "Fail");
        Yaml.set(least, "spec.data.checkFirst", "false");
        var spelledOut = (ObjectNode) Yaml.read(api.client().raw(collection + "/defaults", "PUT", least));
        assertEquals("DataParallel", spelledOut.at("/spec/parallelism/strategy").asText());
        Yaml.set(spelledOut, "spec.output.ifExists", "Overwrite");
        var refused = assertThrows(
                KubernetesClientException.class, () -> api.client().raw(collection + "/defaults", "PUT", spelledOut));
        assertTrue(refused.getMessage().contains("output.ifExists " + FIXED), refused.getMessage());
    }

    /** In a list, too: a default of one of the layers. What is said otherwise is refused as anywhere. */
    @ParameterizedTest(name = "{1} is {2}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            images | "{batchNormalization: {}}" | "{batchNormalization: {decay: 0.9, epsilon: 0.00001}}" | "{batchNormalization: {decay: 0.8}}"
            images | "{convolution: {filters: 8, kernelSize: 3, activation: relu}}" | "{convolution: {filters: 8, kernelSize: 3, activation: relu, stride: 1, padding: valid}}" | "{convolution: {filters: 8, kernelSize: 3, activation: relu, padding: same}}"
            images | "{pooling: {type: max, kernelSize: 2}}" | "{pooling: {type: max, kernelSize: 2, stride: 2}}" | "{pooling: {type: max, kernelSize: 2, stride: 1}}"
            images | "{dense: {units: 4, activation: relu}}" | "{dense: {activation: relu, units: 4}}" | "{dense: {units: 4, activation: tanh}}"
            text   | "{lstm: {units: 4}}" | "{lstm: {units: 4, activation: tanh, returnSequences: false, bidirectional: false}}" | "{lstm: {units: 4, activation: relu}}"
            text   | "{layerNormalization: {}}" | "{layerNormalization: {epsilon: 0.00001}}" | "{layerNormalization: {epsilon: 0.000001}}"
            text   | "{residual: {layers: [{lstm: {units: 4, activation: tanh, returnSequences: true}}, {layerNormalization: {epsilon: 0.00001}}]}}" | "{residual: {layers: [{lstm: {units: 4, returnSequences: true}}, {layerNormalization: {}}]}}" | "{residual: {layers: [{layerNormalization: {}}, {lstm: {units: 4, returnSequences: true}}]}}"
            """)
    void aDefaultInALayerIsNoChange(String data, String layer, String otherwise, String different) {
        var job = Jobs.least();
        job.remove("status");
        Yaml.set(job, "metadata", "{generateName: layers-}");
        var first = "";
        if (data.equals("text")) {
            first = "{embedding: {units: 4}}, ";
            Yaml.set(
                    job,
                    "spec.data.train",
                    "{uri: 'pvc://datasets/train', format: text, text: {textColumn: 1, labelColumn: 0, encoding: sequence}}");
        }
        Yaml.set(job, "spec.model.layers", "[" + first + layer + ", " + LAST + "]");
        job = (ObjectNode) Yaml.read(api.client().raw(collection, "POST", job));
        for (var same : List.of(otherwise, layer)) {
            job = put(job, first + same);
        }
        var before = job;
        for (var layers : List.of(first + different, first + layer + ", " + layer, first + "{dropout: {rate: 0.5}}")) {
            var refused = assertThrows(KubernetesClientException.class, () -> put(before, layers), layers);
            assertTrue(refused.getMessage().contains("model.layers " + FIXED), refused.getMessage());
        }
    }

    private static ObjectNode put(ObjectNode job, String layers) {
        var changed = job.deepCopy();
        Yaml.set(changed, "spec.model.layers", "[" + layers + ", " + LAST + "]");
        var path = collection + "/" + job.at("/metadata/name").asText() + "?fieldValidation=Strict";
        return (ObjectNode) Yaml.read(api.client().raw(path, "PUT", changed));
    }

    private static void status(String yaml) {
        var job = stored();
        job.set("status", Yaml.read(yaml));
        api.client().raw(collection + "/mnist/status", "PUT", job);
        assertEquals(Yaml.read(yaml).path("attempt"), stored().at("/status/attempt"));
    }

    private static ObjectNode stored() {
        return (ObjectNode) Yaml.read(api.client().raw(collection + "/mnist"));
    }

    private static void change(String path, String value) {
        var job = stored();
        Yaml.set(job, path, value == null || value.equals("null") ? null : value);
        api.client().raw(collection + "/mnist?dryRun=All&fieldValidation=Strict", "PUT", job);
    }

    private static void assertRefused(String path, String value, String... sentences) {
        var refused = assertThrows(KubernetesClientException.class, () -> change(path, value));
        for (var sentence : sentences) {
            assertTrue(refused.getMessage().contains(sentence), refused.getMessage());
        }
    }
}
