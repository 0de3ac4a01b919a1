package dev.capstan.e2e;

import dev.capstan.crds.Conditions;

/** What a job over {@link Blobs} leaves when nothing happens to it. */
final class Undisturbed {
    /** Of jobs that are compared with it: time to break something, and to make ready for that first. */
    static final int EPOCHS = 2 * JobManifest.MEDIUM;

    private static String digest;

    private Undisturbed() {}

    /** The digest of its model after {@link #EPOCHS} epochs; one run does for all tests. The tenant has the data. */
    static synchronized String digest(Tenant tenant) {
        if (digest == null) {
            tenant.apply(JobManifest.of("calm").withoutGpus().epochs(EPOCHS).file());
            tenant.awaitCondition("calm", Conditions.COMPLETE, "True", Tenant.TO_THE_END);
            digest = tenant.job("calm").getStatus().getArtifact().getDigest();
        }
        return digest;
    }
}
