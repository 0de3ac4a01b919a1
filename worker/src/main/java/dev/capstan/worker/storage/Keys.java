package dev.capstan.worker.storage;

import dev.capstan.protocol.JobFile.S3;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;

/** Reads credentials out of a mounted secret. Nothing here says what they are, to a log or in a failure. */
final class Keys {
    private Keys() {}

    /**
     * The credentials as the secret has them whenever they are asked for: the kubelet mounts a changed secret anew, and
     * those that came with a token last for hours, a training for days.
     *
     * @param field where the job names the place, for messages
     * @param lacking the reason of the failure if the secret lacks a key, now or later
     */
    static AwsCredentialsProvider of(String field, S3 s3, Reason lacking) {
        if (s3.credentials() == null) {
            return AnonymousCredentialsProvider.create();
        }
        var folder = Path.of(s3.credentials());
        read(field, folder, lacking);
        return () -> read(field, folder, lacking);
    }

    private static AwsCredentials read(String field, Path mounted, Reason lacking) {
        var folder = version(mounted);
        var name = field + ".s3.secretRef: the secret " + mounted.getFileName();
        var id = read(name, folder, "accessKeyId", lacking);
        var secret = read(name, folder, "secretAccessKey", lacking);
        return Files.exists(folder.resolve("sessionToken"))
                ? AwsSessionCredentials.create(id, secret, read(name, folder, "sessionToken", lacking))
                : AwsBasicCredentials.create(id, secret);
    }

    /** Where the kubelet keeps one version of the secret, all of it: the link to it is what a change replaces. */
    private static Path version(Path mounted) {
        try {
            return mounted.resolve("..data").toRealPath();
        } catch (IOException e) {
            return mounted;
        }
    }

    private static String read(String secret, Path folder, String key, Reason lacking) {
        try {
            var text = BoundedText.of(folder.resolve(key), BoundedText.SHORT).strip();
            if (text.isEmpty()) {
                throw new Failure(lacking, secret + " has nothing under the key " + key);
            }
            return text;
        } catch (NoSuchFileException e) {
            throw new Failure(
                    lacking,
                    secret + " has no key " + key
                            + "; it needs accessKeyId and secretAccessKey, and sessionToken if they came with one");
        } catch (CharacterCodingException e) {
            throw new Failure(lacking, secret + " has something under the key " + key + " that is no UTF-8 text");
        } catch (IOException e) {
            // Not the cause: an exception about a malformed file could tell some of it.
            throw new Failure(
                    Reason.WorkerError,
                    secret + " can't be read: " + e.getClass().getSimpleName());
        }
    }
}
