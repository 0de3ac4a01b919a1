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
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets in whoever sends a bearer token of the service, which may change while the server runs. There may be several at
 * a time, so that clients can go over to a new one before the old one is taken away.
 */
public final class Guard {
    private static final Logger LOG = LoggerFactory.getLogger(Guard.class);
    private static final String SCHEME = "Bearer ";

    /** Null if anybody may ask. */
    private final Path file;

    private volatile List<byte[]> tokens;

    /**
     * @param file with the token; null if anybody may ask
     * @throws Failure InvalidJob if it can't be read or has none
     */
    public Guard(String file) {
        this.file = file == null ? null : Path.of(file);
        if (file != null) {
            try {
                tokens = read();
            } catch (IOException e) {
                throw new Failure(
                        Reason.InvalidJob, "the token of access.token can't be read from " + file + ": " + e, e);
            }
            if (tokens.isEmpty()) {
                throw new Failure(
                        Reason.InvalidJob,
                        "the token of access.token is empty; its secret must have a line of text, or one for each token");
            }
        }
    }

    /** Takes the tokens anew; a file that can't be read or is empty changes nothing. */
    public void renew() {
        if (file == null) {
            return;
        }
        try {
            var latest = read();
            if (!latest.isEmpty() && !Arrays.deepEquals(latest.toArray(), tokens.toArray())) {
                LOG.info("the token of access.token has changed; {} may be sent now", latest.size());
                tokens = latest;
            }
        } catch (IOException e) {
            LOG.warn("the token of access.token can't be read again, the one before counts on: {}", e.toString());
        }
    }

    private List<byte[]> read() throws IOException {
        return Files.readString(file)
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .map(line -> line.getBytes(UTF_8))
                .toList();
    }

    /** A header Authorization that is let in; null if anybody may ask. */
    public String authorization() {
        return file == null ? null : SCHEME + new String(tokens.getFirst(), UTF_8);
    }

    /**
     * Refuses who knows no token.
     *
     * @param sent the header Authorization; null if there is none
     * @throws RequestException UNAUTHENTICATED
     */
    public void check(String sent) {
        if (file != null && (sent == null || !isKnown(sent))) {
            throw new RequestException(
                    Kind.UNAUTHENTICATED,
                    sent == null
                            ? "this service wants a token: Authorization: Bearer TOKEN"
                            : "the token isn't this service's");
        }
    }

    private boolean isKnown(String sent) {
        // The scheme may be written in any case (RFC 9110, 11.1).
        if (!sent.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return false;
        }
        var token = sent.substring(SCHEME.length()).strip().getBytes(UTF_8);
        boolean known = false;
        for (var each : tokens) {
            // In constant time, so that it can't be guessed byte by byte.
            known |= MessageDigest.isEqual(token, each);
        }
        return known;
    }
}
