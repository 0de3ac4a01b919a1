package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.WorkerResources;
import dev.capstan.protocol.Progress;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Workers that hold GPUs and compute on CPUs. */
class GpuUseTest {
    private final PlanTable table = new PlanTable();

    @Test
    void aJobWhoseGpusAreNotUsedSaysSoOnce() {
        table.running();
        told(null, 1);
        assertTrue(found().isEmpty(), "nothing is known yet");
        told(Progress.CPU, 2);
        var condition = table.condition(Conditions.GPU_USED);
        assertEquals("False", condition.getStatus());
        assertEquals(Reasons.GPU_NOT_USED, condition.getReason());
        assertEquals(
                "each worker holds 1 nvidia.com/gpu and computes on a CPU: take workers.resources.limits of GPUs away, so"
                        + " that others can have them, or set workers.image to one that computes on GPUs",
                condition.getMessage());
        assertEquals("cpu", table.job.getStatus().getProgress().getDevice());
        assertEquals("True", table.condition(Conditions.READY).getStatus(), "it goes on");
        told(Progress.CPU, 3);
        assertEquals(List.of(condition.getMessage()), notes());
        assertTrue(Notice.Reason.GPUNotUsed.warning());
        // Of whom nobody knows for a while what they compute on, it is known still.
        told(null, 4);
        assertEquals(condition, table.condition(Conditions.GPU_USED));
    }

    @Test
    void itIsKnownWhenAllIsOver() {
        table.running();
        told(Progress.CPU, 2);
        var condition = table.condition(Conditions.GPU_USED);
        table.succeed();
        table.pass();
        assertEquals("True", table.condition(Conditions.COMPLETE).getStatus());
        assertEquals(condition, table.condition(Conditions.GPU_USED));
        assertEquals("cpu", table.job.getStatus().getProgress().getDevice());
    }

    @Test
    void whoComputesOnAGpuSaysOnWhich() {
        table.running();
        told("cuda:0 (NVIDIA H200)", 2);
        var condition = table.condition(Conditions.GPU_USED);
        assertEquals("True", condition.getStatus());
        assertEquals("the workers compute on cuda:0 (NVIDIA H200)", condition.getMessage());
        assertTrue(notes().isEmpty());
    }

    @Test
    void whoAsksForNoneIsToldNothing() {
        for (var other : List.of("rdma/hca", "cpu", "example.com/fpga")) {
            table.job
                    .getSpec()
                    .getWorkers()
                    .setResources(new WorkerResources().setLimits(Map.of(other, new Quantity("1"))));
            var asksForNone = new PlanTable();
            asksForNone.job.getSpec().setWorkers(table.job.getSpec().getWorkers());
            asksForNone.running();
            told(asksForNone, Progress.CPU, 2);
            assertTrue(
                    ConditionSet.find(asksForNone.job.getStatus().getConditions(), Conditions.GPU_USED)
                            .isEmpty(),
                    other);
            assertEquals("cpu", asksForNone.job.getStatus().getProgress().getDevice());
        }
    }

    @Test
    void partsOfAGpuAreGpus() {
        table.job
                .getSpec()
                .getWorkers()
                .setResources(new WorkerResources()
                        .setLimits(Map.of(
                                "nvidia.com/mig-1g.10gb",
                                new Quantity("2"),
                                "nvidia.com/gpu",
                                new Quantity("0"),
                                "cpu",
                                new Quantity("4"))));
        table.running();
        told(Progress.CPU, 2);
        var message = table.condition(Conditions.GPU_USED).getMessage();
        assertTrue(message.startsWith("each worker holds 2 nvidia.com/mig-1g.10gb and computes"), message);
    }

    private Optional<?> found() {
        return ConditionSet.find(table.job.getStatus().getConditions(), Conditions.GPU_USED);
    }

    private List<String> notes() {
        return table.told.stream()
                .filter(each -> each.reason() == Notice.Reason.GPUNotUsed)
                .map(Notice::note)
                .toList();
    }

    private void told(String device, long step) {
        told(table, device, step);
    }

    private static void told(PlanTable table, String device, long step) {
        table.progress = Optional.of(new Progress(
                        table.job.getStatus().getAttempt(),
                        Progress.Stage.TRAINING,
                        1,
                        5,
                        step,
                        9375,
                        0.5,
                        1000,
                        7,
                        null,
                        null)
                .on(device));
        table.pass();
    }
}
