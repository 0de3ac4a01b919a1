package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.controllers.lineage.Referents;
import dev.capstan.controllers.plan.Refusal;
import dev.capstan.crds.LocalReference;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ten thousand jobs that wait for something that nobody tells of must not ask for it all the time. */
class LookAgainTest {
    private final PlanTable table = new PlanTable();

    @ParameterizedTest
    @CsvSource({"0, 5", "4, 5", "20, 20", "119, 119", "120, 120", "86400, 120"})
    void aSecretThatIsMissingIsLookedForMoreAndMoreSeldom(int waited, int again) {
        table.job.getSpec().getWorkers().setImagePullSecrets(List.of(new LocalReference().setName("registry")));
        table.lookup = Optional.of(new Referents.Lookup(false, false, Optional.empty(), Map.of()));
        assertEquals(again, seconds(waited));
    }

    @ParameterizedTest
    @CsvSource({"5, 5", "60, 60", "86400, 120"})
    void soIsAPodThatIsRefused(int waited, int again) {
        var refusal = new Refusal.Denied("pod mnist-tj-1-worker-0-0", "not baseline");
        var first = JobPlan.refused(table.description(), table.world(), PlanTable.SETTINGS, refusal);
        assertEquals(
                Duration.ofSeconds(1),
                first.again().orElseThrow(),
                "a namespace that was made just now has no service account yet");
        table.take(first);
        table.waitingSince = Optional.of(table.now);
        table.later(waited);
        assertEquals(
                Duration.ofSeconds(again),
                JobPlan.refused(table.description(), table.world(), PlanTable.SETTINGS, refusal)
                        .again()
                        .orElseThrow());
    }

    @Test
    void aClaimThatIsMissingIsNotLookedForAsItIsWatched() {
        table.missingClaims.add("models");
        assertEquals(Optional.empty(), table.pass().again());
        table.missingClaims.clear();
        table.priorityClassThere = false;
        table.job.getSpec().setScheduling(new dev.capstan.crds.Scheduling().setPriorityClassName("high"));
        assertEquals(Optional.empty(), table.pass().again());
    }

    private long seconds(int waited) {
        table.waitingSince = Optional.of(table.now);
        table.later(waited);
        return table.pass().again().orElseThrow().toSeconds();
    }
}
