package dev.capstan.crds.quota;

import java.util.Optional;

/** What a GPUQuota says where its spec is silent. The spec itself stays as its admin wrote it. */
public final class QuotaDefaults {
    public static final int WEIGHT = 1;

    private QuotaDefaults() {}

    /** The quota's part of what its cohort leaves idle. */
    public static int weight(GPUQuotaSpec spec) {
        return spec.getWeight() == null ? WEIGHT : spec.getWeight();
    }

    /** Whether jobs are admitted. */
    public static StopPolicy stopPolicy(GPUQuotaSpec spec) {
        return spec.getStopPolicy() == null ? StopPolicy.NONE : spec.getStopPolicy();
    }

    /** The cohort; empty for a quota that neither lends nor borrows. */
    public static Optional<String> cohort(GPUQuotaSpec spec) {
        return Optional.ofNullable(spec.getCohort());
    }
}
