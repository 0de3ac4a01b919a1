package dev.capstan.controllers.admission.queue;

import java.util.Comparator;

/**
 * What waits for its turn: a workload for the minimum of its pods, or one of its further pods for a place.
 *
 * @param podSet the number of the pod set, for a further pod; or -1
 * @param pod the further pod, counted from 0 within its pod set; or -1
 */
public record Pending(Workload workload, int podSet, int pod) {
    public static final Comparator<Pending> BY_TURN = Pending::compareTurns;

    private static int compareTurns(Pending one, Pending other) {
        int byWorkload = one.workload == other.workload ? 0 : Workload.BY_TURN.compare(one.workload, other.workload);
        if (byWorkload != 0) {
            return byWorkload;
        }
        return one.podSet != other.podSet
                ? Integer.compare(one.podSet, other.podSet)
                : Integer.compare(one.pod, other.pod);
    }

    /** A workload that has no places yet. */
    static Pending minimum(Workload workload) {
        return new Pending(workload, -1, -1);
    }

    /** Whether the workload has places already, and this is one more. */
    public boolean isFill() {
        return pod >= 0;
    }
}
