package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.pods.CheckPods;
import dev.capstan.controllers.pods.JobNetworkPolicy;
import dev.capstan.controllers.pods.Rendezvous;
import dev.capstan.controllers.pods.WorkerPods;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.controllers.training.TrainingKind;
import dev.capstan.crds.Artifact;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.RandomJobs;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.crds.training.TrainingJobStatus;
import dev.capstan.protocol.Timeouts;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Of a job that the API server takes, it takes the pods, too, and all else that is made from it: what a user has to
 * mend is said when the job is applied, and doesn't roll back one attempt after the other. {@code -Dseed=N} begins with
 * another job.
 */
class DerivedObjectsTest {
    private static final long SEED = Long.getLong("seed", 0);
    private static final WorkerSettings SETTINGS = new WorkerSettings(
            "capstan/worker:1",
            // The server has no class of the chart's.
            "",
            Map.of("cpu", new Quantity("500m"), "memory", new Quantity("1Gi")),
            new Quantity("100Gi"),
            List.of(),
            Timeouts.DEFAULT,
            Optional.empty());

    private static ApiServer api;
    private static String jobs;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
        jobs = "/apis/capstan.dev/v1alpha1/namespaces/" + api.newNamespace("derived") + "/trainingjobs?dryRun=All";
    }

    @ParameterizedTest
    @CsvSource({"spec.workers, 300", "spec.data, 60"})
    void whatIsMadeFromAnAcceptedJobIsAcceptedToo(String section, int count) {
        var accepted = new AtomicInteger();
        LongStream.range(SEED, SEED + count)
                .parallel()
                .forEach(seed -> job(section, seed).ifPresent(job -> {
                    accepted.incrementAndGet();
                    for (var object : objects(job)) {
                        try {
                            api.client().resource(object).dryRun(true).create();
                        } catch (KubernetesClientException e) {
                            throw new AssertionError("-Dseed=%d: %s".formatted(seed, job.getSpec()), e);
                        }
                    }
                }));
        assertTrue(accepted.get() > count / 10, accepted + " of " + count + " accepted");
    }

    private static Optional<TrainingJob> job(String section, long seed) {
        var json = RandomJobs.job(seed, section);
        json.remove("status");
        try {
            var stored = api.client().raw(jobs, "POST", json);
            var job = api.client().getKubernetesSerialization().unmarshal(stored, TrainingJob.class);
            // One that goes on from another job's model has found it.
            job.setStatus(new TrainingJobStatus());
            job.getStatus().setModel(new Artifact().setUri("pvc://models/base"));
            return Optional.of(job);
        } catch (KubernetesClientException e) {
            return Optional.empty();
        }
    }

    private static List<HasMetadata> objects(TrainingJob job) {
        var description = new TrainingKind().describe(job);
        var owner = description.owner();
        var set = description.podSet(0);
        return List.of(
                JobNetworkPolicy.of(owner, SETTINGS),
                Rendezvous.service(owner),
                Rendezvous.secret(owner),
                Rendezvous.jobFile(owner, JobFiles.of(description, 1, SETTINGS.timeouts())),
                WorkerPods.pod(owner, set, 1, 0, Optional.of("node"), SETTINGS),
                CheckPods.pod(owner, set.checking(), 1, Optional.of("n"), SETTINGS));
    }
}
