package dev.capstan.worker.serve.model;

import dev.capstan.protocol.Json;
import dev.capstan.worker.artifact.ArtifactSource;
import dev.capstan.worker.artifact.DurableFile;
import dev.capstan.worker.artifact.FileDigest;
import dev.capstan.worker.artifact.ServedArtifact;
import dev.capstan.worker.artifact.Trees;
import dev.capstan.worker.artifact.VolumeSource;
import dev.capstan.worker.storage.BoundedText;
import dev.capstan.worker.storage.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies on a volume: a folder each, which is written under another name and then renamed.
 *
 * @param uri as the user names the folder
 * @param folder of this service alone
 */
record KeptOnVolume(String uri, Path folder) implements KeptCopies {
    private static final Logger LOG = LoggerFactory.getLogger(KeptOnVolume.class);
    private static final String UNFINISHED = ".unfinished-";
    /** What is older was begun by a process that is no more. */
    private static final Duration OLD = Duration.ofHours(6);

    @Override
    public ArtifactSource source(String digest) {
        return new VolumeSource(uri + "/" + KeptCopies.name(digest), copy(digest), null);
    }

    private Path copy(String digest) {
        return folder.resolve(KeptCopies.name(digest));
    }

    @Override
    public void keep(ServedArtifact artifact, ArtifactSource origin, int revision) throws IOException {
        var copy = copy(artifact.digest());
        if (isWhole(artifact, copy)) {
            if (revision(copy) < revision) {
                mark(copy, revision);
            }
            return;
        }
        Files.createDirectories(folder);
        var unfinished = Files.createDirectory(folder.resolve(UNFINISHED + UUID.randomUUID()));
        try {
            for (var file : artifact.files()) {
                put(artifact, file, origin, unfinished.resolve(file.name()));
            }
            mark(unfinished, revision);
            // One that is there nevertheless is damaged, or another replica's, which was quicker.
            if (!isWhole(artifact, copy)) {
                Trees.delete(copy);
                Files.move(unfinished, copy, StandardCopyOption.ATOMIC_MOVE);
                DurableFile.syncFolder(folder);
            }
        } catch (IOException e) {
            if (!isWhole(artifact, copy)) {
                throw e;
            }
        } finally {
            Trees.delete(unfinished);
        }
    }

    /** A link costs no room; where it can't be, or would be to another file by now, the verified bytes are copied. */
    private static void put(ServedArtifact artifact, ServedArtifact.File file, ArtifactSource origin, Path target)
            throws IOException {
        if (origin instanceof VolumeSource(var name, var source, var only) && isReplacedByRenaming(artifact)) {
            try {
                Files.createLink(target, source.resolve(file.source()));
                if (FileDigest.of(target).equals(file.digest())) {
                    return;
                }
                Files.delete(target);
            } catch (IOException | UnsupportedOperationException e) {
                LOG.debug("{} is copied: {}", file.name(), e.getMessage());
                Files.deleteIfExists(target);
            }
        }
        DurableFile.write(target, out -> Files.copy(artifact.folder().resolve(file.name()), out));
    }

    /**
     * What jobs write is replaced by renaming. A file that somebody copied here may be written over by the next
     * {@code cp}, and with it all that is linked to it.
     */
    private static boolean isReplacedByRenaming(ServedArtifact artifact) {
        return artifact.files().stream().anyMatch(each -> each.name().equals("manifest.json"));
    }

    /** By sizes: whoever reads it verifies it. */
    private static boolean isWhole(ServedArtifact artifact, Path copy) throws IOException {
        if (!Volume.isFile(copy.resolve(MARKER))) {
            return false;
        }
        for (var file : artifact.files()) {
            var kept = copy.resolve(file.name());
            if (!Volume.isFile(kept)
                    || Files.size(kept) != Files.size(artifact.folder().resolve(file.name()))) {
                return false;
            }
        }
        return true;
    }

    private static void mark(Path copy, int revision) throws IOException {
        var whole = copy.resolve("." + UUID.randomUUID());
        DurableFile.write(whole, Json.write(new Marker(revision)));
        Files.move(whole, copy.resolve(MARKER), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        DurableFile.syncFolder(copy);
    }

    private static int revision(Path copy) throws IOException {
        try {
            return Json.read(BoundedText.of(copy.resolve(MARKER), BoundedText.SHORT), Marker.class)
                    .revision();
        } catch (IllegalArgumentException e) {
            return 0;
        }
    }

    @Override
    public void deleteOthers(Set<String> wanted, int revision) throws IOException {
        if (!Volume.isFolder(folder)) {
            return;
        }
        var names = wanted.stream().map(KeptCopies::name).collect(Collectors.toSet());
        for (var each : Volume.list(folder, "sha256-*")) {
            boolean marked = Volume.isFile(each.resolve(MARKER));
            if (!names.contains(each.getFileName().toString()) && marked && revision(each) < revision) {
                LOG.info("{} is no longer kept", each.getFileName());
                Trees.delete(each);
            }
        }
        for (var each : Volume.list(folder, UNFINISHED + "*")) {
            if (Files.getLastModifiedTime(each)
                    .toInstant()
                    .isBefore(Instant.now().minus(OLD))) {
                Trees.delete(each);
            }
        }
    }
}
