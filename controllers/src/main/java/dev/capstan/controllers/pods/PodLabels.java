package dev.capstan.controllers.pods;

import dev.capstan.controllers.plan.Labels;
import io.fabric8.kubernetes.api.model.Pod;

/** What the labels of a job's pod say about it. */
public final class PodLabels {
    private PodLabels() {}

    /** The attempt that a pod belongs to; 0 for a pod that doesn't say. */
    public static int attempt(Pod pod) {
        return number(pod, Labels.ATTEMPT, 0);
    }

    /** The rank of a pod's worker; -1 for a pod that doesn't say. */
    public static int rank(Pod pod) {
        return number(pod, Labels.RANK, -1);
    }

    /** Whether a pod checks data rather than does the job's work. */
    public static boolean isCheck(Pod pod) {
        var labels = pod.getMetadata().getLabels();
        return labels != null && Owned.CHECK.equals(labels.get(Labels.COMPONENT));
    }

    private static int number(Pod pod, String label, int otherwise) {
        var labels = pod.getMetadata().getLabels();
        try {
            return labels == null ? otherwise : Integer.parseInt(labels.getOrDefault(label, ""));
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }
}
