package dev.capstan.crds;

/** A place as users name it: on a volume, or in a bucket. */
public sealed interface PlaceUri permits VolumeUri, S3Uri {
    /** CEL: the string is a claim and a path, or a bucket and a path. */
    String SHAPE_RULE = VolumeUri.SHAPE_RULE + " || " + S3Uri.SHAPE_RULE;
    /** What is said when {@link #SHAPE_RULE} fails. */
    String SHAPE_MESSAGE =
            "uri must be pvc://CLAIM/PATH or s3://BUCKET/PATH, such as pvc://datasets/mnist/train: the name of a PersistentVolumeClaim or of a bucket, then a path of letters, digits and . _ @ = + , ~ - that does not end in a slash";

    /**
     * Reads a URI that the API server accepted.
     *
     * @throws IllegalArgumentException if the schema would have refused it
     */
    static PlaceUri parse(String uri) {
        return uri.startsWith(S3Uri.SCHEME) ? S3Uri.parse(uri) : VolumeUri.parse(uri);
    }

    /** A place below this one. It may be longer than a schema accepts, so don't {@link #parse} it again. */
    PlaceUri resolve(String below);

    /** Path from the root of the volume or bucket, without a leading slash; empty for the root itself. */
    String path();
}
