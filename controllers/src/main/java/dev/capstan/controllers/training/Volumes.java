package dev.capstan.controllers.training;

import dev.capstan.crds.Dataset;
import dev.capstan.crds.VolumeUri;
import dev.capstan.crds.training.TrainingJobSpec;
import dev.capstan.protocol.Contract;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Where the places that a spec names are in the pods: each volume claim is mounted once, under its name. */
final class Volumes {
    private Volumes() {}

    /** The claims that a job names, and whether only for reading. */
    static SortedMap<String, Boolean> readOnlyByClaim(TrainingJobSpec spec) {
        var claims = new TreeMap<String, Boolean>();
        claims.put(claim(spec.getData().getTrain()), true);
        if (spec.getData().getTest() != null) {
            claims.put(claim(spec.getData().getTest()), true);
        }
        claims.put(VolumeUri.parse(spec.getOutput().getStorage().getUri()).claim(), false);
        return claims;
    }

    /** The claims that a job names. */
    static SortedSet<String> claims(TrainingJobSpec spec) {
        return new TreeSet<>(readOnlyByClaim(spec).keySet());
    }

    /** Where a claim is mounted. */
    static String mountPath(String claim) {
        return Contract.VOLUMES + "/" + claim;
    }

    /** Where a place on a volume is in the pods. */
    static String path(String uri) {
        var place = VolumeUri.parse(uri);
        return place.path().isEmpty() ? mountPath(place.claim()) : mountPath(place.claim()) + "/" + place.path();
    }

    private static String claim(Dataset dataset) {
        return VolumeUri.parse(dataset.getUri()).claim();
    }
}
