package dev.capstan.controllers.training;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.gang.Refusal;
import dev.capstan.controllers.kube.Verdicts;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a job's own status says of where it stands. */
class StandingTest {
    /** Else it would lose its place by being told why it waits. */
    @ParameterizedTest
    @EnumSource
    void whoeverIsToldWhyItHasNoPlacesIsInTheQueueStill(Refusal refusal) {
        assertTrue(Standing.isQueue(Verdicts.reason(refusal)), refusal.name());
    }
}
