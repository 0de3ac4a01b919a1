package dev.capstan.crds;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.capstan.crds.training.TrainingJobStatus;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import org.junit.jupiter.api.Test;

class BlockTest {
    @Test
    void areEqualWhenTheyReadTheSame() {
        var status = new TrainingJobStatus().setProgress(new Progress().setEpoch(1));
        var same = new TrainingJobStatus().setProgress(new Progress().setEpoch(1));
        assertEquals(status, same);
        assertEquals(status.hashCode(), same.hashCode());
        assertNotEquals(status, same.setPhase(Phase.RUNNING));
        assertNotEquals(new Artifact(), new Admission());
    }

    @Test
    void printAsJsonWithoutWhatIsAbsent() {
        assertEquals("{\"epoch\":1}", new Progress().setEpoch(1).toString());
    }

    /** A newer operator may have written it; the informer of an older one must go on. */
    @Test
    void readPastWhatTheyDoNotKnow() {
        var status = Serialization.unmarshal(
                "{\"phase\": \"Dreaming\", \"attempt\": 2, \"dreams\": {}}", TrainingJobStatus.class);
        assertNull(status.getPhase());
        assertEquals(2, status.getAttempt());
    }

    @Test
    void aCopyReadsTheSameAndSharesNothing() {
        var status = new TrainingJobStatus();
        status.setProgress(new Progress().setEpoch(1)).setConditions(List.of(new ConditionBuilder().build()));
        var copy = Block.copy(status);
        assertEquals(status, copy);
        copy.getProgress().setEpoch(2);
        copy.getConditions().getFirst().setReason("Copied");
        assertEquals(1, status.getProgress().getEpoch());
        assertNull(status.getConditions().getFirst().getReason());
    }
}
