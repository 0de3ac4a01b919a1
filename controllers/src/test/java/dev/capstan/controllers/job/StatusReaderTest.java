package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.queue.PendingReason;
import dev.capstan.controllers.kube.PendingReasons;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a job's own status says of where it stands. */
class StatusReaderTest {
    /** Else it would lose its place by being told why it waits. */
    @ParameterizedTest
    @EnumSource
    void whoeverIsToldWhyItHasNoPlacesIsInTheQueueStill(PendingReason refusal) {
        assertTrue(PendingReasons.reason(refusal).isQueued(), refusal.name());
    }
}
