package dev.capstan.worker.serve.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.RequestException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets in whoever sends the bearer token, which may change while the server runs. */
public final class Guard {
    private static final Logger LOG = LoggerFactory.getLogger(Guard.class);

    /** Null if anybody may ask. */
    private final Path file;

    private volatile byte[] authorization;

    /**
     * @param file with the token; null if anybody may ask
     * @throws Failure InvalidJob if it can't be read or has none
     */
    public Guard(String file) {
        this.file = file == null ? null : Path.of(file);
        if (file != null) {
            try {
                authorization = read();
            } catch (IOException e) {
                throw new Failure(
                        Reason.InvalidJob, "the token of access.token can't be read from " + file + ": " + e, e);
            }
            if (authorization == null) {
                throw new Failure(
                        Reason.InvalidJob, "the token of access.token is empty; its secret must have one line of text");
            }
        }
    }

    /** Takes the token anew; one that can't be read or is empty changes nothing. */
    public void renew() {
        if (file == null) {
            return;
        }
        try {
            var latest = read();
            if (latest != null && !MessageDigest.isEqual(latest, authorization)) {
                LOG.info("the token of access.token has changed");
                authorization = latest;
            }
        } catch (IOException e) {
            LOG.warn("the token of access.token can't be read again, the one before counts on: {}", e.toString());
        }
    }

    private byte[] read() throws IOException {
        var token = Files.readString(file).strip();
        return token.isEmpty() ? null : ("Bearer " + token).getBytes(UTF_8);
    }

    /** What the header Authorization has to be; null if anybody may ask. */
    public String authorization() {
        return file == null ? null : new String(authorization, UTF_8);
    }

    /**
     * Refuses who doesn't know the token.
     *
     * @param sent the header Authorization; null if there is none
     * @throws RequestException UNAUTHENTICATED
     */
    public void check(String sent) {
        // In constant time, so that it can't be guessed byte by byte.
        if (file != null && (sent == null || !MessageDigest.isEqual(sent.getBytes(UTF_8), authorization))) {
            throw new RequestException(
                    Kind.UNAUTHENTICATED,
                    sent == null
                            ? "this service wants a token: Authorization: Bearer TOKEN"
                            : "the token isn't this service's");
        }
    }
}
