package dev.capstan.worker.compress;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.From;
import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.worker.artifact.DurableFile;
import dev.capstan.worker.artifact.ModelArchive;
import dev.capstan.worker.checkpoint.Checkpoint;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.model.EarlierModel;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Networks made anew from an archive, before their first step. Between two parts of the work every network is, so that
 * whoever goes on from what was kept there has the same as who never stopped. The user's own layers come from the job's
 * jar, which is null if there are none.
 */
public final class Rebuilt {
    /** Of networks that aren't trained: they keep the optimizer that they bring. */
    public static final Training NONE = new Training(1, 1, null, null, 0, 0, null, 0, null, null, 0);

    private Rebuilt() {}

    /** A network of the same weights, with a training's optimizer, which remembers nothing. */
    public static Network of(Network network, Training training, Preprocessing preprocessing, Place jar, Path scratch) {
        try {
            var folder = Files.createTempDirectory(scratch, "network-");
            var archive = folder.resolve(Checkpoint.MODEL);
            DurableFile.write(archive, out -> ModelArchive.write(network, out));
            try {
                return in(folder, folder.toString(), training, preprocessing, jar);
            } finally {
                Files.delete(archive);
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, "scratch folder " + scratch + " can't be written: " + e, e);
        }
    }

    /** The network whose archive a checkpoint holds. */
    public static Network of(Checkpoint checkpoint, Training training, Preprocessing preprocessing, Place jar) {
        return in(checkpoint.folder(), checkpoint.shown().uri(), training, preprocessing, jar);
    }

    /**
     * The network whose archive a folder holds.
     *
     * @param uri of the folder, for messages
     */
    static Network in(Path folder, String uri, Training training, Preprocessing preprocessing, Place jar) {
        var from = new From(new Place(folder.toString(), uri, null), null);
        try (var model = EarlierModel.open(from)) {
            return Networks.create(new JobFile.Model(null, null, from, jar), model, training, preprocessing, null);
        }
    }
}
