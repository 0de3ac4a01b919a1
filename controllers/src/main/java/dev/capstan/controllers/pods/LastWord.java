package dev.capstan.controllers.pods;

import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Optional;

/** Why a container of ours ended: what it wrote as its last word, else what its exit code and the kubelet tell. */
public final class LastWord {
    /** 128 and the number of the signal, as shells tell it. */
    private static final int SIGKILL = 128 + 9;

    private LastWord() {}

    /**
     * What became of it.
     *
     * @param moreMemory what a user can do about memory
     */
    public static Outcome of(Pod pod, ContainerStateTerminated ended, String moreMemory) {
        return lastWord(ended).orElseGet(() -> silent(pod, ended, moreMemory));
    }

    /** Whether it ended without a word that can be believed. */
    public static boolean isSilent(ContainerStateTerminated ended) {
        return lastWord(ended).isEmpty();
    }

    /** Whether somebody killed it, who isn't the kernel for want of memory, as far as the kubelet knows. */
    public static boolean wasKilled(ContainerStateTerminated ended) {
        return exitCode(ended) == SIGKILL && isSilent(ended) && !"OOMKilled".equals(ended.getReason());
    }

    private static Optional<Outcome> lastWord(ContainerStateTerminated ended) {
        if (ended.getMessage() == null || ended.getMessage().isBlank()) {
            return Optional.empty();
        }
        try {
            var outcome = Json.read(ended.getMessage(), Outcome.class);
            return outcome.reason() == null || !believable(outcome, ended) ? Optional.empty() : Optional.of(outcome);
        } catch (IllegalArgumentException e) {
            // Not ours: a truncated message, or another program's. The exit code has to do.
            return Optional.empty();
        }
    }

    /** A worker that was killed after it wrote its last word didn't succeed; and success on rank 0 has an artifact. */
    private static boolean believable(Outcome outcome, ContainerStateTerminated ended) {
        return outcome.reason() != Reason.Succeeded || exitCode(ended) == 0;
    }

    private static Outcome silent(Pod pod, ContainerStateTerminated ended, String moreMemory) {
        var limit = memoryLimit(pod);
        if ("OOMKilled".equals(ended.getReason()) && limit.isPresent()) {
            return new Outcome(
                    Reason.OutOfMemory, "was killed at its memory limit of " + limit.get() + ": " + moreMemory, null);
        }
        var reason = reason(exitCode(ended));
        return new Outcome(
                reason,
                "ended with exit code %d%s and without a message%s"
                        .formatted(
                                exitCode(ended),
                                ended.getReason() == null ? "" : " (" + ended.getReason() + ")",
                                exitCode(ended) == SIGKILL
                                        ? limit.map(memory -> guess(memory, moreMemory))
                                                .orElse("")
                                        : ""),
                null);
    }

    /**
     * Most often it is the memory. Containerd hears of a kill at the limit from the container's cgroup, which may be
     * gone before it reads there (containerd issues 8180 and 8893); who else killed isn't told at all. So the next
     * attempt has to show.
     */
    private static String guess(Quantity limit, String moreMemory) {
        return "; if it was killed at its memory limit of " + limit + ", " + moreMemory;
    }

    private static Reason reason(int exitCode) {
        for (var reason : Reason.values()) {
            if (reason.exitCode() == exitCode) {
                return reason;
            }
        }
        return Reason.WorkerError;
    }

    private static int exitCode(ContainerStateTerminated ended) {
        return ended.getExitCode() == null ? -1 : ended.getExitCode();
    }

    private static Optional<Quantity> memoryLimit(Pod pod) {
        return pod.getSpec().getContainers().stream()
                .filter(container -> WorkerPods.CONTAINER.equals(container.getName()))
                .map(Container::getResources)
                .filter(resources -> resources != null && resources.getLimits() != null)
                .map(resources -> resources.getLimits().get("memory"))
                .filter(limit -> limit != null)
                .findFirst();
    }
}
