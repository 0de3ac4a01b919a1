package dev.capstan.crds;

import java.util.regex.Pattern;

/**
 * A place in a bucket as users name it: {@code s3://BUCKET/PATH}, where the path may be absent.
 *
 * @param bucket name of the bucket
 * @param path key of an object, or what the keys of several begin with; empty for the whole bucket
 */
public record S3Uri(String bucket, String path) implements PlaceUri {
    static final String SCHEME = "s3://";

    private static final String REGEX = "^s3://[a-z0-9][-a-z0-9.]{1,61}[a-z0-9](/[A-Za-z0-9._@=+,~-]+)*$";
    private static final Pattern PATTERN = Pattern.compile(REGEX);

    /** CEL: the string is a bucket and a path. */
    static final String SHAPE_RULE = "self.matches('" + REGEX + "')";

    /**
     * Reads a URI that the API server accepted.
     *
     * @throws IllegalArgumentException if the schema would have refused it
     */
    public static S3Uri parse(String uri) {
        if (uri.length() > VolumeUri.MAX_LENGTH || !PATTERN.matcher(uri).matches()) {
            throw new IllegalArgumentException(PlaceUri.SHAPE_MESSAGE + ", not " + uri);
        }
        VolumeUri.requireInside(uri);
        var place = uri.substring(SCHEME.length());
        int slash = place.indexOf('/');
        return slash < 0 ? new S3Uri(place, "") : new S3Uri(place.substring(0, slash), place.substring(slash + 1));
    }

    @Override
    public S3Uri resolve(String below) {
        return new S3Uri(bucket, path.isEmpty() ? below : path + "/" + below);
    }

    @Override
    public String toString() {
        return path.isEmpty() ? SCHEME + bucket : SCHEME + bucket + "/" + path;
    }
}
