package dev.capstan.crds.validation;

import static dev.capstan.crds.validation.Refused.absent;
import static dev.capstan.crds.validation.Refused.empty;
import static dev.capstan.crds.validation.Refused.refused;
import static dev.capstan.crds.validation.Refused.tooLong;

import java.util.stream.Stream;

/** What may be said of the places that blocks of every kind name: volumes, buckets and other objects. */
public final class Places {
    public static final String ON_A_VOLUME_OR_IN_A_BUCKET =
            "uri must be pvc://CLAIM/PATH or s3://BUCKET/PATH, such as pvc://datasets/mnist/train: the name of a"
                    + " PersistentVolumeClaim or of a bucket, then a path of letters, digits and . _ @ = + , ~ - that"
                    + " does not end in a slash";
    public static final String INSIDE =
            "uri must not have . or .. in its path: write the path from the root of the volume or bucket";
    private static final String NAME =
            "name must be the name of an object in the same namespace: lower-case letters, digits, - and . that"
                    + " begin and end with a letter or digit";
    private static final String S3_GOES_WITH_S3 =
            "s3 says how to reach an s3:// uri and goes with nothing else: set s3, such as s3: {secretRef: {name:"
                    + " s3-reader}}, with an s3:// uri, and remove it otherwise";
    private static final String ENDPOINT =
            "endpoint must be http:// or https:// and a host, with or without a port and nothing behind it, such as"
                    + " https://minio.example.com:9000";
    private static final String PORT =
            "endpoint must have a port from 1 to 65535, such as https://minio.example.com:9000, or none";
    private static final String REGION =
            "region must be the name of a region, such as us-east-1: lower-case letters, digits and -";

    private Places() {}

    /** Of a block with a uri, and s3. */
    public static Stream<Refused> refusals(String block) {
        var uri = block + ".uri";
        var s3 = block + ".s3";
        return Stream.concat(
                Stream.of(
                        empty(uri),
                        refused(uri, "pvc://" + "x".repeat(507), uri + ": Too long"),
                        refused(uri, "gs://bucket/train", uri, ON_A_VOLUME_OR_IN_A_BUCKET),
                        refused(uri, "/var/data", ON_A_VOLUME_OR_IN_A_BUCKET),
                        refused(uri, "pvc://Datasets/train", ON_A_VOLUME_OR_IN_A_BUCKET),
                        refused(uri, "pvc://datasets/", ON_A_VOLUME_OR_IN_A_BUCKET),
                        refused(uri, "pvc://datasets//train", ON_A_VOLUME_OR_IN_A_BUCKET),
                        refused(uri, "pvc://datasets/a b", ON_A_VOLUME_OR_IN_A_BUCKET),
                        refused(uri, "\"pvc://datasets/a\\n\"", ON_A_VOLUME_OR_IN_A_BUCKET),
                        refused(uri, "s3://Bucket/train", ON_A_VOLUME_OR_IN_A_BUCKET),
                        refused(uri, "s3://ab", ON_A_VOLUME_OR_IN_A_BUCKET),
                        refused(uri, "s3://bucket/", ON_A_VOLUME_OR_IN_A_BUCKET),
                        refused(uri, "pvc://datasets/../secrets", uri, INSIDE),
                        refused(uri, "pvc://datasets/train/..", INSIDE),
                        refused(uri, "s3://bucket/./train", INSIDE),
                        refused(block, withUri(block, "s3://bucket/train", ""), s3, S3_GOES_WITH_S3),
                        refused(
                                block,
                                withUri(block, "pvc://claim", ", s3: {secretRef: {name: a}}"),
                                s3,
                                S3_GOES_WITH_S3)),
                service(s3));
    }

    /** Of a block that says how to reach a service with the S3 API. */
    public static Stream<Refused> service(String s3) {
        return Stream.concat(
                Stream.of(
                        tooLong(s3 + ".endpoint", 256),
                        refused(s3 + ".endpoint", "minio:9000", s3 + ".endpoint", ENDPOINT),
                        refused(s3 + ".endpoint", "https://minio/path", ENDPOINT),
                        refused(s3 + ".endpoint", "https://user@minio", ENDPOINT),
                        refused(s3 + ".endpoint", "''", ENDPOINT),
                        refused(s3 + ".endpoint", "https://minio:65536", s3 + ".endpoint", PORT),
                        refused(s3 + ".endpoint", "https://minio:0", PORT),
                        tooLong(s3 + ".region", 64),
                        refused(s3 + ".region", "Frankfurt am Main", s3 + ".region", REGION),
                        absent(s3 + ".secretRef")),
                name(s3 + ".secretRef.name"));
    }

    private static String withUri(String block, String uri, String rest) {
        var format = block.startsWith("spec.data") ? ", format: idx" : "";
        return "{uri: '%s'%s%s}".formatted(uri, format, rest);
    }

    /** Of the name of another object. */
    public static Stream<Refused> name(String name) {
        return Stream.of(
                absent(name),
                empty(name),
                tooLong(name, 253),
                refused(name, "a/b", name, NAME),
                refused(name, "A", NAME),
                refused(name, "a-", NAME));
    }

    /** Of a block with a uri to write to, and s3. */
    public static Stream<Refused> storage(String block) {
        return Stream.concat(Stream.of(absent(block + ".uri")), refusals(block));
    }
}
