package dev.capstan.controllers.pods;

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
            case S3Uri object ->
                new JobFile.Place(
                        null,
                        uri,
                        new JobFile.S3(
                                s3.getEndpoint(),
                                s3.region(),
                                credentials(s3.getSecretRef().getName())));
        };
    }

    /** Where a folder on a volume is. */
    public static String path(VolumeUri folder) {
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
