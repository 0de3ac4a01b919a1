package dev.capstan.worker.checkpoint;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Progress;
import dev.capstan.worker.artifact.DurableFile;
import dev.capstan.worker.artifact.FileDigest;
import dev.capstan.worker.storage.BoundedText;
import dev.capstan.worker.storage.Volume;
import dev.capstan.worker.storage.WorkerUser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** On a volume: a checkpoint gets its name only when all of it is on the disk. */
final class VolumeShelf implements Shelf {
    private static final Logger LOG = LoggerFactory.getLogger(VolumeShelf.class);
    private static final Pattern TEMPORARY = Pattern.compile("\\.capstan-([0-9]{1,9})-.*");

    private final JobFile job;
    private final Path folder;
    private final String uri;

    /** @param uri of the folder with the job's UID */
    VolumeShelf(JobFile job, String uri) {
        this(job, uri, Path.of(job.checkpoints().path()).resolve(job.job().uid()));
    }

    /** @param uri of a folder with checkpoints, of whichever job */
    VolumeShelf(JobFile job, String uri, Path folder) {
        this.job = job;
        this.uri = uri;
        this.folder = folder;
    }

    @Override
    public void prepare() throws IOException {
        Files.createDirectories(folder);
        removeLeftovers();
        var probe = temporary("probe");
        Files.writeString(probe, "written to find out whether this folder can be written");
        Files.delete(probe);
    }

    private void removeLeftovers() throws IOException {
        for (var leftover : Volume.list(folder, ".capstan-*")) {
            var name = leftover.getFileName().toString();
            var attempt = TEMPORARY.matcher(name);
            if (attempt.matches()
                    && Integer.parseInt(attempt.group(1)) <= job.job().attempt()) {
                // Renamed first: who still writes there must not give half of it a checkpoint's name.
                var gone = temporary("gone-" + UUID.randomUUID());
                Files.move(leftover, gone, StandardCopyOption.ATOMIC_MOVE);
                delete(gone);
            }
        }
    }

    /** The checkpoints' folders; somebody may have put other things beside them. */
    @Override
    public List<String> names() throws IOException {
        var steps = new ArrayList<String>();
        for (var path : Volume.isFolder(folder) ? Volume.list(folder, "step-*") : List.<Path>of()) {
            var name = path.getFileName().toString();
            if (CheckpointFolder.STEP.matcher(name).matches() && Volume.isFolder(path)) {
                steps.add(name);
            }
        }
        return steps;
    }

    @Override
    public boolean exists(String name) throws IOException {
        return Volume.exists(folder.resolve(name));
    }

    /** A folder can't be renamed to one that is there. */
    @Override
    public boolean sharesNames() {
        return true;
    }

    @Override
    public Description description(String name) throws IOException {
        var file = folder.resolve(name).resolve(Checkpoint.DESCRIPTION);
        return Json.read(BoundedText.of(file, BoundedText.SHORT), Description.class);
    }

    @Override
    public Checkpoint read(String name) throws IOException {
        var step = folder.resolve(name);
        var text = BoundedText.of(step.resolve(Checkpoint.CONTENTS), BoundedText.SHORT);
        var contents = Contents.read(text);
        for (var file : contents.files().entrySet()) {
            contents.check(file.getKey(), FileDigest.of(step.resolve(file.getKey())));
        }
        var description = description(name);
        return new Checkpoint(step, description, contents.shown(description.step(), uri(name), text));
    }

    @Override
    public Progress.Checkpoint write(String name, State state, Clock clock) throws IOException {
        // Of this writer alone: one that is taken for lost may write the same.
        var half = temporary(name + "-" + UUID.randomUUID());
        try {
            Files.createDirectories(half);
            fill(half, state, clock);
            Files.move(half, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
            DurableFile.syncFolder(folder);
        } catch (IOException e) {
            // Its room may be what the next one needs.
            delete(half);
            throw e;
        }
        return read(name).shown();
    }

    /** Digests are taken of what is written; what is on the disk is read, and compared with them, afterwards. */
    private static void fill(Path half, State state, Clock clock) throws IOException {
        var digests = new TreeMap<String, String>();
        for (var part : state.parts().entrySet()) {
            var digest = FileDigest.sha256();
            DurableFile.write(half.resolve(part.getKey()), out -> {
                var digested = new DigestOutputStream(out, digest);
                part.getValue().writeTo(digested);
                digested.flush();
            });
            digests.put(part.getKey(), FileDigest.text(digest.digest()));
        }
        DurableFile.write(half.resolve(Checkpoint.CONTENTS), Json.write(Contents.of(digests, clock)));
        DurableFile.syncFolder(half);
    }

    @Override
    public void remove(String name) throws IOException {
        // Renamed first: a checkpoint that is half removed must not look like a broken one.
        var gone = temporary("gone-" + name);
        Files.move(folder.resolve(name), gone, StandardCopyOption.ATOMIC_MOVE);
        delete(gone);
    }

    /** Removes the folders that {@link #prepare} made, where nothing has come into them. */
    @Override
    public void tidy() {
        try {
            Files.deleteIfExists(folder);
            Files.deleteIfExists(folder.getParent());
        } catch (IOException e) {
            LOG.debug("left as it is, because it is in use: {}", e.getMessage());
        }
    }

    @Override
    public String uri(String name) {
        return uri + "/" + name;
    }

    @Override
    public String inThePod() {
        return " (" + job.checkpoints().path() + " in the pod)";
    }

    @Override
    public String needs() {
        return "; it needs a volume with free space that " + WorkerUser.shown() + " may write to";
    }

    @Override
    public String needsOfOthers() {
        return "; checkpoint.storage needs a volume that all workers see alike";
    }

    /** A name of this attempt alone, so that one which lingers on a lost node disturbs nobody. */
    private Path temporary(String name) {
        return folder.resolve(".capstan-" + job.job().attempt() + "-" + name);
    }

    private static void delete(Path path) throws IOException {
        if (Volume.isFolder(path)) {
            for (var file : Volume.list(path, "*")) {
                Files.delete(file);
            }
        }
        Files.deleteIfExists(path);
    }
}
