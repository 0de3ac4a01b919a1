package dev.capstan.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the worker does by the role that it is started in. */
class RolesTest {
    @TempDir
    Path folder;

    @Test
    void aCheckTellsWhatItFound() throws Exception {
        var place = new Workplace(folder);
        assertEquals(
                new Outcome(
                        Reason.Succeeded,
                        "the model fits the data: 61 training samples of 36 numbers in 4 classes, 40 test samples, 660"
                                + " parameters",
                        null),
                place.run(Contract.CHECK, place.job()));
        assertFalse(Files.exists(folder.resolve("out")), "nothing is written");
    }

    /** What the model can't learn is told by a check, and again with the model, which is made all the same. */
    @Test
    void aClassWithoutTrainingSamplesIsToldBeforeAndAfter() throws Exception {
        var place = new Workplace(folder);
        var images = Fixtures.images(61, 5);
        Fixtures.writeIdx(
                place.file("train"),
                new Fixtures.Images(
                        images.pixels(),
                        Arrays.stream(images.labels())
                                .map(label -> label == 3 ? 0 : label)
                                .toArray()));
        var lacking = "no training sample is of class 3, which the model can't learn to tell";
        var checked = place.run(Contract.CHECK, place.job());
        assertEquals(Reason.Succeeded, checked.reason());
        assertTrue(checked.message().contains("660 parameters; " + lacking + "; "), checked.message());
        var trained = place.run(Contract.TRAIN, place.job());
        assertEquals(Reason.Succeeded, trained.reason());
        assertEquals(lacking, trained.warnings().getFirst());
        assertTrue(
                trained.warnings().get(1).endsWith(" of the 40 test samples are of classes without training samples"),
                trained.toString());
    }

    @Test
    void aTrainedModelIsTrainedFurtherOnWhatItsOwnDataTaught() throws Exception {
        var place = new Workplace(folder);
        place.base(place.job());
        var read = Files.readString(place.file("base/preprocessing.json"));
        place.succeed(place.from(place.job(), null));
        assertEquals(read, Files.readString(place.file("out/preprocessing.json")));
        assertFalse(Arrays.equals(
                Files.readAllBytes(place.file("base/model.zip")), Files.readAllBytes(place.file("out/model.zip"))));
    }

    @Test
    void aJobFileOfTheReleaseBeforeIsDone() throws Exception {
        var place = new Workplace(folder);
        var mapper = new ObjectMapper();
        var old = (ObjectNode) mapper.readTree(place.job());
        old.put("version", 2);
        var work = (ObjectNode) old.remove("work");
        work.remove("kind");
        old.setAll(work);
        place.succeed(mapper.writeValueAsString(old));
    }

    @Test
    void aRehearsalIsATrainingOfItsOwn() throws Exception {
        var place = new Workplace(folder);
        var outcome = place.run("rehearse", null);
        assertEquals(Reason.Succeeded, outcome.reason(), outcome.message());
        assertTrue(
                outcome.message().startsWith("rehearsed: trained 2 epochs in 64 steps, accuracy 1.0000"),
                outcome.message());
        assertTrue(Files.exists(folder.resolve("scratch/out/model.zip")));
        assertTrue(
                outcome.message()
                        .endsWith(
                                "; it has answered as a service; as a spare: asked to stop as a spare, before a rank was lost"),
                outcome.message());
    }

    @Test
    void anotherRoleIsRefused() throws Exception {
        var place = new Workplace(folder);
        assertEquals(
                "the worker takes one argument, train, compress, check, serve, route, rehearse or device; it got sing",
                place.run("sing", place.job()).message());
    }
}
