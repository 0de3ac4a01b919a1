package dev.capstan.controllers.admission;

import dev.capstan.controllers.admission.capacity.Occupancy;
import dev.capstan.controllers.admission.fit.NodeTable;
import dev.capstan.controllers.admission.fit.ShapeTable;
import dev.capstan.controllers.admission.queue.PendingQueue;
import dev.capstan.controllers.admission.queue.ShapeMemoryBudget;

/**
 * How much memory the engine takes at most, by what it knows of: the sum grows as the cluster and the queue do, and by
 * nothing that has come and gone. The numbers are of a JVM with compressed pointers.
 */
final class Footprint {
    private static final long NODE = 1000;
    /** Of one node: a long name and a value. */
    private static final long LABEL = 200;

    private static final long POD = 200;
    /** More, of one that has taken its place in a workload. */
    private static final long SEAT = 250;

    private static final long GRANT = 780;
    /** A pod's place in a grant. */
    private static final long PLACE = 24;

    private static final long WORKLOAD = 700;
    /** More, of a pod that waits for a place beside those that its workload has. */
    private static final long FILL = 250;

    private static final long LINE = 1000;
    private static final long DOMAIN = 200;

    private Footprint() {}

    /** In bytes. */
    static long most(
            NodeTable nodes, ShapeTable shapes, Occupancy occupancy, PendingQueue queue, ShapeMemoryBudget budget) {
        return NODE * nodes.count()
                + LABEL * nodes.labels()
                + nodes.bytesOfColumns()
                + POD * occupancy.pods()
                + SEAT * occupancy.seats()
                + GRANT * occupancy.grants()
                + PLACE * occupancy.places()
                + WORKLOAD * queue.size()
                + FILL * (queue.turns() - queue.size())
                + LINE * queue.all().size()
                + DOMAIN * nodes.domains().count()
                + budget.mostBytes(shapes, nodes);
    }
}
