package dev.capstan.controllers.pods;

import dev.capstan.crds.Folder;
import dev.capstan.crds.PlaceUri;
import dev.capstan.crds.S3;
import dev.capstan.crds.S3Uri;
import dev.capstan.crds.VolumeUri;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;

/** Where in the pods that which a spec names by URI is mounted. */
public final class StoragePaths {
    private StoragePaths() {}

    /** A file or folder to read; {@code s3} says how to reach it, and is null for volumes. */
    public static JobFile.Place of(String uri, S3 s3) {
        return switch (PlaceUri.parse(uri)) {
            case VolumeUri volume -> new JobFile.Place(path(volume), uri, null);
            case S3Uri object -> new JobFile.Place(null, uri, service(s3));
        };
    }

    /** Where a folder that is written is; null if it is in a bucket. */
    public static String path(Folder folder) {
        return switch (folder.uri()) {
            case VolumeUri volume -> path(volume);
            case S3Uri object -> null;
        };
    }

    /** How a folder that is written is reached; null if it is on a volume. */
    public static JobFile.S3 service(Folder folder) {
        return folder.s3() == null ? null : service(folder.s3());
    }

    private static JobFile.S3 service(S3 s3) {
        return new JobFile.S3(
                s3.getEndpoint(), s3.region(), credentials(s3.getSecretRef().getName()));
    }

    private static String path(VolumeUri folder) {
        return folder.path().isEmpty() ? mountPath(folder.claim()) : mountPath(folder.claim()) + "/" + folder.path();
    }

    /** Where a claim is mounted. */
    static String mountPath(String claim) {
        return Contract.VOLUMES + "/" + claim;
    }

    /** Where a secret is mounted. */
    static String credentials(String secret) {
        return Contract.SECRETS + "/" + secret;
    }
}
