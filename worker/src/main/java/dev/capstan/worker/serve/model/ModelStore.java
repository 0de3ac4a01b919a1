package dev.capstan.worker.serve.model;

import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.JobKeys;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.ServiceFile;
import dev.capstan.worker.artifact.ArtifactFetch;
import dev.capstan.worker.artifact.ArtifactSource;
import dev.capstan.worker.artifact.BucketSource;
import dev.capstan.worker.artifact.ServedArtifact;
import dev.capstan.worker.artifact.Trees;
import dev.capstan.worker.artifact.Unusable;
import dev.capstan.worker.artifact.VolumeSource;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.serve.ModelSource;
import dev.capstan.worker.serve.ServedModel;
import dev.capstan.worker.storage.ObjectFolder;
import dev.capstan.worker.storage.Outage;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings models that are served into a folder of this replica's own, verified by their digests, and loads them from
 * there: what becomes of their source afterwards changes nothing. In this order from the source; from the copy that a
 * replica has kept beside it; from another replica.
 */
public final class ModelStore implements ModelSource {
    private static final Logger LOG = LoggerFactory.getLogger(ModelStore.class);
    private static final String FIELD = "model.from";
    private static final String PREFIX = "model-";

    private final ServiceFile file;
    private final Path scratch;
    private final Supplier<byte[]> token;
    private final PeerFiles files;
    private final Loader loader;
    private final Map<String, Origin> origins = new ConcurrentHashMap<>();

    /** Where a model's files have come from. */
    private record Origin(ServedArtifact artifact, ArtifactSource source, boolean isKept) {}

    /**
     * @param scratch folder of this process alone
     * @param token content of {@link dev.capstan.protocol.Contract#TOKEN_FILE} at the time
     * @param environment of the process
     */
    public ModelStore(ServiceFile file, Path scratch, Supplier<byte[]> token, Map<String, String> environment) {
        this.file = file;
        this.scratch = scratch;
        this.token = token;
        files = new PeerFiles(token, file.service().uid());
        loader = new Loader(environment);
        deleteEarlier();
    }

    /** What a process has left that was here before: the folder outlives a container that is started anew. */
    private void deleteEarlier() {
        try (var earlier = Files.newDirectoryStream(scratch, PREFIX + "*")) {
            earlier.forEach(ModelStore::delete);
        } catch (IOException | DirectoryIteratorException e) {
            LOG.warn("what an earlier process has left in {} stays: {}", scratch, e.toString());
        }
    }

    /** What this replica gives to others. */
    public PeerFiles files() {
        return files;
    }

    /**
     * {@inheritDoc}
     *
     * @throws Failure StorageUnavailable if trying again may help; any other reason if it won't before somebody does
     *     what the sentence says
     */
    @Override
    public ServedModel load(ServiceFile.Model model) {
        Path folder = null;
        try {
            folder = Files.createTempDirectory(scratch, PREFIX);
            var origin = new Search(model, folder).found();
            var loaded = loader.load(model, origin.artifact(), file.service().revision());
            LOG.info(
                    "model {}, {}, from {}",
                    model.name(),
                    origin.artifact().digest(),
                    origin.source().name());
            var before = origins.put(model.name(), origin);
            files.offer(origin.artifact());
            if (before != null) {
                // Loaded once more: what the predictor before had to read, it has read.
                delete(before.artifact().folder());
            }
            return loaded;
        } catch (IOException e) {
            delete(folder);
            throw scratchFailed(e);
        } catch (RuntimeException | Error e) {
            delete(folder);
            throw e;
        }
    }

    private Failure scratchFailed(IOException e) {
        return new Failure(
                Reason.WorkerError,
                "scratch folder " + scratch + " can't be used: " + e
                        + "; if it is full, the nodes need more room for ephemeral storage",
                e);
    }

    private static void delete(Path folder) {
        try {
            if (folder != null) {
                Trees.delete(folder);
            }
        } catch (IOException e) {
            LOG.warn("{} stays: {}", folder, e.getMessage());
        }
    }

    /** One try at finding a model; remembers what was found instead. */
    private final class Search {
        private final ServiceFile.Model model;
        private final String digest;
        private final Path folder;
        private final List<String> problems = new ArrayList<>();
        /** The first that may pass. */
        private Exception outage;

        Search(ServiceFile.Model model, Path folder) {
            this.model = model;
            this.folder = folder;
            digest = model.from().digest();
        }

        Origin found() throws IOException {
            var origin = tried(
                    () -> source(FIELD, model.from().place()),
                    model.from().place().uri(),
                    false);
            if (origin == null && model.keep() != null) {
                var kept = kept(model);
                origin = tried(() -> kept.source(digest), kept.uri(), true);
            }
            var peers = PeerSource.of(
                    file.replicas(),
                    digest,
                    JobKeys.peer(token.get(), file.service().uid()));
            for (int i = 0; origin == null && i < peers.size(); i++) {
                var peer = peers.get(i);
                origin = tried(() -> peer, peer.name(), false);
            }
            if (origin == null) {
                throw failure(peers.size());
            }
            return origin;
        }

        /** Null if it isn't to be had there. */
        private Origin tried(Opening place, String name, boolean isKept) throws IOException {
            Trees.delete(folder);
            Files.createDirectory(folder);
            try {
                var source = place.source();
                return new Origin(ArtifactFetch.of(source, digest, folder), source, isKept);
            } catch (Unusable e) {
                problems.add(name + " " + e.getMessage());
            } catch (Failure e) {
                if (e.reason() == Reason.WorkerError) {
                    throw e;
                }
                problems.add(e.getMessage());
                outage = outage == null && e.reason() == Reason.StorageUnavailable ? e : outage;
            } catch (IOException e) {
                if (isFull(e)) {
                    throw e;
                }
                problems.add(name + " can't be read: " + e);
                boolean passes = Outage.causes(e) || e instanceof SocketTimeoutException;
                outage = outage == null && passes ? e : outage;
            }
            LOG.info("{}: {}", model.name(), problems.getLast());
            return null;
        }

        private Failure failure(int peers) {
            var all = FIELD + ": " + String.join("; ", problems) + "; "
                    + (model.keep() == null ? "no copy is kept, for the volume can only be read; " : "")
                    + (peers == 0 ? "there is no other replica; " : "");
            return outage != null
                    ? new Failure(Reason.StorageUnavailable, all + "it is tried again", outage)
                    : new Failure(
                            Reason.InvalidData,
                            all + "put the model " + digest + " back there, or set spec.model.digest to that of one"
                                    + " that is there");
        }
    }

    /** A place that may turn out to be none. */
    private interface Opening {
        ArtifactSource source() throws IOException;
    }

    private static boolean isFull(IOException e) {
        return String.valueOf(e.getMessage()).contains("No space left on device");
    }

    private static ArtifactSource source(String field, Place place) throws IOException {
        return place.s3() == null
                ? VolumeSource.of(place.uri(), Path.of(place.path()))
                : BucketSource.of(field, place.uri(), place.s3());
    }

    private KeptCopies kept(ServiceFile.Model model) {
        var place = model.keep();
        var uid = file.service().uid();
        var uri = place.uri() + (place.uri().endsWith("/") ? "" : "/") + uid;
        return place.s3() == null
                ? new KeptOnVolume(uri, Path.of(place.path()).resolve(uid))
                : new KeptInBucket(uri, ObjectFolder.written(FIELD, uri, place.s3()));
    }

    /**
     * Keeps a copy of a model that was loaded, for replicas that come later, and deletes those that nobody wants any
     * more. Takes as long as the storage does; nothing of it is needed to answer.
     *
     * @return whether it is kept; that it can't be is no failure
     */
    public Kept keep(ServiceFile.Model model) {
        var origin = origins.get(model.name());
        if (model.keep() == null) {
            return new Kept(false, "no copy is kept: " + model.from().place().uri() + " can only be read");
        }
        try {
            var kept = kept(model);
            int revision = file.service().revision();
            kept.keep(origin.artifact(), origin.source(), revision);
            var wanted = new HashSet<>(model.keepDigests() == null ? List.of() : model.keepDigests());
            wanted.add(origin.artifact().digest());
            kept.deleteOthers(wanted, revision);
            return new Kept(true, "a copy is kept in " + kept.uri());
        } catch (IOException | RuntimeException e) {
            var why = model.keep().uri() + " can't be written: " + e;
            LOG.warn("no copy of model {} is kept: {}", model.name(), why);
            return new Kept(
                    false,
                    "no copy is kept: " + why
                            + "; until one is, this revision lives as long as its source or a replica of it");
        }
    }
}
