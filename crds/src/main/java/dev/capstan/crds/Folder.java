package dev.capstan.crds;

/**
 * A folder that a job writes.
 *
 * @param uri where it lies
 * @param s3 how to reach it in a bucket; null on a volume
 */
public record Folder(PlaceUri uri, S3 s3) {
    /** A folder below this one, reached the same way. */
    public Folder resolve(String below) {
        return new Folder(uri.resolve(below), s3);
    }
}
