package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.cluster.Claim;
import dev.capstan.crds.Progress;
import dev.capstan.crds.Scheduling;
import dev.capstan.crds.Topology;
import io.fabric8.kubernetes.api.model.NodeSelector;
import io.fabric8.kubernetes.api.model.NodeSelectorBuilder;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class JobWorkloadsTest {
    private final PlanTable table = new PlanTable();

    @Test
    void aWorkloadGoesWhereItsVolumesAre() {
        table.claims.put("datasets", new Claim(Set.of("ReadWriteMany"), Optional.of(zone("a"))));
        table.pass();
        var workload = table.workload().orElseThrow();
        assertEquals(List.of(zone("a")), workload.podSets().getFirst().where().volumes());
        assertTrue(workload.topology().isEmpty());
    }

    @Test
    void workersThatShareAVolumeOfOneNodeHaveToBeOnOne() {
        table.claims.put("models", new Claim(Set.of("ReadWriteOnce"), Optional.empty()));
        table.job.getSpec().setScheduling(new Scheduling().setTopology(new Topology().setPreferred("rack")));
        table.pass();
        var topology = table.workload().orElseThrow().topology().orElseThrow();
        assertEquals("kubernetes.io/hostname", topology.label());
        assertTrue(topology.required());
        assertTrue(topology.because().orElseThrow().contains("claim models"), topology.toString());
    }

    @Test
    void oneWorkerMayUseAVolumeOfOneNodeAnywhere() {
        table.claims.put("models", new Claim(Set.of("ReadWriteOnce"), Optional.empty()));
        table.job.getSpec().getWorkers().setReplicas(1);
        table.pass();
        assertTrue(table.workload().orElseThrow().topology().isEmpty());
    }

    @Test
    void aTopologyIsRequiredOrPreferredAsTheJobSays() {
        table.job.getSpec().setScheduling(new Scheduling().setTopology(new Topology().setRequired("rack")));
        table.pass();
        var topology = table.workload().orElseThrow().topology().orElseThrow();
        assertEquals("rack", topology.label());
        assertTrue(topology.required());
    }

    @Test
    void aRunningJobEndsWhenItsProgressSaysAndAtItsDeadlineAtTheLatest() {
        table.running();
        assertEquals(Optional.empty(), ends());
        table.job.getStatus().setStartTime("2026-01-01T00:00:00Z");
        table.job
                .getStatus()
                .setProgress(
                        new Progress().setUpdatedTime("2026-01-01T00:01:00Z").setEstimatedSecondsRemaining(30L));
        assertEquals(Optional.of(Instant.parse("2026-01-01T00:01:30Z")), ends());
        table.job.getSpec().setActiveDeadlineSeconds(60);
        assertEquals(Optional.of(Instant.parse("2026-01-01T00:01:00Z")), ends());
    }

    private Optional<Instant> ends() {
        return JobWorkloads.grant(table.description(), PlanTable.SETTINGS, name -> 0)
                .orElseThrow()
                .ends();
    }

    private static NodeSelector zone(String value) {
        return new NodeSelectorBuilder()
                .addNewNodeSelectorTerm()
                .addNewMatchExpression()
                .withKey("topology.kubernetes.io/zone")
                .withOperator("In")
                .withValues(value)
                .endMatchExpression()
                .endNodeSelectorTerm()
                .build();
    }
}
