package dev.capstan.operator.crowd;

import java.util.Map;

/**
 * What a watch said about one object, in the order of the API server's revisions.
 *
 * @param revision at which it came to be so; it orders the events of all watches
 * @param millis when the watch said so, by a clock that only counts on
 * @param gone whether the object was deleted
 */
record Event(long revision, long millis, boolean gone, Thing thing) {

    /** What is judged of an object. */
    sealed interface Thing {
        String uid();
    }

    /**
     * @param node where it is bound; null while nowhere
     * @param meantFor the only node that it may be bound to; null if it says none
     * @param gpus that it asks for
     */
    record Pod(
            String uid,
            String namespace,
            String name,
            String jobUid,
            int attempt,
            int rank,
            String meantFor,
            String node,
            boolean running,
            boolean ended,
            int gpus)
            implements Thing {}

    /** @param ready and not cordoned */
    record Node(String uid, String name, boolean ready) implements Thing {}

    /**
     * @param replicas how many pods the gang has
     * @param attempt of the grant in its status; 0 for none
     * @param nodes that were granted, by rank
     */
    record Job(
            String uid,
            String namespace,
            String name,
            int replicas,
            int attempt,
            Map<Integer, String> nodes,
            boolean complete,
            boolean failed)
            implements Thing {}
}
