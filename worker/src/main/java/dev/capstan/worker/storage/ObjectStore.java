package dev.capstan.worker.storage;

import dev.capstan.protocol.JobFile.S3;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.exception.RetryableException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Fetches from a service that speaks the S3 API, with its own retries of what fails by chance. */
final class ObjectStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ObjectStore.class);
    /** Small objects take the time of a round trip each. */
    private static final int AT_ONCE = 8;

    private static final int ATTEMPTS = 6;
    static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(20);
    private static final String MD5_OF_WHOLE = "\"?[0-9a-f]{32}\"?";

    private final String field;
    private final ObjectUri source;
    private final S3 s3;
    private final S3Client client;

    /**
     * @param field where the job names the place, for messages
     * @param firstPause how long to wait before the second try; each further pause is twice as long
     */
    ObjectStore(String field, ObjectUri source, S3 s3, Duration firstPause) {
        this.field = field;
        this.source = source;
        this.s3 = s3;
        var builder = S3Client.builder()
                .region(Region.of(s3.region()))
                .credentialsProvider(Keys.of(field, s3))
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(Duration.ofSeconds(10))
                        .socketTimeout(Duration.ofSeconds(60)))
                .overrideConfiguration(configuration -> configuration
                        .retryStrategy(AwsRetryStrategy.standardRetryStrategy().toBuilder()
                                .maxAttempts(ATTEMPTS)
                                .circuitBreakerEnabled(false)
                                .backoffStrategy(BackoffStrategy.exponentialDelay(firstPause, LONGEST_PAUSE))
                                .build())
                        // What lies in a home folder is none of a job's business.
                        .defaultProfileFile(ProfileFile.aggregator().build()));
        if (s3.endpoint() != null) {
            var address = URI.create(s3.endpoint());
            // As of http://10.0.0.300 and http://minio..example.com.
            if (address.getHost() == null) {
                throw unknownHost();
            }
            // By path, for few services but AWS's own have a host name for each bucket.
            builder.endpointOverride(address).forcePathStyle(true);
        }
        client = builder.build();
    }

    /** Fetches the object, or all objects of the folder, into the folder here. */
    Path fetch(Path folder) {
        try {
            if (source.mayBeObject()) {
                var file = folder.resolve(source.key().substring(source.key().lastIndexOf('/') + 1));
                try {
                    long bytes = get(source.key(), file);
                    LOG.info("{}: fetched {}, {} bytes", field, source, bytes);
                    return file;
                } catch (NoSuchKeyException e) {
                    // Then it is a folder, or nothing.
                }
            }
            fetchAll(folder);
            return folder;
        } catch (SdkException e) {
            throw failure(e);
        }
    }

    private void fetchAll(Path folder) {
        int objects = 0;
        long bytes = 0;
        try (var threads = Executors.newFixedThreadPool(AT_ONCE)) {
            try {
                for (var page : client.listObjectsV2Paginator(
                        request -> request.bucket(source.bucket()).prefix(source.prefix()))) {
                    var fetching = new ArrayList<Callable<Long>>();
                    for (var object : page.contents()) {
                        // Consoles show a folder by an empty object of its name.
                        if (!object.key().endsWith("/")) {
                            var file = file(folder, object);
                            fetching.add(() -> get(object.key(), file));
                        }
                    }
                    bytes += sum(threads, fetching);
                    objects += fetching.size();
                }
            } finally {
                threads.shutdownNow();
            }
        }
        if (objects == 0) {
            throw invalid("is neither an object nor a folder with objects in it");
        }
        LOG.info("{}: fetched {} objects of {}, {} bytes", field, objects, source, bytes);
    }

    private Path file(Path folder, S3Object object) {
        var name = object.key().substring(source.prefix().length());
        var file = folder.resolve(name).normalize();
        if (!file.startsWith(folder) || !folder.relativize(file).toString().equals(name)) {
            throw invalid("has an object " + object.key() + ", whose key makes no file name");
        }
        try {
            Files.createDirectories(file.getParent());
        } catch (IOException e) {
            throw scratchFailed(e);
        }
        return file;
    }

    /** Runs them all and adds their results up. */
    private static long sum(ExecutorService threads, List<Callable<Long>> tasks) {
        try {
            long sum = 0;
            for (var done : threads.invokeAll(tasks)) {
                sum += done.get();
            }
            return sum;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new AssertionError(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(Reason.Terminated, "interrupted while fetching", e);
        }
    }

    private long get(String key, Path file) {
        var request =
                GetObjectRequest.builder().bucket(source.bucket()).key(key).build();
        return client.getObject(request, (response, in) -> write(response, in, file));
    }

    /** Writes one object to its file and verifies it. What fails on the way is tried again from its beginning. */
    private long write(GetObjectResponse response, InputStream in, Path file) {
        var digest = md5();
        long length = 0;
        try (var out = Files.newOutputStream(file)) {
            var buffer = new byte[1 << 16];
            for (int got; (got = read(in, buffer)) >= 0; length += got) {
                digest.update(buffer, 0, got);
                out.write(buffer, 0, got);
            }
        } catch (IOException e) {
            throw scratchFailed(e);
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

    private static MessageDigest md5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has MD5", e);
        }
    }

    private Failure scratchFailed(IOException e) {
        return new Failure(
                Reason.WorkerError,
                field + ": " + source + " can't be fetched into the scratch folder: " + e.getMessage()
                        + "; if it is full, the nodes need more room for ephemeral storage",
                e);
    }

    private Failure invalid(String problem) {
        return new Failure(Reason.InvalidData, field + ": " + source + " " + problem);
    }

    private Failure unknownHost() {
        return invalid(
                "can't be fetched: " + endpoint() + " is no host that is known here; check " + field + ".s3.endpoint");
    }

    private String endpoint() {
        return s3.endpoint() == null ? "AWS in " + s3.region() : s3.endpoint();
    }

    /** The user's own mistakes in a sentence; all else may go better in another attempt. */
    private Failure failure(SdkException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof Failure failure) {
                return failure;
            }
            if (cause instanceof UnknownHostException) {
                return unknownHost();
            }
            if (cause instanceof SSLException) {
                return invalid("can't be fetched: " + endpoint() + " speaks no TLS that is trusted here ("
                        + cause.getMessage() + "); check " + field + ".s3.endpoint");
            }
        }
        if (e instanceof AwsServiceException refusal
                && refusal.statusCode() < 500
                && !refusal.isThrottlingException()) {
            return refused(refusal);
        }
        return new Failure(
                Reason.StorageUnavailable,
                field + ": " + source + " can't be fetched from " + endpoint() + ", tried " + ATTEMPTS + " times: "
                        + e.getMessage(),
                e);
    }

    private Failure refused(AwsServiceException e) {
        var code = e.awsErrorDetails() == null ? null : e.awsErrorDetails().errorCode();
        return switch (code == null ? "" : code) {
            case "NoSuchBucket" ->
                invalid("can't be fetched: there is no bucket " + source.bucket() + " at " + endpoint());
            case "AccessDenied" ->
                invalid("can't be fetched: " + endpoint() + " denies access; the key in the secret of " + field
                        + ".s3.secretRef must be allowed to get the objects and to list the bucket");
            // The second is the Versity gateway's word for it.
            case "InvalidAccessKeyId", "XAdminUserNotFound" ->
                invalid("can't be fetched: " + endpoint() + " doesn't know the accessKeyId in the secret of " + field
                        + ".s3.secretRef");
            case "SignatureDoesNotMatch" ->
                invalid("can't be fetched: the secretAccessKey in the secret of " + field
                        + ".s3.secretRef isn't the one of its accessKeyId");
            case "ExpiredToken", "InvalidToken" ->
                invalid("can't be fetched: the sessionToken in the secret of " + field
                        + ".s3.secretRef has expired or is wrong");
            case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException" ->
                invalid("can't be fetched: the bucket isn't in " + field + ".s3.region, which is " + s3.region());
            case "RequestTimeTooSkewed" ->
                new Failure(
                        Reason.WorkerError,
                        field + ": " + source + " can't be fetched: the node's clock differs too much from that of "
                                + endpoint());
            default ->
                invalid("can't be fetched: " + endpoint() + " answers with status " + e.statusCode()
                        + (code == null ? ", and not as an S3 service does" : " and " + code) + "; check " + field
                        + ".s3.endpoint");
        };
    }

    @Override
    public void close() {
        client.close();
    }
}
