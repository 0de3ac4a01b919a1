package dev.capstan.worker.artifact;

import dev.capstan.worker.storage.BoundedText;
import dev.capstan.worker.storage.Debris;
import dev.capstan.worker.storage.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Optional;

/**
 * A folder on a volume.
 *
 * @param name as the user names the place
 * @param folder that its files lie in
 * @param only the one file that the user names; null for all of the folder
 */
public record VolumeSource(String name, Path folder, String only) implements ArtifactSource {
    /** What a place names: a folder, or a file in one. */
    public static VolumeSource of(String name, Path place) throws IOException {
        return Volume.isFile(place)
                ? new VolumeSource(
                        name,
                        place.toAbsolutePath().getParent(),
                        place.getFileName().toString())
                : new VolumeSource(name, place, null);
    }

    @Override
    public Optional<String> text(String file) throws IOException {
        return exists(file) ? Optional.of(BoundedText.of(path(file), BoundedText.SHORT)) : Optional.empty();
    }

    @Override
    public boolean exists(String file) throws IOException {
        return Volume.isFile(path(file));
    }

    @Override
    public List<String> onnxFiles() throws IOException {
        if (only != null) {
            return only.endsWith(".onnx") ? List.of(only) : List.of();
        }
        return Volume.isFolder(folder)
                ? Volume.list(folder, "*.onnx").stream()
                        .map(each -> each.getFileName().toString())
                        .filter(each -> !Debris.is(each))
                        .toList()
                : List.of();
    }

    @Override
    public String fetch(String file, Path target) throws IOException {
        try (var in = new DigestInputStream(Files.newInputStream(path(file)), MessageDigest.getInstance("SHA-256"))) {
            Files.copy(in, target);
            return FileDigest.text(in.getMessageDigest().digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /** What names a file is read from storage: it may lie in this folder alone. */
    Path path(String file) throws IOException {
        var path = folder.resolve(file).normalize();
        if (!path.startsWith(folder.normalize())) {
            throw new NoSuchFileException(file);
        }
        return path;
    }
}
