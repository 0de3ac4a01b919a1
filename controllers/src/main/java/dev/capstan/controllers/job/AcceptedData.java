package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.crds.CapstanJob;
import dev.capstan.protocol.Contract;
import java.util.Optional;

/** Other training samples than a job's checkpoint was trained on, with which its user has it go on all the same. */
final class AcceptedData {
    private AcceptedData() {}

    /** Their digest, as the job's annotation has it. */
    static Optional<String> of(CapstanJob<?, ?> job) {
        return Optional.ofNullable(job.getMetadata().getAnnotations())
                .map(annotations -> annotations.get(Contract.ACCEPT_DATA))
                .map(String::strip);
    }

    /** Whether a job that waits because of changed data has been told to go on with those that were found. */
    static boolean answers(JobState state) {
        return state.waiting()
                .filter(wait -> wait.reason() == WaitReason.DATA_CHANGED)
                // The message has the digest of what was found; any other would only be found again.
                .filter(wait -> of(state.job())
                        .filter(digest ->
                                digest.startsWith("sha256:") && wait.message().contains("=" + digest))
                        .isPresent())
                .isPresent();
    }
}
