package dev.capstan.worker.checkpoint;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress;
import dev.capstan.worker.artifact.FileDigest;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.BoundedText;
import dev.capstan.worker.storage.ObjectFolder;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.time.Clock;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * In a bucket: a checkpoint is there when its manifest is, which is put last, and goes first. Each attempt has names of
 * its own, because two that write under one would mix their files. What is written goes straight to the service, one
 * part in memory at a time; what is read is fetched to disk and verified there, one checkpoint at a time.
 */
final class BucketShelf implements Shelf {
    private static final Logger LOG = LoggerFactory.getLogger(BucketShelf.class);
    private static final String MANIFEST = "/" + Checkpoint.CONTENTS;

    private final JobFile.Job job;
    private final ObjectFolder folder;
    private final Path scratch;

    private BucketShelf(JobFile.Job job, ObjectFolder folder, Path scratch) {
        this.job = job;
        this.folder = folder;
        this.scratch = scratch;
    }

    /** @param uri of the folder with the job's UID */
    static BucketShelf of(JobFile job, String uri, Path scratch) {
        try {
            return new BucketShelf(
                    job.job(),
                    ObjectFolder.written(field(job), uri, job.checkpoints().s3()),
                    Files.createTempDirectory(scratch, "checkpoint-"));
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, "scratch folder " + scratch + " can't be used: " + e, e);
        }
    }

    /**
     * Another job's, to read.
     *
     * @param uri of the folder with that job's UID
     */
    static BucketShelf earlier(JobFile job, String uri, JobFile.S3 s3, Path scratch) {
        try {
            return new BucketShelf(
                    job.job(),
                    ObjectFolder.read(EarlierCheckpoint.FIELD, uri, s3),
                    Files.createTempDirectory(scratch, "earlier-"));
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, "scratch folder " + scratch + " can't be used: " + e, e);
        }
    }

    /** Who says nothing of checkpoints has them in a folder of the output's storage, reached as that is. */
    private static String field(JobFile job) {
        boolean inOutput = job.checkpoints().s3().equals(job.output().s3())
                && job.checkpoints().uri().equals(job.output().uri() + "/checkpoints");
        return inOutput ? "output.storage" : "checkpoint.storage";
    }

    @Override
    public void prepare() throws IOException {
        var there = folder.list("step-");
        var whole = new HashSet<>(names(there));
        for (var entry : there) {
            var step = entry.name().substring(0, Math.max(0, entry.name().indexOf('/')));
            if (isOld(step) && !whole.contains(step)) {
                folder.delete(entry.name());
            }
        }
        folder.abortUploads("step-", name -> isOld(name.substring(0, Math.max(0, name.indexOf('/')))));
        var probe = "capstan-" + job.attempt() + "-probe";
        folder.put(probe, "written to find out whether this folder can be written");
        // Who may write and not read would learn it when something is to be gone on from.
        folder.text(probe, BoundedText.SHORT);
        folder.delete(probe);
    }

    /** Whether that is the name of a checkpoint of this attempt, which has written none yet, or of one before it. */
    private boolean isOld(String step) {
        var name = CheckpointFolder.STEP.matcher(step);
        return name.matches() && name.group(2) != null && Integer.parseInt(name.group(2)) <= job.attempt();
    }

    @Override
    public List<String> names() throws IOException {
        return names(folder.list("step-"));
    }

    private static List<String> names(List<ObjectFolder.Entry> entries) {
        return entries.stream()
                .map(ObjectFolder.Entry::name)
                .filter(name -> name.endsWith(MANIFEST))
                .map(name -> name.substring(0, name.length() - MANIFEST.length()))
                .filter(name -> CheckpointFolder.STEP.matcher(name).matches())
                .toList();
    }

    @Override
    public boolean exists(String name) throws IOException {
        return folder.text(name + MANIFEST, BoundedText.SHORT).isPresent();
    }

    @Override
    public boolean sharesNames() {
        return false;
    }

    @Override
    public Description description(String name) throws IOException {
        return Json.read(text(name + "/" + Checkpoint.DESCRIPTION), Description.class);
    }

    private String text(String name) throws IOException {
        return folder.text(name, BoundedText.SHORT)
                .orElseThrow(() -> new NoSuchFileException(folder.uri(name)))
                .text();
    }

    @Override
    public Checkpoint read(String name) throws IOException {
        clear();
        var text = text(name + MANIFEST);
        var contents = Contents.read(text);
        for (var file : contents.files().keySet()) {
            var copy = scratch.resolve(file);
            folder.fetch(name + "/" + file, copy);
            contents.check(file, FileDigest.of(copy));
        }
        var description = Json.read(
                BoundedText.of(scratch.resolve(Checkpoint.DESCRIPTION), BoundedText.SHORT), Description.class);
        return new Checkpoint(scratch, description, contents.shown(description.step(), uri(name), text));
    }

    @Override
    public Progress.Checkpoint write(String name, State state, Clock clock) throws IOException {
        var digests = new TreeMap<String, String>();
        var sizes = new HashMap<String, Long>();
        for (var part : state.parts().entrySet()) {
            try (var upload = folder.upload(name + "/" + part.getKey())) {
                var digest = FileDigest.sha256();
                var out = new BufferedOutputStream(new DigestOutputStream(upload, digest), 1 << 16);
                part.getValue().writeTo(out);
                out.flush();
                upload.complete();
                digests.put(part.getKey(), FileDigest.text(digest.digest()));
                sizes.put(name + "/" + part.getKey(), upload.written());
            }
        }
        checkAreThere(name, sizes);
        var contents = Contents.of(digests, clock);
        var text = Json.write(contents);
        if (!folder.put(name + MANIFEST, text, null)) {
            throw new IOException("somebody else has put a checkpoint in " + uri(name));
        }
        return contents.shown(state.description().step(), uri(name), text);
    }

    /** A later attempt takes what this one has written for left behind, if this one was given up. */
    private void checkAreThere(String name, Map<String, Long> sizes) throws IOException {
        for (var entry : folder.list(name + "/")) {
            sizes.remove(entry.name(), entry.bytes());
        }
        if (!sizes.isEmpty()) {
            throw new IOException(
                    "somebody has removed " + String.join(", ", sizes.keySet()) + ", such as a later attempt");
        }
    }

    @Override
    public void remove(String name) throws IOException {
        folder.delete(name + MANIFEST);
        for (var entry : folder.list(name + "/")) {
            folder.delete(entry.name());
        }
    }

    @Override
    public void tidy() {
        try {
            clear();
        } catch (IOException e) {
            LOG.debug("left as it is: {}", e.getMessage());
        }
    }

    private void clear() throws IOException {
        try (var files = Files.newDirectoryStream(scratch)) {
            for (var file : files) {
                Files.delete(file);
            }
        }
    }

    @Override
    public String uri(String name) {
        return folder.uri(name);
    }

    @Override
    public String inThePod() {
        return "";
    }

    @Override
    public String needs() {
        return "";
    }

    @Override
    public String needsOfOthers() {
        return "";
    }
}
