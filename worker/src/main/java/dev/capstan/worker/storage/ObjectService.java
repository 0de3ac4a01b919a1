package dev.capstan.worker.storage;

import dev.capstan.protocol.JobFile.S3;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.RetryableException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/** Clients of services that speak the S3 API, and how one object is read, with retries of what fails by chance. */
final class ObjectService {
    static final int ATTEMPTS = 6;
    static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(20);
    private static final String MD5_OF_WHOLE = "\"?[0-9a-f]{32}\"?";

    private ObjectService() {}

    /**
     * A client.
     *
     * @param firstPause how long to wait before the second try; each further pause is about twice as long
     * @throws IllegalArgumentException if the endpoint has no host
     */
    static S3Client client(S3 s3, AwsCredentialsProvider credentials, Duration firstPause) {
        var builder = S3Client.builder()
                .region(Region.of(s3.region()))
                .credentialsProvider(credentials)
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(Duration.ofSeconds(10))
                        .socketTimeout(Duration.ofSeconds(60)))
                // What the SDK does by itself, checksums behind a body in chunks, few services but AWS's understand;
                // all know Content-MD5, which whoever writes here sends.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                // Nor does everything in between answer who asks first whether it may send a body; who asks then
                // waits for seconds, each time.
                .serviceConfiguration(configuration ->
                        configuration.chunkedEncodingEnabled(false).expectContinueEnabled(false))
                .overrideConfiguration(configuration -> configuration
                        .retryStrategy(AwsRetryStrategy.standardRetryStrategy().toBuilder()
                                .maxAttempts(ATTEMPTS)
                                .circuitBreakerEnabled(false)
                                .backoffStrategy(BackoffStrategy.exponentialDelay(firstPause, LONGEST_PAUSE))
                                .throttlingBackoffStrategy(
                                        BackoffStrategy.exponentialDelay(firstPause.multipliedBy(2), LONGEST_PAUSE))
                                .build())
                        // What lies in a home folder is none of a job's business.
                        .defaultProfileFile(ProfileFile.aggregator().build()));
        if (s3.endpoint() != null) {
            var address = URI.create(s3.endpoint());
            // As of http://10.0.0.300 and http://minio..example.com.
            if (address.getHost() == null) {
                throw new IllegalArgumentException(s3.endpoint() + " has no host");
            }
            // By path, for few services but AWS's own have a host name for each bucket.
            builder.endpointOverride(address).forcePathStyle(true);
        }
        return builder.build();
    }

    /**
     * Brings an object into a file and verifies it. What fails on the way is tried again from its beginning.
     *
     * @param what as messages name it, such as {@code data.train: s3://data/x}
     * @return its length in bytes
     * @throws Failure WorkerError if the file can't be written
     */
    static long get(S3Client client, String bucket, String key, Path file, String what) {
        var request = GetObjectRequest.builder().bucket(bucket).key(key).build();
        return client.getObject(request, (response, in) -> write(response, in, file, what));
    }

    /** What an object begins with, and its tag. */
    record Start(byte[] bytes, String tag) {}

    /** Reads an object up to one byte more than it may have. */
    static Start start(S3Client client, String bucket, String key, int most) {
        var request = GetObjectRequest.builder().bucket(bucket).key(key).build();
        return client.getObject(request, (response, in) -> {
            try {
                return new Start(in.readNBytes(most + 1), response.eTag());
            } catch (IOException e) {
                throw retryable("the connection broke", e);
            }
        });
    }

    private static long write(GetObjectResponse response, InputStream in, Path file, String what) {
        var digest = md5();
        long length = 0;
        try (var out = Files.newOutputStream(file)) {
            var buffer = new byte[1 << 16];
            for (int got; (got = read(in, buffer)) >= 0; length += got) {
                digest.update(buffer, 0, got);
                out.write(buffer, 0, got);
            }
        } catch (IOException e) {
            throw scratchFailed(what, e);
        }
        if (response.contentLength() != null && response.contentLength() != length) {
            throw retryable("it ended after " + length + " of " + response.contentLength() + " bytes", null);
        }
        // The tag is the MD5 of what was uploaded in one piece, unless it lies encrypted by a key of the user's.
        boolean ownKey = response.ssekmsKeyId() != null || response.sseCustomerAlgorithm() != null;
        if (!ownKey && response.eTag() != null && response.eTag().matches(MD5_OF_WHOLE)) {
            var found = HexFormat.of().formatHex(digest.digest());
            if (!response.eTag().replace("\"", "").equals(found)) {
                throw retryable("it came with another MD5 than it has", null);
            }
        }
        return length;
    }

    private static int read(InputStream in, byte[] buffer) {
        try {
            return in.read(buffer);
        } catch (IOException e) {
            throw retryable("the connection broke", e);
        }
    }

    private static RetryableException retryable(String problem, IOException cause) {
        return RetryableException.create(problem, cause);
    }

    static Failure scratchFailed(String what, IOException e) {
        return new Failure(
                Reason.WorkerError,
                what + " can't be fetched into the scratch folder: " + e.getMessage()
                        + "; if it is full, the nodes need more room for ephemeral storage",
                e);
    }

    /** The MD5 of a file, in hex. */
    static String md5(Path file) throws IOException {
        try (var in = new DigestInputStream(Files.newInputStream(file), md5())) {
            in.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(in.getMessageDigest().digest());
        }
    }

    static MessageDigest md5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has MD5", e);
        }
    }
}
