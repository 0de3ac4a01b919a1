package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.crds.Conditions;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Progress.Stage;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a job says of itself while its workers work. */
class RunningJobTest {
    private final PlanTable table = new PlanTable();

    @Test
    void untilAWorkerWasAskedAllHaveMet() {
        table.running();
        assertEquals("2 workers have met", ready());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "MEETING | 2 workers have met",
                "LOADING | 2 workers read their data",
                "TRAINING | 2 workers train",
                "EVALUATING | the model is trained, and measured on the test data",
                "SAVING | the model is trained, and saved"
            })
    void whatTheyDoIsSaid(Stage stage, String said) {
        table.running();
        tell(1, stage);
        assertEquals(said, ready());
    }

    @Test
    void itsWorkersAreAskedWithTheSecretThatTheirPodsMount() {
        table.running();
        assertEquals("mnist-tj-peers", table.pass().follow().orElseThrow().secret());
        // As an operator made them that knew no pod sets.
        table.pods.replaceAll((name, pod) -> new PodBuilder(pod)
                .editMetadata()
                .removeFromLabels("capstan.dev/pod-set")
                .endMetadata()
                .build());
        assertEquals("mnist-peers", table.pass().follow().orElseThrow().secret());
    }

    @Test
    void whatAnEarlierAttemptDidDoesNotCount() {
        table.running();
        tell(0, Stage.SAVING);
        assertEquals("2 workers have met", ready());
    }

    private void tell(int attempt, Stage stage) {
        table.progress = Optional.of(new Progress(attempt, stage, 0, 5, 0, 9375, Double.NaN, 0, -1, null, null));
        table.pass();
    }

    private String ready() {
        assertEquals("Ready Training", table.standing());
        return table.condition(Conditions.READY).getMessage();
    }
}
