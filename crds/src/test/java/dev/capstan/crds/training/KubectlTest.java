package dev.capstan.crds.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.validation.Habits;
import dev.capstan.crds.validation.Yaml;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What people see of a TrainingJob on the command line. */
class KubectlTest {
    private static ApiServer api;
    private static String namespace;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
        namespace = api.newNamespace("kubectl");
        var job = Serialization.unmarshal(Jobs.full().toString(), TrainingJob.class);
        var created = api.client().resource(job).inNamespace(namespace).create();
        created.setStatus(job.getStatus());
        api.client().resource(created).updateStatus();
    }

    @Test
    void getShowsAJobInALine() {
        var lines = api.kubectl("get", "tj", "--namespace", namespace).lines().toList();
        assertEquals(
                List.of("NAME", "PHASE", "READY", "PROGRESS", "LOSS", "RESTARTS", "AGE"),
                List.of(lines.getFirst().split("\\s+")));
        assertTrue(lines.getLast().matches("mnist +Running +4/4, 1/1 spares +10% +0\\.5 +0 +\\d+s"), lines.getLast());
    }

    @Test
    void getWideSaysWhyAndWhere() {
        var lines = api.kubectl("get", "tj", "--namespace", namespace, "--output", "wide")
                .lines()
                .toList();
        assertEquals(
                List.of("REASON", "GOODPUT", "STRAGGLER", "ACCURACY", "ARTIFACT", "MESSAGE"),
                List.of(lines.getFirst().split("\\s+")).subList(7, 13));
        assertTrue(
                lines.getLast().matches(".* Training +93% +worker 2 +0\\.97 +s3://models/mnist +trains"),
                lines.getLast());
    }

    @Test
    void whatIsReadCanBeSentAgain() {
        new Habits(api, "tj", "mnist", List.of("--namespace", namespace)).whatIsReadCanBeSentAgain();
    }

    @Test
    void waitSeesConditionsAndFigures() {
        for (var what : List.of("condition=Ready", "jsonpath={.status.phase}=Running")) {
            var waited = api.kubectl("wait", "tj/mnist", "--for=" + what, "--timeout=5s", "--namespace", namespace);
            assertTrue(waited.contains("condition met"), waited);
        }
    }

    @Test
    void getAllListsJobs() {
        assertTrue(api.kubectl("get", "all", "--namespace", namespace).contains("trainingjob.capstan.dev/mnist"));
    }

    @Test
    void explainTellsMeaningAndDefault() throws InterruptedException {
        var explained = explain("tj.spec.training.optimizer.adam.beta1");
        assertTrue(explained.contains("beta1 is the decay of the first moment, from 0 to less than 1."), explained);
        assertTrue(explained.contains("Default: 0.9."), explained);
    }

    @Test
    void explainTellsOfNewFields() throws InterruptedException {
        var stopping = explain("tj.spec.training.earlyStopping");
        assertTrue(stopping.contains("FIELD: earlyStopping <Object>"), stopping);
        assertTrue(stopping.contains("only with validationSplit"), stopping);
        assertTrue(stopping.contains("metric\t<string>"), stopping);
        assertTrue(stopping.contains("enum: accuracy, loss"), stopping);
        assertTrue(stopping.contains("patience\t<integer>"), stopping);
        var words = explain("tj.spec.data.train.text.vocabularySize").replaceAll("\\s+", " ");
        assertTrue(words.contains("the most frequent ones of the training data. Default: 10000."), words);
        var suspend = explain("tj.spec.suspend").replaceAll("\\s+", " ");
        assertTrue(suspend.contains("Default: false. May be changed at any time."), suspend);
    }

    @Test
    void applyRefusesWhatItWouldIgnore() {
        var job = Jobs.least();
        Yaml.set(job, "metadata.name", "typo");
        Yaml.set(job, "spec.workers", "{replica: 2}");
        var refusal = api.kubectlWithInput(job.toString(), "apply", "--namespace", namespace, "--filename", "-");
        assertTrue(refusal.contains("unknown field \"spec.workers.replica\""), refusal);
    }

    /** The server publishes a new kind's schema some time after it serves the kind. */
    private static String explain(String field) throws InterruptedException {
        for (int i = 0; i < 100; i++) {
            var explained = api.kubectl("explain", field);
            if (!explained.contains("couldn't find resource")) {
                return explained;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("the schema was not published within 10 s");
    }
}
