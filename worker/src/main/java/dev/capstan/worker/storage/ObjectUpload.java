package dev.capstan.worker.storage;

import dev.capstan.worker.storage.Refusals.Request;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.NoSuchUploadException;

/**
 * Writes one object of any length, and holds one part of it in memory. The object is there when {@link #complete} has
 * returned, and not before; closed without that, nothing of it stays. Each part goes with its MD5, by which the service
 * verifies it, and which buckets with object lock ask for.
 */
public final class ObjectUpload extends OutputStream {
    private static final Logger LOG = LoggerFactory.getLogger(ObjectUpload.class);
    /** All parts of one size, as some services ask for; AWS takes 10,000 of them. */
    static final int PART = 16 << 20;

    private static final int MOST_PARTS = 10_000;
    private static final String BYTES = "application/octet-stream";

    private final ObjectFolder folder;
    private final S3Client client;
    private final String bucket;
    private final String key;
    private final List<CompletedPart> parts = new ArrayList<>();
    /** Grows to the size of a part: most objects are small. */
    private byte[] buffer = new byte[1 << 16];

    private int filled;
    private long written;
    /** Of the upload in parts; null while there is none. */
    private String id;

    private boolean over;

    ObjectUpload(ObjectFolder folder, S3Client client, String bucket, String key) {
        this.folder = folder;
        this.client = client;
        this.bucket = bucket;
        this.key = key;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (over) {
            throw new IOException("the upload of " + key + " is over");
        }
        for (int done = 0; done < length; ) {
            if (filled == PART) {
                sendPart();
            }
            int some = Math.min(length - done, PART - filled);
            if (filled + some > buffer.length) {
                buffer = Arrays.copyOf(buffer, Math.min(PART, Math.max(filled + some, 2 * buffer.length)));
            }
            System.arraycopy(bytes, offset + done, buffer, filled, some);
            filled += some;
            done += some;
        }
        written += length;
    }

    /** Bytes written so far. */
    public long written() {
        return written;
    }

    /** Ends the upload: now the object is there. */
    public void complete() throws IOException {
        if (over) {
            throw new IOException("the upload of " + key + " is over");
        }
        if (id == null) {
            folder.asked(
                    Request.put(key),
                    () -> client.putObject(put -> put.bucket(bucket).key(key).contentMD5(md5()), body()));
        } else {
            sendPart();
            completeParts();
        }
        over = true;
    }

    private void sendPart() throws IOException {
        if (parts.size() == MOST_PARTS) {
            throw new ObjectException(
                    false,
                    key + " has more than " + MOST_PARTS + " parts of " + (PART >> 20) + " MiB, the most that an S3"
                            + " service takes",
                    null);
        }
        if (id == null) {
            id = folder.asked(
                    Request.put(key),
                    () -> client.createMultipartUpload(
                                    create -> create.bucket(bucket).key(key))
                            .uploadId());
        }
        int number = parts.size() + 1;
        var sent = folder.asked(
                Request.put(key),
                () -> client.uploadPart(
                        part -> part.bucket(bucket)
                                .key(key)
                                .uploadId(id)
                                .partNumber(number)
                                .contentMD5(md5()),
                        body()));
        parts.add(CompletedPart.builder().partNumber(number).eTag(sent.eTag()).build());
        filled = 0;
    }

    private void completeParts() throws IOException {
        try {
            client.completeMultipartUpload(
                    complete -> complete.bucket(bucket).key(key).uploadId(id).multipartUpload(all -> all.parts(parts)));
        } catch (NoSuchUploadException e) {
            // The client has asked twice, because the first answer was lost; then the object is there.
            if (!isThere()) {
                throw folder.refused(e, Request.put(key));
            }
        } catch (SdkException e) {
            throw folder.refused(e, Request.put(key));
        }
    }

    private boolean isThere() throws IOException {
        return folder.asked(
                Request.list(key),
                () -> client.listObjectsV2(list -> list.bucket(bucket).prefix(key)).contents().stream()
                        .anyMatch(object -> object.key().equals(key) && object.size() == written));
    }

    private RequestBody body() {
        int length = filled;
        return RequestBody.fromContentProvider(() -> new ByteArrayInputStream(buffer, 0, length), length, BYTES);
    }

    private String md5() {
        var digest = ObjectService.md5();
        digest.update(buffer, 0, filled);
        return Base64.getEncoder().encodeToString(digest.digest());
    }

    /** Gives up what was begun, unless it is complete. */
    @Override
    public void close() {
        if (over) {
            return;
        }
        over = true;
        if (id == null) {
            return;
        }
        try {
            client.abortMultipartUpload(abort -> abort.bucket(bucket).key(key).uploadId(id));
        } catch (SdkException e) {
            LOG.warn(
                    "parts of {} stay in bucket {} until the next attempt gives them up, or a rule of the bucket's"
                            + " lifecycle: {}",
                    key,
                    bucket,
                    e.getMessage());
        }
    }
}
