package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.controllers.admission.queue.PendingReason;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.crds.Reasons;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the engine finds of a workload, as its job says it. */
class PendingReasonsTest {
    private static final Map<PendingReason, String> SAID = Map.of(
            PendingReason.NO_ROOM_NOW, Reasons.WAITING_FOR_CAPACITY,
            PendingReason.NO_ROOM_EVER, Reasons.DOES_NOT_FIT,
            PendingReason.NO_DOMAIN_NOW, Reasons.TOPOLOGY_PLACEMENT_FAILED,
            PendingReason.NO_DOMAIN_EVER, Reasons.TOPOLOGY_PLACEMENT_FAILED,
            PendingReason.NO_QUOTA_NOW, Reasons.WAITING_FOR_QUOTA,
            PendingReason.NO_QUOTA_EVER, Reasons.EXCEEDS_MAX_QUOTA,
            PendingReason.NOT_LOOKED_AT, Reasons.WAITING_FOR_TURN,
            PendingReason.NO_FLAVOR, Reasons.NO_MATCHING_FLAVOR,
            PendingReason.QUOTA_STOPPED, Reasons.QUOTA_STOPPED,
            PendingReason.QUOTA_CONFLICT, Reasons.FLAVOR_CONFLICT);

    @Test
    void eachIsAReasonOfAJobThatQueues() {
        for (var pending : PendingReason.values()) {
            var reason = PendingReasons.reason(pending);
            assertEquals(WaitReason.of(SAID.get(pending)).orElseThrow(), reason);
            assertEquals(true, reason.isQueued(), reason.name());
        }
    }
}
