package dev.capstan.worker.serve.http;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The certificate and key of {@code access.tls}, which are renewed while the server runs. */
final class Certificates {
    private final Path folder;
    private Pair latest;

    private record Pair(Buffer certificate, Buffer key) {
        PemKeyCertOptions options() {
            return new PemKeyCertOptions().setCertValue(certificate).setKeyValue(key);
        }
    }

    /** @throws Failure InvalidJob if they can't be read */
    Certificates(String folder) {
        this.folder = Path.of(folder);
        try {
            latest = read();
        } catch (IOException e) {
            throw new Failure(
                    Reason.InvalidJob,
                    "access.tls needs tls.crt and tls.key, PEM; they can't be read from " + folder + ": " + e,
                    e);
        }
    }

    private Pair read() throws IOException {
        return new Pair(
                Buffer.buffer(Files.readAllBytes(folder.resolve("tls.crt"))),
                Buffer.buffer(Files.readAllBytes(folder.resolve("tls.key"))));
    }

    PemKeyCertOptions options() {
        return latest.options();
    }

    /** Those that have come since the last look; empty if there are none. */
    Optional<PemKeyCertOptions> renewed() throws IOException {
        var now = read();
        if (now.equals(latest)) {
            return Optional.empty();
        }
        latest = now;
        return Optional.of(now.options());
    }
}
