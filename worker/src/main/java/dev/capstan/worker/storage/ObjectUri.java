package dev.capstan.worker.storage;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.util.regex.Pattern;

/**
 * {@code s3://BUCKET/KEY}.
 *
 * @param key of an object, or what the keys of several begin with; may be empty, which is the whole bucket
 */
record ObjectUri(String bucket, String key) {
    private static final Pattern FORM = Pattern.compile("s3://([^/]+)(?:/(.*))?");

    /** @param field where the job names the URI, for messages */
    static ObjectUri parse(String field, String uri) {
        var form = FORM.matcher(uri);
        if (!form.matches()) {
            throw new Failure(
                    Reason.InvalidJob, field + ".uri is \"" + uri + "\"; a place in an S3 bucket is s3://BUCKET/PATH");
        }
        return new ObjectUri(form.group(1), form.group(2) == null ? "" : form.group(2));
    }

    /** Whether it can be an object; otherwise it is a folder, that is, a prefix. */
    boolean mayBeObject() {
        return !key.isEmpty() && !key.endsWith("/");
    }

    /** What the keys of all objects in the folder begin with. */
    String prefix() {
        return mayBeObject() ? key + "/" : key;
    }

    @Override
    public String toString() {
        return "s3://" + bucket + "/" + key;
    }
}
