package dev.capstan.controllers.pods;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What somebody has told of a pod or a volume claim as an event. A kubelet that can't mount a volume or make a sandbox
 * says so nowhere else, nor does a provisioner.
 *
 * @param warning whether it is of type {@code Warning}
 * @param at when it was told last
 */
public record Told(boolean warning, String reason, String message, Instant at) {
    /**
     * What tells nothing of what keeps a pod from running. The scheduler has a finer clock than the kubelet. And only a
     * container that runs is probed: on a busy node its status says so later than the event does.
     */
    private static final Set<String> OF_NO_MATTER = Set.of("Scheduled", "Unhealthy", "ProbeWarning");

    /** By which a taint, and a pod of higher priority, take pods away. */
    private static final Set<String> GOES = Set.of("TaintManagerEviction", "Preempted");

    /** What is told when a taint is gone before its time was over, with the same reason. */
    private static final String STAYS = "Cancelling";

    /**
     * What keeps a pod that is bound from running, as the kubelet tells; empty if what it told last is that it goes on.
     * Its clock tells seconds: of two things within one, that which went well came after the other.
     */
    public static String ofPod(List<Told> all) {
        return all.stream()
                .filter(told -> !OF_NO_MATTER.contains(told.reason()))
                .max(Comparator.comparing(Told::at).thenComparing(told -> !told.warning()))
                .filter(Told::warning)
                .map(Told::words)
                .orElse("");
    }

    /** What is known of why a claim has no volume: what went wrong last, else what was told last. */
    public static Optional<String> ofClaim(List<Told> all) {
        return all.stream()
                .max(Comparator.comparing(Told::warning).thenComparing(Told::at))
                .map(Told::words);
    }

    /** Who had a pod go that isn't there any more, of those that tell it not only by the pod's condition. */
    public static Optional<String> whoHadItGo(List<Told> all) {
        return all.stream()
                .filter(told -> GOES.contains(told.reason()))
                .max(Comparator.comparing(Told::at))
                .filter(told -> told.message() == null || !told.message().startsWith(STAYS))
                .map(Told::words);
    }

    private String words() {
        return PodReport.because(reason, message);
    }
}
