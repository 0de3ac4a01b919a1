package dev.capstan.protocol;

import java.util.List;

/**
 * The replicas among which a router chooses.
 *
 * @param version grows with each change: an older list that comes late is left aside
 * @param replicas those that may be asked; a router asks only the ready ones among them
 * @param waiting what is waited for while none is ready, for people; null if nothing is known
 */
public record Endpoints(long version, List<Replica> replicas, String waiting) {
    /**
     * @param address IP address of the pod
     * @param revision which revision it serves
     */
    public record Replica(String address, int revision) {}

    /**
     * What a router answers.
     *
     * @param version of the list that it goes by now: the one that it was sent with 200, a later one with 409
     */
    public record Known(long version) {}
}
