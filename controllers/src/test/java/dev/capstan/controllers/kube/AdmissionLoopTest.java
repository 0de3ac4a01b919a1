package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.cluster.NodeConstraints;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.cluster.WorkloadId;
import dev.capstan.controllers.admission.queue.PodSet;
import dev.capstan.controllers.admission.queue.Workload;
import dev.capstan.controllers.admission.quota.QuotaBook;
import dev.capstan.controllers.metrics.Meters;
import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.testing.Jobs;
import dev.capstan.crds.Admission;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Placement;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What the loop knows when it decides, and what it does about it; the test plays the caches. */
class AdmissionLoopTest {
    static final Resources GPU = Resources.units("nvidia.com/gpu", 1);

    private final ApiServer api = ApiServer.shared();
    private final String namespace = api.newNamespace("loop");
    private final Changes changes = new Changes();
    private final BlockingQueue<JobRef> decided = new LinkedBlockingQueue<>();
    private final BlockingQueue<Throwable> died = new LinkedBlockingQueue<>();
    private int replicas = 1;
    private int minimum = 1;

    @Test
    void theLastThatIsReadBeforeEverythingHasBeenReadCountsInTheFirstPass() throws InterruptedException {
        var job = submit("a");
        changes.put("node", engine -> engine.put(node("n", 1)));
        try (var loop = loop(api.client(), () -> {
            changes.put("pod", engine -> engine.put(pod()));
            return true;
        })) {
            loop.start();
            assertEquals(JobRef.of(job), decided.poll(10, TimeUnit.SECONDS), "there is no room");
        }
        assertNull(api.client().resource(job).get().getStatus().getAdmission());
    }

    @Test
    void aWriteThatHangsDelaysNobodyElse() throws InterruptedException {
        var hang = new CountDownLatch(1);
        var first = submit("first");
        try (var client = hangingFor("/first/status", hang);
                var loop = loop(client, () -> true)) {
            changes.put("node", engine -> engine.put(node("n", 2)));
            loop.start();
            // It is first in the queue, too.
            awaitSeats(first, 0);
            var second = submit("second");
            awaitSeats(second, 1);
            awaitSeats(first, 0);
            hang.countDown();
            awaitSeats(first, 1);
        } finally {
            hang.countDown();
        }
    }

    /** Else the room that its jobs can't take for now would be kept from other kinds. */
    @Test
    void manyWritesThatHangHoldNoMoreThanTheirOwnPlaces() throws InterruptedException {
        var hang = new CountDownLatch(1);
        for (int i = 0; i <= Grants.MOST_AT_ONCE; i++) {
            submit("hanging-" + i);
        }
        try (var client = hangingFor("/hanging-", hang);
                var loop = loop(client, () -> true)) {
            changes.put("node", engine -> engine.put(node("n", Grants.MOST_AT_ONCE + 1)));
            loop.start();
            Thread.sleep(500);
            var granted = api.client().resources(TrainingJob.class).inNamespace(namespace).list().getItems().stream()
                    .filter(job -> seats(job) > 0)
                    .count();
            assertEquals(0, granted);
            hang.countDown();
            for (int i = 0; i <= Grants.MOST_AT_ONCE; i++) {
                awaitSeats(
                        api.client()
                                .resources(TrainingJob.class)
                                .inNamespace(namespace)
                                .withName("hanging-" + i)
                                .get(),
                        1);
            }
        } finally {
            hang.countDown();
        }
    }

    @Test
    void whatIsMoreThanTheMinimumIsFilledInAsRoomComes() throws InterruptedException {
        replicas = 3;
        var job = submit("elastic");
        try (var loop = loop(api.client(), () -> true)) {
            changes.put("node", engine -> engine.put(node("n", 1)));
            loop.start();
            awaitSeats(job, 1);
            var granted = api.client().resource(job).get();
            changes.put(granted.getMetadata().getUid(), Optional.of(granted));
            changes.put("more", engine -> engine.put(node("m", 2)));
            awaitSeats(job, 3);
        }
        var admission = api.client().resource(job).get().getStatus().getAdmission();
        assertEquals(
                List.of("0 n", "1 m", "2 m"),
                admission.getPlacements().stream()
                        .map(placement -> placement.getRank() + " " + placement.getNode())
                        .toList());
    }

    /** The thread is gone then, while the lease is renewed and all probes are answered. */
    @Test
    void anErrorThatEndsItIsTold() throws InterruptedException {
        var error = new StackOverflowError("for the test");
        try (var loop = loop(api.client(), () -> true, () -> {
            throw error;
        })) {
            loop.start();
            assertInstanceOf(StackOverflowError.class, died.poll(10, TimeUnit.SECONDS));
        }
    }

    private TrainingJob submit(String name) {
        var job = api.client().resource(Jobs.mnist(namespace, name, 1)).create();
        changes.put(job.getMetadata().getUid(), Optional.of(job));
        return job;
    }

    /** A client of which each request to such a path waits. */
    private KubernetesClient hangingFor(String path, CountDownLatch until) {
        return new KubernetesClientBuilder()
                .withConfig(api.client().getConfiguration())
                .withHttpClientBuilderConsumer(builder -> builder.addOrReplaceInterceptor("hang", new Interceptor() {
                    @Override
                    public void before(BasicBuilder request, HttpRequest unchanged, RequestTags tags) {
                        if (unchanged.uri().getPath().contains(path)) {
                            try {
                                until.await();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        }
                    }
                }))
                .build();
    }

    private void awaitSeats(TrainingJob job, int seats) throws InterruptedException {
        var deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (seats(api.client().resource(job).get()) != seats) {
            assertTrue(System.nanoTime() < deadline, () -> job.getMetadata().getName() + " has " + seats + " places");
            Thread.sleep(50);
        }
    }

    private static int seats(TrainingJob job) {
        return admission(job).map(admission -> admission.getPlacements().size()).orElse(0);
    }

    static Optional<Admission> admission(TrainingJob job) {
        return Optional.ofNullable(job.getStatus()).map(JobStatus::getAdmission);
    }

    private AdmissionLoop loop(KubernetesClient client, BooleanSupplier synced) {
        var book = QuotaBook.of(List.of(), Map.of(namespace, Map.of()));
        return loop(client, synced, () -> book);
    }

    private AdmissionLoop loop(KubernetesClient client, BooleanSupplier synced, Supplier<QuotaBook> book) {
        return new AdmissionLoop(
                client,
                new AdmissionLoop.Sources(changes, List.of(source(replicas, minimum, decided::add)), book, synced),
                new AdmissionLoop.Findings(new PendingReasons(Clock.systemUTC()), new QuotaUsages(), died::add),
                new Meters(new SimpleMeterRegistry()),
                Clock.systemUTC());
    }

    /** Jobs that ask for pods with a GPU each, anywhere. */
    static WorkloadSource<TrainingJob> source(int replicas, int minimum, java.util.function.Consumer<JobRef> decided) {
        return new WorkloadSource<>(
                TrainingJob.class,
                job -> seats(job) == replicas ? Optional.empty() : Optional.of(workload(job, replicas, minimum)),
                job -> admission(job).map(admission -> grant(job, admission)),
                AdmissionLoopTest::admission,
                job -> List.of(),
                job -> true,
                decided);
    }

    static Workload workload(TrainingJob job, int replicas, int minimum) {
        return new Workload(
                id(job),
                1,
                0,
                Instant.parse(job.getMetadata().getCreationTimestamp()),
                List.of(new PodSet("worker", 0, replicas, minimum, GPU, NodeConstraints.ANYWHERE)),
                Optional.empty(),
                Optional.empty());
    }

    private static Grant grant(TrainingJob job, Admission admission) {
        var nodes = new String[admission.getPlacements().size()];
        for (Placement placement : admission.getPlacements()) {
            nodes[placement.getRank()] = placement.getNode();
        }
        var since = Instant.parse(admission.getTime());
        return new Grant(
                id(job),
                admission.getAttempt(),
                0,
                List.of(new Grant.Seats("worker", 0, GPU, Arrays.asList(nodes))),
                since,
                Optional.empty(),
                since);
    }

    private static WorkloadId id(TrainingJob job) {
        var metadata = job.getMetadata();
        return new WorkloadId(job.getKind(), metadata.getNamespace(), metadata.getName(), metadata.getUid());
    }

    private static ClusterView.Node node(String name, int gpus) {
        var offer = Resources.offered(
                Map.of("nvidia.com/gpu", new Quantity(Integer.toString(gpus)), "pods", new Quantity("110")));
        return new ClusterView.Node(name, true, true, Map.of(), List.of(), offer);
    }

    /** It takes the node's only GPU. */
    private static ClusterView.Pod pod() {
        return new ClusterView.Pod("uid", "elsewhere", "n", false, GPU, Optional.empty());
    }
}
