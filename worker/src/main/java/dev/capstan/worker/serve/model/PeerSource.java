package dev.capstan.worker.serve.model;

import dev.capstan.protocol.Contract;
import dev.capstan.worker.artifact.ArtifactSource;
import dev.capstan.worker.artifact.FileDigest;
import dev.capstan.worker.storage.BoundedText;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Another replica of the same service.
 *
 * @param host address and port
 * @param digest of the model that it is asked for
 * @param bearer that shows it who asks
 */
record PeerSource(String host, String digest, String bearer) implements ArtifactSource {
    private static final int CONNECT_MILLIS = 2_000;
    /** For each read: who goes on sending, however slowly, is heard to the end. */
    private static final int READ_MILLIS = 10_000;

    private static final String ONNX = "model.onnx";

    /**
     * All replicas that a name stands for.
     *
     * @param replicas {@code host:port}; null if there is no such name
     */
    static List<PeerSource> of(String replicas, String digest, String bearer) {
        if (replicas == null) {
            return List.of();
        }
        int colon = replicas.lastIndexOf(':');
        var found = new ArrayList<PeerSource>();
        try {
            for (var address : InetAddress.getAllByName(replicas.substring(0, colon))) {
                var literal = address.getHostAddress();
                found.add(new PeerSource(
                        (literal.indexOf(':') < 0 ? literal : "[" + literal + "]") + replicas.substring(colon),
                        digest,
                        bearer));
            }
        } catch (UnknownHostException e) {
            // The name of a headless service without pods: there is none to ask.
        }
        return found;
    }

    @Override
    public String name() {
        return "the replica " + host;
    }

    @Override
    public Optional<String> text(String file) throws IOException {
        try (var in = open(file)) {
            return Optional.of(BoundedText.of(file, in, BoundedText.SHORT));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    public boolean exists(String file) throws IOException {
        try {
            open(file).close();
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    @Override
    public List<String> onnxFiles() throws IOException {
        return exists(ONNX) ? List.of(ONNX) : List.of();
    }

    @Override
    public String fetch(String file, Path target) throws IOException {
        try (var in = open(file)) {
            Files.copy(in, target);
        }
        return FileDigest.of(target);
    }

    private InputStream open(String file) throws IOException {
        var connection =
                (HttpURLConnection) URI.create("http://" + host + Contract.MODEL_PATH + "/" + digest + "/" + file)
                        .toURL()
                        .openConnection(Proxy.NO_PROXY);
        connection.setConnectTimeout(CONNECT_MILLIS);
        connection.setReadTimeout(READ_MILLIS);
        connection.setInstanceFollowRedirects(false);
        connection.setRequestProperty("Authorization", "Bearer " + bearer);
        int status = connection.getResponseCode();
        if (status == HttpURLConnection.HTTP_OK) {
            return connection.getInputStream();
        }
        connection.disconnect();
        if (status == HttpURLConnection.HTTP_NOT_FOUND) {
            throw new NoSuchFileException(file);
        }
        throw new IOException("it answers with status " + status);
    }
}
