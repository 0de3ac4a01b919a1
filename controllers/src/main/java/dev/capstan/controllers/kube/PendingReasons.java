package dev.capstan.controllers.kube;

import dev.capstan.controllers.admission.queue.PendingReason;
import dev.capstan.controllers.admission.queue.Workload;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Why workloads wait, from the admission loop to the shells that write it down. Kept in memory alone: a new leader
 * finds it out anew.
 */
public final class PendingReasons {
    /**
     * How often the numbers of one workload's reason may change: with each pod of a busy cluster they do, and each time
     * would be a write for every waiting job.
     */
    private static final Duration CALM = Duration.ofSeconds(10);

    /** And how many reasons may change in a second because of their numbers, however many workloads wait. */
    private static final int CHANGES_PER_SECOND = 5;

    private final Map<String, Told> told = new ConcurrentHashMap<>();
    private final Clock clock;

    public PendingReasons(Clock clock) {
        this.clock = clock;
    }

    private record Told(int attempt, Wait why, Instant at) {}

    /** The reason that a waiting job is given for the engine's. */
    public static WaitReason reason(PendingReason pending) {
        return switch (pending) {
            case NO_ROOM_NOW -> WaitReason.WAITING_FOR_CAPACITY;
            case NO_ROOM_EVER -> WaitReason.DOES_NOT_FIT;
            case NO_DOMAIN_NOW, NO_DOMAIN_EVER -> WaitReason.TOPOLOGY_PLACEMENT_FAILED;
            case NO_QUOTA_NOW -> WaitReason.WAITING_FOR_QUOTA;
            case NO_QUOTA_EVER -> WaitReason.EXCEEDS_MAX_QUOTA;
            case NOT_LOOKED_AT -> WaitReason.WAITING_FOR_TURN;
            case NO_FLAVOR -> WaitReason.NO_MATCHING_FLAVOR;
            case QUOTA_STOPPED -> WaitReason.QUOTA_STOPPED;
            case QUOTA_CONFLICT -> WaitReason.FLAVOR_CONFLICT;
        };
    }

    /**
     * Says why a workload waits; answers whether that is news.
     *
     * @param message is asked for only if it may be news
     * @param waiting how many workloads wait
     */
    boolean put(Workload workload, WaitReason reason, Supplier<String> message, int waiting) {
        var now = clock.instant();
        var last = told.get(workload.uid());
        boolean same = last != null
                && last.attempt() == workload.attempt()
                && last.why().reason().equals(reason);
        if (same && last.at().plus(calm(waiting)).isAfter(now)) {
            return false;
        }
        var wait = new Wait(reason, message.get());
        told.put(workload.uid(), new Told(workload.attempt(), wait, now));
        return !same || !last.why().equals(wait);
    }

    private static Duration calm(int waiting) {
        var fair = Duration.ofMillis(1000L * waiting / CHANGES_PER_SECOND);
        return fair.compareTo(CALM) > 0 ? fair : CALM;
    }

    /** Forgets a job: it doesn't wait any more. */
    void forget(String jobUid) {
        told.remove(jobUid);
    }

    /** Why an attempt of a job waits, if admission has looked at it. */
    public Optional<Wait> of(String jobUid, int attempt) {
        return Optional.ofNullable(told.get(jobUid))
                .filter(last -> last.attempt() == attempt)
                .map(Told::why);
    }
}
