package dev.capstan.controllers.pods;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.training.TrainingKind;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Metadata of what a job owns. */
class OwnedTest {
    /** Clusters with a policy that every object has a label of somebody's refuse services, too. */
    @Test
    void labelsThatTheSpecWantsAreOnAllThatIsMade() {
        var job = Jobs.mnist("team", "mnist", 2);
        job.getSpec().getWorkers().setLabels(Map.of("cost-center", "a7"));
        var owner = new TrainingKind().describe(job).owner();
        for (HasMetadata object : List.of(Rendezvous.service(owner), Rendezvous.secret(owner))) {
            var labels = object.getMetadata().getLabels();
            assertEquals("a7", labels.get("cost-center"), object.getKind());
            assertEquals("mnist", labels.get("capstan.dev/job"), object.getKind());
        }
        assertEquals(null, Rendezvous.service(owner).getSpec().getSelector().get("cost-center"));
    }
}
