package dev.capstan.controllers.kube;

import dev.capstan.controllers.pods.PodReport;
import dev.capstan.controllers.pods.Told;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Pods that are bound for a while and don't run, though their status tells nothing. */
final class QuietPods {
    /** Of so many pods it is asked: what is in one's way is in the others' too, most often. */
    private static final int TOLD_OF = 4;

    private QuietPods() {}

    /** What kubelets say of the first few of them, by their names; empty of one that goes on. */
    static Map<String, String> told(Stream<Pod> pods, EventReader events, Instant now) {
        return pods.filter(pod -> PodReport.quietSince(pod)
                        .filter(since -> since.plus(PodReport.QUIET).isBefore(now))
                        .isPresent())
                .limit(TOLD_OF)
                .collect(Collectors.toMap(pod -> pod.getMetadata().getName(), pod -> Told.ofPod(events.of(pod))));
    }
}
