package dev.capstan.worker.storage;

import dev.capstan.protocol.JobFile.S3;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

/** Reads credentials out of a mounted secret. Nothing here says what they are, to a log or in a failure. */
final class Keys {
    private Keys() {}

    /** @param field where the job names the place, for messages */
    static AwsCredentialsProvider of(String field, S3 s3) {
        if (s3.credentials() == null) {
            return AnonymousCredentialsProvider.create();
        }
        var folder = Path.of(s3.credentials());
        var id = read(field, folder, "accessKeyId");
        var secret = read(field, folder, "secretAccessKey");
        return StaticCredentialsProvider.create(
                Files.exists(folder.resolve("sessionToken"))
                        ? AwsSessionCredentials.create(id, secret, read(field, folder, "sessionToken"))
                        : AwsBasicCredentials.create(id, secret));
    }

    private static String read(String field, Path folder, String key) {
        var secret = field + ".s3.secretRef: the secret " + folder.getFileName();
        try {
            var text = Files.readString(folder.resolve(key)).strip();
            if (text.isEmpty()) {
                throw new Failure(Reason.InvalidData, secret + " has nothing under the key " + key);
            }
            return text;
        } catch (NoSuchFileException e) {
            throw new Failure(
                    Reason.InvalidData,
                    secret + " has no key " + key
                            + "; it needs accessKeyId and secretAccessKey, and sessionToken if they came with one");
        } catch (IOException e) {
            // Not the cause: an exception about a malformed file could tell some of it.
            throw new Failure(
                    Reason.WorkerError,
                    secret + " can't be read: " + e.getClass().getSimpleName());
        }
    }
}
