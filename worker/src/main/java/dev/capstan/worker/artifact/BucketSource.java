package dev.capstan.worker.artifact;

import dev.capstan.protocol.JobFile.S3;
import dev.capstan.worker.storage.BoundedText;
import dev.capstan.worker.storage.Debris;
import dev.capstan.worker.storage.ObjectFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A folder in a bucket.
 *
 * @param name as the user names the place
 * @param folder that its files lie in
 * @param only the one file that the user names; null for all of the folder
 */
public record BucketSource(String name, ObjectFolder folder, String only) implements ArtifactSource {
    private static final String SUFFIX = ".onnx";

    /**
     * What a place names: an ONNX file, or a folder.
     *
     * @throws dev.capstan.worker.outcome.Failure InvalidData if the secret lacks a key or the endpoint is no host
     */
    public static BucketSource of(String field, String uri, S3 s3) {
        int end = uri.lastIndexOf('/');
        return uri.endsWith(SUFFIX)
                ? new BucketSource(uri, ObjectFolder.read(field, uri.substring(0, end + 1), s3), uri.substring(end + 1))
                : new BucketSource(uri, ObjectFolder.read(field, uri, s3), null);
    }

    @Override
    public Optional<String> text(String file) throws IOException {
        return folder.text(file, BoundedText.SHORT).map(ObjectFolder.Text::text);
    }

    @Override
    public boolean exists(String file) throws IOException {
        return folder.list(file).stream().anyMatch(each -> each.name().equals(file));
    }

    @Override
    public List<String> onnxFiles() throws IOException {
        if (only != null) {
            return List.of(only);
        }
        return folder.list("").stream()
                .map(ObjectFolder.Entry::name)
                .filter(each -> each.endsWith(SUFFIX) && each.indexOf('/') < 0 && !Debris.is(each))
                .toList();
    }

    @Override
    public String fetch(String file, Path target) throws IOException {
        folder.fetch(file, target);
        return FileDigest.of(target);
    }
}
