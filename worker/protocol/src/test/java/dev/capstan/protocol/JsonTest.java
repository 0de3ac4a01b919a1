package dev.capstan.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile.Layer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {
    private static final JobFile JOB = new JobFile(
            JobFile.VERSION,
            new JobFile.Job("team-a", "mnist", "0f1e", 2),
            new JobFile.Model(List.of(
                    new Layer(Layer.Kind.DENSE, 128, "relu", null),
                    new Layer(Layer.Kind.OUTPUT, 10, "softmax", "mcxent"))),
            new JobFile.Data(
                    new JobFile.Dataset("/d/train", "pvc://d/train", JobFile.Dataset.Format.IDX, null),
                    new JobFile.Dataset(
                            "/d/t.csv", "pvc://d/t.csv", JobFile.Dataset.Format.CSV, new JobFile.Csv(true, -1))),
            new JobFile.Training(
                    5, 32, new JobFile.Optimizer(JobFile.Optimizer.Kind.ADAM, 0.001, 0, 0.9, 0.999, 1e-8), 42),
            List.of("a:29400", "b:29400"),
            new JobFile.Output("/o", "pvc://o"));

    @Test
    void whatIsWrittenReadsBackEqual() {
        assertEquals(JOB, Json.read(Json.write(JOB), JobFile.class));
        var outcome = new Outcome(
                Outcome.Reason.Succeeded,
                "done",
                new Outcome.Artifact("pvc://o", "sha256:00", 7, Map.of("accuracy", 0.97)));
        assertEquals(outcome, Json.read(Json.write(outcome), Outcome.class));
        var progress = new Progress(1, Progress.Stage.LOADING, 0, 5, 0, 9375, Double.NaN, 0, -1);
        assertEquals(progress, Json.read(Json.write(progress), Progress.class));
    }

    @Test
    void aNewerOperatorsFieldIsIgnored() {
        var text = Json.write(JOB).replaceFirst("\\{", "{\"somethingNew\": {\"a\": 1},");
        assertEquals(JOB, Json.read(text, JobFile.class));
    }

    @Test
    void aWrongFileIsToldByLine() {
        var e = assertThrows(IllegalArgumentException.class, () -> Json.read("{\n\"version\": \"x\"}", JobFile.class));
        assertTrue(e.getMessage().contains("line 2"), e.getMessage());
    }
}
