package dev.capstan.worker;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a service's pods and the operator know each other by. Its pods live for long: should somebody delete the secret,
 * the operator makes another, which the kubelet brings here in a minute or two.
 */
final class ServiceToken implements Supplier<byte[]> {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceToken.class);

    private final Path file;
    private volatile byte[] latest;

    /** @throws IOException if it can't be read */
    ServiceToken(Path file) throws IOException {
        this.file = file;
        latest = Files.readAllBytes(file);
    }

    /** As it is now; as it was, while it can't be read. */
    @Override
    public byte[] get() {
        try {
            var now = Files.readAllBytes(file);
            if (now.length > 0 && !Arrays.equals(now, latest)) {
                LOG.info("the service's token has changed");
                latest = now;
            }
        } catch (IOException e) {
            LOG.debug("the service's token can't be read again: {}", e.toString());
        }
        return latest;
    }

    /** What the operator sends. */
    Supplier<String> bearer(String uid) {
        return () -> JobKeys.bearer(JobFile.VERSION, get(), uid, 1);
    }
}
