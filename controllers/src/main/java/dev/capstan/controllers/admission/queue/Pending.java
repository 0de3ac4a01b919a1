package dev.capstan.controllers.admission.queue;

import java.util.Comparator;

/**
 * What waits for its turn: a workload for the minimum of its pods, or one of its further pods for a place.
 *
 * @param podSet the number of the pod set, for a further pod; or -1
 * @param pod the further pod, counted from 0 within its pod set; or -1
 */
public record Pending(Workload workload, int podSet, int pod) {
    public static final Comparator<Pending> BY_TURN = Comparator.comparing(Pending::workload, Workload.BY_TURN)
            .thenComparingInt(Pending::podSet)
            .thenComparingInt(Pending::pod);

    /** A workload that has no places yet. */
    static Pending minimum(Workload workload) {
        return new Pending(workload, -1, -1);
    }

    /** Whether the workload has places already, and this is one more. */
    public boolean isFill() {
        return pod >= 0;
    }
}
