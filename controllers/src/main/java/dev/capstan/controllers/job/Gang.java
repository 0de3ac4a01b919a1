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
 * @param bySeat the pod that a seat has
 * @param twins pods that say that they are a seat's as well, and that nobody made for this job: copies of its pods,
 *     most often
 * @param replaced those that seats had before, and that were lost
 */
record Gang(Map<Integer, Pod> bySeat, List<Pod> twins, List<Pod> replaced) {
    static Gang of(List<Pod> pods, int attempt, JobDescription description) {
        var seats = Seats.of(description);
        var bySeat = new HashMap<Integer, Pod>();
        var twins = new ArrayList<Pod>();
        var replaced = new ArrayList<Pod>();
        for (var pod : pods) {
            int seat = PodLabels.rank(pod);
            if (PodLabels.attempt(pod) != attempt || seat < 0 || seat >= seats.count()) {
                continue;
            }
            if (isBefore(pod, attempt, seat, seats, description)) {
                replaced.add(pod);
                continue;
            }
            var other = bySeat.get(seat);
            // Operators of earlier releases gave other names: without a better one, such a pod is the seat's.
            boolean takes = other == null || isOurs(pod, attempt, seat, description);
            if (takes) {
                bySeat.put(seat, pod);
            }
            if (other != null) {
                twins.add(takes ? other : pod);
            }
        }
        return new Gang(bySeat, twins, replaced);
    }

    private static boolean isBefore(Pod pod, int attempt, int seat, Seats seats, JobDescription description) {
        return IntStream.range(0, seats.incarnation(seat))
                .anyMatch(earlier -> pod.getMetadata().getName().equals(description.podName(attempt, seat, earlier)));
    }

    private static boolean isOurs(Pod pod, int attempt, int seat, JobDescription description) {
        return pod.getMetadata().getName().equals(description.podName(attempt, seat));
    }
}
