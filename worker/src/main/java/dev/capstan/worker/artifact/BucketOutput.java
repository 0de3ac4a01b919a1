package dev.capstan.worker.artifact;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.BoundedText;
import dev.capstan.worker.storage.ObjectFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder in a bucket, in which nothing can be renamed. Each attempt uploads its files into a folder of its own,
 * {@code capstan-UID-ATTEMPT/}, which nobody else writes into, and then puts the manifest that names them in the place
 * of the one that it has seen, on the condition that this is still there. That put is the moment at which the artifact
 * is another one. The files that the manifest before it named are removed then.
 */
final class BucketOutput implements OutputStore {
    private static final Logger LOG = LoggerFactory.getLogger(BucketOutput.class);
    private static final Pattern ATTEMPTS = Pattern.compile("(capstan-.+-([0-9]{1,9})/)[^/]+");

    private final JobFile.Job job;
    private final ObjectFolder folder;
    private final Path staging;
    private final Path scratch;
    /** What the manifest was when it was last read, and its tag; null if there was none. */
    private Manifest seen;

    private String tag;

    private BucketOutput(JobFile.Job job, ObjectFolder folder, Path staging, Path scratch) {
        this.job = job;
        this.folder = folder;
        this.staging = staging;
        this.scratch = scratch;
    }

    static BucketOutput of(JobFile job, Path scratch) {
        var output = job.output();
        var folder = ObjectFolder.written("output.storage", output.uri(), output.s3());
        try {
            return new BucketOutput(job.job(), folder, Files.createTempDirectory(scratch, "output-"), scratch);
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, "scratch folder " + scratch + " can't be used: " + e, e);
        }
    }

    @Override
    public void prepare() throws IOException {
        removeAttempts(seen);
        var probe = mine() + "probe";
        folder.put(probe, "written to find out whether this folder can be written");
        folder.delete(probe);
    }

    /** The folder of this attempt alone, so that one which lingers on a lost node disturbs nobody. */
    private String mine() {
        return start() + job.attempt() + "/";
    }

    private String start() {
        return "capstan-" + job.uid() + "-";
    }

    @Override
    public Optional<Manifest> manifest() throws IOException {
        var there = folder.text(OutputFolder.MANIFEST, BoundedText.SHORT);
        tag = there.map(ObjectFolder.Text::tag).orElse(null);
        seen = null;
        if (there.isPresent()) {
            seen = Manifest.read(there.get().text());
        }
        return Optional.ofNullable(seen);
    }

    @Override
    public boolean has(String name) throws IOException {
        return folder.list(name).stream().anyMatch(entry -> entry.name().equals(name));
    }

    @Override
    public boolean isWhole(Manifest manifest) throws IOException {
        var copy = Files.createTempFile(scratch, "verified-", null);
        try {
            for (var named : manifest.files()) {
                folder.fetch(named.file(), copy);
                if (!FileDigest.of(copy).equals(named.digest())) {
                    return false;
                }
            }
            return manifest.model() != null;
        } catch (NoSuchFileException e) {
            return false;
        } finally {
            Files.delete(copy);
        }
    }

    @Override
    public void discard() {
        // It is replaced by the new one's, or by that of whoever is quicker: a manifest that was removed here could be
        // one that has just come.
    }

    @Override
    public void settle(Manifest manifest) throws IOException {
        removeAttempts(manifest);
    }

    @Override
    public Path temporary(String name) {
        return staging.resolve(name);
    }

    @Override
    public boolean commit(Manifest manifest) throws IOException {
        var sizes = new HashMap<String, Long>();
        for (var name : OutputFolder.FILES) {
            if (Files.exists(staging.resolve(name))) {
                sizes.put(mine() + name, upload(name));
            }
        }
        for (var entry : folder.list(mine())) {
            sizes.remove(entry.name(), entry.bytes());
        }
        if (!sizes.isEmpty()) {
            throw new IOException(
                    "somebody has removed " + String.join(", ", sizes.keySet()) + ", such as a later attempt");
        }
        var replaced = Optional.ofNullable(seen);
        if (!folder.put(OutputFolder.MANIFEST, Json.write(manifest.named(mine())), tag)) {
            return false;
        }
        replaced.filter(other -> other.model() != null).ifPresent(this::removeReplaced);
        clear();
        return true;
    }

    @Override
    public void show(String name) throws IOException {
        upload(name);
    }

    /** It lies in a folder of its own. */
    @Override
    public boolean mixes(String name) {
        return false;
    }

    private long upload(String name) throws IOException {
        try (var upload = folder.upload(mine() + name)) {
            Files.copy(staging.resolve(name), upload);
            upload.complete();
            return upload.written();
        }
    }

    /** The new artifact is there and whole; what stays of the one before costs room, and nothing else. */
    private void removeReplaced(Manifest replaced) {
        var attempts = ATTEMPTS.matcher(replaced.model().file());
        try {
            if (attempts.matches() && !attempts.group(1).equals(mine())) {
                for (var entry : folder.list(attempts.group(1))) {
                    folder.delete(entry.name());
                }
            }
            if (!attempts.matches()) {
                // Copied here from a volume.
                for (var name : OutputFolder.FILES) {
                    folder.delete(name);
                }
            }
        } catch (IOException e) {
            LOG.warn("files of the artifact that lay there before stay: {}", e.getMessage());
        }
    }

    private void clear() throws IOException {
        for (var name : OutputFolder.FILES) {
            Files.deleteIfExists(staging.resolve(name));
        }
    }

    /** What attempts of this job left that were killed while writing; a later attempt's may be written right now. */
    private void removeAttempts(Manifest but) throws IOException {
        for (var entry : folder.list(start())) {
            if (isOld(entry.name(), but)) {
                folder.delete(entry.name());
            }
        }
        folder.abortUploads(start(), name -> isOld(name, but));
    }

    private boolean isOld(String name, Manifest but) {
        var attempt = ATTEMPTS.matcher(name);
        return attempt.matches()
                && Integer.parseInt(attempt.group(2)) <= job.attempt()
                && !(but != null && but.model() != null && but.model().file().startsWith(attempt.group(1)));
    }

    @Override
    public String inThePod() {
        return "";
    }

    @Override
    public String needs() {
        return "";
    }
}
