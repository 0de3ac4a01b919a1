package dev.capstan.controllers.job;

import dev.capstan.controllers.pods.PodLabels;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The pods of one attempt, told apart from others that say they are.
 *
 * @param byRank the pod that does a rank's work
 * @param twins pods that say that they do as well, and that nobody made for this job: copies of its pods, most often
 * @param replaced those that did a rank's work before, and were lost
 */
record Gang(Map<Integer, Pod> byRank, List<Pod> twins, List<Pod> replaced) {
    static Gang of(List<Pod> pods, int attempt, JobDescription description) {
        var byRank = new HashMap<Integer, Pod>();
        var twins = new ArrayList<Pod>();
        var replaced = new ArrayList<Pod>();
        for (var pod : pods) {
            int rank = PodLabels.rank(pod);
            if (PodLabels.attempt(pod) != attempt || rank < 0 || rank >= description.replicas()) {
                continue;
            }
            if (isBefore(pod, attempt, rank, description)) {
                replaced.add(pod);
                continue;
            }
            var other = byRank.get(rank);
            // Operators of earlier releases gave other names: without a better one, such a pod is the worker's.
            boolean takes = other == null || isOurs(pod, attempt, rank, description);
            if (takes) {
                byRank.put(rank, pod);
            }
            if (other != null) {
                twins.add(takes ? other : pod);
            }
        }
        return new Gang(byRank, twins, replaced);
    }

    private static boolean isBefore(Pod pod, int attempt, int rank, JobDescription description) {
        return IntStream.range(0, Incarnations.of(description.job()).of(rank))
                .anyMatch(earlier -> pod.getMetadata().getName().equals(description.podName(attempt, rank, earlier)));
    }

    private static boolean isOurs(Pod pod, int attempt, int rank, JobDescription description) {
        return pod.getMetadata().getName().equals(description.podName(attempt, rank));
    }
}
