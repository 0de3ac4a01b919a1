package dev.capstan.controllers.job;

import dev.capstan.controllers.pods.LastWord;
import dev.capstan.protocol.Outcome;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.Set;

/** How a worker's container ended: what it wrote as its last word, else what its exit code and the kubelet tell. */
final class Endings {
    /** Reasons by which a kubelet says that it found the container dead after its machine had been away. */
    private static final Set<String> OF_THE_MACHINE = Set.of("ContainerStatusUnknown", "Unknown");
    /** What a user can do about memory, whatever the work is. */
    private static final String MORE_MEMORY = "raise memory in workers.resources.limits";

    private Endings() {}

    /** @param lessMemory by what else the work would take less memory; empty if by nothing that its spec says */
    static WorkerState.Ended of(
            int rank, Pod pod, ContainerStateTerminated ended, boolean onDeadNode, String lessMemory) {
        var outcome = LastWord.of(pod, ended, lessMemory.isEmpty() ? MORE_MEMORY : MORE_MEMORY + ", or " + lessMemory);
        var at = ended.getFinishedAt() == null ? Instant.EPOCH : Instant.parse(ended.getFinishedAt());
        boolean disturbed = onDeadNode
                || pod.getMetadata().getDeletionTimestamp() != null
                || ended.getReason() != null && OF_THE_MACHINE.contains(ended.getReason());
        boolean killed = LastWord.wasKilled(ended)
                || disturbed && LastWord.isSilent(ended) && outcome.reason() == Outcome.Reason.WorkerError;
        return new WorkerState.Ended(rank, pod.getMetadata().getName(), outcome, at, disturbed, killed);
    }
}
