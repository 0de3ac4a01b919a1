package dev.capstan.worker.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.compress.Kept;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job that begins with another job's checkpoint. */
class EarlierCheckpointTest {
    private static final String RECIPE = "sha256:recipe";
    private static final String DATA = "sha256:data";
    private static final String FROM = "checkpoint.resumeFrom ";

    @TempDir
    Path folder;

    private Progress.Checkpoint other;

    @BeforeEach
    void write() throws Exception {
        other = written("old", 200);
    }

    @Test
    void beginsThereOnAllRanksUntilItHasOneOfItsOwn() throws Exception {
        var checkpoints = checkpoints(other.uri(), other.digest());
        var found = checkpoints.newest(RECIPE, DATA).orElseThrow();
        assertEquals(other, found.shown());
        assertEquals(other, checkpoints.at(200, other.digest(), Duration.ZERO).shown());
        written("new", 7);
        assertEquals(
                7, checkpoints.newest(RECIPE, DATA).orElseThrow().description().step());
    }

    @Test
    void anythingElseIsRefusedWithWhatIsWrong() throws Exception {
        var uri = other.uri();
        var digest = "sha256:" + "0".repeat(64);
        assertEquals(
                FROM + uri + " has the digest " + other.digest() + ", and checkpoint.resumeFrom.digest is " + digest,
                refused(uri, digest, RECIPE).getMessage());
        assertEquals(
                FROM + uri + " is of another recipe: model, data or training of job team-a/quarters, which wrote it,"
                        + " differ from this job's",
                refused(uri, null, "sha256:another").getMessage());
        assertTrue(refused(uri + "9", null, RECIPE).getMessage().startsWith(FROM + uri + "9 can't be gone on from: "));
        assertEquals(
                FROM + "pvc://models/out isn't the folder of one checkpoint, whose name is step- and 12 digits, such as"
                        + " step-000000004000",
                refused("pvc://models/out", null, RECIPE).getMessage());
        Files.writeString(folder.resolve("out/checkpoints/old/step-000000000200/state.json"), "{}");
        assertEquals(
                FROM + uri + " can't be gone on from: state.json is not as it was written; name a checkpoint that is"
                        + " there and whole, as status.lastCheckpoint of the job that wrote it does",
                refused(uri, null, RECIPE).getMessage());
    }

    @Test
    void otherSamplesAreRefusedAsTheyAreOfItsOwn() throws Exception {
        var checkpoints = checkpoints(other.uri(), null);
        var e = assertThrows(Failure.class, () -> checkpoints.newest(RECIPE, "sha256:other"));
        assertEquals(Reason.DataChanged, e.reason());
    }

    private Failure refused(String uri, String digest, String recipe) throws IOException {
        var checkpoints = checkpoints(uri, digest);
        var e = assertThrows(Failure.class, () -> checkpoints.newest(recipe, DATA));
        assertEquals(Reason.InvalidJob, e.reason(), e::getMessage);
        return e;
    }

    private Progress.Checkpoint written(String uid, long step) throws IOException {
        var job = Fixtures.job(folder, uid, 1, 2, 1);
        var state = new Kept(job.job(), 2, RECIPE, DATA, step, List.of());
        return new CheckpointFolder(job, Fixtures.NO_SCRATCH, Clock.systemUTC()).write(state);
    }

    private CheckpointFolder checkpoints(String uri, String digest) throws IOException {
        var base = Fixtures.job(folder, "new", 1, 2, 1);
        var own = base.checkpoints();
        var path = folder.resolve("out" + uri.substring("pvc://models/out".length()));
        var from = new JobFile.From(new JobFile.Place(path.toString(), uri, null), digest);
        var job = new JobFile(
                base.version(),
                base.job(),
                base.work(),
                new JobFile.Checkpoints(own.path(), own.uri(), 0, 0, 2, null, null, null, null, from),
                base.peers(),
                base.output(),
                base.timeouts());
        return new CheckpointFolder(job, Fixtures.NO_SCRATCH, Clock.systemUTC());
    }
}
