package dev.capstan.worker.storage;

import dev.capstan.protocol.JobFile.S3;
import dev.capstan.worker.outcome.Failure;
import java.net.UnknownHostException;
import java.util.Optional;
import javax.net.ssl.SSLException;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * What the answers of a service with the S3 API mean, in the words of whoever has to do something about them.
 *
 * @param field where the job names the place, for messages
 * @param place what is read or written
 * @param s3 how it is reached
 * @param written whether it is written, too
 */
record Refusals(String field, ObjectUri place, S3 s3, boolean written) {
    private static final int SERVER_ERRORS = 500;
    private static final int NOT_IMPLEMENTED = 501;

    /** Who can do something about it. */
    enum Blame {
        /** The job's user: key, bucket, endpoint or region are wrong. */
        USER,
        /** Whoever runs the node. */
        NODE,
        /** Nobody here: the service may be better later. */
        SERVICE,
        /** Whoever has room to give; it may come while nobody touches the job. */
        ROOM
    }

    /**
     * What was asked for.
     *
     * @param permission that the key needs, such as {@code s3:PutObject}
     * @param key of the object, or what the keys of several begin with; null if many are read
     */
    record Request(String permission, String key) {
        /** Reading all of a place, for which reading objects and listing the bucket are needed. */
        static final Request FETCH = new Request("s3:GetObject", null);

        static Request get(String key) {
            return new Request("s3:GetObject", key);
        }

        static Request put(String key) {
            return new Request("s3:PutObject", key);
        }

        static Request delete(String key) {
            return new Request("s3:DeleteObject", key);
        }

        static Request list(String prefix) {
            return new Request("s3:ListBucket", prefix);
        }
    }

    /**
     * Who is to blame, and a sentence that goes on after "can't be fetched: " or "can't be written: "; of the service,
     * after "can't be fetched from " or "failed at ".
     */
    record Refusal(Blame blame, String sentence) {}

    Refusal of(SdkException e, Request request) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnknownHostException) {
                return unknownHost();
            }
            if (cause instanceof SSLException) {
                return new Refusal(
                        Blame.USER,
                        endpoint() + " speaks no TLS that is trusted here (" + cause.getMessage() + "); check " + field
                                + ".s3.endpoint");
            }
        }
        if (e instanceof AwsServiceException refusal && isRefused(refusal)) {
            return refused(refusal, request);
        }
        return new Refusal(
                Blame.SERVICE, endpoint() + ", tried " + ObjectService.ATTEMPTS + " times: " + e.getMessage());
    }

    /** Libraries wrap what they met: a failure that is a sentence already. */
    static Optional<Failure> failure(Exception e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof Failure failure) {
                return Optional.of(failure);
            }
        }
        return Optional.empty();
    }

    Refusal unknownHost() {
        return new Refusal(Blame.USER, endpoint() + " is no host that is known here; check " + field + ".s3.endpoint");
    }

    private static boolean isRefused(AwsServiceException e) {
        return (e.statusCode() < SERVER_ERRORS || e.statusCode() == NOT_IMPLEMENTED) && !e.isThrottlingException();
    }

    /** As the service calls what went wrong; empty if it doesn't. */
    static String code(AwsServiceException e) {
        var details = e.awsErrorDetails();
        return details == null || details.errorCode() == null ? "" : details.errorCode();
    }

    private Refusal refused(AwsServiceException e, Request request) {
        var secret = "in the secret of " + field + ".s3.secretRef";
        if (isFull(e)) {
            return new Refusal(
                    Blame.ROOM,
                    "the bucket " + place.bucket() + " at " + endpoint() + " has no room left (" + code(e)
                            + "); remove what isn't needed, or raise its quota" + said(e));
        }
        return switch (code(e)) {
            case "NoSuchBucket" ->
                new Refusal(Blame.USER, "there is no bucket " + place.bucket() + " at " + endpoint());
            case "AccessDenied" -> new Refusal(Blame.USER, denied(request, secret));
            // The second is the Versity gateway's word for it.
            case "InvalidAccessKeyId", "XAdminUserNotFound" ->
                new Refusal(Blame.USER, endpoint() + " doesn't know the accessKeyId " + secret);
            case "SignatureDoesNotMatch" ->
                new Refusal(Blame.USER, "the secretAccessKey " + secret + " isn't the one of its accessKeyId");
            case "ExpiredToken", "InvalidToken" ->
                new Refusal(Blame.USER, "the sessionToken " + secret + " has expired or is wrong");
            case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException" ->
                new Refusal(Blame.USER, "the bucket isn't in " + field + ".s3.region, which is " + s3.region());
            case "RequestTimeTooSkewed" ->
                new Refusal(Blame.NODE, "the node's clock differs too much from that of " + endpoint());
            case "" ->
                new Refusal(
                        Blame.USER,
                        endpoint() + " answers with status " + e.statusCode()
                                + ", and not as an S3 service does; check " + field + ".s3.endpoint");
            default ->
                new Refusal(
                        Blame.USER,
                        endpoint() + " answers with status " + e.statusCode() + " and " + code(e) + "; check " + field
                                + ".s3.endpoint" + said(e));
        };
    }

    /** Ceph and the Versity gateway call it QuotaExceeded, MinIO by names of its own; Garage denies access. */
    private static boolean isFull(AwsServiceException e) {
        var code = code(e);
        var details = e.awsErrorDetails();
        var words = details == null || details.errorMessage() == null ? "" : details.errorMessage();
        return code.endsWith("QuotaExceeded")
                || code.endsWith("StorageFull")
                || code.equals("InsufficientStorage")
                || code.equals("AccessDenied") && words.contains("quota is reached");
    }

    /** The service's own words, of what nobody has foreseen. */
    private static String said(AwsServiceException e) {
        var words = e.awsErrorDetails().errorMessage();
        return words == null || words.isBlank() ? "" : " (it says: " + words.strip() + ")";
    }

    private String denied(Request request, String secret) {
        if (request.key() == null) {
            return endpoint() + " denies access; the key " + secret
                    + " must be allowed to get the objects and to list the bucket";
        }
        var folder = place.bucket() + "/" + place.prefix() + "*";
        return endpoint() + " denies " + request.permission() + " on " + place.bucket() + "/" + request.key()
                + "; the key " + secret + " must be allowed s3:GetObject"
                + (written ? ", s3:PutObject and s3:DeleteObject" : "") + " on " + folder
                + ", and s3:ListBucket on the bucket " + place.bucket()
                // Who may not know what is there is told the same about what isn't.
                + (request.permission().equals("s3:GetObject")
                        ? ", without which objects that aren't there are denied, too"
                        : "");
    }

    private String endpoint() {
        return s3.endpoint() == null ? "AWS in " + s3.region() : s3.endpoint();
    }
}
