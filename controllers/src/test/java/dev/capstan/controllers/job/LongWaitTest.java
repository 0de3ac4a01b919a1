package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.controllers.kube.AddedRequests;
import dev.capstan.controllers.kube.Applier;
import dev.capstan.controllers.kube.Changes;
import dev.capstan.controllers.kube.CheckpointRequests;
import dev.capstan.controllers.kube.GangVoices;
import dev.capstan.controllers.kube.ProgressReader;
import dev.capstan.controllers.kube.WorkerHttp;
import dev.capstan.controllers.metrics.Meters;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** When a job is looked at next whose plan has nothing to do for long. */
class LongWaitTest {
    private static final int A_DAY = 86_400;

    private final PlanTable table = new PlanTable();

    @Test
    void aJobThatMayBeActiveForADayIsLookedAtAsOftenAsOneWithoutADeadline() {
        table.job.getSpec().setActiveDeadlineSeconds(A_DAY);
        table.running();
        assertEquals(Applier.AT_LEAST_EVERY, looksAgain(table.pass()));
    }

    @Test
    void aFinishedJobThatIsKeptForADayToo() {
        table.job.getSpec().setTtlSecondsAfterFinished(A_DAY);
        table.running();
        table.succeed();
        table.pass();
        table.pods.clear();
        assertEquals(Applier.AT_LEAST_EVERY, looksAgain(table.pass()));
    }

    @Test
    void aDeadlineThatIsNearIsMetInTime() {
        table.job.getSpec().setActiveDeadlineSeconds(60);
        table.running();
        assertEquals(Duration.ofSeconds(60).plusMillis(1), looksAgain(table.pass()));
    }

    /** Carries out a plan by which nothing is written, and so nobody is asked for anything. */
    private Duration looksAgain(Plan<JobStatus> plan) {
        var nowhere = new ConfigBuilder().withMasterUrl("http://127.0.0.1:1").build();
        var meters = new Meters(new SimpleMeterRegistry());
        try (var client = new KubernetesClientBuilder().withConfig(nowhere).build();
                var http = new WorkerHttp(client);
                var progress = new ProgressReader(http, Duration.ofMinutes(1), meters);
                var requests = new CheckpointRequests(http, Duration.ofMinutes(1));
                var gangs = new GangVoices(http, Clock.systemUTC())) {
            var applier = new Applier(
                    client,
                    new AddedRequests(new Changes(), Clock.systemUTC()),
                    progress,
                    requests,
                    gangs,
                    meters,
                    Clock.systemUTC(),
                    "test");
            var shell = new Applier.Shell<>(StatusNoise::alone, (TrainingJob job) -> {});
            return applier.carryOut(table.job, plan.status(), plan.following(Optional.empty()), shell)
                    .getScheduleDelay()
                    .map(Duration::ofMillis)
                    .orElseThrow();
        }
    }
}
