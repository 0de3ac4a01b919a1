package dev.capstan.worker;

import dev.capstan.protocol.Membership;
import java.util.stream.IntStream;

/** Which rank a worker has: one from its beginning on, or, of a spare, none until a membership names its pod. */
final class Place {
    /** Null of a worker that is no spare. */
    private final String pod;

    private int rank;
    private boolean taken;

    /** @param number the rank; of a spare, what messages call it until it has one */
    private Place(String pod, int number) {
        this.pod = pod;
        rank = number;
        taken = pod == null;
    }

    static Place ofRank(int rank) {
        return new Place(null, rank);
    }

    static Place ofSpare(String pod, int number) {
        return new Place(pod, number);
    }

    /** Whether this worker began as a spare. */
    boolean isSpare() {
        return pod != null;
    }

    /** Whether it has a rank. */
    synchronized boolean taken() {
        return taken;
    }

    /** Its rank, or a spare's number. */
    synchronized int rank() {
        return rank;
    }

    /** Whether this worker is among the members, as its rank; the first that names a spare's pod gives it its rank. */
    synchronized boolean among(Membership membership) {
        if (!taken) {
            var members = membership.members();
            var named = IntStream.range(0, members.size())
                    .filter(each -> pod.equals(members.get(each).pod()))
                    .findFirst();
            if (named.isPresent()) {
                rank = named.getAsInt();
                taken = true;
            }
        }
        return taken;
    }
}
