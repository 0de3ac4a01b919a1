package dev.capstan.controllers.training;

import dev.capstan.crds.PlaceUri;
import dev.capstan.crds.S3;
import dev.capstan.crds.S3Uri;
import dev.capstan.crds.VolumeUri;
import dev.capstan.crds.training.TrainingDefaults;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;

/** Where in the pods the places are that a spec names. */
final class Places {
    private Places() {}

    /** A place to read; {@code s3} says how to reach it, and is null for volumes. */
    static JobFile.Place of(String uri, S3 s3) {
        return switch (PlaceUri.parse(uri)) {
            case VolumeUri volume -> new JobFile.Place(path(volume), uri, null);
            case S3Uri object ->
                new JobFile.Place(
                        null,
                        uri,
                        new JobFile.S3(
                                s3.getEndpoint(),
                                TrainingDefaults.region(s3),
                                credentials(s3.getSecretRef().getName())));
        };
    }

    /** Where a place on a volume is. */
    static String path(VolumeUri place) {
        return place.path().isEmpty() ? mountPath(place.claim()) : mountPath(place.claim()) + "/" + place.path();
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
