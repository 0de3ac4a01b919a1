package dev.capstan.controllers.admission.capacity;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.fit.Amounts;

/** Places of one pod set. */
public final class SeatUsage {
    static final int NONE = -1;

    final Grant.Seats granted;
    public final Amounts each;
    /** The row of each pod's node; -1 for a pod without a place. */
    public final int[] rows;
    /** Whether a pod's place takes room: nobody has taken it yet, or a pod that is there has. */
    public final boolean[] takesRoom;

    SeatUsage(Grant.Seats granted, Amounts each, int[] rows) {
        this.granted = granted;
        this.each = each;
        this.rows = rows;
        takesRoom = new boolean[rows.length];
    }

    /** Whether a pod of this number has a place. */
    boolean has(int pod) {
        return pod >= 0 && pod < rows.length && rows[pod] != NONE;
    }

    /**
     * Whether a pod that has such a seat takes it. A pod of a workload that keeps its places does as long as it is on
     * the seat's node; another's does even when it has ended.
     */
    boolean isTakenBy(PodUsage pod, boolean keeps) {
        return !keeps || pod.takesRoom() && pod.node().equals(node(pod.seat()));
    }

    /** Which pod a seat is for, counted from 0. */
    int number(ClusterView.Seat seat) {
        return seat.rank() - granted.firstRank();
    }

    String node(ClusterView.Seat seat) {
        return node(number(seat));
    }

    String node(int pod) {
        return granted.nodes().get(pod);
    }

    /** Whether a pod has the same place in both. */
    boolean isSame(SeatUsage other, int pod) {
        return other != null && other.has(pod) && other.rows[pod] == rows[pod] && other.each == each;
    }
}
