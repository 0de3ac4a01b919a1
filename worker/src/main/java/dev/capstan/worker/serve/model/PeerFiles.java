package dev.capstan.worker.serve.model;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobKeys;
import dev.capstan.worker.artifact.ServedArtifact;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** The files that a replica gives to others of its service, which find their model nowhere else any more. */
public final class PeerFiles {
    private static final String SCHEME = "Bearer ";

    private final Supplier<byte[]> token;
    private final String uid;
    private final Map<String, ServedArtifact> artifacts = new ConcurrentHashMap<>();

    /**
     * @param token content of {@link Contract#TOKEN_FILE} at the time
     * @param uid the service's
     */
    PeerFiles(Supplier<byte[]> token, String uid) {
        this.token = token;
        this.uid = uid;
    }

    void offer(ServedArtifact artifact) {
        artifacts.put(artifact.digest(), artifact);
    }

    /** Whether who sends this as the header {@code Authorization} is a replica of this service; null for none sent. */
    public boolean mayAsk(String sent) {
        // In constant time, so that it can't be guessed byte by byte.
        return sent != null
                && MessageDigest.isEqual(
                        sent.getBytes(StandardCharsets.UTF_8),
                        (SCHEME + JobKeys.peer(token.get(), uid)).getBytes(StandardCharsets.UTF_8));
    }

    /**
     * The file that a request is for.
     *
     * @param path of the request, such as {@code /v1/model/sha256:…/model.onnx}
     * @return empty if it isn't one of a model that is served here
     */
    public Optional<Path> file(String path) {
        var start = Contract.MODEL_PATH + "/";
        int end = path.lastIndexOf('/');
        if (!path.startsWith(start) || end < start.length()) {
            return Optional.empty();
        }
        var name = path.substring(end + 1);
        return Optional.ofNullable(artifacts.get(path.substring(start.length(), end)))
                .filter(artifact ->
                        artifact.files().stream().anyMatch(each -> each.name().equals(name)))
                .map(artifact -> artifact.folder().resolve(name));
    }
}
