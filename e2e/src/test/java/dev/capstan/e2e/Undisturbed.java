package dev.capstan.e2e;

import dev.capstan.crds.Conditions;
import java.time.Duration;

/** What a long job over {@link Blobs} leaves when nothing happens to it. */
final class Undisturbed {
    private static String digest;

    private Undisturbed() {}

    /** The digest of its model; one run does for all tests. The tenant has the data. */
    static synchronized String digest(Tenant tenant) {
        if (digest == null) {
            tenant.apply(JobManifest.of("calm").epochs(JobManifest.LONG).file());
            tenant.awaitCondition("calm", Conditions.COMPLETE, "True", Duration.ofMinutes(3));
            digest = tenant.job("calm").getStatus().getArtifact().getDigest();
        }
        return digest;
    }
}
