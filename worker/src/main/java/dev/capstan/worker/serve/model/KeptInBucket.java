package dev.capstan.worker.serve.model;

import dev.capstan.protocol.Json;
import dev.capstan.worker.artifact.ArtifactSource;
import dev.capstan.worker.artifact.BucketSource;
import dev.capstan.worker.artifact.ServedArtifact;
import dev.capstan.worker.storage.BoundedText;
import dev.capstan.worker.storage.ObjectException;
import dev.capstan.worker.storage.ObjectFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies in a bucket: a folder each, whose marker comes last.
 *
 * @param uri as the user names the folder
 * @param folder of this service alone
 */
record KeptInBucket(String uri, ObjectFolder folder) implements KeptCopies {
    private static final Logger LOG = LoggerFactory.getLogger(KeptInBucket.class);

    @Override
    public ArtifactSource source(String digest) {
        return new Below(uri + "/" + KeptCopies.name(digest), folder, KeptCopies.name(digest) + "/");
    }

    /** A folder of the folder. */
    private record Below(String name, ObjectFolder folder, String start) implements ArtifactSource {
        @Override
        public Optional<String> text(String file) throws IOException {
            return all().text(start + file);
        }

        private BucketSource all() {
            return new BucketSource(name, folder, null);
        }

        @Override
        public boolean exists(String file) throws IOException {
            return all().exists(start + file);
        }

        @Override
        public List<String> onnxFiles() throws IOException {
            return exists("model.onnx") ? List.of("model.onnx") : List.of();
        }

        @Override
        public String fetch(String file, Path target) throws IOException {
            return all().fetch(start + file, target);
        }
    }

    @Override
    public void keep(ServedArtifact artifact, ArtifactSource origin, int revision) throws IOException {
        var start = KeptCopies.name(artifact.digest()) + "/";
        var there = sizes(start);
        boolean whole = there.containsKey(start + MARKER);
        for (var file : artifact.files()) {
            long size = Files.size(artifact.folder().resolve(file.name()));
            if (!Long.valueOf(size).equals(there.get(start + file.name()))) {
                whole = false;
                put(artifact, file, origin, start + file.name());
            }
        }
        if (!whole || revision(start) < revision) {
            folder.put(start + MARKER, Json.write(new Marker(revision)));
        }
    }

    private void put(ServedArtifact artifact, ServedArtifact.File file, ArtifactSource origin, String name)
            throws IOException {
        var local = artifact.folder().resolve(file.name());
        if (origin instanceof BucketSource source && !file.name().equals("manifest.json")) {
            try {
                if (folder.copy(source.folder(), file.source(), name, local)) {
                    return;
                }
            } catch (ObjectException | NoSuchFileException e) {
                LOG.debug("{} is sent anew: {}", file.name(), e.getMessage());
            }
        }
        try (var upload = folder.upload(name)) {
            Files.copy(local, upload);
            upload.complete();
        }
    }

    private Map<String, Long> sizes(String start) throws IOException {
        return folder.list(start).stream()
                .collect(Collectors.toMap(
                        ObjectFolder.Entry::name, ObjectFolder.Entry::bytes, (one, other) -> one, HashMap::new));
    }

    private int revision(String start) throws IOException {
        try {
            return folder.text(start + MARKER, BoundedText.SHORT)
                    .map(each -> Json.read(each.text(), Marker.class).revision())
                    .orElse(0);
        } catch (IllegalArgumentException e) {
            return 0;
        }
    }

    @Override
    public void deleteOthers(Set<String> wanted, int revision) throws IOException {
        var names = wanted.stream().map(each -> KeptCopies.name(each) + "/").collect(Collectors.toSet());
        var all = folder.list("sha256-");
        for (var entry : all) {
            var name = entry.name();
            var start = name.substring(0, name.indexOf('/') + 1);
            if (name.equals(start + MARKER) && !names.contains(start) && revision(start) < revision) {
                LOG.info("{} is no longer kept", start);
                for (var file : all) {
                    if (file.name().startsWith(start) && !file.name().equals(name)) {
                        folder.delete(file.name());
                    }
                }
                // The marker last: by it the next replica finds what an interrupted deletion has left.
                folder.delete(name);
            }
        }
    }
}
