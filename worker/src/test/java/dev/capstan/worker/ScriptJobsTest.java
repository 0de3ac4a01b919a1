package dev.capstan.worker;

import static dev.capstan.worker.Mistake.edit;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.torch.WrittenModule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs whose model is a user's TorchScript module, from the job file to the artifact. */
class ScriptJobsTest {
    private static final int PIXELS = Fixtures.SIDE * Fixtures.SIDE;

    @TempDir
    private Path folder;

    @Test
    void aModuleIsTrainedAndKeptAsOneThatCanBeTrainedOn() throws IOException {
        var place = new Workplace(folder);
        var job = edit(
                job(place, WrittenModule.normalized(PIXELS, 16, Fixtures.CLASSES)),
                "\"epochs\" : 1",
                "\"epochs\" : 20");
        var checked = place.run(Contract.CHECK, job);
        assertEquals(Reason.Succeeded, checked.reason(), checked.message());
        var first = succeed(place, job);
        assertTrue(first.artifact().metrics().get("accuracy") > 0.5, first.message());
        assertTrue(Files.exists(place.file("out/module.pt")));
        assertFalse(Files.exists(place.file("out/model.zip")));
        var card = Files.readString(place.file("out/MODEL_CARD.md"));
        assertTrue(card.contains("pvc://models/module.pt"), card);
        assertEquals(first.artifact().digest(), succeed(place, job).artifact().digest(), "it is there already");

        var again = edit(edit(job, "/out\"", "/again\""), "\"uid-1\"", "\"uid-2\"");
        assertEquals(first.artifact().digest(), succeed(place, again).artifact().digest(), "the same bytes");

        var further = place.withScript(again.replace("/again\"", "/further\""), place.file("out/module.pt"));
        assertTrue(succeed(place, further).artifact().metrics().get("accuracy")
                >= first.artifact().metrics().get("accuracy") - 0.05);
    }

    /** Dropout, running statistics and the optimizer's state are what they would have been. */
    @Test
    void anInterruptedTrainingEndsAsOneThatWasNot() throws IOException {
        var place = new Workplace(folder);
        var job = edit(
                job(place, WrittenModule.dropped(PIXELS, 16, Fixtures.CLASSES)),
                "\"everySteps\" : 0",
                "\"everySteps\" : 2");
        var undisturbed = succeed(place, job);
        Files.delete(place.file("out/manifest.json"));
        Files.delete(place.file("out/module.pt"));
        var resumed = succeed(place, job);
        assertEquals(undisturbed.artifact().digest(), resumed.artifact().digest());
    }

    /** It would be overwritten. */
    @Test
    void aModuleThatLiesInTheOutputIsNotWrittenOver() throws IOException {
        var place = new Workplace(folder);
        Files.createDirectories(place.file("out"));
        var module = WrittenModule.dense(PIXELS, 16, Fixtures.CLASSES, 0).save(place.file("out/module.pt"));
        var outcome = place.run(Contract.TRAIN, place.withScript(place.job(), Path.of(module.path())));
        assertEquals(Reason.OutputUnavailable, outcome.reason());
        assertTrue(
                outcome.message().contains("has a module.pt without a manifest.json, so it isn't known whose it is"),
                outcome.message());
    }

    @Test
    void nothingElseGoesOnFromIt() throws IOException {
        var place = new Workplace(folder);
        var job = job(place, WrittenModule.dense(PIXELS, 16, Fixtures.CLASSES, 0));
        place.base(job);
        var outcome = place.run(Contract.TRAIN, place.from(place.job(), null));
        assertEquals(Reason.InvalidData, outcome.reason());
        assertEquals(
                "model.from: pvc://models/base is a TorchScript module, which nothing but a TrainingJob goes on from: name"
                        + " its file as model.torchScript.uri, pvc://models/base/module.pt",
                outcome.message());
    }

    private static Outcome succeed(Workplace place, String job) throws IOException {
        var outcome = place.run(Contract.TRAIN, job);
        assertEquals(Reason.Succeeded, outcome.reason(), outcome.message());
        return outcome;
    }

    private static String job(Workplace place, WrittenModule module) throws IOException {
        return place.withScript(
                place.job(), Path.of(module.save(place.file("module.pt")).path()));
    }
}
