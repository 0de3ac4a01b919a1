package dev.capstan.worker.artifact;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.worker.storage.Volume;
import dev.capstan.worker.storage.WorkerUser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * A folder on a volume. A new artifact's files are written under names of their own, the manifest that names them gets
 * its name, and only then do they get theirs.
 */
final class VolumeOutput implements OutputStore {
    private final JobFile job;
    private final Path folder;

    VolumeOutput(JobFile job) {
        this.job = job;
        folder = Path.of(job.output().path());
    }

    @Override
    public void prepare() throws IOException {
        Files.createDirectories(folder);
        removeLeftovers();
        var probe = temporary("probe");
        Files.writeString(probe, "written to find out whether this folder can be written");
        Files.delete(probe);
    }

    @Override
    public Optional<Manifest> manifest() throws IOException {
        var file = file(OutputFolder.MANIFEST);
        return Volume.exists(file) ? Optional.of(Manifest.read(file)) : Optional.empty();
    }

    @Override
    public boolean has(String name) throws IOException {
        return Volume.exists(file(name));
    }

    @Override
    public boolean isWhole(Manifest manifest) throws IOException {
        for (var named : manifest.files()) {
            if (!Volume.exists(file(named.file()))
                    || !FileDigest.of(file(named.file())).equals(named.digest())) {
                return false;
            }
        }
        return manifest.model() != null;
    }

    @Override
    public void discard() throws IOException {
        // The manifest last: nobody knows whose a model without one is.
        Files.deleteIfExists(file(OutputFolder.MODEL));
        Files.deleteIfExists(file(OutputFolder.TORCH_SCRIPT));
        Files.delete(file(OutputFolder.MANIFEST));
    }

    private Path file(String name) {
        return folder.resolve(name);
    }

    /** A file of this attempt alone, so that one which lingers on a lost node disturbs nobody. */
    @Override
    public Path temporary(String name) {
        return temporary(job.job().attempt(), name);
    }

    private Path temporary(int attempt, String name) {
        return folder.resolve(".capstan-" + job.job().uid() + "-" + attempt + "-" + name);
    }

    @Override
    public void show(String name) {
        // It lies in the folder from its beginning on.
    }

    /** A folder is one training to whoever reads it. */
    @Override
    public boolean mixes(String name) throws IOException {
        return Volume.exists(file(name));
    }

    @Override
    public String inThePod() {
        return " (" + folder + " in the pod)";
    }

    @Override
    public String needs() {
        return "; it needs a volume with free space that " + WorkerUser.shown() + " may write to";
    }

    /** What attempts of this job left that were killed while writing; a later attempt's may be written right now. */
    private void removeLeftovers() throws IOException {
        var start = ".capstan-" + job.job().uid() + "-";
        for (var file : Volume.list(folder, start + "[0-9]*")) {
            var attempt =
                    file.getFileName().toString().substring(start.length()).split("-")[0];
            if (attempt.matches("[0-9]{1,9}")
                    && Integer.parseInt(attempt) <= job.job().attempt()) {
                Files.deleteIfExists(file);
            }
        }
    }

    @Override
    public boolean commit(Manifest manifest) throws IOException {
        rename(manifest);
        settle(manifest);
        return true;
    }

    private void rename(Manifest manifest) throws IOException {
        var whole = temporary(OutputFolder.MANIFEST);
        DurableFile.write(whole, Json.write(manifest));
        move(whole, OutputFolder.MANIFEST);
    }

    /** Gives the files that the manifest names the names that people look for; does nothing where they have them. */
    @Override
    public void settle(Manifest manifest) throws IOException {
        int attempt = manifest.job().attempt();
        if (manifest.isSettled()) {
            removeTemporaries(attempt);
            return;
        }
        for (var name : OutputFolder.FILES) {
            if (Volume.exists(temporary(attempt, name))) {
                // Under both names for a while, because until the manifest is replaced it names the first.
                move(twin(temporary(attempt, name)), name);
            }
        }
        if (!manifest.hasOnnx()) {
            // It is the model's that lay here before.
            Files.deleteIfExists(file(OutputFolder.ONNX));
        }
        if (manifest.isOnnxAlone() || manifest.isTorchScript()) {
            Files.deleteIfExists(file(OutputFolder.MODEL));
        }
        if (!manifest.isTorchScript()) {
            Files.deleteIfExists(file(OutputFolder.TORCH_SCRIPT));
        }
        if (!Volume.exists(temporary(attempt, OutputFolder.EVENTS))) {
            Files.deleteIfExists(file(OutputFolder.EVENTS));
        }
        if (manifest.profile() == null) {
            Files.deleteIfExists(file(OutputFolder.PROFILE));
        }
        rename(manifest.named(""));
        removeTemporaries(attempt);
    }

    private void removeTemporaries(int attempt) throws IOException {
        for (var name : OutputFolder.FILES) {
            Files.deleteIfExists(temporary(attempt, name));
        }
    }

    private Path twin(Path file) throws IOException {
        var twin = temporary("twin");
        Files.deleteIfExists(twin);
        try {
            return Files.createLink(twin, file);
        } catch (IOException | UnsupportedOperationException e) {
            // Some file systems have no links.
            DurableFile.write(twin, out -> Files.copy(file, out));
            return twin;
        }
    }

    private void move(Path from, String name) throws IOException {
        Files.move(from, file(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        DurableFile.syncFolder(folder);
    }
}
