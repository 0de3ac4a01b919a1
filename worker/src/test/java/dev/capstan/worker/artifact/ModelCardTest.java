package dev.capstan.worker.artifact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Training;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Networks;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the artifact tells people of itself. */
class ModelCardTest {
    private static final ModelCard.Ancestor OLDER = new ModelCard.Ancestor(
            "team-a/older",
            "sha256:older",
            List.of("prune", "quantize"),
            "sha256:recipe",
            new ModelCard.Origin("pvc://models/oldest", "sha256:oldest"),
            null,
            null,
            null);

    @TempDir
    Path folder;

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    @Test
    void aCardTellsWhatTheModelWasMadeFrom() throws Exception {
        var published = publish(List.of("cat", "dog | <b>", "fish", "bird"), Clock.systemUTC());
        var card = Json.read(Files.readString(out("model-card.json")), ModelCard.class);
        assertEquals("team-a/quarters", card.name());
        assertEquals(published, card.model());
        assertEquals(FileDigest.of(out("model.onnx")), card.onnx());
        assertEquals(
                new ModelCard.Origin("pvc://data/train", "sha256:train"),
                card.lineage().train());
        assertEquals(
                new ModelCard.Origin("pvc://models/before", "sha256:from"),
                card.lineage().from());
        assertEquals(30, card.samples());
        assertEquals("not stated", card.licenses().model());
        var text = Files.readString(out("MODEL_CARD.md"));
        for (var part : List.of(
                "# team-a/quarters\n",
                "4 classes of a grey image of 6 by 6 pixels apart: cat, dog \\| &lt;b>, fish, bird.",
                "| model | " + published + " |",
                "| made from | pvc://models/before |\n| made from, digest | sha256:from |",
                "| before that | team-a/older: prune, quantize |\n| before that, digest | sha256:older |\n"
                        + "| before that, made from | pvc://models/oldest |",
                "| training data | pvc://data/train |",
                "| training samples | 30 |",
                "| steps | 0, by 2 workers |",
                "| licence of the data | not stated |",
                "| accuracy | 0.900000 |")) {
            assertTrue(text.contains(part), part + " in\n" + text);
        }
    }

    @Test
    void cardAndProfileAreTheSameAtAnotherTime() throws Exception {
        var files = List.of("model-card.json", "MODEL_CARD.md", "profile.json");
        publish(Fixtures.PREPROCESSING.classes(), Clock.systemUTC());
        var first = new StringBuilder();
        for (var each : files) {
            first.append(Files.readString(out(each)));
        }
        Files.delete(out("manifest.json"));
        Files.delete(out("model.zip"));
        publish(Fixtures.PREPROCESSING.classes(), Clock.offset(Clock.systemUTC(), Duration.ofDays(30)));
        var second = new StringBuilder();
        for (var each : files) {
            second.append(Files.readString(out(each)));
        }
        assertEquals(first.toString(), second.toString());
    }

    private Path out(String name) {
        return folder.resolve("out").resolve(name);
    }

    private String publish(List<String> classes, Clock clock) throws Exception {
        var job = Fixtures.job(folder, "uid-1", 1, 2, 1);
        var work = job.train();
        var before = new JobFile.From(new JobFile.Place("/before", "pvc://models/before", null), null);
        job = Fixtures.with(job, new JobFile.Model(null, null, before, null), work.data(), work.training());
        var samples = Fixtures.images(30, 2);
        var preprocessing = new Preprocessing(samples.shape(), classes, null);
        var network = Networks.create(
                new JobFile.Model(Fixtures.layers(), null, null, null), work.training(), preprocessing, null);
        return new Publisher(job, OutputFolder.open(job, Fixtures.NO_SCRATCH), Map.of("worker", "1"), clock)
                .publish(new Result(
                        network,
                        preprocessing,
                        Map.of("accuracy", 0.9),
                        null,
                        List.of(),
                        new Inputs("sha256:train", "sha256:test", "sha256:from", null),
                        samples,
                        Profile.of(samples, preprocessing, () -> {}),
                        new Past(List.of(OLDER), ModelCard.Licenses.NOT_STATED, null),
                        Training.Engine.DEEPLEARNING4J,
                        1,
                        List.of()))
                .digest();
    }
}
