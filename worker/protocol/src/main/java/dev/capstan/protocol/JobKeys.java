package dev.capstan.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;

/**
 * Keys that are derived from a job's token: one for each use and each attempt (HKDF-SHA256, RFC 5869). The token itself
 * isn't sent, and who gets to know one key learns none of the others.
 */
public final class JobKeys {
    private static final int BYTES = 32;

    private JobKeys() {}

    /**
     * What the operator sends with a request to a worker, after {@code Authorization: Bearer }.
     *
     * @param jobFileVersion of the job file that tells the worker: before {@link JobFile#VERSION}, the token was sent
     * @param token content of {@link Contract#TOKEN_FILE}
     * @param uid the job's
     */
    public static String bearer(int jobFileVersion, byte[] token, String uid, int attempt) {
        return jobFileVersion <= JobFile.VERSION_BEFORE
                ? new String(token, UTF_8)
                : HexFormat.of().formatHex(derived(token, "http", uid, attempt).getEncoded());
    }

    /** What peers prove to each other that they know. */
    public static SecretKey ring(byte[] token, String uid, int attempt) {
        return derived(token, "ring", uid, attempt);
    }

    /**
     * What a replica of a service sends with a request for a model's files to another, after {@code Authorization:
     * Bearer }.
     *
     * @param uid the service's
     */
    public static String peer(byte[] token, String uid) {
        return HexFormat.of().formatHex(derived(token, "model", uid, 1).getEncoded());
    }

    private static SecretKey derived(byte[] token, String use, String uid, int attempt) {
        var info = new ByteArrayOutputStream();
        try {
            var fields = new DataOutputStream(info);
            fields.writeUTF("capstan 3 " + use);
            fields.writeUTF(uid);
            fields.writeInt(attempt);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try {
            return KDF.getInstance("HKDF-SHA256")
                    .deriveKey(
                            "Generic",
                            HKDFParameterSpec.ofExtract().addIKM(token).thenExpand(info.toByteArray(), BYTES));
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every Java platform since 25 has HKDF-SHA256", e);
        }
    }
}
