package dev.capstan.worker.storage;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.capstan.protocol.JobFile.S3;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.Refusals.Blame;
import dev.capstan.worker.storage.Refusals.Refusal;
import dev.capstan.worker.storage.Refusals.Request;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;

/**
 * A folder in a bucket: objects whose keys begin alike. There is no renaming as on a volume, but an object comes whole
 * or not at all, and a small one can be put on the condition that nobody else was quicker. So what consists of several
 * objects is written under names that nobody else uses, and gets its manifest last, by such a put.
 *
 * <p>Methods throw {@link ObjectException} if the service refuses or fails.
 */
public final class ObjectFolder {
    private static final Logger LOG = LoggerFactory.getLogger(ObjectFolder.class);
    private static final int PRECONDITION_FAILED = 412;
    private static final int CONFLICT = 409;
    private static final int NOT_IMPLEMENTED = 501;

    private final String field;
    private final ObjectUri place;
    private final Refusals refusals;
    private final S3Client client;

    /**
     * An object.
     *
     * @param name below the folder
     * @param bytes its length
     */
    public record Entry(String name, long bytes) {}

    /**
     * A small object.
     *
     * @param text in UTF-8
     * @param tag tells this content from any other of the object
     */
    public record Text(String text, String tag) {}

    /**
     * The folder that a job writes; asks nobody yet.
     *
     * @param field where the job names the place, for messages
     * @throws Failure OutputUnavailable if the secret lacks a key or the endpoint is no host
     */
    public static ObjectFolder written(String field, String uri, S3 s3) {
        return new ObjectFolder(field, uri, s3, Reason.OutputUnavailable, ObjectService.FIRST_PAUSE);
    }

    /** As {@link #written}, of one that a job reads: the reason is InvalidData then. */
    public static ObjectFolder read(String field, String uri, S3 s3) {
        return new ObjectFolder(field, uri, s3, Reason.InvalidData, ObjectService.FIRST_PAUSE);
    }

    ObjectFolder(String field, String uri, S3 s3, Reason lacking, Duration firstPause) {
        this.field = field;
        place = ObjectUri.parse(field, uri);
        refusals = new Refusals(field, place, s3, lacking == Reason.OutputUnavailable);
        var keys = Keys.of(field, s3, lacking);
        try {
            client = ObjectService.client(s3, keys, firstPause);
        } catch (IllegalArgumentException e) {
            throw new Failure(
                    lacking, field + ": " + place + " " + refusals.unknownHost().sentence(), e);
        }
    }

    /**
     * The text of an object; empty if there is none of that name.
     *
     * @param most bytes that it may have, whole MiB
     * @throws IllegalArgumentException if it has more
     */
    public Optional<Text> text(String name, int most) throws IOException {
        try {
            var found =
                    asked(Request.get(key(name)), () -> ObjectService.start(client, place.bucket(), key(name), most));
            return Optional.of(
                    new Text(BoundedText.of(name, new ByteArrayInputStream(found.bytes()), most), found.tag()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Puts a small object in the place of whatever is there. */
    public void put(String name, String text) throws IOException {
        asked(Request.put(key(name)), () -> put(name, text, false, null));
    }

    /**
     * Puts a small object if its place still is as it was found.
     *
     * @param tag of what was found there; null if nothing was
     * @return whether it is there now; if not, somebody else was quicker
     */
    public boolean put(String name, String text, String tag) throws IOException {
        try {
            asked(Request.put(key(name)), () -> {
                try {
                    return put(name, text, true, tag);
                } catch (AwsServiceException e) {
                    if (e.statusCode() != NOT_IMPLEMENTED) {
                        throw e;
                    }
                    // Whoever comes last wins then. What is named remains whole.
                    LOG.warn("{}: the service knows no conditions, and {} is written without one", field, name);
                    return put(name, text, false, null);
                }
            });
            return true;
        } catch (Quicker e) {
            // Or it was this very put, whose answer was lost and which the client repeated.
            return text(name, BoundedText.SHORT)
                    .filter(there -> there.text().equals(text))
                    .isPresent();
        }
    }

    private Object put(String name, String text, boolean conditional, String tag) {
        var bytes = text.getBytes(UTF_8);
        var md5 = Base64.getEncoder().encodeToString(ObjectService.md5().digest(bytes));
        try {
            return client.putObject(
                    put -> {
                        put.bucket(place.bucket()).key(key(name)).contentMD5(md5);
                        if (conditional && tag == null) {
                            put.ifNoneMatch("*");
                        } else if (conditional) {
                            put.ifMatch(tag);
                        }
                    },
                    RequestBody.fromContentProvider(
                            () -> new ByteArrayInputStream(bytes), bytes.length, "application/json"));
        } catch (AwsServiceException e) {
            // AWS was seen to say so with status 200; and it says that what should be replaced isn't there.
            boolean quicker = e.statusCode() == PRECONDITION_FAILED
                    || e.statusCode() == CONFLICT
                    || Refusals.code(e).equals("PreconditionFailed")
                    || tag != null && e instanceof NoSuchKeyException;
            throw conditional && quicker ? new Quicker(e) : e;
        }
    }

    /** Somebody else wrote there meanwhile. */
    private static final class Quicker extends RuntimeException {
        private static final long serialVersionUID = 1;

        Quicker(AwsServiceException cause) {
            super(cause);
        }
    }

    /** Something to write a whole object by, of any length; see {@link ObjectUpload}. */
    public ObjectUpload upload(String name) {
        return new ObjectUpload(this, client, place.bucket(), key(name));
    }

    /**
     * Copies an object within the service, by which not a byte of it comes here.
     *
     * @param source the folder that it lies in, of the same service
     * @param file what the object must be
     * @return whether the copy is that, as far as the service's tags tell: the MD5 of what was sent in one piece
     * @throws NoSuchFileException if there is none of that name
     */
    public boolean copy(ObjectFolder source, String from, String to, Path file) throws IOException {
        var tag = asked(
                Request.put(key(to)),
                () -> client.copyObject(copy -> copy.sourceBucket(source.place.bucket())
                                .sourceKey(source.key(from))
                                .destinationBucket(place.bucket())
                                .destinationKey(key(to)))
                        .copyObjectResult()
                        .eTag());
        return tag != null && tag.replace("\"", "").equals(ObjectService.md5(file));
    }

    /** All objects whose names begin with a text, in no order. */
    public List<Entry> list(String start) throws IOException {
        return asked(Request.list(key(start)), () -> {
            var found = new ArrayList<Entry>();
            for (var page : client.listObjectsV2Paginator(
                    list -> list.bucket(place.bucket()).prefix(key(start)))) {
                for (var object : page.contents()) {
                    found.add(new Entry(object.key().substring(place.prefix().length()), object.size()));
                }
            }
            return found;
        });
    }

    /**
     * Brings an object into a file.
     *
     * @throws NoSuchFileException if there is none of that name
     * @throws Failure WorkerError if the file can't be written
     */
    public void fetch(String name, Path file) throws IOException {
        asked(
                Request.get(key(name)),
                () -> ObjectService.get(client, place.bucket(), key(name), file, field + ": " + place));
    }

    /** Removes an object; nothing happens if there is none. */
    public void delete(String name) throws IOException {
        asked(
                Request.delete(key(name)),
                () -> client.deleteObject(
                        delete -> delete.bucket(place.bucket()).key(key(name))));
    }

    /**
     * Gives up uploads that were begun and never ended: their parts are paid for, and no list shows them. Who may not
     * list them is told in the log, and goes on.
     *
     * @param start of the names that are looked at
     * @param old whether the upload of that name is to go
     */
    public void abortUploads(String start, Predicate<String> old) {
        try {
            var uploads = client
                    .listMultipartUploadsPaginator(
                            list -> list.bucket(place.bucket()).prefix(key(start)))
                    .uploads()
                    .stream()
                    .filter(upload ->
                            old.test(upload.key().substring(place.prefix().length())))
                    .toList();
            for (MultipartUpload upload : uploads) {
                client.abortMultipartUpload(
                        abort -> abort.bucket(place.bucket()).key(upload.key()).uploadId(upload.uploadId()));
                LOG.info("{}: gave up an upload of {} that was never ended", field, upload.key());
            }
        } catch (SdkException e) {
            LOG.warn(
                    "{}: uploads that were never ended stay in {}, if there are any: {}; a rule of the bucket's"
                            + " lifecycle can remove them",
                    field,
                    place,
                    e.getMessage());
        }
    }

    /** An object, as the user names places. */
    public String uri(String name) {
        return "s3://" + place.bucket() + "/" + key(name);
    }

    private String key(String name) {
        return place.prefix() + name;
    }

    /**
     * Asks the service, and says in a sentence what it refuses.
     *
     * @throws NoSuchFileException if there is no such object
     */
    <T> T asked(Request request, Supplier<T> call) throws IOException {
        try {
            return call.get();
        } catch (NoSuchKeyException e) {
            throw new NoSuchFileException("s3://" + place.bucket() + "/" + request.key());
        } catch (SdkException e) {
            throw refused(e, request);
        } catch (Failure e) {
            throw lacking(e);
        }
    }

    /** A secret that lacks a key now ends no training, as little as a service that refuses the key. */
    private static ObjectException lacking(Failure failure) {
        if (failure.reason() == Reason.WorkerError) {
            throw failure;
        }
        return new ObjectException(false, failure.getMessage(), failure);
    }

    ObjectException refused(SdkException e, Request request) {
        var failure = Refusals.failure(e);
        if (failure.isPresent()) {
            return lacking(failure.get());
        }
        Refusal refusal = refusals.of(e, request);
        boolean service = refusal.blame() == Blame.SERVICE;
        return new ObjectException(
                refusal.blame() != Blame.USER, (service ? "failed at " : "") + refusal.sentence(), e);
    }
}
